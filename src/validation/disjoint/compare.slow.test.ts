import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import type { DisjointAnswer, FileInput } from '../data/protocol.ts';
import { openWorkshop, type Workshop } from './fixture.suite.ts';

let shop: Workshop;
before(async () => {
  shop = await openWorkshop();
  // 8,000 rows to train on, 2,000 to judge on, and 2,100 of which 100 were trained on.
  await shop.run(`create table train as select
    range::bigint as id, timestamp '2001-01-01' + to_minutes((range * 7919) % 300000)::interval as date,
    (hash(range) % 400)::int - 60 as delay, chr(65 + (hash(range + 1) % 26)::int) || 'ÉX' as origin,
    (hash(range + 2) % 1000000) / 9973.0::double as temperature, (hash(range + 3) % 100000)::double / 997.0 as fare,
    ((hash(range + 4) % 65536)::float / 4096)::float as load, range % 3 = 0 as late from range(8000)`);
  await shop.run(`create table clean as select * replace (id + 1000000 as id, date + interval 1 year as date) from
    (select id, date, delay + 1 as delay, origin, temperature + 0.5 as temperature, fare, load, late from train) where id < 2000`);
  await shop.run(
    'create table leaky as select * from (select * from clean union all select * from train where id % 80 = 7) order by hash(id)',
  );
});
after(() => shop[Symbol.asyncDispose]());

const plain = 'id, date, delay, origin, temperature, fare, load, late';
const otherOrder = 'late, load, fare, temperature, origin, delay, date, id';

async function found(gate: FileInput, training: FileInput, options = {}): Promise<number> {
  const { overlapping, decided, overlaps } = await shop.compare(gate, [training], options);
  assert.equal(decided, overlapping);
  assert.equal(overlaps.length, Math.min(100, overlapping));
  return overlapping;
}

test('planted rows are found, whatever form they and the rest have', async () => {
  const as = (changes: Record<string, string>): string =>
    plain
      .split(', ')
      .map((column) => (changes[column] === undefined ? column : `${changes[column]} as ${column}`))
      .join(', ');
  const forms: Record<string, [file: string, columns: string]> = {
    reordered: ['reordered.parquet', otherOrder],
    csv: ['some.csv', plain],
    'csv.gz, reordered': ['zipped.csv.gz', otherOrder],
    'json lines': ['lines.jsonl', plain],
    'one json array': ['array.json', otherOrder],
    'whole numbers as floats, single as double, truth as numbers, dates of a zone': [
      'floats.parquet',
      as({
        id: 'id::double',
        delay: 'delay::float',
        load: 'load::double',
        late: 'late::int',
        date: 'date::timestamptz',
      }),
    ],
    'whole numbers as decimals, nanoseconds': [
      'decimals.parquet',
      as({ id: 'id::decimal(18,2)', delay: 'delay::smallint', date: 'date::timestamp_ns' }),
    ],
    'doubles as singles': ['single.parquet', as({ temperature: 'temperature::float', fare: 'fare::float' })],
    '17 digits, ISO dates': [
      'd17.csv',
      as({
        temperature: "printf('%.17g', temperature)",
        fare: "printf('%.17g', fare)",
        date: "strftime(date, '%Y-%m-%dT%H:%M:%SZ')",
      }),
    ],
    '9 digits, truth as words': [
      'd9.csv',
      as({
        temperature: "printf('%.9g', temperature)",
        load: "printf('%.9g', load::double)",
        late: "case when late then 'True' else 'False' end",
      }),
    ],
    '6 digits, text decomposed': [
      'd6.csv',
      as({
        temperature: "printf('%.6g', temperature)",
        fare: "printf('%.6g', fare)",
        origin: "replace(origin, 'É', 'E' || chr(769)) || ' '",
      }),
    ],
    '6 decimals': [
      'f6.csv',
      as({ temperature: "printf('%.6f', temperature)", fare: "printf('%.7e', fare)" }),
    ],
    'singles with 9 digits': ['s9.csv', as({ fare: "printf('%.9g', fare::float::double)" })],
    'numbers as text': ['text.parquet', as({ delay: "delay::varchar || '.0'", id: "'00' || id" })],
  };
  await shop.run('create table few as select * from leaky where id < 1600 or id between 1000000 and 1000399');
  const training = await shop.make('train.parquet', `select ${plain} from train where id < 1600`);
  const asCsv = await shop.make('train.csv', `select ${otherOrder} from train where id < 1600`);
  // A training set in each of these forms, too. `npm run test:deep` takes each form on both sides and against both files.
  const others: FileInput[] = [];
  const whole = process.env['TREADLE_TEST_WHOLE'] === '1';
  const perSource = ({ against }: DisjointAnswer): number[] =>
    against.map(({ tables, problem }) => (problem === undefined ? tables[0]!.overlapping : -1));
  for (const [i, [what, [file, columns]]] of Object.entries(forms).entries()) {
    if (whole || i % 2 === 0) {
      const leaky = await shop.make(`leaky-${file}`, `select ${columns} from few`);
      const against = whole ? [training, asCsv] : [i % 4 === 0 ? training : asCsv];
      // Of 420 rows: the 400 that were not trained on are not found.
      assert.deepEqual(
        perSource(await shop.compare(leaky, against)),
        against.map(() => 20),
        what,
      );
    }
    if (whole || i % 2 === 1)
      others.push(await shop.make(`train-${file}`, `select ${columns} from train where id < 1600`));
  }
  const gate = await shop.make('gate.parquet', `select ${plain} from few`);
  const found = await shop.compare(gate, others);
  assert.deepEqual(
    perSource(found),
    others.map(() => 20),
  );
  assert.deepEqual([found.overlapping, found.decided], [20, 20], 'a row that many hold is one row');
});

