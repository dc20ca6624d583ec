import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { unitChange } from './unit-change.ts';

const r = random(3);
const routes = Array.from({ length: 300 }, () => Math.round(Math.exp(6 + 0.7 * r.normal())));
const distance = (): number => routes[Math.floor(300 * r.uniform() ** 1.5)]!;
const quantiles = (draw: () => number): number[] => {
  const sorted = Float64Array.from({ length: 20_000 }, draw).sort();
  return Array.from({ length: 201 }, (_one, i) => sorted[Math.round((i * 19_999) / 200)]!);
};
const miles = quantiles(distance);
const told = (change: (x: number) => number, rows = 3000, of = miles, draw = distance) =>
  unitChange(
    of,
    Float64Array.from({ length: rows }, () => change(draw())),
  );
const part = (share: number, times: number) => (x: number) => (r.uniform() < share ? x * times : x);

test('another unit is told, of all values and of a part', () => {
  assert.deepEqual(
    told((x) => x * 1.609344),
    { words: 'kilometres for miles (× 1.609344)', share: 1 },
  );
  const fifth = told(part(0.2, 1.609344));
  assert.match(fifth?.words ?? '', /^kilometres for miles/);
  assert.ok(Math.abs(fifth!.share - 0.2) < 0.08, String(fifth?.share));
  assert.match(told(part(0.02, 1000), 500)?.words ?? '', /^a thousand times/);
  const warm = (): number => 60 + 12 * r.normal();
  assert.equal(
    told((x) => (x - 32) / 1.8, 3000, quantiles(warm), warm)?.words,
    'degrees Celsius for Fahrenheit',
  );
});

test('what is no other unit is told as none', () => {
  for (const change of [
    (x: number) => x,
    (x: number) => x + 100,
    (x: number) => x * 1.1,
    (x: number) => x * 1.4,
    (x: number) => (r.uniform() < 0.2 ? x + 400 : x),
    (x: number) => x ** 1.03,
  ])
    assert.equal(told(change), undefined, String(change));
  // A tenth more of prices looks like a fifth of them in another unit: nothing is told.
  const price = (): number => Math.exp(6 + 0.7 * r.normal());
  assert.equal(
    told((x) => x * 1.1, 3000, quantiles(price), price),
    undefined,
  );
  assert.equal(
    told((x) => x * 1000, 50),
    undefined,
    'few values tell nothing',
  );
});
