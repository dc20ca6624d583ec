import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { findingsOf } from '../alerts/causes.ts';
import { sentence } from './sentences.suite.ts';
import { alarmed, countOn, referenceOf, watch } from './watching.suite.ts';

const seeded = random(5);
const texts = (n: number, language: 'en' | 'de' = 'en', length = 12): string[] =>
  Array.from({ length: n }, () => sentence(seeded, language, length));

const review = { column: 'in_review', from: 'in_review' };

test('a column of texts is watched by what is made of it; the same texts alarm nobody, another language does at once', async () => {
  const watched = await referenceOf(review, texts(2000));
  assert.deepEqual(
    watched.map(({ column }) => column.replace('in_review · ', '')),
    [
      'in_review',
      'characters',
      'words',
      'letters per word',
      'letters',
      'digits',
      'punctuation',
      'non-ASCII',
      'unknown words',
      'language',
    ],
  );
  const same = await watch(
    watched,
    Array.from({ length: 12 }, () => texts(300)),
  );
  assert.deepEqual(same.flatMap(alarmed), []);
  assert.ok(same.at(-1)!.every(({ state }) => state === 'ok'));
  const [mixed] = (await watch(watched, [[...texts(210), ...texts(90, 'de')]])).slice(-1);
  const names = alarmed(mixed!);
  for (const what of ['unknown words', 'language'])
    assert.ok(names.includes(`drift in_review · ${what}`), names.join(', '));
  const longer = await watch(watched, [texts(300), texts(300, 'en', 16), texts(300, 'en', 16)]);
  assert.ok(alarmed(longer[2]!).includes('drift in_review · words'));
  assert.ok(!alarmed(longer[2]!).includes('drift in_review · language'));
});

test('texts that are not there are said once, of the column itself, and explain the rest', async () => {
  const watched = await referenceOf(review, texts(1000));
  for (const [signal, none] of [
    ['missing', null],
    ['unseen', '  '],
  ] as const) {
    const [signals] = await watch(watched, [texts(300).map((text, i) => (i % 3 === 0 ? none : text))]);
    assert.deepEqual(
      alarmed(signals!).filter((one) => !one.startsWith('drift')),
      [`${signal} in_review`],
    );
    const bad = findingsOf(signals!, { rows: 300, problem: undefined, usual: undefined }).filter(
      ({ is }) => is === 'bad',
    );
    assert.deepEqual(
      bad.map(({ cause, members }) => [cause, members]),
      [['data', ['in_review']]],
    );
  }
});

test('of very many texts an even part is looked at, and it is said', async () => {
  const watched = await referenceOf(review, texts(500));
  const few = texts(400);
  const counted = await countOn(
    watched,
    Array.from({ length: 45_000 }, (_one, i) => few[i % few.length]!),
  );
  const words = counted.counted.find(({ column }) => column === 'in_review · words');
  assert.deepEqual([counted.rows, words?.of], [45_000, 45_000]);
  assert.equal(
    words?.histogram.counts.reduce((sum, one) => sum + one, 0),
    15_000,
  );
});
