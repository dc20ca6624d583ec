import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFormat } from '../tables/index.ts';
import { openSandbox } from '../tables/inside.ts';
import type { ColumnProfile } from './contract.ts';
import { profileAnswer } from './profile-table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-profile-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function profiled(name: string): Promise<{ rows: number; columns: Map<string, ColumnProfile> }> {
  const file = path.join(folder, name);
  const { connection } = await openSandbox([file], { threads: 2, memory: 1e9 });
  const table = [{ file, shown: name, format: tableFormat(name)! }];
  const { rows, columns } = await profileAnswer.answer(connection, { table, size: 1000 }, () =>
    Promise.resolve(),
  );
  return { rows, columns: new Map(columns.map((column) => [column.name, column])) };
}

test('distinct values and quantiles of an ordinary table are exact, and say nothing of an error', async () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `id-${i},${i % 7},${i % 2 === 0 ? '' : i}`);
  writeFileSync(path.join(folder, 'ids.csv'), ['id,seven,half', ...lines, ''].join('\n'));
  const { rows, columns } = await profiled('ids.csv');
  assert.equal(rows, 4000);
  const counts = [...columns.values()].map(({ name, nulls, distinct }) => [name, nulls, distinct]);
  assert.deepEqual(counts, [
    ['id', 0, 4000],
    ['seven', 0, 7],
    ['half', 2000, 2000],
  ]);
  assert.equal(columns.get('half')!.quantiles![2], 2000);
  assert.equal(columns.get('seven')!.quantiles![2], 3);
  for (const column of columns.values())
    assert.ok(!('distinct_error' in column) && !('quantiles_error' in column), column.name);
});

test('in a large table few values are counted, many are estimated, and how far off that may be is said', async () => {
  const file = path.join(folder, 'large.parquet');
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(
    `copy (select range as id, range % 300000 as many, range % 50 as few, case when range % 3 = 0 then null else 'w' || (range % 1000) end as word from range(1200000)) to '${file}' (format parquet)`,
  );
  connection.closeSync();
  const { rows, columns } = await profiled('large.parquet');
  assert.equal(rows, 1_200_000);
  for (const [name, distinct] of [
    ['few', 50],
    ['word', 1000],
  ] as const) {
    assert.equal(columns.get(name)!.distinct, distinct);
    assert.equal(columns.get(name)!.distinct_error, undefined);
  }
  assert.equal(columns.get('word')!.nulls, 400_000);
  for (const [name, distinct] of [
    ['id', 1_200_000],
    ['many', 300_000],
  ] as const) {
    const { distinct: found, distinct_error: error } = columns.get(name)!;
    assert.ok(error !== undefined && error < distinct * 0.02, `${name}: ± ${error}`);
    assert.ok(Math.abs(found - distinct) <= 1.5 * error, `${name}: ${found} ± ${error}`);
    assert.ok(found <= rows);
  }
  const id = columns.get('id')!;
  const median = id.quantiles![2]!;
  assert.ok(Math.abs(median / rows - 0.5) < 3 * id.quantiles_error!, `${median}`);
});
