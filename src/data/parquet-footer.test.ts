import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { checkParquet, type FooterCheck } from './parquet-footer.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'treadle-parquet-'));
after(() => rmSync(folder, { recursive: true }));

async function parquet(query: string): Promise<Buffer> {
  const connection = await (await DuckDBInstance.create()).connect();
  const file = path.join(folder, 'made.parquet');
  await connection.run(`copy (${query}) to '${file}' (format parquet)`);
  connection.closeSync();
  return readFileSync(file);
}

const check = (bytes: Buffer): Promise<FooterCheck> =>
  checkParquet(bytes.length, (start, end) => Promise.resolve(bytes.subarray(start, end + 1)));

test('counts the rows of whole files', async () => {
  assert.deepEqual(await check(await parquet('select range as a, range::varchar as b from range(300000)')), {
    rows: 300_000,
  });
  assert.deepEqual(
    await check(
      await parquet("select 1 as a, [1, 2] as l, {'x': 1.5, 'y': [null]} as s, null::date as d, true as t"),
    ),
    { rows: 1 },
  );
  assert.deepEqual(await check(await parquet('select 1 as a where false')), { rows: 0 });
});

test('says what is wrong with broken ones', async () => {
  const good = await parquet('select range as a from range(1000)');
  const broken: ReadonlyArray<[Buffer, RegExp]> = [
    [Buffer.from('PAR1'), /4 bytes/],
    [Buffer.from('not a parquet file at all'), /begin with PAR1/],
    [good.subarray(0, good.length - 5), /cut short/],
    [good.subarray(0, good.length >> 1), /cut short/],
    [
      Buffer.concat([
        Buffer.from('PAR1'),
        Buffer.alloc(100),
        Buffer.from([255, 255, 255, 127]),
        Buffer.from('PAR1'),
      ]),
      /claims/,
    ],
    [
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(20), Buffer.from([20, 0, 0, 0]), Buffer.from('PAR1')]),
      /schema/,
    ],
  ];
  for (const [bytes, why] of broken) {
    const found = await check(bytes);
    assert.ok('broken' in found, 'found broken');
    assert.match(found.broken, why);
  }
});

test('whatever bytes a footer has, the answer is an answer, and quick', async () => {
  const good = await parquet('select range as a, range::varchar as b, [range] as l from range(100)');
  const footer = good.readUInt32LE(good.length - 8);
  let seed = 42;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  for (let i = 0; i < 3000; i++) {
    const bytes = Buffer.from(good);
    for (let n = 0; n <= random(3); n++) bytes[good.length - 8 - 1 - random(footer)] = random(256);
    const found = await check(bytes);
    assert.ok('rows' in found || found.broken.length > 0);
  }
});
