import { Agent, request } from 'node:http';

export interface Answer {
  status: number;
  bytes: number;
  /** The body, as far as it is not too long to be looked at. */
  text: string;
}

const agent = new Agent({ keepAlive: true });

/** One request with a body of ready pieces: this process must not be what is waited for. */
export function ask(
  url: string,
  method: string,
  route: string,
  body?: readonly Uint8Array[],
  type = 'application/json',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body?.reduce((sum, piece) => sum + piece.length, 0);
    const headers = length === undefined ? {} : { 'content-type': type, 'content-length': length };
    const asked = request(url + route, { method, agent, headers }, (answer) => {
      const kept: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < 64 * 1024 * 1024) kept.push(chunk);
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, bytes, text: Buffer.concat(kept).toString() }),
      );
      answer.on('error', reject);
    });
    asked.on('error', reject);
    for (const piece of body ?? []) asked.write(piece);
    asked.end();
  });
}

/** A body of JSON in pieces: one string of a hundred megabytes would hold this process. */
export function jsonBody(head: object, key: string, items: Iterable<unknown>): Buffer[] {
  const pieces: Buffer[] = [];
  let texts: string[] = [];
  let first = true;
  const start = JSON.stringify(head).slice(0, -1);
  pieces.push(Buffer.from(`${start}${start === '{' ? '' : ','}${JSON.stringify(key)}:[`));
  const flush = (): void => {
    if (texts.length === 0) return;
    pieces.push(Buffer.from((first ? '' : ',') + texts.join(',')));
    first = false;
    texts = [];
  };
  for (const item of items) {
    texts.push(JSON.stringify(item));
    if (texts.length === 5000) flush();
  }
  flush();
  pieces.push(Buffer.from(']}'));
  return pieces;
}
