import { crc32, deflateSync } from 'node:zlib';

/** Values of each pixel, by its place; as many as the colour has channels. */
export type Paint = (x: number, y: number) => readonly number[];

/** A picture like no other: `seed` says which. */
export const picture =
  (seed: number): Paint =>
  (x, y) =>
    [7, 11, 13].map((by) => (seed * 101 + x * by * 5 + y * (by + 6) * 3 + ((x * y * seed) % 17)) % 256);

const COLOURS = { grey: [0, 1], rgb: [2, 3], palette: [3, 1], 'grey-alpha': [4, 2], rgba: [6, 4] } as const;

interface PngOptions {
  size?: readonly [width: number, height: number];
  colour?: keyof typeof COLOURS;
  bits?: 8 | 16;
  /** 0 none, 1 sub: bytes differ, pixels do not. */
  filter?: 0 | 1;
  level?: number;
  text?: string;
  palette?: readonly number[];
}

/** A PNG as the specification says it, by no encoder that the reader has, too. */
export function png(
  paint: Paint,
  {
    size: [width, height] = [8, 6],
    colour = 'rgb',
    bits = 8,
    filter = 0,
    level = 6,
    text,
    palette,
  }: PngOptions = {},
): Buffer {
  const [type, channels] = COLOURS[colour];
  const step = channels * (bits / 8);
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(width * step);
    for (let x = 0; x < width; x++)
      for (const [c, value] of paint(x, y).entries())
        if (bits === 16) row.writeUInt16BE(value, x * step + c * 2);
        else row[x * step + c] = value;
    const kept = Buffer.from(row);
    if (filter === 1) for (let i = row.length - 1; i >= step; i--) kept[i] = (row[i]! - row[i - step]!) & 255;
    return Buffer.concat([Buffer.of(filter), kept]);
  });
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngHeader(width, height, bits, type),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    ...(text === undefined ? [] : [chunk('tEXt', Buffer.from(`Comment\0${text}`))]),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export function pngHeader(width: number, height: number, bits: number, type: number): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(width, 0);
  body.writeUInt32BE(height, 4);
  body[8] = bits;
  body[9] = type;
  return chunk('IHDR', body);
}

function chunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** The JPEG with an EXIF segment that says how the camera was held. */
export function oriented(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from('4d4d002a0000000800010112000300000001' + '0000000000000000', 'hex');
  tiff.writeUInt16BE(orientation, 18);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from('ffe10000', 'hex');
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

/** A GIF of at most 128 colours, whose codes are all of 8 bits: the table of codes is cleared before it grows. */
export function gif(
  index: (x: number, y: number) => number,
  palette: readonly number[],
  [width, height]: readonly [number, number],
  { interlaced = false, transparent = -1 } = {},
): Buffer {
  const u16 = (value: number): Buffer => Buffer.of(value & 255, value >> 8);
  const order = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ].flatMap(([from, by]) =>
        Array.from({ length: height }, (_, y) => y).filter((y) => y % by! === from! % by! && y >= from!),
      )
    : Array.from({ length: height }, (_, y) => y);
  const codes: number[] = [];
  for (const [i, [x, y]] of order
    .flatMap((y) => Array.from({ length: width }, (_, x) => [x, y] as const))
    .entries()) {
    if (i % 100 === 0) codes.push(128);
    codes.push(index(x, y));
  }
  codes.push(129);
  const data = Buffer.from(codes); // of 8 bits each: 7 and one for the two special ones
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Buffer.of(part.length), part);
  }
  const table = Buffer.alloc(3 * 128);
  Buffer.from(palette).copy(table);
  return Buffer.concat([
    Buffer.from('GIF89a', 'latin1'),
    u16(width),
    u16(height),
    Buffer.of(0xf6, 0, 0),
    table,
    ...(transparent < 0 ? [] : [Buffer.of(0x21, 0xf9, 4, 1, 0, 0, transparent, 0)]),
    Buffer.of(0x2c, 0, 0, 0, 0),
    u16(width),
    u16(height),
    Buffer.of(interlaced ? 0x40 : 0, 7),
    ...parts,
    Buffer.of(0, 0x3b),
  ]);
}
