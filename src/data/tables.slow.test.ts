import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { openTest, type TestServer } from '../../test/harness.ts';
import { until } from '../../test/until.ts';
import { createProcesses, type Processes } from '../platform/processes/index.ts';
import { openTables, QUERY, type Tables } from '../tables/index.ts';
import { commitVersion } from './commit-version.ts';
import { previewFile } from './preview-file.ts';
import { profileAgain, readProfile } from './profile-version.ts';
import { insertTable } from './store.ts';
import { resolveRef } from './resolve-ref.ts';
import { runSql } from './run-sql.ts';

let server: TestServer;
let processes: Processes;
let tables: Tables;

before(async () => {
  server = await openTest();
  processes = createProcesses();
  tables = openTables(processes);
});
after(async () => {
  await tables.close();
  await processes.close();
  await server[Symbol.asyncDispose]();
});

async function parquet(query: string): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-duck-'));
  const connection = await (await DuckDBInstance.create()).connect();
  const file = path.join(folder, 'made.parquet');
  await connection.run(`copy (${query}) to '${file}' (format parquet)`);
  connection.closeSync();
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true });
  return bytes;
}

async function commit(dataset: string, content: Record<string, Buffer | string>): Promise<void> {
  const infos = await server.ctx.blobs.putMany(
    Object.values(content).map((bytes) => ({ bytes: Buffer.from(bytes) })),
  );
  await commitVersion(server.ctx, {
    dataset,
    files: Object.keys(content).map((name, i) => ({ path: name, ...infos[i]! })),
    allow: ['empty', 'broken'],
  });
}

const run = (query: string, limit?: number) =>
  runSql(server.ctx, tables, { query, ...(limit === undefined ? {} : { limit }) });
