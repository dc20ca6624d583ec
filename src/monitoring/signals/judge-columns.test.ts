import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import type { Signal } from '../contract.ts';
import { anchorCategories, anchorNumeric } from '../statistics/anchor.ts';
import { count } from '../statistics/histogram.ts';
import { judgeColumns, type CountedColumn } from './judge-columns.ts';
import type { Watched } from './questions.ts';
import { worst } from './signal-rows.ts';

const seeded = random(7);
const normal = (n: number, mean = 0): Float64Array =>
  Float64Array.from({ length: n }, () => seeded.normal() + mean);

const watch = (column: string, values: Float64Array): Watched => {
  const anchor = anchorNumeric(values, { bins: 20 });
  return { column, anchor, histogram: count(anchor, values) };
};
const look = ({ column, anchor }: Watched, values: Float64Array, misfits = 0): CountedColumn => {
  assert.equal(anchor.kind, 'numeric');
  return { column, histogram: count(anchor as never, values), misfits };
};
const alerts = (signals: readonly Signal[]): string[] =>
  signals.filter(({ state }) => state === 'alert').map(({ signal, column }) => `${signal} ${column}`);

test('windows in which nothing changed raise hardly an alarm, however large they are', () => {
  const watched = Array.from({ length: 20 }, (_, i) => watch(`in_${i}`, normal(5000)));
  let windows = 0;
  let alarmed = 0;
  for (const rows of [50, 500, 2000])
    for (let i = 0; i < 20; i++) {
      const counted = watched.map((one) => look(one, normal(rows)));
      windows++;
      if (alerts(judgeColumns(watched, { counted, unread: [] })).length > 0) alarmed++;
    }
  // One in a thousand is meant; of sixty none.
  assert.equal(windows, 60);
  assert.equal(alarmed, 0);
});

test('what changed is said of its column alone', () => {
  const watched = ['in_a', 'in_b', 'in_c'].map((name) => watch(name, normal(5000)));
  const gone = normal(1000);
  gone.fill(NaN, 0, 30);
  const counted = [
    look(watched[0]!, normal(1000, 0.5)),
    look(watched[1]!, normal(1000)),
    look(watched[2]!, gone, 5),
  ];
  const signals = judgeColumns(watched, { counted, unread: [] });
  assert.deepEqual(alerts(signals), ['drift in_a', 'missing in_c', 'misfit in_c']);
  const missing = signals.find(({ signal, column }) => signal === 'missing' && column === 'in_c');
  assert.deepEqual([missing?.value, missing?.evidence['count']], [0.025, 25]);
  assert.ok(signals.every(({ value }) => value === undefined || Number.isFinite(value)));
});

test('a category that was never seen is a signal; few rows, none and a broken column are states of their own', () => {
  const values = Array.from({ length: 1000 }, (_, i) => ['a', 'b', 'c'][i % 3]!);
  const anchor = anchorCategories(values);
  const words: Watched = { column: 'in_w', anchor, histogram: count(anchor, values) };
  const seen = (some: string[]): CountedColumn => ({
    column: 'in_w',
    histogram: count(anchor, some),
    misfits: 0,
  });
  const fresh = [...values.slice(0, 300), ...Array.from({ length: 6 }, () => 'z')];
  assert.deepEqual(alerts(judgeColumns([words], { counted: [seen(fresh)], unread: [] })), ['unseen in_w']);
  const few = judgeColumns([words], { counted: [seen(['a', 'b'])], unread: [] });
  assert.deepEqual(
    few.map(({ signal, state }) => [signal, state]),
    [
      ['missing', 'ok'],
      ['unseen', 'ok'],
      ['drift', 'no_data'],
    ],
  );
  const none = judgeColumns([words], { counted: [seen([])], unread: [] });
  assert.ok(none.every(({ state }) => state === 'no_data'));
  const other = watch('in_x', normal(1000));
  const broken = judgeColumns([words, other], {
    counted: [look(other, normal(1000))],
    unread: [{ column: 'in_w', problem: 'cannot be read' }],
  });
  assert.deepEqual(
    broken.map(({ column, state }) => [column, state]),
    [
      ['in_w', 'failed'],
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
});
