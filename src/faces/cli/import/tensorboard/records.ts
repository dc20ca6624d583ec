import { open } from 'node:fs/promises';
import { crc32c, masked } from '../formats/crc32c.ts';

/** Records of a TFRecord file from an offset on, in portions; `end` says how far it could be read, and why no further. */
export interface Ended {
  at: number;
  /** Nothing at the end of the file. */
  why?: 'cut off' | 'damaged';
  /** Records whose content does not fit its checksum: they were left out. */
  skipped: number;
}

const READ = 1024 * 1024;
/** What a length may be: the limit of protobuf. */
const LARGEST = 2 ** 31;
/** Records of one portion. */
const PORTION = 2000;
/** Or so many bytes of them: pictures of half a megabyte each would be gigabytes. */
const PORTION_BYTES = 8 * 1024 * 1024;

export async function* recordsOf(
  file: string,
  from: number,
  size: number,
  ended: Ended,
): AsyncIterable<Buffer[]> {
  const handle = await open(file, 'r');
  try {
    let held = Buffer.alloc(0);
    let at = from;
    let next = from;
    ended.at = from;
    let portion: Buffer[] = [];
    let bytes = 0;
    /** Has so many bytes at hand, if the file has. */
    const need = async (bytes: number): Promise<boolean> => {
      while (held.length < bytes) {
        const more = Math.min(Math.max(READ, bytes - held.length), size - next);
        if (more <= 0) return false;
        const chunk = Buffer.allocUnsafe(more);
        const { bytesRead } = await handle.read(chunk, 0, more, next);
        if (bytesRead === 0) return false;
        next += bytesRead;
        held =
          held.length === 0
            ? chunk.subarray(0, bytesRead)
            : Buffer.concat([held, chunk.subarray(0, bytesRead)]);
      }
      return true;
    };
    for (;;) {
      if (!(held.length >= 12 || (await need(12)))) {
        if (held.length > 0) ended.why = 'cut off';
        break;
      }
      const length = held.readUInt32LE(0) + held.readUInt32LE(4) * 2 ** 32;
      if (held.readUInt32LE(8) !== masked(crc32c(held, 0, 8)) || length > LARGEST) {
        ended.why = 'damaged';
        break;
      }
      if (!(held.length >= length + 16 || (await need(length + 16)))) {
        ended.why = 'cut off';
        break;
      }
      if (held.readUInt32LE(12 + length) === masked(crc32c(held, 12, 12 + length)))
        portion.push(held.subarray(12, 12 + length));
      else ended.skipped++;
      held = held.subarray(length + 16);
      at += length + 16;
      bytes += length;
      if (portion.length >= PORTION || bytes >= PORTION_BYTES || held.length === 0) {
        // What was handed over is counted as read.
        ended.at = at;
        if (portion.length > 0) yield portion;
        portion = [];
        bytes = 0;
      }
    }
    ended.at = at;
    if (portion.length > 0) yield portion;
  } finally {
    await handle.close();
  }
}
