import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { sentence } from '../kinds/sentences.suite.ts';
import { textsApart, vectorsApart } from './tell-apart.ts';

const seeded = random(21);
const texts = (n: number, german = 0): string[] =>
  Array.from({ length: n }, () => sentence(seeded, seeded.uniform() < german ? 'de' : 'en'));
const vectors = (n: number, mean = 0): Float64Array[] =>
  Array.from({ length: n }, () =>
    Float64Array.from({ length: 40 }, (_one, at) => seeded.normal() + (at === 3 ? mean : 0)),
  );

test('texts are told apart where they are others, by the words that say so', () => {
  const same = textsApart(texts(600), texts(400));
  assert.ok(same && same.low < 0.5 && same.high > 0.5, JSON.stringify(same));
  assert.ok(same.rows > 400 && same.rows < 600, 'half of them is judged');
  const mixed = textsApart(texts(600), texts(400, 0.5));
  assert.ok(mixed && mixed.low > 0.65 && mixed.high < 0.9, JSON.stringify(mixed));
  assert.ok(mixed.words?.now.includes('und') && mixed.words.before.length > 0, JSON.stringify(mixed.words));
  assert.equal(textsApart(texts(20), texts(400)), undefined, 'too few to say');
});

test('vectors are told apart where one of their numbers moved', () => {
  const same = vectorsApart(vectors(600), vectors(400));
  assert.ok(same && same.low < 0.5 && same.high > 0.5, JSON.stringify(same));
  const moved = vectorsApart(vectors(600), vectors(400, 1.5));
  // Of normal values 1.5 deviations apart the best possible is 0.856.
  assert.ok(moved && moved.low > 0.7 && moved.high < 0.92, JSON.stringify(moved));
});