test('the rows are named with their place and values', async () => {
  const training = await shop.make('named.parquet', 'select * from train');
  const gate = await shop.make('named-gate.csv', 'select * from leaky');
  const { overlaps } = await shop.compare(gate, [training]);
  const lines = readFileSync(path.join(shop.folder, 'named-gate.csv'), 'utf8').split('\n').slice(1);
  for (const { gate_row, values, source } of overlaps) {
    assert.equal(source, 0);
    assert.equal(lines[gate_row]!.split(',')[0], String(values['id']));
    assert.equal(Number(values['id']) % 80, 7);
  }
  assert.deepEqual(
    overlaps.map(({ gate_row }) => gate_row),
    overlaps.map(({ gate_row }) => gate_row).toSorted((a, b) => a - b),
  );
});

test('columns that one side lacks are left out; names are told apart by case', async () => {
  const training = await shop.make('more.parquet', 'select *, delay * 2 as doubled from train');
  const fewer = await shop.make('fewer.parquet', `select ${plain.replace(', load', '')} from leaky`);
  const { against, overlapping } = await shop.compare(fewer, [training]);
  assert.equal(overlapping, 100);
  assert.deepEqual(against[0]!.tables[0]!.identity, [
    'date',
    'delay',
    'fare',
    'id',
    'late',
    'origin',
    'temperature',
  ]);
  const other = await shop.make('case.parquet', 'select id as "ID", delay from train');
  const gate = await shop.make('case-gate.parquet', 'select id, delay from leaky');
  assert.deepEqual((await shop.compare(gate, [other])).against[0]!.tables[0]!.identity, ['delay']);
});

test('a key finds what whole rows do not, and needs its columns on both sides', async () => {
  const training = await shop.make('keyed.parquet', 'select * replace (fare + 1 as fare) from train');
  const gate = await shop.make('keyed-gate.csv', 'select * from leaky');
  assert.equal(await found(gate, training), 0);
  assert.equal(await found(gate, training, { key: ['id'] }), 100);
  assert.equal(await found(gate, training, { key: ['date', 'origin', 'id'] }), 100);
  const without = await shop.make('unkeyed.parquet', 'select * exclude (id) from train');
  const { against } = await shop.compare(gate, [without], { key: ['id'] });
  assert.equal(against[0]!.tables[0]!.state, 'incomparable');
  assert.match(against[0]!.tables[0]!.reason!, /no column 'id' of the key/);
  await assert.rejects(shop.compare(gate, [training], { key: ['nope'] }), {
    message: "the gate's data has no column 'nope'",
    fault: {
      code: 'column',
      field: 'key',
      message: "the gate's data has no column 'nope'",
      hint: `it has ${plain}`,
    },
  });
  const holes = await shop.make(
    'holes.parquet',
    'select * replace (case when id % 80 = 7 then null else id end as id) from leaky',
  );
  const some = await shop.compare(holes, [training], { key: ['id'] });
  assert.deepEqual([some.unkeyed, some.overlapping], [125, 0], 'nothing is no key');
});

