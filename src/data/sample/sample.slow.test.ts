import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import test, { after, before } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { openTest, type TestServer } from '../../../test/harness.ts';
import { createProcesses, type Processes } from '../../platform/processes/index.ts';
import { openTables, type Tables } from '../../tables/index.ts';
import { commitVersion } from '../commit-version.ts';
import type { DatasetVersion } from '../contract.ts';
import { materialiseVersion } from '../materialise-version.ts';
import { sampleVersion, type SampleAsked } from './sample-version.ts';

let server: TestServer;
let processes: Processes;
let tables: Tables;
const folder = mkdtempSync(path.join(tmpdir(), 'treadle-sample-'));
before(async () => {
  server = await openTest();
  processes = createProcesses();
  tables = openTables(processes);
});
after(async () => {
  await tables.close();
  await processes.close();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function commit(dataset: string, files: Record<string, string | Buffer>): Promise<DatasetVersion> {
  const list = await Promise.all(
    Object.entries(files).map(async ([name, bytes]) => {
      const { hash, size } = await server.ctx.blobs.put(Buffer.from(bytes));
      return { path: name, hash, size };
    }),
  );
  return (await commitVersion(server.ctx, { dataset, files: list })).version;
}

const sample = (version: DatasetVersion, asked: Partial<SampleAsked> = {}) =>
  sampleVersion(server.ctx, tables, version, { share: 0.05, key: [], ...asked });

async function filesOf(version: DatasetVersion): Promise<(name: string) => Buffer> {
  const to = mkdtempSync(path.join(folder, 'files-'));
  await materialiseVersion(server.ctx, version.id, to);
  return (name) => readFileSync(path.join(to, name));
}

async function parquet(query: string, bytes?: Buffer): Promise<Buffer | unknown[][]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const file = path.join(mkdtempSync(path.join(folder, 'duck-')), 'x.parquet');
  try {
    if (bytes) {
      const { writeFileSync } = await import('node:fs');
      writeFileSync(file, bytes);
      return (await connection.runAndReadAll(query.replace('FILE', `'${file}'`))).getRowsJson();
    }
    await connection.run(
      `copy (${query}) to '${file}' (format parquet, kv_metadata {pandas: '{"index_columns": ["id"]}'})`,
    );
    return readFileSync(file);
  } finally {
    connection.closeSync();
  }
}

const ROWS = 20_000;
/** Each row twice, in pieces that a careless reader spoils: quotes, line ends in cells, spellings of numbers. */
const csv = `id,word,amount\r\n${Array.from({ length: ROWS }, (_, i) => `${i % (ROWS / 2)},"a ""quoted""\nword, ${(i % (ROWS / 2)) % 97}",1.50\r\n`).join('')}`;
const records = (text: string): string[] => text.split('\r\n').slice(1, -1);

test('of CSV the same rows each time, as the very bytes that stood there, equal rows together', async () => {
  const version = await commit('rows', {
    'a/rows.csv': csv,
    'small.csv': 'code,name\n1,one\n2,two\n',
    'notes.md': '# notes',
  });
  const { version: sampled, kept, of, unit } = await sample(version);
  assert.deepEqual([sampled.dataset, unit, of], ['rows.sample', 'rows', ROWS + 2]);
  assert.ok(kept > 0.03 * ROWS && kept < 0.07 * ROWS, String(kept));
  const read = await filesOf(sampled);
  const lines = records(read('a/rows.csv').toString());
  assert.equal(lines.length, kept - 2);
  const source = new Set(records(csv));
  assert.ok(lines.every((line) => source.has(line)));
  assert.ok([...Map.groupBy(lines, (line) => line).values()].every(({ length }) => length === 2));
  assert.equal(read('small.csv').toString(), 'code,name\n1,one\n2,two\n', 'a small table is taken whole');
  assert.equal(read('notes.md').toString(), '# notes');
  assert.deepEqual(sampled.parents, [version.id]);

  // Asked again it is found, and nothing is made; a larger share has all of the smaller one.
  const again = await sample(version);
  assert.deepEqual([again.version.id, again.kept, again.of], [sampled.id, kept, of]);
  const larger = records(
    (await filesOf((await sample(version, { share: 0.2 })).version))('a/rows.csv').toString(),
  );
  assert.ok(lines.every((line) => larger.includes(line)));
});

test('by a key all rows of it go together, in files of any packing and format', async () => {
  const lines = Array.from({ length: ROWS }, (_, i) => JSON.stringify({ other: i, id: i % 500 })).join('\n');
  const version = await commit('keyed', {
    'rows.csv.gz': gzipSync(csv),
    'rows.jsonl': lines,
    'rows.parquet': (await parquet(
      `select i % 500 as id, i::float as f, [i, 1] as l, 'ä' || i as s, timestamp '2024-01-01' as t from range(${ROWS}) r(i)`,
    )) as Buffer,
  });
  const { version: sampled } = await sample(version, { share: 0.1, key: ['id'] });
  const read = await filesOf(sampled);
  const ids = gunzipSync(read('rows.csv.gz'))
    .toString()
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.split(',')[0]);
  const seen = new Set(ids);
  assert.ok(seen.size > 500 && ids.length === 2 * seen.size, 'both rows of each key');
  const objects = read('rows.jsonl')
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number });
  const [[rows, keys, columns]] = (await parquet(
    "select count(*)::int, count(distinct id)::int, any_value(columns) from FILE, (select string_agg(typeof(c), ',') as columns from (select unnest([1]) as c))",
    read('rows.parquet'),
  )) as [[number, number, string]];
  assert.ok(keys > 20 && rows === keys * (ROWS / 500), `${rows} rows of ${keys} keys, ${columns}`);
  // Parquet and JSONL write this key alike, so that the same ones are in.
  assert.deepEqual([new Set(objects.map(({ id }) => id)).size, objects.length], [keys, rows]);
  const types = (await parquet(
    'select column_name, column_type from (describe select * from FILE)',
    read('rows.parquet'),
  )) as string[][];
  assert.deepEqual(types, [
    ['id', 'BIGINT'],
    ['f', 'FLOAT'],
    ['l', 'BIGINT[]'],
    ['s', 'VARCHAR'],
    ['t', 'TIMESTAMP'],
  ]);
  const meta = (await parquet(
    "select decode(value) from parquet_kv_metadata(FILE) where decode(key) = 'pandas'",
    read('rows.parquet'),
  )) as string[][];
  assert.deepEqual(meta, [['{"index_columns": ["id"]}']]);
});

test('a version without tables is sampled by file; what is small is taken whole; what leaves nothing is refused', async () => {
  const files = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`images/${i}.bin`, `image ${i}`]));
  const many = await commit('images', files);
  const { kept, of, unit } = await sample(many, { share: 0.1 });
  assert.deepEqual([of, unit], [1500, 'files']);
  assert.ok(kept > 100 && kept < 200, String(kept));
  const few = await commit('few', { 'a.csv': 'x\n1\n2\n' });
  assert.equal((await sample(few)).version.id, few.id, 'the version itself');
  const one = await commit('one-key', {
    'a.csv': `k,x\n${Array.from({ length: 3000 }, (_, i) => `1,${i}\n`).join('')}`,
  });
  await assert.rejects(sample(one, { share: 0.000_01, key: ['k'] }), /has none of its 3,000 rows/);
  // What cannot be read as a table is taken as it is.
  const broken = await commit('broken', {
    'rows.csv': csv,
    'odd.csv': `a,b\n"never ends,\n${'x\n'.repeat(2000)}`,
  });
  const read = await filesOf((await sample(broken)).version);
  assert.ok(read('odd.csv').length > 4000);
  assert.deepEqual(server.errors, []);
});
