import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { openDataHouse, type DataHouse } from '../../../test/data-house.ts';
import { commitVersion } from '../../data/index.ts';
import { createProcesses, type Processes } from '../../platform/processes/index.ts';
import { Proof } from '../contract.ts';
import { resolveGateData } from '../data/gate-data.ts';
import type { TableSource } from '../data/table-source.ts';
import { openTables, type Tables } from '../../tables/index.ts';
import { openWorkshop, type Workshop } from './fixture.suite.ts';
import { proveDisjoint, type Claim } from './prove.ts';

let server: DataHouse;
let processes: Processes;
let tables: Tables;
let shop: Workshop;
before(async () => {
  [server, shop] = await Promise.all([openDataHouse(), openWorkshop()]);
  processes = createProcesses();
  tables = openTables(processes);
  await shop.run(`create table train as select range as id, timestamp '2001-01-01' + to_hours(range::int) as date,
    'É' || (range % 26) as origin, (hash(range) % 1000000)::double / 997 as x, range % 3 = 0 as late from range(4000)`);
  await shop.run(
    'create table clean as select * replace (id + 4000 as id, date + interval 1 year as date) from train where id < 3000',
  );
  await shop.run('create table leaky as from clean union all from train where id % 20 = 7 and id < 2000');
});
after(async () => {
  await tables.close();
  await processes.close();
  await shop[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** A dataset of these files, each made by a statement or given as text. */
async function source(
  dataset: string,
  files: Record<string, string | { text: string }>,
): Promise<TableSource> {
  const committed = [];
  for (const [name, content] of Object.entries(files)) {
    const made =
      typeof content === 'string'
        ? await shop.make(`${dataset}-${name}`, content)
        : shop.write(`${dataset}-${name}`, content.text);
    committed.push({ path: name, ...(await server.ctx.blobs.put(await readFile(made.file))) });
  }
  await commitVersion(server.ctx, { dataset, files: committed, allow: ['empty', 'broken'] });
  return resolveGateData(server.ctx, { kind: 'dataset', ref: dataset });
}

async function prove(claim: Partial<Claim> & Pick<Claim, 'gate' | 'against'>): Promise<Proof> {
  const proof = await proveDisjoint(server.ctx, tables, { unread: [], ...claim });
  assert.ok(Value.Check(Proof, proof), JSON.stringify([...Value.Errors(Proof, proof)]));
  assert.deepEqual(JSON.parse(JSON.stringify(proof)), proof, 'a proof is kept as JSON');
  await nothingLeft();
  return proof;
}

/**
 * The profiles of what was committed use the same place for a moment. Readers that are kept warm have two folders each; what a
 * question had is in neither of them.
 */
async function nothingLeft(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const all = readdirSync(path.join(server.data, 'blobs', 'temp'), { recursive: true, encoding: 'utf8' });
    const left = all.filter((name) => !/^[^/]+(\/(files|spill))?$/.test(name));
    if (left.length === 0) return;
    assert.ok(tries < 2400, `left behind: ${left.join(', ')}`);
    await sleep(50);
  }
}

test('a planted leak fails with its rows named; without it the gate passes', async () => {
  const train = await source('train', { 'train.parquet': 'from train' });
  const leaky = await source('leaky', { 'holdout.csv': 'select late, x, origin, date, id from leaky' });
  const failed = await prove({ gate: leaky, against: [train] });
  assert.equal(failed.verdict, 'fail');
  assert.equal(failed.overlapping_rows, 100);
  assert.equal(failed.overlaps.length, 100);
  assert.deepEqual(failed.overlaps[0], {
    source: train.ref,
    gate_row: 3000,
    values: {
      late: 'false',
      x: failed.overlaps[0]!.values['x'],
      origin: 'É7',
      date: '2001-01-01 07:00:00',
      id: '7',
    },
  });
  assert.match(
    failed.summary,
    /^100 rows of 3,100 that the model is judged on were read in its training \(by all 5 columns date, id, late, origin, x; 100 in train@v1: train\.parquet\)\.$/,
  );
  const clean = await source('clean', { 'holdout.parquet': 'from clean' });
  const passed = await prove({ gate: clean, against: [train] });
  assert.equal(passed.verdict, 'pass');
  assert.equal(
    passed.summary,
    'None of 3,000 rows of clean@v1 that the model is judged on is among the 4,000 rows of train@v1 (train.parquet), compared by all 5 columns date, id, late, origin, x.',
  );
  assert.deepEqual(passed.overlaps, []);
  assert.deepEqual(passed.identity, {
    kind: 'row',
    columns: ['date', 'id', 'late', 'origin', 'x'],
    distinct_share: 1,
    weak: false,
  });
  // The same rows in another order and format have the same digest; one row more has another.
  const csv = await source('clean-csv', {
    'a.csv': 'select * from clean order by x',
    'b.jsonl': 'select * from clean where false',
  });
  assert.equal((await prove({ gate: csv, against: [train] })).gate.digest, passed.gate.digest);
  assert.notEqual(failed.gate.digest, passed.gate.digest);
});

test('rows of any of the sources count, and each is named', async () => {
  const first = await source('first', { 'a.parquet': 'from train where id < 1000' });
  const second = await source('second', { 'a.csv': 'from train where id >= 1000' });
  const gate = await source('of-both', { 'g.parquet': 'from leaky' });
  const proof = await prove({ gate, against: [{ ...first, read_by: 'run:1' }, second] });
  assert.equal(proof.overlapping_rows, 100);
  assert.deepEqual(
    [first, second].map(({ ref }) => proof.overlaps.filter((one) => one.source === ref).length),
    [50, 50],
  );
  assert.equal(proof.against[0]!.read_by, 'run:1');
  assert.deepEqual(
    proof.against.map(({ rows }) => rows),
    [1000, 3000],
  );
});

test('a version that holds the gate’s own file was read with it', async () => {
  const all = await source('all', { 'holdout.parquet': 'from clean', 'train.parquet': 'from train' });
  const gate = await resolveGateData(server.ctx, { kind: 'dataset', ref: 'all@v1:holdout.parquet' });
  const proof = await prove({ gate, against: [all] });
  assert.equal(proof.verdict, 'fail');
  assert.match(
    proof.summary,
    /all@v1, which training read, holds holdout\.parquet, the gate’s own file: train on/,
  );
});

test('a key, an order, and what they cannot decide', async () => {
  const train = await source('ordered', { 'a.parquet': 'from train' });
  const clean = await source('later', { 'a.parquet': 'from clean' });
  const leaky = await source('earlier', { 'a.parquet': 'select * replace (x + 1 as x) from leaky' });
  const keyed = await prove({ gate: leaky, against: [train], key: ['id'] });
  assert.equal(keyed.verdict, 'fail');
  assert.deepEqual(keyed.identity.kind, 'key');
  assert.match(keyed.summary, /\(by id; 100 in ordered@v1: a\.parquet\)/);
  const passed = await prove({ gate: clean, against: [train], key: ['id'], time: 'date' });
  assert.equal(passed.verdict, 'pass');
  assert.deepEqual(passed.order, {
    column: 'date',
    training_last: '2001-06-16T15:00:00Z',
    gate_first: '2002-01-01T00:00:00Z',
    holds: true,
    early_rows: 0,
  });
  const early = await prove({ gate: leaky, against: [train], time: 'date' });
  assert.equal(early.verdict, 'fail');
  assert.equal(early.overlapping_rows, 0, 'whole rows differ; the order tells');
  assert.deepEqual([early.order!.holds, early.order!.early_rows], [false, 100]);
  assert.match(early.summary, /^100 rows are not later by 'date' than 2001-06-16T15:00:00Z/);
  const without = await source('without', { 'a.parquet': 'select * exclude (id, date) from train' });
  const open = await prove({ gate: clean, against: [without], key: ['id'], time: 'date' });
  assert.equal(open.verdict, 'inconclusive');
  assert.match(open.summary, /a\.parquet of without@v1: it has no column 'id' of the key/);
  assert.match(open.unread[0]!.reason, /no column 'id'/);
  assert.equal(open.order!.holds, false);
  await assert.rejects(prove({ gate: clean, against: [train], key: ['flight'] }), {
    kind: 'invalid',
    field: 'key',
    message: "the gate's data has no column 'flight'",
    hint: 'it has id, date, origin, x, late',
  });
  await assert.rejects(prove({ gate: clean, against: [train], time: 'when' }), {
    kind: 'invalid',
    field: 'time',
  });
});

test('rows that repeat by nature: inconclusive, and a key decides', async () => {
  const coarse = (from: number) =>
    `select (range % 5) + ${from} as a, range % 3 as b, range % 2 = 0 as late from range(2000)`;
  const train = await source('coarse', { 'a.parquet': coarse(0) });
  const gate = await source('coarse-gate', { 'a.parquet': coarse(0) });
  const open = await prove({ gate, against: [train] });
  assert.equal(open.verdict, 'inconclusive');
  assert.equal(open.identity.weak, true);
  assert.match(
    open.summary,
    /^2,000 rows equal rows of coarse@v1, which training read, by a, b, late, and about 2,000 would by chance alone: rows repeat by nature in these columns \(1\.5 % of them are distinct\), so the comparison decides nothing; name with key: the columns/,
  );
  const apart = await source('coarse-apart', { 'a.parquet': coarse(9) });
  const none = await prove({ gate: apart, against: [train] });
  assert.equal(none.verdict, 'inconclusive', 'columns that tell no row from another show no absence either');
  assert.match(none.summary, /^No row equals one of coarse@v1, .* where about 2,000 would by chance alone/);
  assert.equal((await prove({ gate, against: [train], key: ['a'] })).verdict, 'fail');
  assert.equal((await prove({ gate: apart, against: [train], key: ['a'] })).verdict, 'pass');
});

test('nearly equal rows are reported, and fail the gate where it says so; a split that looks random is named', async () => {
  const train = await source('noisy', { 'a.parquet': 'from train' });
  const gate = await source('noisy-gate', {
    'a.parquet': 'from clean union all select * replace (x + 0.001 as x) from train where id % 40 = 7',
  });
  const open = await prove({ gate, against: [train], label: 'late' });
  assert.deepEqual([open.verdict, open.near_rows, open.overlapping_rows], ['pass', 100, 0]);
  assert.match(
    open.summary,
    /^None of 3,100 rows .*; 100 rows are nearly equal to rows that training read, .* \(100 in noisy@v1\); the gate reports these and does not refuse them\.$/,
  );
  assert.deepEqual([open.near!.length, open.near![0]!.differ, open.near![0]!.source], [20, ['x'], train.ref]);
  const refused = await prove({ gate, against: [train], near: 'fail' });
  assert.equal(refused.verdict, 'fail');
  assert.match(refused.summary, /^100 rows are nearly equal .* which the gate refuses\.$/);
  const random = await source('random', {
    'a.parquet': 'select * replace (id + 9000 as id, x + 5 as x) from train',
  });
  const mixed = await prove({ gate: random, against: [train], label: 'late' });
  assert.match(
    mixed.warnings![0]!,
    /^No time: is declared, and 100 % .* 'date' of noisy@v1: .* declare time: date$/,
  );
});

test('nothing known, or something unread, never passes', async () => {
  const clean = await source('open', { 'a.parquet': 'from clean' });
  const train = await source('open-train', { 'a.parquet': 'from train' });
  const nothing = await prove({ gate: clean, against: [] });
  assert.equal(nothing.verdict, 'inconclusive');
  assert.match(nothing.summary, /nothing is known of what it was trained on/i);
  const unread = [{ ref: 'dataset_input:1', label: 'elsewhere', reason: 'it is kept elsewhere' }];
  const some = await prove({ gate: clean, against: [train], unread });
  assert.equal(some.verdict, 'inconclusive');
  assert.match(some.summary, /elsewhere: it is kept elsewhere/);
  const leaky = await source('open-leaky', { 'a.parquet': 'from leaky' });
  assert.equal(
    (await prove({ gate: leaky, against: [train], unread })).verdict,
    'fail',
    'a leak is one whatever else is unknown',
  );
  const damaged = await source('damaged', { 'a.parquet': { text: 'PAR1 no table' } });
  const broken = await prove({ gate: clean, against: [damaged, train] });
  assert.equal(broken.verdict, 'inconclusive');
  assert.deepEqual(
    broken.against.map(({ label }) => label),
    ['open-train@v1'],
  );
  assert.match(broken.unread[0]!.reason, /a\.parquet/);
  await assert.rejects(prove({ gate: damaged, against: [train] }), {
    kind: 'invalid',
    field: 'data',
    message: /a\.parquet/,
  });
  const empty = await source('empty', { 'a.parquet': 'from clean where false' });
  await assert.rejects(prove({ gate: empty, against: [train] }), {
    kind: 'invalid',
    field: 'data',
    message: "the gate's data has no rows",
  });
});

test('it can be cancelled, and leaves nothing', async () => {
  const gate = await source('cancelled', { 'a.parquet': 'from clean' });
  const cancel = new AbortController();
  const running = proveDisjoint(
    server.ctx,
    tables,
    { gate, against: [gate], unread: [], signal: cancel.signal },
    () => setTimeout(() => cancel.abort(), 20),
  );
  await assert.rejects(running, { name: 'AbortError' });
  await nothingLeft();
});
