import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { invalid } from '../../../../platform/errors/index.ts';

/** LevelDB's log format, as W&B writes it: blocks whose chunks carry a checksum; a record is one chunk, or a first, some middle and a last one. */
const BLOCK = 32_768;
const HEADER = 7;
/** Blocks that are read at a time. */
const TOGETHER = 32;

export interface LogEnd {
  why?: 'cut off' | 'damaged';
  at: number;
}

export async function* recordsOf(file: string, end: LogEnd): AsyncIterable<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    let parts: Buffer[] = [];
    const bytes = Buffer.allocUnsafe(BLOCK * TOGETHER);
    for (let from = 0; from < size; from += bytes.length) {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
      for (let block = 0; block < bytesRead; block += BLOCK) {
        const last = Math.min(block + BLOCK, bytesRead);
        let at = block;
        if (from + block === 0) {
          if (bytes.toString('latin1', 0, 4) !== ':W&B' || bytes.readUInt16LE(4) !== 0xbee1)
            throw invalid(`${file} is no file of W&B`, {
              field: 'dir',
              hint: 'name a folder of offline runs (wandb/), or one of their .wandb files',
            });
          at += HEADER;
        }
        // What is left of a block and too short for a header is padding.
        while (last - at >= HEADER) {
          const checksum = bytes.readUInt32LE(at);
          const length = bytes.readUInt16LE(at + 4);
          const kind = bytes[at + 6]!;
          end.at = from + at;
          if (kind === 0 && length === 0 && checksum === 0) break;
          if (at + HEADER + length > last) {
            end.why = from + last === size ? 'cut off' : 'damaged';
            return;
          }
          if (crc32(bytes.subarray(at + 6, at + HEADER + length)) !== checksum) {
            end.why = 'damaged';
            return;
          }
          const chunk = Buffer.from(bytes.subarray(at + HEADER, at + HEADER + length));
          at += HEADER + length;
          if (kind === 1) yield chunk;
          else if (kind === 2) parts = [chunk];
          else {
            parts.push(chunk);
            if (kind === 4) {
              yield Buffer.concat(parts);
              parts = [];
            }
          }
        }
      }
    }
    if (parts.length > 0) end.why = 'cut off';
  } finally {
    await handle.close();
  }
}
