import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { isHourFile, readSegmentFile } from '../plane/segment-name.ts';
import { makeSegment } from '../../../test/made-segments.ts';
import { mergeFiles } from './merge.ts';
import { openParquet, sourcesOf } from './parquet-file.ts';

type Row = Record<string, unknown>;

/** All rows of a file, every value as it lies there. */
async function rowsOf(file: string): Promise<Row[]> {
  const open = await openParquet(file);
  const rows = Array.from({ length: Number(open.metadata.num_rows) }, (): Row => ({}));
  for (const name of open.metadata.schema
    .filter(({ name }) => /^(in|out)_|^[a-z]+$/.test(name))
    .map(({ name }) => name)) {
    if (['schema', 'list', 'element'].includes(name)) continue;
    (await open.column(name, 0, rows.length)).forEach((value, at) => {
      rows[at]![name] = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
    });
  }
  open.close();
  return rows;
}

const T = 1_000_000;

test('segments of the same columns become one file, sorted by time, with every value as it was', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-merge-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const every = (from: number, step: number): number[] =>
    Array.from({ length: 40 }, (_, at) => T + from + at * step);
  const made = [
    makeSegment(folder, { at: every(0, 10), first: 0, maker: 'a0' }),
    // Beside it, as of another process; a clock that was set back; a column in which a value is missing.
    makeSegment(folder, { at: every(5, 7).toReversed(), first: 100, maker: 'b0', words: false }),
    makeSegment(folder, { at: every(400, 10), first: 200, maker: 'a1' }),
    // Other columns.
    makeSegment(folder, { at: every(800, 10), first: 300, maker: 'a2', recording: 'outputs' }),
  ].map(({ file }) => file);
  const before = new Map(
    await Promise.all(made.map(async (file) => [file, await rowsOf(path.join(folder, file))] as const)),
  );
  const sorted = (files: readonly string[]): Row[] =>
    files
      .toSorted()
      .flatMap((file) => before.get(file)!)
      .map((row, place) => ({ row, place }))
      .toSorted((a, b) => Number(a.row['at']) - Number(b.row['at']) || a.place - b.place)
      .map(({ row }) => row);

  const { merged, forms, problems } = await mergeFiles({ folder, files: made, rowGroup: 2000 });
  assert.deepEqual(problems, []);
  assert.equal(new Set(Object.values(forms)).size, 2);
  const [one, ...others] = merged;
  assert.deepEqual(others, []);
  const alike = made.slice(0, 3);
  assert.deepEqual([one!.of, one!.rows, one!.predictions], [alike.toSorted(), 160, 120]);
  const whole = path.join(folder, one!.file);
  renameSync(one!.part, whole);
  assert.ok(isHourFile(one!.file));
  assert.deepEqual(await sourcesOf(whole), alike.toSorted());
  const { from, to, rows, predictions } = readSegmentFile(one!.file)!;
  assert.deepEqual([from, to, rows, predictions], [T, T + 790, 160, 120]);
  const after = await rowsOf(whole);
  assert.deepEqual(after, sorted(alike));
  const open = await openParquet(whole);
  assert.ok(open.metadata.row_groups.length > 3, 'in row groups that are bounded');
  open.close();

  // What comes later joins it, and is the same as if it had come in time.
  const late = makeSegment(folder, { at: every(300, 3), first: 400, maker: 'c0' }).file;
  before.set(late, await rowsOf(path.join(folder, late)));
  before.set(one!.file, after);
  const again = await mergeFiles({ folder, files: [one!.file, late], rowGroup: 2000 });
  assert.deepEqual(again.problems, []);
  renameSync(again.merged[0]!.part, path.join(folder, again.merged[0]!.file));
  assert.deepEqual(await rowsOf(path.join(folder, again.merged[0]!.file)), sorted([one!.file, late]));

  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const read = await duck.runAndReadAll(
    `select count(*)::int as n, count(distinct prediction)::int as ids, max(in_middle)::varchar as most, sum("out_y") > 0 as sum
     from read_parquet('${path.join(folder, again.merged[0]!.file)}')
     where "at" between epoch_ms(${T})::timestamptz and epoch_ms(${T + 1000})::timestamptz`,
  );
  assert.deepEqual(read.getRowObjectsJson(), [{ n: 213, ids: 160, most: '4294967295', sum: true }]);
  duck.closeSync();
});

test('what cannot be read, or has not the rows that its name says, is left alone and told', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-merge-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = [T, T + 1];
  const files = ['a0', 'a1'].map((maker, place) => makeSegment(folder, { at, first: place * 2, maker }).file);
  const wrong = files[1]!.replace(/-2-3-a1/, '-2-4-a1').replace(/-2-2-a1/, '-2-4-a1');
  renameSync(path.join(folder, files[1]!), path.join(folder, wrong));
  const { merged, problems } = await mergeFiles({ folder, files: [files[0]!, wrong] });
  assert.deepEqual(merged, []);
  assert.deepEqual(
    problems.map(({ files: of }) => of),
    [[wrong]],
  );
  assert.match(problems[0]!.problem, /rows, and 4 by its name/);
  assert.deepEqual(readdirSync(folder).toSorted(), [files[0]!, wrong].toSorted());
});
