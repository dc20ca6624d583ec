import assert from 'node:assert/strict';
import test from 'node:test';
import type { Loop } from '../../../src/loops/contract.ts';
import { atWork, stopsOf } from './ring-state.ts';

const at = (state: string, endpoint?: string) => ({
  state: 'active' as const,
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(state === '' ? {} : { latest: { state } as NonNullable<Loop['latest']> }),
});
const tones = (loop: Parameters<typeof stopsOf>[0], alerts: Parameters<typeof stopsOf>[1] = []): string =>
  stopsOf(loop, alerts)
    .map(({ tone }) => tone)
    .join(' ');

test('the ring shows how far the newest turn came', () => {
  assert.equal(tones(at('')), 'neutral neutral neutral neutral neutral');
  assert.equal(tones(at('training', 'late')), 'good live neutral neutral good');
  assert.equal(tones(at('judging', 'late')), 'good good live neutral good');
  assert.equal(tones(at('rejected', 'late')), 'good good warn neutral good');
  assert.equal(tones(at('rolling_out', 'late')), 'good good good live good');
  assert.equal(tones(at('rolled_back', 'late')), 'good good good warn good');
  assert.equal(tones(at('promoted', 'late')), 'good good good good good');
  assert.equal(tones(at('failed', 'late')), 'good bad neutral neutral good');
  assert.equal(atWork(stopsOf(at('rolling_out'), [])), 3);
  assert.equal(atWork(stopsOf(at('promoted'), [])), -1);
});

test('alerts of its endpoint, and of no other, are where it watches and where its data comes from', () => {
  const alert = (
    cause: 'data' | 'performance' | 'drift',
    endpoint = 'late',
    state: 'firing' | 'pending' = 'firing',
  ) => ({
    cause,
    endpoint,
    state,
  });
  assert.equal(tones(at('', 'late'), [alert('data')]), 'bad neutral neutral neutral good');
  assert.equal(
    tones(at('', 'late'), [alert('performance'), alert('drift')]),
    'good neutral neutral neutral bad',
  );
  assert.equal(tones(at('', 'late'), [alert('drift')]), 'good neutral neutral neutral warn');
  assert.equal(
    tones(at('', 'late'), [alert('data', 'other'), alert('drift', 'late', 'pending')]),
    'good neutral neutral neutral good',
  );
});
