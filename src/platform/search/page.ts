import { createHash } from 'node:crypto';
import { invalid } from '../errors/index.ts';

/** The sort values of a page's last row. They come back as they were given: text, numbers, null. */
export type Cursor = ReadonlyArray<string | number | null>;

/** Names a query, so that a token cannot continue another one than it came from. */
export const queryDigest = (query: unknown): string =>
  createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 10);

/** A keyset token: rows added or removed before it neither shift nor repeat what follows. */
export const encodePage = (query: string, cursor: Cursor): string =>
  Buffer.from(JSON.stringify([query, ...cursor])).toString('base64url');

/** Undefined for the first page. */
export function decodePage(query: string, token: string | undefined, length: number): Cursor | undefined {
  if (token === undefined || token === '') return undefined;
  const bad = (why: string) =>
    invalid(`Invalid page token: ${why}`, {
      field: 'page_token',
      hint: 'hand back the token of the page before, with the same search',
    });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw bad('it is not one of ours');
  }
  if (!Array.isArray(value)) throw bad('it is not one of ours');
  const [digest, ...cursor] = value as unknown[];
  if (digest !== query) throw bad('it belongs to another search');
  const fits =
    cursor.length === length &&
    cursor.every((one) => one === null || typeof one === 'string' || typeof one === 'number');
  if (!fits) throw bad('it is not one of ours');
  return cursor as Cursor;
}
