// The disjointness proof: rows that a model is judged on against all that training read; beside pandas on the same files.
//   npm run bench -- disjoint --training 9000000 --gate 1000000
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { openTest } from '../test/harness.ts';
import { commitVersion } from '../src/data/index.ts';
import { createProcesses } from '../src/platform/processes/index.ts';
import { resolveGateData } from '../src/validation/data/gate-data.ts';
import { openTables } from '../src/tables/index.ts';
import { proveDisjoint } from '../src/validation/disjoint/prove.ts';
import { figure, median, option, report, root, scratch, venv } from './harness.ts';

const training = option('training', 9_000_000);
const gate = option('gate', 1_000_000);
const planted = 100;
const repeats = option('repeats', 3);
const work = scratch();

console.log('making the data …');
const maker = await (await DuckDBInstance.create(':memory:')).connect();
/** Eight columns as of flights: a moment, whole numbers, names, measurements. */
const rows = (first: number, count: number): string => `select
  timestamp '2001-01-01' + to_seconds((range * 7919 + ${first}) % 31536000) as date,
  (hash(range + ${first}) % 400)::int - 60 as delay, (hash(range * 3 + ${first}) % 2500)::int as distance,
  chr(65 + (hash(range + ${first + 1}) % 26)::int) || chr(65 + (hash(range + ${first + 2}) % 26)::int) || 'X' as origin,
  chr(65 + (hash(range + ${first + 3}) % 26)::int) || chr(65 + (hash(range + ${first + 4}) % 26)::int) || 'Y' as destination,
  (hash(range + ${first + 5}) % 1000000) / 9973.0::double as temperature,
  (hash(range + ${first + 6}) % 100000)::double / 100 as fare, (range * 2654435761) % 100000 as flight from range(${count})`;
const files = {
  training: path.join(work, 'training.parquet'),
  clean: path.join(work, 'clean.parquet'),
  leaky: path.join(work, 'leaky.parquet'),
};
const to = (file: string): string => `to '${file}' (format parquet, compression zstd)`;
await maker.run(`copy (${rows(0, training)}) ${to(files.training)}`);
await maker.run(`copy (${rows(1_000_000_007, gate)}) ${to(files.clean)}`);
await maker.run(
  `copy (select * from '${files.clean}' union all (select * from '${files.training}' limit ${planted})) ${to(files.leaky)}`,
);
maker.closeSync();

await using server = await openTest();
const { ctx } = server;
const processes = createProcesses();
const tables = openTables(processes);
const source = async (name: string, file: string) => {
  const blob = await ctx.blobs.put(createReadStream(file));
  await commitVersion(ctx, { dataset: name, files: [{ path: `${name}.parquet`, ...blob }] });
  return resolveGateData(ctx, { kind: 'dataset', ref: name });
};
const against = [await source('training', files.training)];
const sides = { clean: await source('clean', files.clean), leaky: await source('leaky', files.leaky) };

async function ours(side: 'clean' | 'leaky', expected: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const proof = await proveDisjoint(ctx, tables, { gate: sides[side], against, unread: [] });
    if (proof.overlapping_rows !== expected)
      throw new Error(`${proof.overlapping_rows} rows were found rather than ${expected}`);
    times.push(proof.ms / 1000);
  }
  console.log(`${side}: ${times.map((time) => time.toFixed(2)).join(', ')} s`);
  return median(times);
}

function peer(way: 'merge' | 'hash', file: string): number {
  const script = path.join(root, 'bench', 'peers', 'disjoint.py');
  const done = spawnSync(path.join(venv, 'python'), [script, file, files.training, way], {
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`pandas ended with ${done.status}:\n${done.stderr}`);
  const { seconds, found } = JSON.parse(done.stdout) as { seconds: number; found: number };
  if (found !== planted) throw new Error(`pandas found ${found} rows rather than ${planted}`);
  return seconds;
}

const name = `${(training / 1e6).toPrecision(2)}M rows that training read × ${(gate / 1e6).toPrecision(2)}M`;
const clean = await ours('clean', 0);
const leaky = await ours('leaky', planted);
const hashed = peer('hash', files.leaky);
const merged = peer('merge', files.leaky);
figure({
  name: `${name}, disjoint`,
  value: clean,
  unit: 's',
  better: 'lower',
  peer: 'pandas row hashes',
  peerValue: hashed,
});
figure({
  name: `${name}, ${planted} planted`,
  value: leaky,
  unit: 's',
  better: 'lower',
  peer: 'pandas row hashes',
  peerValue: hashed,
});
figure({
  name: `${name}, ${planted} planted`,
  value: leaky,
  unit: 's',
  better: 'lower',
  peer: 'pandas merge',
  peerValue: merged,
});
await processes.close();
report();
