import assert from 'node:assert/strict';
import test from 'node:test';
import { Transformer } from '@napi-rs/image';
import { decodeImage, Undecodable } from './decode.ts';
import { digestsOf } from './digest.ts';
import { gif, oriented, picture, png, pngHeader, type Paint } from './images.suite.ts';

const digests = async (bytes: Buffer): Promise<string[]> => digestsOf(await decodeImage(bytes));
const one = async (bytes: Buffer): Promise<string> => {
  const [stored, ...shown] = await digests(bytes);
  assert.deepEqual(shown, []);
  return stored!;
};
const why = async (bytes: Buffer): Promise<string> => {
  const error = await decodeImage(bytes).then(
    () => assert.fail('it was decoded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Undecodable, String(error));
  return error.message;
};

const paint = picture(3);
const opaque: Paint = (x, y) => [...paint(x, y), 255];
const original = png(paint);

test('what an encoder may do otherwise changes bytes and no pixel', async () => {
  const wanted = await one(original);
  const same: Record<string, Buffer> = {
    'another filter': png(paint, { filter: 1 }),
    'another level': png(paint, { level: 0 }),
    'a comment': png(paint, { text: 'taken by me' }),
    'alpha that hides nothing': png(opaque, { colour: 'rgba' }),
    '16 bits that say no more': png((x, y) => paint(x, y).map((v) => v * 257), { bits: 16 }),
    'lossless WebP': await new Transformer(original).webpLossless(),
    BMP: await new Transformer(original).bmp(),
    TIFF: await new Transformer(original).tiff(),
    'another encoder': await new Transformer(await new Transformer(original).bmp()).png({
      compressionType: 2,
    }),
  };
  for (const [how, bytes] of Object.entries(same)) {
    assert.notDeepEqual(bytes, original, how);
    assert.equal(await one(bytes), wanted, how);
  }
});

test('palettes, greys and GIFs are their colours', async () => {
  const colours = [10, 20, 30, 200, 100, 0, 255, 255, 255, 1, 2, 3];
  const index = (x: number, y: number): number => (x * 3 + y) % 4;
  const painted: Paint = (x, y) => colours.slice(index(x, y) * 3, index(x, y) * 3 + 3);
  const size = [13, 19] as const;
  const wanted = await one(png(painted, { size }));
  assert.equal(
    await one(png((x, y) => [index(x, y)], { size, colour: 'palette', palette: colours })),
    wanted,
  );
  assert.equal(await one(gif(index, colours, size)), wanted);
  assert.equal(await one(gif(index, colours, size, { interlaced: true })), wanted);
  const grey: Paint = (x, y) => [(x * 31 + y * 7) % 256];
  const three: Paint = (x, y) => [0, 1, 2].flatMap(() => grey(x, y));
  assert.equal(await one(png(grey, { colour: 'grey' })), await one(png(three)));
  // A colour that is none, and the same with alpha.
  const holes: Paint = (x, y) => (index(x, y) === 1 ? [9, 9, 9, 0] : [...painted(x, y), 255]);
  assert.equal(
    await one(gif(index, colours, size, { transparent: 1 })),
    await one(png(holes, { size, colour: 'rgba' })),
  );
  const long = gif(index, colours, size);
  assert.match(await why(long.subarray(0, long.length - 40)), /it ends early/);
});

test('other pixels are another image: one value, its shape, what alpha shows, more bits', async () => {
  const changed: Paint = (x, y) => (x === 7 && y === 5 ? [1, 2, 3] : paint(x, y));
  const half: Paint = (x, y) => [...paint(x, y), 128];
  const finer: Paint = (x, y) => paint(x, y).map((value) => Math.min(65535, value * 257 + 1));
  const flat: Paint = () => [5, 5, 5];
  const all = [
    original,
    png(changed),
    png(half, { colour: 'rgba' }),
    png(finer, { bits: 16 }),
    png(flat, { size: [4, 6] }),
    png(flat, { size: [6, 4] }),
  ];
  assert.equal(new Set(await Promise.all(all.map(one))).size, all.length);
});

test('what nobody sees is nothing', async () => {
  const hidden =
    (value: number): Paint =>
    (x, y) =>
      x > 3 ? [value, value, value, 0] : opaque(x, y);
  const first = png(hidden(7), { colour: 'rgba' });
  assert.equal(await one(first), await one(png(hidden(99), { colour: 'rgba' })));
  assert.equal(await one(await new Transformer(first).webpLossless()), await one(first));
});

test('a JPEG is what libjpeg makes of it, and one whose camera was turned is both', async () => {
  const [width, height] = [13, 7];
  const jpeg = await new Transformer(png(picture(5), { size: [width, height] })).jpeg(90);
  const { values, channels } = await decodeImage(jpeg);
  const stored: Paint = (x, y) => [
    ...values.subarray((y * width + x) * channels, (y * width + x) * channels + 3),
  ];
  assert.equal(await one(jpeg), await one(png(stored, { size: [width, height] })));
  // How a program that honours EXIF turns the pixels.
  const [right, bottom] = [width - 1, height - 1];
  const shown: Record<number, Paint> = {
    2: (x, y) => stored(right - x, y),
    3: (x, y) => stored(right - x, bottom - y),
    4: (x, y) => stored(x, bottom - y),
    5: (x, y) => stored(y, x),
    6: (x, y) => stored(y, bottom - x),
    7: (x, y) => stored(right - y, bottom - x),
    8: (x, y) => stored(right - y, x),
  };
  for (const [orientation, turned] of Object.entries(shown)) {
    const size = Number(orientation) >= 5 ? ([height, width] as const) : ([width, height] as const);
    assert.deepEqual(
      await digests(oriented(jpeg, Number(orientation))),
      [await one(jpeg), await one(png(turned, { size }))],
      orientation,
    );
  }
  assert.deepEqual(await digests(oriented(jpeg, 1)), await digests(jpeg));
});

test('what is broken or too large says so, and what comes after is decoded', async () => {
  const start = Buffer.from('89504e470d0a1a0a', 'hex');
  const bomb = Buffer.concat([start, pngHeader(60_000, 60_000, 8, 2), original.subarray(33)]);
  assert.match(await why(bomb), /its header says 60000 × 60000 pixels, and at most 64 Mi are decoded/);
  const gifBomb = gif(() => 0, [1, 2, 3], [4, 4]);
  gifBomb.writeUInt16LE(65_535, 6);
  gifBomb.writeUInt16LE(65_535, 8);
  assert.match(await why(gifBomb), /its header says 65535 × 65535/);
  assert.match(await why(original.subarray(0, original.length >> 1)), /^it cannot be decoded: /);
  assert.match(await why(Buffer.from('no image at all')), /it begins like no image/);
  assert.match(await why(Buffer.alloc(0)), /it begins like no image/);
  assert.match(
    await why(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>')),
    /it is no PNG/,
  );
  const jpeg = await new Transformer(original).jpeg(90);
  const before = await one(jpeg);
  const scan = jpeg.indexOf(Buffer.from('ffda', 'hex'));
  assert.match(await why(jpeg.subarray(0, scan)), /^it cannot be decoded: /);
  assert.equal(await one(jpeg), before);
});
