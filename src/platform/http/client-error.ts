import type { Socket } from 'node:net';

const SAID: Readonly<Record<string, [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'the head of the request is larger than 16 KiB',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the head of the request did not come whole in time'],
};

/** What cannot be read as a request is answered once, and the connection ends: nothing that follows on it can be told apart. */
export function refuseUnread(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, message] = SAID[error.code ?? ''] ?? [
    '400 Bad Request',
    'the request is not valid HTTP/1.1',
  ];
  const body = JSON.stringify({ error: { kind: 'invalid', message } });
  socket.write(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}
