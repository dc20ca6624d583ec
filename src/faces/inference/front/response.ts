import { STATUS_CODES } from 'node:http';

/** On every answer: what a caller sent is never a page (reference: user bytes are inert). */
export const STEADY: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const steady = Object.entries(STEADY)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const prefixes = new Map<string, string>();
const LINE_BREAK = /[\r\n\0]/;
let date = '';
let dateAt = 0;

/** The head of an answer up to the length of its body. `now` in ms. */
export function responseHead(
  status: number,
  type: string,
  headers: Readonly<Record<string, string>> | undefined,
  length: number,
  close: boolean,
  now: number,
): string {
  const key = `${status}${type}`;
  let prefix = prefixes.get(key);
  if (prefix === undefined) {
    if (prefixes.size > 200) prefixes.clear();
    prefix = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}\r\nContent-Type: ${type}\r\n${steady}`;
    prefixes.set(key, prefix);
  }
  if (now - dateAt >= 1000 || now < dateAt) {
    dateAt = now - (now % 1000);
    date = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  let more = '';
  for (const name in headers) {
    const value = headers[name]!;
    // One answer must never become two.
    if (LINE_BREAK.test(value)) throw new Error(`a header of an answer holds a line break: ${name}`);
    more += `${name}: ${value}\r\n`;
  }
  return `${prefix}${date}${more}${close ? 'Connection: close\r\n' : ''}Content-Length: ${length}\r\n\r\n`;
}
