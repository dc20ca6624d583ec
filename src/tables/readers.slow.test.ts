import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { openTest, type TestServer } from '../../test/harness.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import {
  chooseIsolation,
  createProcesses,
  LEVELS,
  type Processes,
  type Running,
  type StartOptions,
} from '../platform/processes/index.ts';
import { openTables, QUERY, ROWS, type AskedFile, type Outcome, type Rows, type Tables } from './index.ts';

let server: TestServer;
let processes: Processes;
let tables: Tables;
const started: Array<{ options: StartOptions; running: Running }> = [];

before(async () => {
  process.umask(0o077); // as the server
  server = await openTest();
  const wanted = LEVELS.find((level) => level === process.env['TREADLE_ISOLATION']) ?? 'auto';
  const { isolation } = await chooseIsolation({ data: server.data, wanted });
  const real = createProcesses({ isolation });
  processes = {
    ...real,
    start(options) {
      const running = real.start(options);
      started.push({ options, running });
      return running;
    },
  };
  tables = openTables(processes);
});
after(async () => {
  await tables.close();
  await processes.close();
  await server[Symbol.asyncDispose]();
});

const blob = async (text: string): Promise<string> => (await server.ctx.blobs.put(Buffer.from(text))).hash;
const table = async (name: string, text: string): Promise<AskedFile> => {
  return { file: `${name}.csv`, shown: `d/${name}.csv`, format: 'csv', hash: await blob(text) };
};
function ask(
  query: string,
  files: AskedFile[] = [],
  { ctx = server.ctx, timeout = 60_000, signal }: { ctx?: Ctx; timeout?: number; signal?: AbortSignal } = {},
): Promise<Outcome<Rows>> {
  const views = files.map((one) => ({ name: one.file.replace(/\.csv$/, ''), table: [one] }));
  const request = { query, views, limit: 100, bytes: 1_000_000 };
  return tables.ask(ctx, QUERY, { lane: 'look', files, request, timeout, signal });
}
async function rows(...asked: Parameters<typeof ask>): Promise<unknown[][]> {
  const outcome = await ask(...asked);
  assert.ok('answer' in outcome, JSON.stringify(outcome));
  return outcome.answer.rows;
}
const processIds = (): number[] => started.map(({ running }) => running.mark.pid);
const ENDLESS = 'select sum(a.range * b.range) from range(10000000) a, range(10000000) b';

test('one process answers the questions of a workspace, and never those of another', async () => {
  assert.deepEqual(await rows('select 1'), [[1]]);
  assert.deepEqual(await rows('select 2'), [[2]]);
  assert.equal(started.length, 1);
  const other = server.ctx.as({ workspace: 'other' });
  assert.deepEqual(await rows('select 3', [], { ctx: other }), [[3]]);
  assert.equal(started.length, 2);
  assert.deepEqual(await rows('select 4'), [[4]]);
  assert.deepEqual(await rows('select 5', [], { ctx: other }), [[5]]);
  assert.equal(new Set(processIds()).size, 2);
});

test('a question sees its own files and nothing of the question before', async () => {
  const first = await table('first', 'a\n1\n');
  assert.deepEqual(await rows('select * from first', [first]), [[1]]);
  const count = started.length;
  const folder = started[0]!.options.cwd;
  const attempts = [
    'select * from first',
    "select * from read_csv('first.csv')",
    `select * from read_csv('${folder}/0/first.csv')`,
    "select * from read_csv('../0/first.csv')",
    "select * from glob('**')",
    "select * from glob('../**')",
    `select * from glob('${path.dirname(folder)}/**')`,
    "select * from read_text('second.csv')",
  ];
  for (const query of attempts)
    assert.ok('fault' in (await ask(query, [await table('third', 'b\n2\n')])), query);
  assert.deepEqual(readdirSync(folder), [], 'its files are gone with it');
  assert.equal(started.length, count, 'and it was the same process all along');
});

