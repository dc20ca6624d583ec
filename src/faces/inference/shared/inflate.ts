import { createGunzip, createInflate } from 'node:zlib';
import { invalid, tooLarge } from '../../../platform/errors/index.ts';
import type { Share } from '../../../platform/limits/index.ts';

type Done = (error: Error | undefined, body?: Buffer) => void;

const PIECE = 64 * 1024;

/** Whether bodies and messages may be packed in this way. `deflate` is a zlib stream, as HTTP says. */
export const packed = (kind: string): kind is 'gzip' | 'x-gzip' | 'deflate' =>
  kind === 'gzip' || kind === 'x-gzip' || kind === 'deflate';

/** What was meant by packed bytes. A few of them may mean very many, so each piece is asked for as it comes. */
export function inflate(
  bytes: Buffer,
  kind: 'gzip' | 'x-gzip' | 'deflate',
  limit: number,
  share: Share,
  done: Done,
): void {
  const unpack = (kind === 'deflate' ? createInflate : createGunzip)({ chunkSize: PIECE });
  const pieces: Buffer[] = [];
  let size = 0;
  let over = false;
  const end: Done = (error, body) => {
    if (over) return;
    over = true;
    unpack.destroy();
    done(error, body);
  };
  unpack.on('data', (piece: Buffer) => {
    if (over) return;
    size += piece.length;
    if (size > limit)
      return end(
        tooLarge(`the body is larger than ${limit} bytes once it is inflated`, {
          field: 'body',
          hint: 'send fewer rows at once',
        }),
      );
    try {
      share.take(piece.length);
    } catch (error) {
      return end(error instanceof Error ? error : new Error(String(error)));
    }
    pieces.push(piece);
  });
  unpack.on('error', (error) =>
    end(
      invalid(`the body says it is ${kind} and cannot be inflated: ${error.message}`, {
        field: 'body',
        hint: 'check the encoding that it is sent with',
      }),
    ),
  );
  unpack.on('end', () => end(undefined, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
  unpack.end(bytes);
}
