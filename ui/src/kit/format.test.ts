import assert from 'node:assert/strict';
import test from 'node:test';
import { formatAgo, formatBytes, formatCount, formatDuration, formatNumber, plural } from './format.ts';

test('numbers keep five figures and say what is not finite', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [0.1 + 0.2, '0.3'],
    [0.693147, '0.69315'],
    [-0.5, '−0.5'],
    [12345, '12345'],
    [9_999_999, '9999999'],
    [123_456_789, '1.235e8'],
    [1e-7, '1e−7'],
    [0.000123456, '0.00012346'],
    [NaN, 'NaN'],
    [Infinity, '∞'],
    [-Infinity, '−∞'],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test('sizes, spans and counts', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(1536), '1.50 KiB');
  assert.equal(formatBytes(64 * 1024 ** 2), '64.0 MiB');
  assert.equal(formatDuration(380), '380 ms');
  assert.equal(formatDuration(4210), '4.2 s');
  assert.equal(formatDuration(-4210), '−4.2 s');
  assert.equal(formatDuration(59_600), '1 m 00 s');
  assert.equal(formatDuration(187_000), '3 m 07 s');
  assert.equal(formatDuration(7_500_000), '2 h 05 m');
  assert.equal(formatDuration(532_800_000), '6 d 4 h');
  assert.equal(formatCount(100_000), '100,000');
  assert.equal(plural(1, 'run'), '1 run');
  assert.equal(plural(0, 'run'), '0 runs');
});

test('times are told from now, both ways', () => {
  const now = 1_800_000_000_000;
  assert.equal(formatAgo(now - 1000, now), 'just now');
  assert.equal(formatAgo(now - 59_000, now), '59 s ago');
  assert.equal(formatAgo(now - 300_000, now), '5 min ago');
  assert.equal(formatAgo(now + 3 * 3_600_000, now), 'in 3 h');
  assert.equal(formatAgo(now - 40 * 86_400_000, now), '1 mo ago');
});