/** Readers that are kept warm have two folders each; what a question had is in neither of them. */
const leftovers = (): string[] =>
  readdirSync(path.join(server.data, 'blobs', 'temp'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/^[^/]+(\/(files|spill))?$/.test(name),
  );
/** Profiles of new versions are made in the background, and have their files for a while. */
async function nothingLeft(): Promise<void> {
  await until('nothing of a question', () => leftovers().length === 0);
}

test('queries one version, several, a file, a folder, and many files as one table', async () => {
  await commit('sales', {
    'may.parquet': await parquet('select range as id, range * 2 as n from range(1000)'),
  });
  await commit('sales', {
    '2001/may.parquet': await parquet('select range as id, range * 2 as n from range(1000)'),
    '2001/june 1.parquet': await parquet('select range + 1000 as id, 7 as n from range(500)'),
  });
  await commit('people', { 'a.csv': "id,name\n1,O'Hara\n2,José\n", 'b.jsonl': '{"id":1,"tags":["x"]}\n' });
  assert.deepEqual((await run("select count(*), sum(n)::bigint from 'sales@v1'")).rows, [[1000, 999_000]]);
  assert.deepEqual((await run('select count(*) from "sales@main"')).rows, [[1500]]);
  assert.deepEqual((await run("select count(*) from 'sales@v2/2001/june 1.parquet'")).rows, [[500]]);
  assert.deepEqual((await run("select count(*) from 'sales@v2/2001' where id >= 990")).rows, [[510]]);
  assert.deepEqual((await run('select count(*) from sales')).rows, [[1500]]);
  const joined = await run(
    "select p.name, s.n from 'people/a.csv' p join 'sales@v1' s using (id) where p.name <> 'sales@v9' -- 'nope@v1'\n order by 1",
  );
  assert.deepEqual(joined.rows, [
    ['José', 4],
    ["O'Hara", 2],
  ]);
  assert.deepEqual(
    joined.versions.map(({ ref, name }) => [ref, name]),
    [
      ['people/a.csv', 'v1'],
      ['sales@v1', 'v1'],
    ],
  );
  assert.deepEqual((await run("select tags from 'people@v1/b.jsonl'")).rows, [[['x']]]);
  const exact = await run(
    "select 9007199254740993::bigint as big, 1.50::decimal(9,2) as d, 'NaN'::double as nan, date '2001-01-02' as day, null as none",
  );
  assert.deepEqual(exact.rows, [['9007199254740993', '1.50', 'NaN', '2001-01-02', null]]);
  // The sign of a zero goes as far as the text of the answer.
  const zeros = await run("select '-0.0'::double as z, [0.0, '-0.0'::double] as list");
  assert.equal(JSON.stringify(zeros.rows), '[[-0.0,[0,-0.0]]]');
  await nothingLeft();
});

test('says what is wrong with a query', async () => {
  await assert.rejects(run("select * from 'nothing@v1'"), {
    kind: 'missing',
    message: /no dataset 'nothing'/,
  });
  // Not the tables of its own that DuckDB would offer.
  for (const query of ['select * from nothing', "select 1 from 'sales@v1' join nothing on true"])
    await assert.rejects(run(query), {
      kind: 'invalid',
      message: "there is no dataset 'nothing' in workspace 'default'",
      hint: /^the datasets here: people, sales; name a version in quotes: from 'people@main'$/,
    });
  assert.deepEqual((await run('with nothing as (select 1 as x) select * from nothing')).rows, [[1]]);
  await assert.rejects(run("select * from 'sales@v99'"), { kind: 'missing', message: /no version 'v99'/ });
  await assert.rejects(run("select * from 'sales@v1/june.parquet'"), {
    kind: 'invalid',
    message: /holds no table/,
  });
  await assert.rejects(run("select * from 'people@v1'"), {
    kind: 'invalid',
    message: /several formats: csv, jsonl/,
  });
  await assert.rejects(run("select wrong from 'sales@v1'"), {
    kind: 'invalid',
    field: 'query',
    message: /"wrong"/,
  });
  await assert.rejects(run('selec 1'), { kind: 'invalid', field: 'query', message: /syntax error/ });
  await assert.rejects(run('select * from sales@v1'), { kind: 'invalid', hint: /quotes/ });
  assert.equal((await run("select * from 'sales@v1'", 10)).truncated, true);
  assert.equal((await run("select * from 'sales@v1'", 1000)).truncated, false);
  assert.equal(
    (await run("select repeat('x', 1000000) from range(100)")).truncated,
    true,
    'bytes are bounded, too',
  );
});

test('a query reaches nothing but its versions', async () => {
  const secret = path.join(server.data, 'treadle.db');
  const attempts = [
    "select * from read_text('/etc/passwd')",
    `select * from read_blob('${secret}')`,
    `select * from glob('${server.data}/**')`,
    "select * from '/etc/passwd'",
    "select * from read_csv('../../../treadle.db')",
    "select * from read_csv('/proc/self/environ')",
    "select * from 'http://127.0.0.1:1/x.parquet'",
    "select * from read_parquet('s3://bucket/x')",
    `attach '${secret}' as x`,
    "copy (select 1) to '/tmp/treadle-escape.csv'",
    "copy (select 1 from 'sales@v1') to '0.parquet'",
    "copy (select 1 from 'sales@v1') to '0.parquet' (use_tmp_file false)",
    "explain analyze copy (select 1 from 'sales@v1') to '0.parquet' (use_tmp_file false)",
    'install httpfs',
    'load httpfs',
    'set enable_external_access = true',
    'reset lock_configuration',
    "set allowed_paths = ['/etc/passwd']",
    'pragma enable_profiling',
    'select 1; select 2',
    'create table t as select 1',
    "export database '/tmp/treadle-escape'",
    "select getenv('PATH')",
  ];
  for (const query of attempts) await assert.rejects(run(query), { kind: 'invalid', field: 'query' }, query);
  assert.deepEqual((await run("select count(*) from 'sales@v1'")).rows, [[1000]], 'the data is whole');
});

test('a query is bounded in time and memory', async () => {
  const late = await tables.ask(server.ctx, QUERY, {
    lane: 'look',
    files: [],
    request: {
      query:
        'select sum(a.range * b.range) from range(10000000) a, range(10000000) b where a.range % 7 = b.range % 11',
      views: [],
      limit: 1,
      bytes: 1000,
    },
    timeout: 500,
  });
  assert.ok('fault' in late);
  assert.deepEqual(late.fault, { code: 'timeout', message: 'reading the tables took longer than 0.5 s' });
  await assert.rejects(
    run('select count(distinct x) from (select repeat(md5(range::varchar), 2000) as x from range(200000))'),
    { kind: 'too-large', code: 'out-of-memory' },
  );
  await nothingLeft();
});

async function profiles(dataset: string) {
  const { hash } = await until(`the profile of ${dataset}`, async () => {
    const version = await resolveRef(server.ctx, dataset);
    return version.profile === 'ready' && version;
  });
  return new Map((await readProfile(server.ctx, hash)).map((one) => [one.path, one]));
}

test('profiles tables, and says of each bad one what is wrong with it', async () => {
  const good =
    await parquet(`select range as id, (range % 10)::double as x, case when range % 4 = 0 then null else 'c' || (range % 3) end as c,
    date '2001-01-01' + (range % 30)::int as day, [range] as list, {'a': range} as s, range % 2 = 0 as flag, 'inf'::double as wild, 1e308 * (case when range % 2 = 0 then 1 else -1 end) as huge from range(2000)`);
  const damaged = Buffer.from(good);
  damaged.fill(0xff, 40, 4000);
  await commit('zoo', {
    'good.parquet': good,
    'damaged.parquet': damaged,
    'cut.parquet': good.subarray(0, 500),
    'none.parquet': await parquet('select 1 as a where false'),
    'header.csv': 'a,b\n',
    'empty.csv': '',
    'wide.csv': `${Array.from({ length: 120 }, (_, i) => `c${i}`).join(',')}\n${Array.from({ length: 120 }, (_, i) => i).join(',')}\n`,
    'odd names.jsonl': '{"a b":1,"quote\\"":2}\n{"a b":3}\n',
    'notes.txt': 'not a table',
  });
  const found = await profiles('zoo');
  const one = found.get('good.parquet')!;
  assert.equal(one.rows, 2000);
  const column = new Map(one.columns!.map((c) => [c.name, c]));
  assert.deepEqual(
    { ...column.get('x'), distinct: 10, quantiles: [] },
    {
      name: 'x',
      type: 'DOUBLE',
      nulls: 0,
      distinct: 10,
      min: '0.0',
      max: '9.0',
      mean: 4.5,
      std: column.get('x')!.std,
      quantiles: [],
      histogram: column.get('x')!.histogram,
      top: column.get('x')!.top,
    },
  );
  assert.ok(Math.abs(column.get('x')!.std! - Math.sqrt((2000 / 1999) * 8.25)) < 1e-9);
  assert.equal(
    column.get('x')!.histogram!.counts.reduce((a, b) => a + b),
    2000,
  );
  assert.equal(column.get('x')!.histogram!.edges.length, column.get('x')!.histogram!.counts.length + 1);
  assert.equal(column.get('c')!.nulls, 500);
  assert.equal(
    column.get('c')!.top!.reduce((sum, { count }) => sum + count, 0),
    1500,
  );
  assert.deepEqual([column.get('day')!.min, column.get('day')!.max], ['2001-01-01', '2001-01-30']);
  assert.equal(column.get('wild')!.mean, undefined);
  assert.equal(column.get('list')!.nulls, 0);
  assert.ok(column.has('huge'));
  for (const name of ['damaged.parquet', 'cut.parquet']) {
    assert.deepEqual(
      [found.get(name)!.state, found.get(name)!.error?.code],
      ['failed', 'broken-parquet'],
      name,
    );
    assert.ok(
      !found.get(name)!.error!.message.includes('table.parquet'),
      'errors call the file by its own name',
    );
  }
  assert.deepEqual([found.get('none.parquet')!.rows, found.get('none.parquet')!.columns?.[0]?.nulls], [0, 0]);
  assert.equal(found.get('header.csv')!.rows, 0);
  assert.equal(found.get('empty.csv')!.error?.code, 'empty-file');
  assert.equal(found.get('wide.csv')!.columns!.length, 120);
  assert.deepEqual(
    found.get('odd names.jsonl')!.columns!.map(({ name, nulls }) => [name, nulls]),
    [
      ['a b', 0],
      ['quote"', 1],
    ],
  );
  assert.ok(!found.has('notes.txt'));
  assert.deepEqual(server.errors, []);
});

test('looks into files', async () => {
  const { hash } = await resolveRef(server.ctx, 'zoo');
  const look = (file: string, more = {}) => previewFile(server.ctx, tables, hash, { path: file, ...more });
  const page = await look('good.parquet', { offset: 1990, limit: 5 });
  assert.deepEqual(
    [page.kind, page.rows!.length, page.rows![0]![0], page.total_rows, page.truncated],
    ['table', 5, 1990, 2000, true],
  );
  assert.equal((await look('good.parquet', { offset: 1995, limit: 50 })).truncated, false);
  assert.deepEqual((await look('notes.txt')).text, 'not a table');
  assert.equal((await look('empty.csv')).text, '');
  await assert.rejects(look('cut.parquet'), { kind: 'invalid', field: 'path' });
  await assert.rejects(look('nope'), { kind: 'missing' });
});

test('the folders of a path are columns of its rows, also where the same bytes lie in two', async () => {
  const months = { 'year=2024/month=01/a.csv': 'n\n1\n2\n', 'year=2025/month=01/a.csv': 'n\n1\n2\n' };
  await commit('months', months);
  const found = await run("select year, month, n from 'months' order by year, n");
  assert.deepEqual(found.rows, [
    ['2024', '01', 1],
    ['2024', '01', 2],
    ['2025', '01', 1],
    ['2025', '01', 2],
  ]);
  const { hash } = await resolveRef(server.ctx, 'months');
  const preview = await previewFile(server.ctx, tables, hash, { path: 'year=2025/month=01/a.csv' });
  assert.deepEqual(preview.rows, [
    [1, '2025', '01'],
    [2, '2025', '01'],
  ]);
  const profiled = await profiles('months');
  for (const year of ['2024', '2025'])
    assert.deepEqual(
      profiled.get(`year=${year}/month=01/a.csv`)!.columns!.slice(1),
      [
        ['year', year],
        ['month', '01'],
      ].map(([name, value]) => ({
        name,
        type: 'VARCHAR',
        nulls: 0,
        distinct: 1,
        min: value,
        max: value,
        top: [{ value, count: 2 }],
      })),
    );
});

test('a profile that another reader made is not believed, and made again once somebody looks', async () => {
  await commit('old', { 'a.csv': 'zip\n00501\n10001\n' });
  const made = (await profiles('old')).get('a.csv')!;
  assert.deepEqual(
    made.columns?.map(({ type }) => type),
    ['VARCHAR'],
  );
  const version = await resolveRef(server.ctx, 'old');
  // As the reader before wrote it: without a word of how it reads.
  const wrong = [{ name: 'zip', type: 'BIGINT', nulls: 0, distinct: 2, min: '501', max: '10001' }];
  await server.ctx.write((tx) =>
    insertTable(tx, made.hash, 'csv', { form: undefined, state: 'ok', rows: 2, columns: wrong } as never),
  );
  assert.equal((await readProfile(server.ctx, version.hash))[0]!.state, 'pending');
  assert.deepEqual((await run("select zip from 'old'")).rows, [['00501'], ['10001']]);
  await profileAgain(server.ctx, version);
  await until(
    'the new profile',
    async () => (await readProfile(server.ctx, version.hash))[0]!.state !== 'pending',
  );
  assert.deepEqual((await readProfile(server.ctx, version.hash))[0]!.columns, made.columns);
  await profileAgain(server.ctx, await resolveRef(server.ctx, 'old')); // nothing to do
});
