import assert from 'node:assert/strict';
import test from 'node:test';
import { readFreeze } from './freeze.ts';

const at = (text: string): number => Date.parse(text);

test('a freeze lasts from its first day to the end of its last, by the clocks of its zone', () => {
  for (const [text, zone, from, to] of [
    ['2026-12-20/2027-01-03 holidays', 'UTC', '2026-12-20T00:00Z', '2027-01-04T00:00Z'],
    ['2026-12-20/2027-01-03 holidays', 'Europe/Berlin', '2026-12-19T23:00Z', '2027-01-03T23:00Z'],
    // Over the change of the clocks: it begins in winter time and ends in summer time.
    ['2026-03-29/2026-03-29 one day', 'Europe/Berlin', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ['2026-12-31/2026-12-31 the last', 'Pacific/Kiritimati', '2026-12-30T10:00Z', '2026-12-31T10:00Z'],
    ['2028-02-29/2028-02-29 leap', 'America/New_York', '2028-02-29T05:00Z', '2028-03-01T05:00Z'],
    ['2026-12-20T18:00/2026-12-21T06:30 night', 'Europe/Berlin', '2026-12-20T17:00Z', '2026-12-21T05:30Z'],
    [
      '2026-12-20T18:00Z/2026-12-21T06:30+05:30 night',
      'Europe/Berlin',
      '2026-12-20T18:00Z',
      '2026-12-21T01:00Z',
    ],
  ] as const) {
    const freeze = readFreeze(text, zone);
    assert.deepEqual([freeze.from, freeze.to], [at(from), at(to)], `${text} in ${zone}`);
  }
});

test('days that there are not are no freeze', () => {
  for (const text of [
    '2026-02-30/2026-03-03 x',
    '2026-13-01/2027-01-03 x',
    '2026-12-20T25:00/2027-01-03 x',
    '2026-12-20/2027-01-03',
    'tomorrow/2027-01-03 x',
    '20.12.2026/03.01.2027 x',
  ])
    assert.throws(() => readFreeze(text, 'Europe/Berlin'), { field: 'freeze' }, text);
});
