import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as a server understood it. */
export interface Understood {
  method: string;
  url: string;
  /** By lower-case name; repeated ones joined as Node does. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Node's own server, which records each whole request and answers it. */
export async function openOracle(
  listenAt: { port: number } | { path: string } = { port: 0 },
  answer: (request: Understood) => string = () => 'ok',
): Promise<{ server: Server; port: number; seen: Understood[]; connections(): number; faults: string[] }> {
  const seen: Understood[] = [];
  const faults: string[] = [];
  let connections = 0;
  const server = createServer((message, response) => void hear(message, response));
  const places = new WeakMap<Understood, number>();
  let next = 0;
  const hear = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const place = next++;
    try {
      const understood = await read(message);
      places.set(understood, place);
      seen.push(understood);
      seen.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0)); // as their heads came
      response.setHeader(
        'X-Understood',
        JSON.stringify([understood.method, understood.url, understood.body.length]).replaceAll(
          /[^\x20-\x7e]/g,
          '?',
        ),
      );
      response.end(Buffer.from(answer(understood), 'latin1'));
    } catch {
      response.destroy(); // the rest of its body did not come
    }
  };
  server.on('connection', () => connections++);
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    faults.push(error.code ?? error.message);
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  if ('path' in listenAt) server.listen(listenAt.path);
  else server.listen(listenAt.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? (address satisfies AddressInfo).port : 0;
  return { server, port, seen, connections: () => connections, faults };
}

export async function read(message: IncomingMessage): Promise<Understood> {
  const body = (await buffer(message)).toString('latin1');
  if (!message.complete) throw new Error('it was cut short');
  return {
    method: message.method ?? '',
    url: message.url ?? '',
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
    ),
    body,
  };
}

const QUIET = 40;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Sends the pieces and gives all that came back until the server ended the connection, or nothing came for some turns of the
 * loop: everything that takes part lives in this process.
 */
export async function converse(port: number, pieces: readonly Buffer[]): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const heard: Buffer[] = [];
  let quiet = 0;
  let open = true;
  socket.on('data', (chunk: Buffer) => {
    heard.push(chunk);
    quiet = 0;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => (open = false));
  await once(socket, 'connect');
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece);
    await turn();
    await turn();
  }
  while (open && quiet++ < QUIET) await turn();
  socket.end();
  while (open && quiet++ < 2 * QUIET) await turn();
  socket.destroy();
  return Buffer.concat(heard);
}

export interface Answer {
  status: number;
  head: string;
  body: string;
}

/** Whole answers, in order. An answer to HEAD has no body: the next one follows at once, and no body begins like it. */
export function answers(bytes: Buffer): Answer[] {
  const found: Answer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return found;
    const head = rest.toString('latin1', 0, end);
    if (!/^HTTP\/1\.1 \d{3} /.test(head)) throw new Error(`no answer begins like this: ${head.slice(0, 80)}`);
    const status = Number(head.slice(9, 12));
    rest = rest.subarray(end + 4);
    if (status < 200) continue;
    let body = '';
    if (!rest.subarray(0, 9).equals(Buffer.from('HTTP/1.1 '))) {
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (length !== undefined) {
        body = rest.toString('latin1', 0, Number(length));
        rest = rest.subarray(Number(length));
      } else if (/\r\ntransfer-encoding: chunked/i.test(head)) {
        for (;;) {
          const line = rest.indexOf('\r\n');
          if (line === -1) return found;
          const size = Number.parseInt(rest.toString('latin1', 0, line), 16);
          body += rest.toString('latin1', line + 2, line + 2 + size);
          rest = rest.subarray(line + 2 + size + 2);
          if (size === 0) break;
        }
      } else {
        body = rest.toString('latin1');
        rest = rest.subarray(rest.length);
      }
    }
    found.push({ status, head, body });
  }
  return found;
}