test('ids as floats are told apart to the last digit', async () => {
  const training = await shop.make(
    'ids.parquet',
    'select (16777216 + range)::double as id, 1.5::double as x from range(1000)',
  );
  const gate = await shop.make(
    'ids-gate.parquet',
    'select (16777216 + 1000 + range)::double as id, 1.5::double as x from range(1000)',
  );
  assert.equal(await found(gate, training), 0);
  const big = await shop.make('big.parquet', 'select 9007199254740992 + range * 2 as id from range(1000)');
  const odd = await shop.make('odd.csv', 'select 9007199254740993 + range * 2 as id from range(1000)');
  assert.equal(await found(odd, big), 0);
  const same = await shop.make('same.csv', 'select 9007199254740992 + range * 2 as id from range(7)');
  assert.equal(await found(same, big), 7);
  const wide = await shop.make(
    'wide.parquet',
    'select 18446744073709551615::ubigint - range::ubigint as id from range(10)',
  );
  const text = await shop.make(
    'wide.csv',
    'select 18446744073709551615::ubigint - range::ubigint * 2 as id from range(10)',
  );
  assert.equal(await found(text, wide), 5);
});

test("text is text where both sides say so: '01' and '1' are two", async () => {
  const training = await shop.make(
    'zip.parquet',
    "select '0' || range as zip, range as n from range(100, 200)",
  );
  const gate = await shop.make(
    'zip-gate.parquet',
    'select range::varchar as zip, range as n from range(100, 200)',
  );
  assert.equal(await found(gate, training), 0);
  const csv = await shop.make('zip.csv', "select '0' || range as zip, range as n from range(100, 110)");
  assert.equal(await found(csv, training), 10);
  // One text that spells a number among many that do not.
  const names = await shop.make(
    'names.parquet',
    "select 'n' || range as name from range(50) union all select '07'",
  );
  const one = await shop.make(
    'names-1.parquet',
    "select 'm' || range as name from range(50) union all select '7'",
  );
  assert.equal(await found(one, names), 0);
  const two = await shop.make(
    'names-2.parquet',
    "select 'm' || range as name from range(50) union all select '07'",
  );
  assert.equal(await found(two, names), 1);
});

test('the digest of the same rows is the same in every version of Treadle', async () => {
  const table = await shop.make(
    'golden.parquet',
    "select 1 as a, 0.1::float as b, 'É' as c, timestamp '2001-02-03 04:05:06' as d, true as e, 1e300::double as f, null as g",
  );
  // Another value here is another form of digest: give it another name than rows1.
  assert.equal(
    (await shop.compare(table, [])).gate.digest,
    'rows1:9428502d40a957e10ed107b50200aa34e02c9d9dc685292ecf199db303871aa2',
  );
});

test('nothing, NaN and the empty text are one, and zero has no sign', async () => {
  const training = await shop.make(
    'none.parquet',
    "select 1 as id, null::double as a, null as b union all select 2, 'nan'::double, '' union all select 3, -0.0::double, 'x'",
  );
  const gate = shop.write('none.csv', 'id,a,b\n1,,\n2,NaN,""\n3,0,x\n4,,\n');
  const { overlapping, overlaps } = await shop.compare(gate, [training]);
  assert.equal(overlapping, 3);
  assert.deepEqual(
    overlaps.map(({ gate_row }) => gate_row),
    [0, 1, 2],
  );
});

