import assert from 'node:assert/strict';
import test from 'node:test';
import { standsAt } from './follow.ts';

type Execution = Parameters<typeof standsAt>[0];
const execution = (state: string, reason?: string): Execution => ({ state, reason }) as Execution;

test('where a turn stands follows from its execution and its release', () => {
  const stands = (...[one, release]: Parameters<typeof standsAt>): string => standsAt(one, release).state;
  assert.equal(stands(execution('queued'), undefined), 'training');
  assert.equal(stands(execution('running'), undefined), 'training');
  assert.equal(stands(execution('succeeded'), undefined), 'trained');
  assert.equal(stands(execution('failed'), undefined), 'failed');
  assert.equal(stands(execution('cancelled'), undefined), 'cancelled');
  assert.equal(stands(undefined, undefined), 'failed', 'it was deleted');
  for (const [state, is] of [
    ['requested', 'judging'],
    ['judged', 'judging'],
    ['promoted', 'rolling_out'],
    ['rolling_out', 'rolling_out'],
    // A rollout without enough evidence goes on as soon as a person says so.
    ['held', 'rolling_out'],
    ['a later one', 'rolling_out'],
  ] as const)
    assert.equal(stands(execution('running'), { state }), is, state);
  for (const [state, is] of [
    ['succeeded', 'promoted'],
    ['rejected', 'rejected'],
    ['rolled_back', 'rolled_back'],
    ['held', 'held'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    // What is not known is no success.
    ['a later one', 'failed'],
  ] as const)
    // The execution behind a rollout that was taken back went well.
    assert.equal(stands(execution('succeeded'), { state, ended_at: 1 }), is, state);
});

test('an end has its reason, also one that is not known', () => {
  assert.equal(standsAt(execution('failed', 'step train failed'), undefined).reason, 'step train failed');
  assert.equal(
    standsAt(execution('succeeded'), { state: 'parked', reason: 'x', ended_at: 1 }).reason,
    'the release ended as parked: x',
  );
});
