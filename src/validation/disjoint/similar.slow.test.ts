// Rows that are nearly those of training, columns in another form, and splits that look random: what the proof says of each.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { ComparedTable, DisjointAnswer } from '../data/protocol.ts';
import { openWorkshop, type Workshop } from './fixture.suite.ts';

let shop: Workshop;
before(async () => {
  shop = await openWorkshop();
  await shop.run(`create table train as select 'row ' || range as name, range % 40 as patient,
    timestamp '2001-01-01' + to_minutes((range * 7919) % 300000)::interval as day,
    10 + (hash(range + 2) % 1000000) / 99730.0::double as temperature, 200 + (hash(range + 3) % 1000000) / 997.0::double as fare,
    (hash(range + 4) % 1000000) / 333.0::double as load, chr(65 + (hash(range + 1) % 26)::int) || ' Air Lines' as carrier,
    range % 2 as late from range(4000)`);
  // Rows of the same kind that nobody trained on, a year later, of other people.
  await shop.run(`create table clean as select 'new ' || range as name, 100 + range % 40 as patient,
    timestamp '2002-01-01' + to_minutes((range * 7919) % 300000)::interval as day,
    10 + (hash(range + 500002) % 1000000) / 99730.0::double as temperature, 200 + (hash(range + 500003) % 1000000) / 997.0::double as fare,
    (hash(range + 500004) % 1000000) / 333.0::double as load, chr(65 + (hash(range + 500001) % 26)::int) || ' Air Lines' as carrier,
    range % 2 as late from range(900)`);
});
after(() => shop[Symbol.asyncDispose]());

const first = ({ against }: DisjointAnswer): ComparedTable => against[0]!.tables[0]!;
let made = 0;
const file = (sql: string, ending = 'parquet') => shop.make(`s${made++}.${ending}`, sql);
/** The clean rows, and a hundred of training as they are changed here. */
const planted = (change: string) =>
  `select * from clean union all select * replace (${change}) from (select * from train where rowid % 40 = 7)`;
const identity = 'name as name';

test('noise, white space, case, and one changed column: found, counted and shown, and no match', async () => {
  const train = await file('from train');
  const forms: Record<string, [change: string, differ: string[], ending?: string]> = {
    noise: [
      'temperature * 1.0001 as temperature, fare + 0.01 as fare, load - 0.02 as load',
      ['temperature', 'fare', 'load'],
    ],
    'noise in a CSV': ['temperature * 1.0001 as temperature', ['temperature'], 'csv'],
    'case and white space': [
      "'  ' || upper(name) as name, replace(carrier, ' ', '   ') as carrier",
      ['name', 'carrier'],
    ],
    'another id': ["'x' || name as name", ['name']],
    'another label': ['1 - late as late', ['late']],
  };
  for (const [what, [change, differ, ending]] of Object.entries(forms)) {
    const answer = await shop.compare(await file(planted(change), ending), [train]);
    assert.deepEqual([answer.overlapping, answer.decided], [0, 0], what);
    assert.ok(answer.similar >= 90 && answer.similar <= 100, `${what}: ${answer.similar}`);
    const { similar } = first(answer);
    assert.ok(similar!.expected < 1, what);
    assert.deepEqual([similar!.gate_rows, similar!.training_rows], [1000, 4000]);
    assert.equal(similar!.pairs.length, 20);
    for (const pair of similar!.pairs) {
      assert.ok(pair.gate_row >= 900, what);
      for (const name of differ) assert.ok(pair.differ.includes(name), `${what}: ${pair.differ.join()}`);
    }
  }
  const inner = (sql: string) =>
    file(`select load as x, fare as c0, temperature as "__x", name as r, late as but from (${sql})`);
  const odd = await shop.compare(await inner(planted('temperature * 1.0001 as temperature')), [
    await inner('from train'),
  ]);
  assert.ok(odd.similar >= 90, `whatever the columns are called: ${first(odd).reason}`);
  for (const ending of ['parquet', 'csv']) {
    const names = (sql: string) =>
      file(
        `select name as r, patient as t, day as h1, fare as k0, load as v0, temperature as n0, carrier as rowid, late as d1 from (${sql})`,
        ending,
      );
    const same = await shop.compare(await names(planted(identity)), [await names('from train')]);
    assert.equal(same.decided, 100, String(first(same).reason));
  }
  const silent = await shop.compare(await file('from clean'), [train]);
  assert.equal(silent.similar, 0);
  assert.deepEqual(first(silent).similar!.pairs, []);
  const equal = await shop.compare(await file(planted(identity)), [train]);
  assert.deepEqual([equal.decided, equal.similar], [100, 0], 'a row that is the same is no nearly equal one');
});

