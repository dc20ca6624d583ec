import { createHash } from 'node:crypto';
import { invalid } from '../../platform/errors/index.ts';
import type { Oid } from './oid.ts';

/** DVC 2 reads a file in pieces of this, and looks at the start of each to say whether it is text. */
const PIECE = 1024 * 1024;
const LOOKED_AT = 512;
/** Bytes that DVC takes for text: printable ASCII, and \n \r \t \f \b. */
const TEXT = new Set([...Array.from({ length: 95 }, (_, i) => i + 32), 10, 13, 9, 12, 8]);

/**
 * The bytes as they come, and at their end an error unless their MD5 is the name of the object. DVC trusts what a remote hands out, so
 * nobody looks again.
 */
export async function* checked(body: AsyncIterable<Uint8Array>, oid: Oid): AsyncGenerator<Uint8Array> {
  const plain = createHash('md5');
  // A listing is hashed as it is by every DVC.
  const unixed = oid.layout === 'md5-dos2unix' && !oid.listing ? unixMd5() : undefined;
  for await (const chunk of body) {
    plain.update(chunk);
    unixed?.update(chunk);
    yield chunk;
  }
  const found = plain.digest('hex');
  if (found === oid.md5 || unixed?.hex() === oid.md5) return;
  throw invalid(`the bytes have the MD5 ${found}, not ${oid.md5}`, {
    field: 'oid',
    hint: 'the file changed in the DVC cache, or the upload was cut short: dvc checkout --force, then dvc push again',
    code: 'content-mismatch',
  });
}

/** MD5 as DVC 2 makes it: of a piece that looks like text, CRLF counts as LF; also where CR and LF lie in two pieces, they stay. */
function unixMd5(): { update(chunk: Uint8Array): void; hex(): string } {
  const hash = createHash('md5');
  let waiting: Uint8Array[] = [];
  let size = 0;
  const take = (piece: Buffer): void => {
    hash.update(looksLikeText(piece) ? withoutReturns(piece) : piece);
  };
  return {
    update(chunk) {
      waiting.push(chunk);
      size += chunk.length;
      if (size < PIECE) return;
      let all = Buffer.concat(waiting, size);
      for (; all.length >= PIECE; all = all.subarray(PIECE)) take(all.subarray(0, PIECE));
      waiting = [all];
      size = all.length;
    },
    hex() {
      if (size > 0) take(Buffer.concat(waiting, size));
      return hash.digest('hex');
    },
  };
}

function looksLikeText(piece: Buffer): boolean {
  const start = piece.subarray(0, LOOKED_AT);
  let other = 0;
  for (const byte of start) {
    if (byte === 0) return false;
    if (!TEXT.has(byte)) other++;
  }
  return other / start.length <= 0.3;
}

function withoutReturns(piece: Buffer): Buffer {
  const kept = Buffer.alloc(piece.length);
  let length = 0;
  for (let from = 0; from < piece.length;) {
    const at = piece.indexOf('\r\n', from);
    const to = at < 0 ? piece.length : at;
    length += piece.copy(kept, length, from, to);
    from = at < 0 ? to : at + 1;
  }
  return kept.subarray(0, length);
}