test('time order: every row later than the last that training read', async () => {
  const training = await shop.make('time.parquet', 'select * from train');
  const clean = await shop.make('time-clean.csv', 'select * from clean');
  const { order } = await shop.compare(clean, [training], { time: 'date' });
  assert.deepEqual(
    { ...order, training_last: undefined, gate_first: undefined },
    { column: 'date', training_last: undefined, gate_first: undefined, early_rows: 0, undecided: [] },
  );
  assert.ok(order!.training_last! < order!.gate_first!);
  const leaky = await shop.make('time-leaky.parquet', 'select * from leaky');
  assert.equal((await shop.compare(leaky, [training], { time: 'date' })).order!.early_rows, 100);
  assert.equal((await shop.compare(leaky, [training], { time: 'id' })).order!.early_rows, 100);
  const without = await shop.make('time-none.parquet', 'select * exclude (date) from train');
  assert.deepEqual((await shop.compare(clean, [without], { time: 'date' })).order!.undecided, [
    { source: 0, reason: "it has no column 'date' to tell the order by" },
  ]);
  await assert.rejects(shop.compare(clean, [training], { time: 'origin' }), /holds no dates and no numbers/);
  await assert.rejects(shop.compare(clean, [training], { time: 'when' }), /has no column 'when'/);
});

test('rows that repeat by nature decide nothing', async () => {
  const training = await shop.make(
    'coarse.parquet',
    'select (range % 5) as a, (range % 3) as b, range % 2 as late from range(10000)',
  );
  const gate = await shop.make(
    'coarse-gate.parquet',
    'select (range % 4) as a, (range % 3) as b, range % 2 as late from range(1000)',
  );
  const { against, overlapping, decided } = await shop.compare(gate, [training]);
  assert.equal(overlapping, 1000);
  assert.equal(decided, 0);
  assert.equal(against[0]!.tables[0]!.weak, true);
  assert.equal(against[0]!.tables[0]!.distinct_share, 0.012);
  const apart = await shop.make(
    'coarse-apart.parquet',
    'select (range % 4) + 100 as a, (range % 3) as b, range % 2 as late from range(1000)',
  );
  assert.equal((await shop.compare(apart, [training])).overlapping, 0);
});

test('several files: all count; a look-up table is none of them; a damaged one is named', async () => {
  const a = await shop.make('part-a.parquet', 'select * from train where id < 4000');
  const b = await shop.make('part-b.csv', `select ${otherOrder} from train where id >= 4000`);
  const stations = shop.write('stations.csv', 'origin,city\nAÉX,Atlanta\nBÉX,Boston\n');
  const settings = shop.write('settings.json', '{"depth": 3, "seed": 7}');
  const gate = await shop.make('several.parquet', 'select * from leaky');
  const { against, overlapping } = await shop.compare(gate, [[a, b, stations, settings]]);
  assert.equal(overlapping, 100);
  assert.deepEqual(
    against[0]!.tables.map(({ state, overlapping: rows }) => [state, rows]),
    [
      ['compared', 50],
      ['compared', 50],
      ['aside', 0],
      ['aside', 0],
    ],
  );
  const broken = shop.write('broken.parquet', 'PAR1 this is no table');
  const some = await shop.compare(gate, [broken, a]);
  assert.match(some.against[0]!.problem!, /broken|parquet|Parquet/i);
  assert.equal(some.overlapping, 50);
  const other = await shop.make('renamed.parquet', 'select id as identity, delay as lateness from train');
  assert.equal((await shop.compare(gate, [other])).against[0]!.tables[0]!.state, 'incomparable');
  const empty = await shop.make('empty.parquet', 'select * from train where false');
  assert.equal((await shop.compare(gate, [empty])).against[0]!.tables[0]!.state, 'aside');
});

test('a gate without rows, or of several shapes, is refused', async () => {
  const training = await shop.make('any.parquet', 'select * from train');
  const empty = await shop.make('empty-gate.parquet', 'select * from leaky where false');
  await assert
    .rejects(shop.compare(empty, [training]), { fault: { code: 'empty' } } as never)
    .catch(() => undefined);
  await assert.rejects(shop.compare(empty, [training]), /the gate's data has no rows/);
  const header = shop.write('header.csv', 'id,date\n');
  await assert.rejects(shop.compare(header, [training]), /the gate's data has no rows/);
  const one = await shop.make('shape-1.parquet', 'select id from leaky');
  const two = await shop.make('shape-2.parquet', 'select id, delay from leaky');
  await assert.rejects(
    shop.compare([one, two], [training]),
    /tables of different columns: shape-1.parquet has id; shape-2.parquet has delay, id/,
  );
  const both = await shop.compare(
    [one, await shop.make('shape-3.csv', 'select id from leaky limit 5')],
    [training],
  );
  assert.equal(both.gate.rows, 2105);
});
