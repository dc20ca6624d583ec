import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import type { Signal } from '../contract.ts';
import { anchorCategories, anchorNumeric } from '../statistics/anchor.ts';
import { count } from '../statistics/histogram.ts';
import { judgeColumns } from './judge-columns.ts';
import type { Counted, Unread, Watched } from './questions.ts';
import { worst } from './signal-rows.ts';
import { watchDrift, type DriftEvidence } from './watch-drift.ts';

const seeded = random(7);
const normal = (n: number, mean = 0): Float64Array =>
  Float64Array.from({ length: n }, () => seeded.normal() + mean);

const watch = (column: string, values: Float64Array): Watched => {
  const anchor = anchorNumeric(values, { bins: 20 });
  return { column, anchor, histogram: count(anchor, values) };
};
const look = ({ column, anchor }: Watched, values: Float64Array, misfits = 0): Counted => {
  assert.equal(anchor.kind, 'numeric');
  return { column, histogram: count(anchor as never, values), misfits, outside: 0 };
};
const DAY = 86_400_000;
/** Days one after the other, with what is stored between them going through JSON. */
function watching(watched: readonly Watched[]) {
  let evidence: string | undefined;
  let day = 0;
  return (counted: Counted[], unread: Unread[] = []): Signal[] => {
    const window = { from: day * DAY, to: ++day * DAY };
    const before = evidence === undefined ? undefined : (JSON.parse(evidence) as DriftEvidence);
    const seen = watchDrift(watched, counted, window, before);
    evidence = JSON.stringify(seen.evidence);
    return judgeColumns(watched, { counted, unread }, seen.result);
  };
}
const alerts = (signals: readonly Signal[]): string[] =>
  signals.filter(({ state }) => state === 'alert').map(({ signal, column }) => `${signal} ${column}`);

test('a shift that no window shows by itself is seen by windows together, and read again is told again', () => {
  const watched = ['in_a', 'in_b', 'in_c', 'in_d'].map((name) => watch(name, normal(5000)));
  const day = watching(watched);
  const said: string[][] = [];
  for (let i = 0; i < 8; i++)
    said.push(alerts(day(watched.map((one, at) => look(one, normal(300, at === 0 && i >= 3 ? 0.2 : 0))))));
  assert.deepEqual(said.slice(0, 4), [[], [], [], []], 'nothing, and one window of it is too little');
  assert.deepEqual(said.at(-1), ['drift in_a']);
});

test('evidence against one reference is none against another, and a window is counted once', () => {
  const [old, other] = [watch('in_a', normal(3000)), watch('in_a', normal(3000))];
  const counted = [look(old, normal(500, 1))];
  const window = { from: 0, to: DAY };
  const first = watchDrift([old], counted, window, undefined);
  assert.ok(first.result.shape.alarm);
  const again = watchDrift([old], counted, { from: DAY / 2, to: 2 * DAY }, first.evidence);
  assert.deepEqual(again.evidence, first.evidence);
  assert.deepEqual(again.result.shape, first.result.shape);
  const anew = watchDrift([other], [], { from: DAY, to: 2 * DAY }, first.evidence);
  assert.equal(anew.result.shape.evidence, 0);
});

test('days of the week are no drift where the reference is told by days', () => {
  const weekday = (day: number): Float64Array => new Float64Array(200).fill(day % 7);
  const days = Array.from({ length: 63 }, (_one, day) => weekday(day));
  const all = Float64Array.from(days.flatMap((day) => [...day]));
  const plain = watch('in_weekday', all);
  assert.equal(plain.anchor.kind, 'numeric');
  const windows = days.map((day) => [...count(plain.anchor as never, day).counts]);
  const alarmsOf = (watched: Watched): number => {
    const day = watching([watched]);
    return Array.from({ length: 28 }, (_one, at) => alerts(day([look(watched, weekday(at))]))).filter(
      (said) => said.length > 0,
    ).length;
  };
  assert.equal(alarmsOf({ ...plain, windows }), 0);
  assert.ok(alarmsOf(plain) > 20);
});

