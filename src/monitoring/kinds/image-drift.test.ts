import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { png } from '../../validation/pixels/images.suite.ts';
import { findingsOf } from '../alerts/causes.ts';
import { alarmed, referenceOf, watch, type Values } from './watching.suite.ts';

const seeded = random(9);
const photo = { column: 'in_photo', from: 'in_photo' };

/** Pictures of a bright blob on a gradient, with noise; `light` darkens all of them. */
function paint(light: number): (x: number, y: number) => number {
  const [left, top, glow] = [seeded.uniform() * 10, seeded.uniform() * 10, 60 + 80 * seeded.uniform()];
  return (x, y) => {
    const near = Math.exp(-((x - left) ** 2 + (y - top) ** 2) / 12);
    return Math.max(0, Math.min(255, light * (40 + 8 * x + glow * near + 6 * seeded.normal())));
  };
}

const tensors = (n: number, light = 1): Values =>
  Array.from({ length: n }, () => {
    const at = paint(light);
    return Array.from({ length: 300 }, (_one, place) =>
      Math.round(at(Math.floor(place / 3) % 10, Math.floor(place / 30)) - 10 * (place % 3)),
    );
  });

const files = (n: number, light = 1): Values =>
  Array.from({ length: n }, () => {
    const at = paint(light);
    return png((x, y) => [0, 10, 20].map((less) => Math.max(0, Math.round(at(x, y) - less))), {
      size: [10, 10],
    });
  });

test('images in a tensor are watched by brightness, contrast, sharpness and channels; darker ones alarm once', async () => {
  const watched = await referenceOf({ ...photo, shape: [10, 10, 3] }, tensors(400));
  assert.deepEqual(
    watched.map(({ column }) => column.replace('in_photo · ', '')),
    ['in_photo', 'brightness', 'contrast', 'sharpness', 'channel 1', 'channel 2', 'channel 3'],
  );
  const same = await watch(
    watched,
    Array.from({ length: 5 }, () => tensors(100)),
  );
  assert.deepEqual(
    same.flatMap((signals) => alarmed(signals)),
    [],
  );
  const darker = await watch(watched, [tensors(100), tensors(100, 0.85), tensors(100, 0.85)]);
  assert.ok(alarmed(darker[2]).includes('drift in_photo · brightness'), alarmed(darker[2]).join());
  const bad = findingsOf(darker[2]!, { rows: 100, problem: undefined, usual: undefined }).filter(
    ({ is }) => is === 'bad',
  );
  assert.deepEqual(
    bad.map(({ cause }) => cause),
    ['drift'],
  );
});

test('files of images are decoded, as bytes or in base64, and one that is none is broken data', async () => {
  const watched = await referenceOf(photo, files(200));
  assert.deepEqual(
    watched.slice(1, 3).map(({ column }) => column),
    ['in_photo · width', 'in_photo · height'],
  );
  const text = (values: Values): Values =>
    values.map((one) => (one instanceof Uint8Array ? Buffer.from(one).toString('base64') : one));
  const [same, darker, broken] = await watch(watched, [
    files(80),
    text(files(80, 0.7)),
    files(80).map((one, i) => (i % 8 === 0 ? Buffer.from('no image') : one)),
  ]);
  assert.deepEqual(alarmed(same), []);
  assert.ok(alarmed(darker).includes('drift in_photo · brightness'), alarmed(darker).join());
  assert.ok(alarmed(broken).includes('unseen in_photo'), alarmed(broken).join());
});
