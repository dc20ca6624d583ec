import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import { watchHarm, type Harm, type HarmEvidence } from './watch-harm.ts';

const DAY = 86_400_000;
const r = random(5);

/** Days one after the other, with what is stored between them going through JSON. */
function days(judged: Parameters<typeof watchHarm>[2]) {
  let kept: string | undefined;
  let day = 0;
  return (losses: Parameters<typeof watchHarm>[0], at = day): Harm => {
    day = at + 1;
    const before = kept === undefined ? undefined : (JSON.parse(kept) as HarmEvidence);
    const found = watchHarm(losses, { from: at * DAY, to: (at + 1) * DAY }, judged, before);
    kept = JSON.stringify(found.evidence);
    return found;
  };
}

const absolute = (n: number, times = 1) => [
  { loss: 'absolute_error' as const, values: Array.from({ length: n }, () => times * Math.abs(r.normal())) },
];

test('what is normal is learnt from the first outcomes where no evaluation says it', () => {
  const day = days([]);
  for (let i = 0; i < 4; i++)
    assert.deepEqual(day(absolute(250)).results, [], 'nothing is said while it learns');
  const calm = day(absolute(500));
  assert.deepEqual([calm.results[0]?.page, calm.results[0]?.source], [false, 'of its first 1,000 outcomes']);
  let found = calm;
  for (let i = 0; i < 6; i++) found = day(absolute(500, 1.5));
  assert.equal(found.results[0]?.page, true);
  assert.ok((found.results[0]?.lossSince ?? 0) > 0.3);
});

test('a regression is held to the errors that it was judged by, in units of five medians', () => {
  const day = days([
    { name: 'mae', value: 0.798, n: 5000 },
    { name: 'rmse', value: 1, n: 5000 },
    { name: 'median_ae', value: 0.6745, n: 5000 },
  ]);
  let found = day(absolute(2000));
  assert.equal(found.results[0]?.page, false);
  assert.ok(Math.abs(found.results[0]!.risk!.mean - 0.236) < 0.02);
  for (let i = 0; i < 4; i++) found = day(absolute(500, 1.4));
  assert.equal(found.results[0]?.page, true);
});

test('outcomes of an earlier window that are scored late count, and time does not go back', () => {
  const day = days([{ name: 'accuracy', value: 0.9, low: 0.89, high: 0.91, n: 4000 }]);
  const errors = (share: number) => [
    { loss: 'error' as const, values: Array.from({ length: 400 }, () => Number(r.uniform() < share)) },
  ];
  day(errors(0.1));
  day(errors(0.3), 5);
  const late = day(errors(0.3), 3);
  assert.deepEqual([late.results[0]?.outcomes, late.results[0]?.page], [1200, true]);
});
