import assert from 'node:assert/strict';
import test from 'node:test';
import { formatClock } from './format-x.ts';

test('a clock axis says minutes, seconds where they are needed, and the day where it changes', () => {
  const at = (text: string) => new Date(text).getTime() / 1000;
  assert.deepEqual(formatClock([at('2026-03-01T10:00:00'), at('2026-03-01T10:05:00')]), ['10:00', '10:05']);
  assert.deepEqual(formatClock([at('2026-03-01T10:00:00'), at('2026-03-01T10:00:15')]), [
    '10:00:00',
    '10:00:15',
  ]);
  assert.deepEqual(formatClock([at('2026-03-01T22:00:00'), at('2026-03-02T02:00:00')]), ['22:00', '03-02']);
  assert.deepEqual(formatClock([at('2026-03-01T00:00:00'), at('2026-03-02T00:00:00')]), [
    '2026-03-01',
    '2026-03-02',
  ]);
  assert.deepEqual(formatClock([]), []);
});