test('nothing that a question sets or makes is there for the next one', async () => {
  const count = started.length;
  for (const query of [
    'create temp table kept as select 1',
    'create macro twice(x) as 2 * x',
    "set TimeZone = 'Asia/Tokyo'",
    "attach ':memory:' as beside",
    'prepare p as select 1',
  ])
    assert.ok('fault' in (await ask(query)), query);
  assert.deepEqual(await rows("select current_setting('TimeZone')"), [['UTC']]);
  // The names of an answer are views: they end with it.
  const one = await table('seen', 'a\n1\n');
  assert.deepEqual(await rows('select count(*) from duckdb_views() where not internal', [one]), [[1]]);
  assert.deepEqual(await rows('select count(*) from duckdb_views() where not internal'), [[0]]);
  assert.deepEqual(await rows('select count(*) from duckdb_databases() where not internal'), [[1]]);
  // An answer that was cut short has not ended in DuckDB's eyes.
  const request = { query: 'select * from range(100000000)', views: [], limit: 5, bytes: 1000 };
  const cut = await tables.ask(server.ctx, QUERY, { lane: 'look', files: [], request, timeout: 240_000 });
  assert.ok('answer' in cut && cut.answer.truncated);
  assert.deepEqual(await rows('select 1'), [[1]]);
  assert.equal(started.length, count);
});

test('after a question that ran out of time or memory, or that was left, the next one has a sound process', async () => {
  const late = await ask(ENDLESS, [], { timeout: 300 });
  assert.ok('fault' in late);
  assert.equal(late.fault.code, 'timeout');
  assert.deepEqual(await rows('select 1'), [[1]]);
  const request = { query: ENDLESS, views: [], limit: 1, bytes: 1000 };
  const asked = { lane: 'work', files: [], request, timeout: 300 } as const;
  const worked = await tables.ask(server.ctx, QUERY, asked);
  assert.ok('fault' in worked);
  assert.match(
    worked.fault.message,
    /^reading the tables took longer than [0-9.]+ s (of processor time|by the clock)$/,
  );
  const full = await ask(
    'select count(distinct x) from (select repeat(md5(range::varchar), 20) as x from range(20000000))',
    [],
    { timeout: 600_000 },
  );
  assert.ok('fault' in full);
  assert.equal(full.fault.code, 'memory');
  assert.deepEqual(await rows('select 1'), [[1]]);
  const left = new AbortController();
  const going = ask(ENDLESS, [], { signal: left.signal });
  setTimeout(() => left.abort(new Error('the caller left')), 50);
  await assert.rejects(going, /the caller left/);
  assert.deepEqual(await rows('select 1'), [[1]]);
});

test('one that dies while it waits costs nobody an answer', async () => {
  await rows('select 1');
  const { running } = started.at(-1)!;
  process.kill(-running.mark.pid, 'SIGKILL');
  assert.deepEqual(await rows('select 2'), [[2]]);
});

test('a file that cannot be read is told by its own name, and costs the next nothing', async () => {
  const bad = await table('bad', 'a,b\n1,2\n3\n');
  const request = { table: [bad], offset: 0, limit: 10, bytes: 1000, count: true, spelled: false };
  const asked = { lane: 'look', files: [bad], request, timeout: 240_000 } as const;
  const outcome = await tables.ask(server.ctx, ROWS, asked);
  assert.ok('fault' in outcome);
  assert.equal(outcome.fault.code, 'unreadable');
  assert.match(outcome.fault.message, /^d\/bad\.csv, line 3: it has 1 cell/);
  assert.deepEqual(await rows('select 1'), [[1]]);
});

test('one that nobody asks anything ends, and its folder goes; so do all when the room closes', async () => {
  const own = openTables(processes, { idle: 1 });
  const request = { query: 'select 1', views: [], limit: 1, bytes: 1000 };
  const asked = { lane: 'look', files: [], request, timeout: 240_000 } as const;
  assert.ok('answer' in (await own.ask(server.ctx, QUERY, asked)));
  const { options, running } = started.at(-1)!;
  assert.equal((await running.ended).reason, 'cancelled');
  await own.close();
  assert.equal(existsSync(path.dirname(options.cwd)), false);
  await tables.close();
  for (const one of started) {
    await one.running.ended;
    assert.equal(existsSync(path.dirname(one.options.cwd)), false);
  }
});
