import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../test/property.ts';
import { readWindow } from '../platform/schedule/index.ts';
import { mayEnter, type Answered, type Entry } from './entry.ts';
import { clash, endpointOf, environmentOf, type Named } from './names.ts';
import { openness, type Opening } from './window.ts';

const at = (text: string): number => Date.parse(text);
const week: Opening = {
  windows: [readWindow('mon-fri 09:00-17:00')],
  time_zone: 'Europe/Berlin',
  freezes: [],
};

test('a window is open by the clocks of its zone; else it is said when it opens', () => {
  // Berlin is an hour ahead in winter, and two in summer.
  assert.deepEqual(openness(week, at('2026-12-01T08:00Z')), { open: true });
  assert.deepEqual(openness(week, at('2026-07-01T07:00Z')), { open: true });
  assert.deepEqual(openness(week, at('2026-12-01T07:59Z')), {
    open: false,
    at: at('2026-12-01T08:00Z'),
    why: 'no window is open until 2026-12-01 08:00 UTC',
  });
  const friday = openness(week, at('2026-12-04T16:00Z'));
  assert.ok(!friday.open);
  assert.equal(friday.at, at('2026-12-07T08:00Z'), 'over the weekend');
  const holidays = {
    ...week,
    freezes: [{ from: at('2026-12-05T00:00Z'), to: at('2027-01-03T00:00Z'), why: 'holidays' }],
  };
  const frozen = openness(holidays, at('2026-12-20T10:00Z'));
  assert.ok(!frozen.open);
  assert.equal(frozen.at, at('2027-01-04T08:00Z'), 'after the freeze the window opens next');
  assert.match(frozen.why, /^it is frozen \(holidays\) until 2027-01-04 08:00 UTC/);
  const night = { ...week, windows: [readWindow('sun 22:00-04:00')], time_zone: 'UTC' };
  for (const [time, open] of [
    ['2026-12-06T21:59Z', false],
    ['2026-12-06T22:00Z', true],
    ['2026-12-07T03:59Z', true],
    ['2026-12-07T04:00Z', false],
    ['2026-12-07T22:00Z', false],
  ] as const)
    assert.equal(openness(night, at(time)).open, open, time);
  assert.throws(() => readWindow('monday 9-17'), { field: 'windows' });
  assert.deepEqual(readWindow('sat-mon 22:00-04:00').days, ['mon', 'sat', 'sun']);
  assert.deepEqual(readWindow('sun 00:00-24:00'), { days: ['sun'], from: '00:00', to: '00:00' });
  const sunday = { ...week, windows: [readWindow('sun 00:00-24:00')], time_zone: 'UTC' };
  for (const [time, open] of [
    ['2026-12-05T23:59Z', false],
    ['2026-12-06T00:00Z', true],
    ['2026-12-06T23:59Z', true],
    ['2026-12-07T00:00Z', false],
  ] as const)
    assert.equal(openness(sunday, at(time)).open, open, time);
});

