import type { Decoded } from './decoded.ts';

/** The first frame of a GIF on its canvas, which is transparent where the frame is not. */
export function decodeGif(bytes: Buffer): Omit<Decoded, 'orientation'> {
  const width = bytes.readUInt16LE(6);
  const height = bytes.readUInt16LE(8);
  const common = bytes[10]!;
  let at = 13;
  let palette: Buffer = Buffer.alloc(0);
  const takePalette = (flags: number): void => {
    const size = 3 * 2 ** ((flags & 7) + 1);
    palette = bytes.subarray(at, at + size);
    at += size;
  };
  const skipBlocks = (): void => {
    while (sizeAt(bytes, at) > 0) at += 1 + bytes[at]!;
    at++;
  };
  if (common & 0x80) takePalette(common);
  let transparent = -1;
  for (;;) {
    const kind = bytes[at++];
    if (kind === 0x21) {
      // Before a frame: whether one of its colours is none.
      if (bytes[at] === 0xf9) transparent = bytes[at + 2]! & 1 ? bytes[at + 5]! : -1;
      at++;
      skipBlocks();
    } else if (kind === 0x2c) break;
    else throw new Error('it holds no frame');
  }
  const [left, top, across, down] = [0, 2, 4, 6].map((by) => bytes.readUInt16LE(at + by)) as [
    number,
    number,
    number,
    number,
  ];
  const flags = bytes[at + 8]!;
  at += 9;
  if (flags & 0x80) takePalette(flags);
  if (left + across > width || top + down > height) throw new Error('its frame is larger than its canvas');
  const bits = bytes[at++]!;
  const from = at;
  skipBlocks();
  const indices = unpack(bits, blocks(bytes, from), across * down);
  const values = new Uint8Array(width * height * 4);
  const rows = flags & 0x40 ? interlaced(down) : Array.from({ length: down }, (_, y) => y);
  for (const [i, y] of rows.entries())
    for (let x = 0; x < across; x++) {
      const index = indices[i * across + x]!;
      if (index === transparent) continue;
      if (3 * index + 2 >= palette.length) throw new Error('a pixel has a colour that its palette lacks');
      const to = ((top + y) * width + left + x) * 4;
      values.set(palette.subarray(3 * index, 3 * index + 3), to);
      values[to + 3] = 255;
    }
  return { width, height, channels: 4, values };
}

/** Every eighth row, those between, and so on. */
const interlaced = (down: number): number[] =>
  (
    [
      [0, 8],
      [4, 8],
      [2, 4],
      [1, 2],
    ] as const
  ).flatMap(([from, step]) => {
    const rows: number[] = [];
    for (let y = from; y < down; y += step) rows.push(y);
    return rows;
  });

function sizeAt(bytes: Buffer, at: number): number {
  const size = bytes[at];
  if (size === undefined) throw new Error('it ends early');
  return size;
}

function* blocks(bytes: Buffer, at: number): Generator<number> {
  for (; sizeAt(bytes, at) > 0; at += 1 + bytes[at]!) yield* bytes.subarray(at + 1, at + 1 + bytes[at]!);
}

/** LZW with codes that grow to 12 bits: a code is one of the colours, or an earlier code and one colour more. */
function unpack(bits: number, data: Iterable<number>, count: number): Uint8Array {
  if (bits < 1 || bits > 8) throw new Error(`its codes begin with ${bits} bits`);
  const clear = 1 << bits;
  const prefix = new Uint16Array(4096);
  const suffix = new Uint8Array(4096);
  const stack = new Uint8Array(4097);
  const out = new Uint8Array(count);
  let size = bits + 1;
  let next = clear + 2;
  let before = -1;
  let first = 0;
  let held = 0;
  let have = 0;
  let done = 0;
  for (const byte of data) {
    held |= byte << have;
    have += 8;
    while (have >= size && done < count) {
      const code = held & ((1 << size) - 1);
      held >>>= size;
      have -= size;
      if (code === clear) {
        size = bits + 1;
        next = clear + 2;
        before = -1;
        continue;
      }
      if (code === clear + 1) throw new Error('it ends early');
      if (code > next || (before < 0 && code >= clear)) throw new Error('a code is not known yet');
      let depth = 0;
      let at = code;
      if (code === next) {
        stack[depth++] = first;
        at = before;
      }
      for (; at >= clear; at = prefix[at]!) stack[depth++] = suffix[at]!;
      first = at;
      out[done++] = first;
      while (depth > 0 && done < count) out[done++] = stack[--depth]!;
      if (before >= 0 && next < 4096) {
        prefix[next] = before;
        suffix[next++] = first;
        if (next === 1 << size && size < 12) size++;
      }
      before = code;
    }
    if (done === count) return out;
  }
  throw new Error('it ends early');
}