test('rescaled and encoded columns are left out, named, and the rest decides where it can', async () => {
  const gate = await file(planted(identity));
  const rescaled = await file(
    'select * replace ((temperature - 15) / 2.9 as temperature, (fare - 700) / 289 as fare) from train',
  );
  const one = first(await shop.compare(gate, [rescaled]));
  assert.deepEqual(
    one.otherwise.map(({ column }) => column),
    ['fare', 'temperature'],
  );
  assert.match(
    one.otherwise[0]!.reason,
    /look rescaled: -1\.7\d? to 1\.7\d? where the gate's data has 20\d to 1/,
  );
  assert.deepEqual([one.overlapping, one.weak], [100, false]);
  // All that tells rows apart was rescaled or encoded: the rest decides nothing, and nearly equal rows are shown.
  const features = await file(
    'select (temperature - 15) / 2.9 as temperature, (fare - 700) / 289 as fare, (load - 1500) / 867 as load, ascii(carrier) as carrier, late from train',
  );
  const coarse = await shop.compare(
    await file(`select temperature, fare, load, carrier, late from (${planted(identity)})`),
    [features],
  );
  const rest = first(coarse);
  assert.deepEqual(rest.identity, ['late']);
  assert.deepEqual(rest.otherwise.map(({ column }) => column).toSorted(), [
    'carrier',
    'fare',
    'load',
    'temperature',
  ]);
  assert.deepEqual([rest.weak, rest.overlapping, coarse.decided], [true, 1000, 0]);
  assert.ok(coarse.unique.includes('temperature') && !coarse.unique.includes('late'));
});

test('columns that were dropped leave chance matches: they decide nothing, and a leak beyond them does', async () => {
  const rows = (from: number, count: number) =>
    `select (hash(range + ${from}) % 60)::int as a, (hash(range + ${from + 1}) % 50)::int as b, (hash(range + ${from + 2}) % 7)::int as c, range % 2 as late, ${from} + range as id from range(${count})`;
  const train = await file(`select * exclude (id) from (${rows(0, 8000)})`);
  const clean = await shop.compare(await file(rows(1_000_000, 600)), [train]);
  const table = first(clean);
  assert.ok(table.overlapping > 50, `chance gives matches: ${table.overlapping}`);
  assert.ok(
    Math.abs(table.expected! - table.overlapping) < 3 * Math.sqrt(table.overlapping),
    `${table.expected} ${table.overlapping}`,
  );
  assert.deepEqual([clean.decided, table.weak, clean.unique], [0, true, ['id']]);
  // Few gate rows all differ, and still each has a twin in a large coarse table.
  const few = await shop.compare(await file(rows(1_000_000, 20)), [train]);
  assert.equal(few.decided, 0);
  const leaky = await shop.compare(
    await file(`from (${rows(1_000_000, 100)}) union all from (${rows(0, 500)})`),
    [train],
  );
  assert.ok(leaky.decided >= 500);
  // Training that holds each row three times is no chance.
  const thrice = await file('select unnest([1, 2, 3]) as copy, * from train');
  const found = await shop.compare(await file(planted(identity)), [thrice]);
  assert.deepEqual([found.decided, first(found).weak], [100, false]);
  assert.deepEqual(
    (await shop.compare(await file('from clean'), [thrice])).against[0]!.tables[0]!.weak,
    false,
  );
});

test('a random split of a series or of groups is named, and a split by time or group is not', async () => {
  const some = (which: string) => file(`select * from train where ${which}`);
  const train = await some('(rowid // 40) % 5 > 0');
  const random = first(await shop.compare(await some('(rowid // 40) % 5 = 0'), [train], { label: 'late' }));
  assert.deepEqual(
    random.suspicions.map(({ kind, column }) => [kind, column]),
    [
      ['time', 'day'],
      ['group', 'patient'],
    ],
  );
  assert.ok(random.suspicions.every(({ share }) => share > 0.95));
  const declared = first(
    await shop.compare(await some('(rowid // 40) % 5 = 0'), [train], {
      label: 'late',
      key: ['patient', 'name'],
      time: 'day',
    }),
  );
  assert.deepEqual(declared.suspicions, []);
  const apart = first(await shop.compare(await file('from clean'), [train], { label: 'late' }));
  assert.deepEqual(apart.suspicions, []);
  // The label is no group, and a category of many rows is none.
  const plain = 'temperature, fare, carrier, late';
  const features = first(
    await shop.compare(
      await file(`select ${plain} from train where (rowid // 40) % 5 = 0`),
      [await file(`select ${plain} from train where (rowid // 40) % 5 > 0`)],
      { label: 'late' },
    ),
  );
  assert.deepEqual(features.suspicions, []);
});
