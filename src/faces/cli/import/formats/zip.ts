import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { invalid } from '../../../../platform/errors/index.ts';

export interface Entry {
  name: string;
  size: number;
  open(): Promise<Readable>;
}

/** The files of a zip archive, by its directory at the end; stored or deflated ones, also beyond 4 GiB. */
export async function entriesOf(file: string): Promise<Map<string, Entry>> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { at, length } = await findDirectory(handle, size, file);
    const directory = await read(handle, at, length);
    const found = new Map<string, Entry>();
    for (let here = 0; here + 46 <= directory.length && directory.readUInt32LE(here) === 0x02014b50;) {
      const [nameLength, extraLength, noteLength] = [28, 30, 32].map((offset) =>
        directory.readUInt16LE(here + offset),
      ) as [number, number, number];
      const name = directory.toString('utf8', here + 46, here + 46 + nameLength);
      const extra = directory.subarray(here + 46 + nameLength, here + 46 + nameLength + extraLength);
      const [packed, whole, start] = wide(
        extra,
        directory.readUInt32LE(here + 20),
        directory.readUInt32LE(here + 24),
        directory.readUInt32LE(here + 42),
      );
      const method = directory.readUInt16LE(here + 10);
      if (!name.endsWith('/'))
        found.set(name, { name, size: whole, open: () => openEntry(file, { name, method, packed, start }) });
      here += 46 + nameLength + extraLength + noteLength;
    }
    return found;
  } finally {
    await handle.close();
  }
}

async function read(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, at);
  return bytes.subarray(0, bytesRead);
}

async function findDirectory(
  handle: FileHandle,
  size: number,
  file: string,
): Promise<{ at: number; length: number }> {
  const from = Math.max(0, size - 65_557);
  const tail = await read(handle, from, size - from);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > tail.length)
    throw invalid(`${file} is no zip archive, or is cut off`, {
      field: 'file',
      hint: 'name the .zip that comet_ml wrote',
    });
  const [length, at] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (length !== 0xffffffff && at !== 0xffffffff) return { at, length };
  const locator = end - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return { at, length };
  const record = await read(handle, Number(tail.readBigUInt64LE(locator + 8)), 56);
  return { at: Number(record.readBigUInt64LE(48)), length: Number(record.readBigUInt64LE(40)) };
}

/** Sizes and place, where four bytes are too few for them. */
function wide(
  extra: Buffer,
  packed: number,
  whole: number,
  start: number,
): [packed: number, whole: number, start: number] {
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    if (id === 1) {
      let next = at + 4;
      const take = (value: number): number => {
        if (value !== 0xffffffff) return value;
        next += 8;
        return Number(extra.readBigUInt64LE(next - 8));
      };
      const size = take(whole);
      return [take(packed), size, take(start)];
    }
    at += 4 + length;
  }
  return [packed, whole, start];
}

async function openEntry(
  file: string,
  { name, method, packed, start }: { name: string; method: number; packed: number; start: number },
): Promise<Readable> {
  const handle = await open(file, 'r');
  let at: number;
  try {
    const head = await read(handle, start, 30);
    at = start + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  } finally {
    await handle.close();
  }
  if (packed === 0) return Readable.from([]);
  const bytes = createReadStream(file, { start: at, end: at + packed - 1 });
  if (method === 0) return bytes;
  if (method !== 8)
    throw invalid(`${name} is packed in a way (${method}) that is not read`, { field: 'file' });
  const inflated = createInflateRaw();
  bytes.on('error', (error) => inflated.destroy(error));
  return bytes.pipe(inflated);
}
