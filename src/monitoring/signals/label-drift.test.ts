import assert from 'node:assert/strict';
import test from 'node:test';
import { anchorCategories, anchorNumeric } from '../statistics/anchor.ts';
import { count } from '../statistics/histogram.ts';
import { judgeLabels } from './label-drift.ts';
import type { Counted, Watched } from './questions.ts';
import type { DriftEvidence } from './watch-drift.ts';

const DAY = 86_400_000;

/** 0 and 1, the latter with a share. */
const bits = (rows: number, share: number): Float64Array =>
  Float64Array.from({ length: rows }, (_one, i) => Number((i * share) % 1 < share));

const before = bits(4000, 0.2);
const anchor = anchorNumeric(before);
const reference: Watched = { column: 'number', anchor, histogram: count(anchor, before) };
const counted = (values: Float64Array): Counted => ({
  column: 'number',
  histogram: count(anchor, values),
  misfits: 0,
  outside: 0,
});

test('outcomes as the label was are no news; another share of them is', () => {
  let kept: DriftEvidence | undefined;
  const look = (day: number, share: number): string | undefined => {
    const window = { from: day * DAY, to: (day + 1) * DAY };
    const { signals, evidence } = judgeLabels(reference, counted(bits(500, share)), window, kept);
    kept = evidence;
    return signals[0]?.state;
  };
  for (let day = 0; day < 20; day++) assert.equal(look(day, 0.2), 'ok');
  assert.equal(look(20, 0.4), 'alert');
});

test('outcomes that are written in another way than the label are not compared', () => {
  const window = { from: 0, to: DAY };
  const words = judgeLabels(reference, counted(Float64Array.of(NaN, NaN, 1)), window, undefined);
  assert.deepEqual([words.signals[0]?.state, words.evidence], ['alert', undefined]);
  assert.match(words.foreign ?? '', /written in another way/);
  const yes = anchorCategories(['yes', 'no', 'no']);
  const texts = ['true', 'false', 'true'];
  const now = { column: 'label', histogram: count(yes, texts), misfits: 0, outside: 0 };
  const of: Watched = { column: 'label', anchor: yes, histogram: count(yes, ['yes', 'no', 'no']) };
  const told = judgeLabels(of, now, window, undefined);
  assert.equal(told.signals[0]?.state, 'alert');
  assert.match(
    told.signals[0]!.reason,
    /^3 of 3 outcomes are values that the label of the reference never has/,
  );
});