test('what changed is said of its column alone', () => {
  const watched = ['in_a', 'in_b', 'in_c'].map((name) => watch(name, normal(5000)));
  const gone = normal(1000);
  gone.fill(NaN, 0, 30);
  const signals = watching(watched)([
    look(watched[0]!, normal(1000, 0.5)),
    look(watched[1]!, normal(1000)),
    look(watched[2]!, gone, 5),
  ]);
  assert.deepEqual(alerts(signals), ['drift in_a', 'missing in_c', 'misfit in_c']);
  const missing = signals.find(({ signal, column }) => signal === 'missing' && column === 'in_c');
  assert.deepEqual([missing?.value, missing?.evidence['count']], [0.025, 25]);
  assert.ok(signals.every(({ value }) => value === undefined || Number.isFinite(value)));
});

test('a category that was never seen is a signal; few rows, none and a broken column are states of their own', () => {
  const values = Array.from({ length: 1000 }, (_, i) => ['a', 'b', 'c'][i % 3]!);
  const anchor = anchorCategories(values);
  const words: Watched = { column: 'in_w', anchor, histogram: count(anchor, values) };
  const seen = (some: string[]): Counted => ({
    column: 'in_w',
    histogram: count(anchor, some),
    misfits: 0,
    outside: 0,
  });
  const fresh = [...values.slice(0, 300), ...Array.from({ length: 9 }, () => 'z')];
  assert.deepEqual(alerts(watching([words])([seen(fresh)])), ['unseen in_w']);
  const few = watching([words])([seen(['a', 'b'])]);
  assert.deepEqual(
    few.map(({ signal, state }) => [signal, state]),
    [
      ['missing', 'ok'],
      ['unseen', 'ok'],
      ['drift', 'no_data'],
    ],
  );
  const none = watching([words])([seen([])]);
  assert.ok(none.every(({ state }) => state === 'no_data'));
  const other = watch('in_x', normal(1000));
  const broken = watching([words, other])(
    [look(other, normal(1000))],
    [{ column: 'in_w', problem: 'cannot be read' }],
  );
  assert.deepEqual(
    broken.map(({ column, state }) => [column, state]),
    [
      ['in_w', 'failed'],
      ['in_x', 'ok'],
      ['in_x', 'ok'],
      ['in_x', 'ok'],
      ['in_x', 'ok'],
    ],
  );
});

test('a window is ok only where something was compared', () => {
  const one = (signal: Signal['signal'], state: Signal['state'], column?: string) => ({
    signal,
    state,
    ...(column === undefined ? {} : { column }),
  });
  const volume = one('volume', 'ok');
  assert.equal(worst([one('volume', 'no_data')]), 'no_data');
  assert.equal(worst([volume, one('drift', 'no_reference', 'in_a')]), 'no_reference');
  assert.equal(worst([volume, one('drift', 'no_data', 'in_a')]), 'no_data');
  assert.equal(worst([volume, one('drift', 'no_data', 'in_a'), one('drift', 'ok', 'in_b')]), 'ok');
  assert.equal(worst([volume, one('drift', 'failed', 'in_a'), one('missing', 'alert', 'in_b')]), 'alert');
  assert.equal(worst([volume, one('drift', 'failed', 'in_a'), one('drift', 'ok', 'in_b')]), 'failed');
  assert.equal(worst([volume, one('drift', 'ok', 'in_a'), one('coverage', 'no_labels')]), 'no_labels');
  const dropped = one('drift', 'not_recorded', 'in_a');
  assert.equal(worst([volume, dropped]), 'not_recorded');
  assert.equal(worst([volume, dropped, one('drift', 'no_reference', 'in_b')]), 'no_reference');
  assert.equal(worst([volume, dropped, one('drift', 'ok', 'in_b')]), 'ok');
});
