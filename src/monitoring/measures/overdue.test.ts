import assert from 'node:assert/strict';
import test from 'node:test';
import { overdueSince } from '../overdue.ts';

const HOUR = 3_600_000;

test('a monitor is overdue when the window after its newest one was not looked at in time', () => {
  const monitor = { window_ms: HOUR, updated_at: 10 * HOUR + 5 };
  // Nothing was looked at yet: the window that began before it was set is over at 11.
  assert.equal(overdueSince(monitor, undefined, 11 * HOUR), undefined);
  assert.equal(overdueSince(monitor, undefined, 11 * HOUR + 14 * 60_000), undefined);
  assert.equal(overdueSince(monitor, undefined, 11 * HOUR + 16 * 60_000), 11 * HOUR);
  assert.equal(overdueSince(monitor, { to_at: 20 * HOUR }, 21 * HOUR), undefined);
  assert.equal(overdueSince(monitor, { to_at: 20 * HOUR }, 30 * HOUR), 21 * HOUR);
  // Short windows are not hurried, and long ones are waited for an hour at most.
  const minute = { window_ms: 60_000, updated_at: 0 };
  assert.equal(overdueSince(minute, { to_at: 0 }, 10 * 60_000), undefined);
  assert.equal(overdueSince(minute, { to_at: 0 }, 12 * 60_000), 60_000);
  const month = { window_ms: 30 * 24 * HOUR, updated_at: 0 };
  assert.equal(overdueSince(month, { to_at: 0 }, (30 * 24 + 2) * HOUR), 30 * 24 * HOUR);
});
