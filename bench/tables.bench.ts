// A look into a table of two rows, by preview and by SQL: alone, and while the server profiles large files.
//   npm run bench -- tables --mb 500 --files 4 --looks 60
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  client,
  figure,
  median,
  option,
  percentile,
  report,
  root,
  scratch,
  settled,
  startTreadle,
  timeEach,
} from './harness.ts';

const mb = option('mb', 500);
const files = option('files', 4);
const looks = option('looks', 60);
const work = scratch();
const treadle = path.join(root, 'bin', 'treadle');

/** Bytes of one line, about: numbers, a text, a day and a moment. */
const LINE = 80;
const large = path.join(work, 'large');
mkdirSync(large);
console.log(`making ${files} files of ${mb} MB …`);
const maker = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
for (let i = 0; i < files; i++)
  await maker.run(
    `copy (select range + ${i} as id, hash(range * ${i + 1}) % 1000 as origin, (hash(range + ${i}) % 1000000007) / 977.0 as x, 'word ' || hash(range) % 5000 as word,
       date '2001-01-01' + (range % 3000)::int as day, timestamp '2001-01-01' + to_seconds(range) as moment, range % 3 = 0 as late
     from range(${Math.round((mb * 1e6) / LINE)})) to '${path.join(large, `${i}.csv`)}' (format csv, header)`,
  );
maker.closeSync();
const tiny = path.join(work, 'tiny.csv');
writeFileSync(tiny, 'id,name\n1,one\n2,two\n');

const server = await startTreadle(path.join(work, 'treadle'));
const ask = client(server.url);
const commit = (name: string, what: string): void => {
  const done = spawnSync(treadle, ['data', 'commit', name, what, '-m', 'bench', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, TREADLE_URL: server.url },
  });
  if (done.status !== 0)
    throw new Error(`the commit ended with ${done.status}:\n${done.stdout}${done.stderr}`);
};
commit('tiny', tiny);
await settled(server.pid);

const preview = async (): Promise<void> => {
  const { rows } = await ask('GET', '/api/v1/datasets/tiny/versions/main/preview?path=tiny.csv');
  if (!Array.isArray(rows) || rows.length !== 2) throw new Error('the preview has other rows');
};
const sql = async (): Promise<void> => {
  const { rows } = await ask('POST', '/api/v1/data/sql', { query: "select sum(id) from 'tiny@main'" });
  if (JSON.stringify(rows) !== '[[3]]') throw new Error(`the query answered ${JSON.stringify(rows)}`);
};
const profiled = async (): Promise<string> => {
  const { state, tables } = await ask('GET', '/api/v1/datasets/large/versions/main/profile');
  const ready = Array.isArray(tables)
    ? tables.filter((one: { state: string }) => one.state === 'ok').length
    : 0;
  return `${String(state)}, ${ready} of ${files} profiled`;
};

const first = await timeEach(1, preview);
const alone = { preview: await timeEach(looks, preview), sql: await timeEach(looks, sql) };
commit('large', large);
console.log('profiles have begun …');
const beside = { preview: await timeEach(looks, preview), sql: await timeEach(looks, sql) };
const state = await profiled();
console.log(`when all looks were taken: ${state}`);
if (state.startsWith('ready'))
  console.log('the profiles ended before the looks: take larger files, these figures say little');

figure({ name: 'the first look, no reader is there yet', value: first[0]!, unit: 'ms', better: 'lower' });
for (const kind of ['preview', 'sql'] as const) {
  for (const [name, of] of [
    ['median', median],
    ['p95', (times: readonly number[]) => percentile(times, 0.95)],
  ] as const)
    figure({
      name: `${kind} of 2 rows beside ${files} profiles of ${mb} MB, ${name}`,
      value: of(beside[kind]),
      unit: 'ms',
      better: 'lower',
      peer: 'alone',
      peerValue: of(alone[kind]),
    });
}
await server.stop();
report();
