import assert from 'node:assert/strict';
import test from 'node:test';
import { runs } from '../../../test/property.ts';
import { random, type Random } from '../../../test/random.ts';
import { nextTimes, readTimetable } from './index.ts';

/** Another reading of schedules: every minute of the time is looked at, as the clocks on the wall of the place show it. */

const MINUTE = 60_000;
const DAY = 1440;
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Kolkata',
];

interface Pattern {
  minute: readonly number[];
  hour: readonly number[];
  day: readonly number[] | undefined;
  weekday: readonly number[] | undefined;
  cron: string;
}

const every = (step: number, below: number): number[] =>
  Array.from({ length: Math.ceil(below / step) }, (_, i) => i * step);

function anyPattern(seeded: Random): Pattern {
  const fixed = (below: number): [number[], string] => {
    const n = seeded.integer(below);
    return [[n], String(n)];
  };
  const stepped = (below: number, ...steps: number[]): [number[], string] => {
    const step = seeded.pick(steps);
    return [every(step, below), `*/${step}`];
  };
  const several = (below: number): [number[], string] => {
    const list = [...new Set([seeded.integer(below), seeded.integer(below)])].toSorted((a, b) => a - b);
    return [list, list.join(',')];
  };
  const [minute, minuteText] = seeded.pick([
    () => fixed(60),
    () => stepped(60, 15, 20, 30),
    () => several(60),
  ])();
  // Hours in which clocks change come often.
  const [hour, hourText] = seeded.pick([
    () => fixed(24),
    () => [[2], '2'] as [number[], string],
    () => [[0], '0'] as [number[], string],
    () => stepped(24, 1, 2, 3),
    () => several(24),
  ])();
  const [day, weekday] = seeded.pick([
    [undefined, undefined],
    [undefined, [0, 3]],
    [[seeded.integer(28) + 1], undefined],
  ] as const);
  const cron = `${minuteText} ${hourText} ${day?.join(',') ?? '*'} * ${weekday?.join(',') ?? '*'}`;
  return { minute, hour, day, weekday, cron };
}

/** Those that have to do with the hours in which clocks change. */
const TRICKY: readonly Pattern[] = (
  [
    [every(20, 60), [2], '*/20 2'],
    [every(30, 60), [0], '*/30 0'],
    [[0, 20], [2], '0,20 2'],
    [[30], [2], '30 2'],
    [[30], [1], '30 1'],
    [every(15, 60), [1], '*/15 1'],
    [[15], [2, 3], '15 2,3'],
  ] as const
).map(([minute, hour, text]) => ({
  minute,
  hour,
  day: undefined,
  weekday: undefined,
  cron: `${text} * * *`,
}));

/** What clocks show at each minute, as minutes since 1970 of a place without a time zone. */
function wallsOf(zone: string, from: number, minutes: number): number[] {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const read = (at: number): number => {
    const [, month, day, year, hour, minute] = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+)/.exec(format.format(at))!;
    return (
      Date.UTC(2000 + Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) / MINUTE
    );
  };
  // Offsets hold for half an hour at least.
  const walls: number[] = [];
  for (let i = 0; i < minutes; i += 30) {
    const wall = read(from + i * MINUTE);
    for (let k = 0; k < 30; k++) walls.push(wall + k);
  }
  return walls;
}

function matches({ minute, hour, day, weekday }: Pattern, wall: number): boolean {
  const date = new Date(wall * MINUTE);
  return (
    minute.includes(date.getUTCMinutes()) &&
    hour.includes(date.getUTCHours()) &&
    (day === undefined || day.includes(date.getUTCDate())) &&
    (weekday === undefined || weekday.includes(date.getUTCDay()))
  );
}

/** Times within `walls`, in minutes from its begin. */
function timesOf(pattern: Pattern, walls: readonly number[]): number[] {
  const isFixed = pattern.minute.length === 1 && pattern.hour.length === 1;
  const shown = new Set<number>();
  const times: number[] = [];
  const ran = new Set<number>();
  for (const [i, wall] of walls.entries()) {
    if (i > 0 && wall > walls[i - 1]! + 1) {
      // Clocks have gone forward: of what they left out, a day that has nothing else runs now.
      const midnight = Math.floor(walls[i - 1]! / DAY + (walls[i - 1]! % DAY === DAY - 1 ? 1 : 0));
      const left = Array.from({ length: wall - walls[i - 1]! - 1 }, (_, k) => walls[i - 1]! + 1 + k);
      const rest = walls.slice(i).filter((one) => Math.floor(one / DAY) === midnight);
      const before = ran.has(midnight);
      if (
        left.some((one) => matches(pattern, one)) &&
        !before &&
        !rest.some((one) => matches(pattern, one))
      ) {
        times.push(i);
        ran.add(midnight);
      }
    }
    if (!matches(pattern, wall)) continue;
    // Clocks that go back show an hour twice; a single fixed time runs when they show it first.
    if (isFixed && shown.has(wall)) continue;
    shown.add(wall);
    times.push(i);
    ran.add(Math.floor(wall / DAY));
  }
  return times;
}

test('times are those at which the clocks of the place show them, across both changes of a year', () => {
  const seeded = random(7);
  const spans = ['2026-03-05', '2026-03-25', '2026-03-31', '2026-10-01', '2026-10-22', '2026-08-31'].map(
    (day) => Date.parse(`${day}T00:00:00Z`),
  );
  let looked = 0;
  for (const zone of ZONES)
    for (const from of spans) {
      const walls = wallsOf(zone, from, 9 * DAY);
      for (const pattern of [...TRICKY, ...Array.from({ length: runs(4) }, () => anyPattern(seeded))]) {
        // A span that begins on a full day of the place: what ran before it is not known.
        const expected = timesOf(pattern, walls).filter((i) => i >= DAY && i < 8 * DAY);
        const table = readTimetable(pattern.cron, zone);
        const found = nextTimes(table, from + DAY * MINUTE - 1, expected.length + 1)
          .map((time) => (time - from) / MINUTE)
          .filter((i) => i < 8 * DAY);
        assert.deepEqual(found, expected, `${pattern.cron} in ${zone} from ${new Date(from).toISOString()}`);
        looked += expected.length;
      }
    }
  assert.ok(looked > 1000);
});
