// Drift of one large window, ours and Evidently's data drift preset as it comes, on the same Parquet files.
//   npm run bench -- drift-size --rows 1000000 --columns 100 [--minutes 30]   what Evidently may take; its figures are lower bounds where it has not ended
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { figure, median, option, report, root, scratch } from './harness.ts';

const rows = option('rows', 1_000_000);
const columns = option('columns', 100);
const minutes = option('minutes', 30);
const folder = scratch();

function run(program: string, args: string[]): string {
  const { stdout, status } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}`);
  return stdout;
}
const here = (name: string): string => path.join(import.meta.dirname, name);

console.log(`writing two days of ${rows.toLocaleString('en')} rows × ${columns} columns …`);
run(process.execPath, [here('drift-size/make.ts'), folder, String(rows), String(columns)]);
console.log('ours …');
const ours = JSON.parse(run(process.execPath, [here('drift-size/ours.ts'), folder, String(columns)])) as {
  anchored: number;
  times: number[];
  drifted: number;
  bytes: number;
};
console.log('Evidently …');
const theirs = JSON.parse(
  run(path.join(root, '.setup', 'drift-peers', 'bin', 'python'), [
    here('peers/evidently_size.py'),
    folder,
    String(columns),
    String(minutes),
  ]),
) as { read: number; seconds: number; drifted: number | null; bytes: number };
const ended = theirs.drifted !== null;
const peer = `Evidently 0.7.23, DataDriftPreset()${ended ? '' : `, not done after ${minutes} minutes: at least so much`}`;
console.log(
  `columns called drifted, where none has: ${ours.drifted}, Evidently ${theirs.drifted ?? 'had not ended'}; ours in each round: ${ours.times.map((one) => `${one.toFixed(2)} s`).join(', ')}`,
);
figure({
  name: 'the window read from Parquet, counted and judged (median of 3)',
  value: median(ours.times),
  unit: 's',
  better: 'lower',
  peer,
  peerValue: theirs.read + theirs.seconds,
});
figure({
  name: 'the same, Evidently with both tables in memory already',
  value: median(ours.times),
  unit: 's',
  better: 'lower',
  peer,
  peerValue: theirs.seconds,
});
figure({
  name: 'once for a version: the reference anchored',
  value: ours.anchored,
  unit: 's',
  better: 'lower',
});
figure({
  name: 'most memory of the process',
  value: ours.bytes / 1e9,
  unit: 'GB',
  better: 'lower',
  peer,
  peerValue: theirs.bytes / 1e9,
});
report();