const window = fc
  .record({
    days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    from: fc.nat(1439),
    to: fc.nat(1439),
  })
  .map(({ days, from, to }) => {
    const clock = (minute: number): string =>
      `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
    const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
    return { days: days.map((day) => names[day]!), from: clock(from), to: clock(to) };
  });

test('what is said of the next opening holds: it is open then, and not a minute before', () => {
  let closed = 0;
  fc.assert(
    fc.property(
      fc.array(window, { minLength: 1, maxLength: 3 }),
      fc.array(fc.record({ from: fc.nat(20_000), length: fc.integer({ min: 1, max: 6000 }) }), {
        maxLength: 2,
      }),
      fc.nat(20_000),
      (windows, frozen, minute) => {
        const day = at('2026-03-02T00:00Z');
        const terms: Opening = {
          windows,
          time_zone: 'UTC',
          freezes: frozen.map(({ from, length }) => ({
            from: day + from * 60_000,
            to: day + (from + length) * 60_000,
            why: 'x',
          })),
        };
        const now = day + minute * 60_000;
        const found = openness(terms, now);
        if (found.open) return;
        closed++;
        assert.ok(found.at !== undefined && found.at > now);
        assert.equal(openness(terms, found.at).open, true);
        assert.equal(openness(terms, found.at - 60_000).open, false);
      },
    ),
    { numRuns: runs(300) },
  );
  assert.ok(closed > 50);
});

const named = (name: string, position: number, endpoints: string, models = {}): Named => ({
  name,
  position,
  terms: { endpoints, models },
});

test('an endpoint is of one environment: the one that names it, or says most of its name', () => {
  const all = [
    named('dev', 1, 'dev-{model}'),
    named('staging', 2, '{model}-staging', { churn: 'churn' }),
    named('production', 3, '{model}'),
  ];
  for (const [endpoint, of] of [
    ['flights-staging', 'staging'],
    ['dev-flights', 'dev'],
    ['flights', 'production'],
    ['churn', 'staging'],
    ['-staging', 'production'],
  ] as const)
    assert.equal(environmentOf(all, endpoint)?.name, of, endpoint);
  assert.equal(endpointOf(all[1]!, 'flights'), 'flights-staging');
  assert.equal(endpointOf(all[1]!, 'churn'), 'churn');
  assert.equal(endpointOf(all[1]!, '$&'), '$&-staging', 'a name is no pattern');
  assert.equal(environmentOf(all.slice(0, 1), 'flights'), undefined);
  assert.match(clash(named('x', 3, 'x-{model}'), all[2]!) ?? '', /position 3/);
  assert.match(clash(named('x', 4, '{model}'), all[2]!) ?? '', /called as those of production/);
  assert.match(clash(named('x', 4, 'x-{model}', { a: 'churn' }), all[1]!) ?? '', /endpoint churn/);
  assert.match(clash(named('x', 4, 'a-{model}'), named('y', 5, '{model}-b')) ?? '', /could be called/);
  const taking = named('x', 4, 'x-{model}', { churn: 'churn-y' });
  assert.match(clash(taking, named('y', 5, '{model}-y')) ?? '', /endpoint churn-y of churn would be that of/);
  assert.match(clash(named('y', 5, '{model}-y'), taking) ?? '', /endpoint churn-y of churn would be that of/);
  assert.equal(clash(named('x', 4, 'x-{model}', { churn: 'live' }), named('y', 5, '{model}')), undefined);
  assert.equal(clash(named('x', 4, 'a-{model}'), named('y', 5, 'b-{model}')), undefined);
});

const open: Opening = { windows: [], time_zone: 'UTC', freezes: [] };
const shut: Opening = { ...open, freezes: [{ from: 0, to: 1e15, why: 'x' }] };
const answered = (minutes: number, failed = false): Answered => ({ total: minutes * 60_000, failed });

test('a version goes through environments in their order, holds, and may always come back', () => {
  const enter = (own: Partial<Entry>): string => {
    const verdict = mayEnter({
      environment: { name: 'production', terms: open },
      here: undefined,
      part: false,
      before: { name: 'staging', hold_min: 60, answered: answered(60), answers: true },
      now: 1_000_000_000,
      ...own,
    });
    return verdict.ok ? verdict.how : verdict.code;
  };
  const from = (one: Answered | undefined, answers = true) => ({
    before: { name: 'staging', hold_min: 60, answered: one, answers },
  });
  assert.equal(enter({}), 'promoted');
  assert.equal(enter(from(undefined)), 'not-before');
  assert.equal(enter(from(answered(60, true))), 'not-before', 'it could not answer there');
  assert.equal(enter(from(answered(59))), 'held');
  assert.equal(enter({ before: undefined }), 'promoted', 'the first asks nothing');
  const closed = { environment: { name: 'production', terms: shut } };
  assert.equal(enter(closed), 'closed');
  assert.equal(enter({ ...closed, here: answered(0) }), 'going_back');
  assert.equal(
    enter({ ...closed, part: true }),
    'promoted',
    'a rollback may have a canary of before with it',
  );
  assert.equal(enter({ ...from(undefined), here: answered(1, true) }), 'going_back');
  const held = mayEnter({
    environment: { name: 'production', terms: open },
    here: undefined,
    part: false,
    ...from(answered(20)),
    now: 1_000_000_000,
  });
  assert.ok(!held.ok);
  assert.equal(held.at, 1_000_000_000 + 40 * 60_000, 'it has answered long enough by then');
  assert.match(held.why, /answered in staging for 20 of 60 minutes, and has at /);
});
