import assert from 'node:assert/strict';
import test from 'node:test';
import { TreadleError } from '../errors/index.ts';
import { cronOf, doubtsOf, nextTimes, readTimetable, timesWithin, whenOf } from './index.ts';

const iso = (times: readonly number[]): string[] =>
  times.map((time) => new Date(time).toISOString().slice(0, 16));
const at = (text: string): number => Date.parse(text);
const next = (cron: string, zone: string, after: string, most = 3): string[] =>
  iso(nextTimes(readTimetable(cron, zone), at(after), most));

test('a fixed time in the hour that is left out runs at its end, one in the hour that comes twice runs once', () => {
  assert.deepEqual(next('30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', 2), [
    '2026-03-08T07:00',
    '2026-03-09T06:30',
  ]);
  assert.deepEqual(next('30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', 2), [
    '2026-11-01T05:30',
    '2026-11-02T06:30',
  ]);
});

test('no day is left out: one whose every run lies in that hour runs once, at its end', () => {
  assert.deepEqual(next('*/20 2 * * *', 'America/New_York', '2026-03-07T12:00Z', 2), [
    '2026-03-08T07:00',
    '2026-03-09T06:00',
  ]);
  // A day that begins an hour late.
  assert.deepEqual(next('*/20 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', 2), [
    '2026-09-06T04:00',
    '2026-09-07T03:00',
  ]);
  // One that runs at another hour of the day, too, is not empty.
  assert.deepEqual(next('*/30 2,5 * * *', 'America/New_York', '2026-03-07T12:00Z', 2), [
    '2026-03-08T09:00',
    '2026-03-08T09:30',
  ]);
  const [doubt] = doubtsOf(readTimetable('0,20 2 * * *', 'Europe/Berlin'), at('2026-03-01T00:00Z'));
  assert.match(doubt ?? '', /2026-03-29 clocks of Europe\/Berlin go forward past all its times.* 01:00 UTC/);
  assert.deepEqual(doubtsOf(readTimetable('0 2 * * *', 'Europe/Berlin'), at('2026-03-01T00:00Z')), []);
});

test('times of a span are those that come one after the other, the newest where they are many', () => {
  const table = readTimetable('*/20 2 * * *', 'America/New_York');
  assert.deepEqual(iso(timesWithin(table, at('2026-03-07T07:40Z'), at('2026-03-09T06:20Z'), 10)), [
    '2026-03-07T07:40',
    '2026-03-08T07:00',
    '2026-03-09T06:00',
    '2026-03-09T06:20',
  ]);
  const minutes = readTimetable('* * * * *', 'UTC');
  assert.deepEqual(iso(timesWithin(minutes, at('2020-01-01T00:00Z'), at('2026-01-01T00:00Z'), 2)), [
    '2025-12-31T23:59',
    '2026-01-01T00:00',
  ]);
  assert.deepEqual(timesWithin(minutes, at('2026-01-01T00:00:10Z'), at('2026-01-01T00:00:20Z'), 5), []);
});

test('what other programs read otherwise, or nobody can keep, is refused or doubted', () => {
  for (const cron of [
    '@daily',
    '0 0 3 * * *',
    '2026-01-01',
    '0 3 * *',
    '0 3 15W * *',
    '0 3 * * MON#2',
    '61 3 * * *',
    '0 3 ? * 1',
  ])
    assert.throws(
      () => readTimetable(cron, 'UTC'),
      (error) => error instanceof TreadleError && error.field === 'cron',
      cron,
    );
  assert.throws(
    () => readTimetable('0 3 * * *', 'Mars/Base'),
    (error) => error instanceof TreadleError && error.field === 'time_zone',
  );
  const doubts = (cron: string): string =>
    doubtsOf(readTimetable(cron, 'UTC'), at('2026-06-01T00:00Z')).join('; ');
  assert.match(doubts('0 3 31 2 *'), /never runs/);
  assert.match(doubts('0 3 31 * *'), /without a 31st/);
  assert.match(doubts('0 3 1 * MON'), /on either/);
  assert.match(doubts('0 3 29 2 *'), /within the next year/);
});

test('said plainly', () => {
  assert.equal(cronOf('daily', '03:05', 'at'), '5 3 * * *');
  assert.equal(cronOf('weekly', 'Sunday 23:00', 'at'), '0 23 * * 0');
  assert.equal(cronOf('monthly', '28 00:30', 'at'), '30 0 28 * *');
  assert.equal(cronOf('monthly', 'last 00:30', 'at'), '30 0 L * *');
  for (const [every, text] of [
    ['daily', '25:00'],
    ['daily', 'Mon 03:00'],
    ['weekly', '03:00'],
    ['monthly', '31 03:00'],
  ] as const)
    assert.throws(() => cronOf(every, text, 'at'), /is no/, text);
  assert.deepEqual(whenOf('Mon 03:00 America/Argentina/Ushuaia'), {
    at: 'Mon 03:00',
    time_zone: 'America/Argentina/Ushuaia',
  });
  assert.deepEqual(whenOf('0 3 * * MON'), { at: '0 3 * * MON' });
  assert.deepEqual(whenOf('03:00 EST'), { at: '03:00', time_zone: 'EST' });
  assert.deepEqual(whenOf(' 03:00 UTC '), { at: '03:00', time_zone: 'UTC' });
});
