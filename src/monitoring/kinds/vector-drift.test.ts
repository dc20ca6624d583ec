import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { alarmed, referenceOf, watch, type Values } from './watching.suite.ts';

const seeded = random(13);
const WIDTH = 48;
/** Three topics in a space of 48, and noise in all of it. */
const TOPICS = Array.from({ length: 3 }, () => Array.from({ length: WIDTH }, () => seeded.normal()));
const vectors = (n: number, more: (row: number[]) => number[] = (row) => row): Values =>
  Array.from({ length: n }, () => {
    const weights = TOPICS.map(() => seeded.normal());
    return more(
      Array.from(
        { length: WIDTH },
        (_one, at) =>
          TOPICS.reduce((sum, topic, t) => sum + weights[t]! * topic[at]!, 0) + 0.3 * seeded.normal(),
      ),
    );
  });

test('embeddings are watched along the directions in which the reference differs, and outside of them', async () => {
  const watched = await referenceOf({ column: 'in_e', from: 'in_e' }, vectors(800));
  assert.deepEqual(
    watched.map(({ column }) => column.replace('in_e · ', '')),
    ['in_e', 'norm', ...Array.from({ length: 8 }, (_one, at) => `component ${at + 1}`), 'residual'],
  );
  const same = await watch(
    watched,
    Array.from({ length: 8 }, () => vectors(200)),
  );
  assert.deepEqual(
    same.flatMap((signals) => alarmed(signals)),
    [],
  );
  const shifted = (): Values => vectors(200, (row) => row.map((value, at) => value + 0.7 * TOPICS[0]![at]!));
  const [, second] = await watch(watched, [shifted(), shifted()]);
  assert.ok(alarmed(second).some((one) => /component/.test(one)));
  const elsewhere = vectors(200, (row) => row.map((value, at) => value + (at === 7 ? 1 : 0)));
  assert.ok(alarmed((await watch(watched, [elsewhere]))[0]).includes('drift in_e · residual'));
  const [broken] = await watch(watched, [
    vectors(200, (row) => (seeded.uniform() < 0.2 ? row.slice(1) : row)),
  ]);
  assert.deepEqual(alarmed(broken), ['unseen in_e']);
});

test('of vectors of various lengths the length is watched', async () => {
  const tokens = (n: number, most: number): Values =>
    Array.from({ length: n }, () => Array.from({ length: 5 + seeded.integer(most) }, () => 1));
  const watched = await referenceOf({ column: 'in_ids', from: 'in_ids' }, tokens(500, 20));
  const [same, longer] = await watch(watched, [tokens(200, 20), tokens(200, 40)]);
  assert.deepEqual([alarmed(same), alarmed(longer)], [[], ['drift in_ids · length']]);
});
