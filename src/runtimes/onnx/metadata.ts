import { open } from 'node:fs/promises';

/**
 * Notes in an ONNX file: pairs of text in field 14 of its outermost message. Only the lengths of the other fields are read, so a file
 * of gigabytes costs no more than a small one.
 */
const NOTES = 14;
const BYTES = 2;
/** Longer notes are not ours. */
const LONGEST = 1024 * 1024;

/** The note of that name; undefined where there is none, or the file is no ONNX file. */
export async function readNote(file: string, name: string): Promise<string | undefined> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    let found: string | undefined;
    const head = Buffer.alloc(20);
    for (let at = 0; at < size;) {
      const { bytesRead } = await handle.read(head, 0, head.length, at);
      const tag = varint(head.subarray(0, bytesRead), 0);
      if (!tag) return found;
      const value =
        tag.value % 8 === BYTES || tag.value % 8 === 0
          ? varint(head.subarray(0, bytesRead), tag.end)
          : undefined;
      const fixed = tag.value % 8 === 1 ? 8 : tag.value % 8 === 5 ? 4 : undefined;
      if (!value) {
        if (fixed === undefined) return found;
        at += tag.end + fixed;
        continue;
      }
      at += value.end;
      if (tag.value % 8 !== BYTES) continue;
      if (Math.floor(tag.value / 8) === NOTES && value.value <= LONGEST) {
        const bytes = Buffer.alloc(value.value);
        await handle.read(bytes, 0, bytes.length, at);
        const [key, text] = pair(bytes);
        if (key === name) found = text; // the last one holds
      }
      at += value.value;
    }
    return found;
  } finally {
    await handle.close();
  }
}

/** The file's bytes with one more note: fields of a message may stand in any order. */
export function withNote(bytes: Uint8Array, name: string, text: string): Buffer {
  const entry = Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(text))]);
  return Buffer.concat([bytes, field(NOTES, entry)]);
}

const field = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([written(number * 8 + BYTES), written(bytes.length), bytes]);

function written(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function varint(bytes: Buffer, from: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = from, unit = 1; at < bytes.length && unit < 2 ** 56; at++, unit *= 128) {
    value += (bytes[at]! & 127) * unit;
    if (bytes[at]! < 128) return { value, end: at + 1 };
  }
  return undefined;
}

/** Fields 1 and 2 of a pair. */
function pair(bytes: Buffer): [key: string | undefined, text: string | undefined] {
  const found: [string | undefined, string | undefined] = [undefined, undefined];
  for (let at = 0; at < bytes.length;) {
    const tag = varint(bytes, at);
    const length = tag && varint(bytes, tag.end);
    if (!tag || !length || tag.value % 8 !== BYTES) return found;
    const text = bytes.toString('utf8', length.end, length.end + length.value);
    if (tag.value === 10) found[0] = text;
    if (tag.value === 18) found[1] = text;
    at = length.end + length.value;
  }
  return found;
}
