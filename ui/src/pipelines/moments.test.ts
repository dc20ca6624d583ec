import assert from 'node:assert/strict';
import test from 'node:test';
import type { Step } from '../../../src/pipelines/contract.ts';
import { barHeights, lasted, mentioned, mostTelling, stepLines, ticks } from './moments.ts';

const step = (name: string, more: Partial<Step>): Step => ({
  name,
  state: 'succeeded',
  command: '',
  needs: [],
  reasons: [],
  attempt: 1,
  attempts: [],
  outputs: [],
  log_bytes: 0,
  ...more,
});

test('an execution lasts from its start to its end, or to now', () => {
  assert.equal(lasted({ created_at: 0, started_at: 10, ended_at: 30 }, 99), 20);
  assert.equal(lasted({ created_at: 0, started_at: 10 }, 99), 89);
  assert.equal(lasted({ created_at: 5 }, 9), 4);
  assert.deepEqual(
    barHeights(
      [
        { created_at: 0, ended_at: 100 },
        { created_at: 0, ended_at: 25 },
        { created_at: 0, ended_at: 0 },
      ],
      0,
    ),
    [1, 0.5, 0.08],
  );
});

test('waits, tries and runs are drawn where they were; a cached step is a mark', () => {
  const { lines, ms } = stepLines(
    {
      created_at: 0,
      started_at: 0,
      ended_at: 100,
      steps: [
        step('train', {
          ready_at: 20,
          started_at: 60,
          ended_at: 100,
          attempt: 2,
          attempts: [{ number: 1, outcome: { reason: 'exit', message: '' }, started_at: 30, ended_at: 50 }],
        }),
        step('prep', { state: 'cached', ready_at: 10, started_at: 5, ended_at: 10 }),
        step('late', { state: 'waiting', attempt: 0 }),
      ],
    },
    1000,
  );
  assert.equal(ms, 100);
  assert.deepEqual(
    lines.map(({ step: { name }, spans, at }) => [
      name,
      at,
      ...spans.map(({ kind, from, to }) => `${kind} ${from} ${to}`),
    ]),
    [
      ['prep', 0.1],
      ['train', undefined, 'wait 0.2 0.3', 'tried 0.3 0.5', 'wait 0.5 0.6', 'run 0.6 1'],
      ['late', undefined],
    ],
  );
});

test('what still runs is drawn up to now', () => {
  const { lines } = stepLines(
    { created_at: 0, started_at: 0, steps: [step('a', { state: 'running', ready_at: 0, started_at: 50 })] },
    100,
  );
  assert.deepEqual(lines[0]!.spans, [
    { from: 0, to: 0.5, kind: 'wait' },
    { from: 0.5, to: 1, kind: 'run' },
  ]);
});

test('an axis has a handful of round moments, whatever the length', () => {
  assert.deepEqual(ticks(10), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(45_000), [0, 10_000, 20_000, 30_000, 40_000]);
  for (const ms of [1, 7, 999, 61_000, 3e6, 9e7, 5e9])
    assert.ok(ticks(ms).length >= 1 && ticks(ms).length <= 7, `${ms}: ${ticks(ms).length}`);
});

test('names in braces', () => {
  assert.deepEqual(
    [...mentioned('python prep.py {flights} {train} --x {flights} {1} {}')],
    ['flights', 'train'],
  );
});

test('of too many lines, failures and what runs are kept, in their order', () => {
  const lines = (['cached', 'succeeded', 'running', 'waiting', 'failed', 'cached'] as const).map(
    (state, i) => ({ i, step: { state } }),
  );
  assert.deepEqual(
    mostTelling(lines, 3).map(({ i }) => i),
    [1, 2, 4],
  );
  assert.equal(mostTelling(lines, 6).length, 6);
});
