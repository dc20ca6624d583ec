// Alarms of the drift detector and of Evidently's data drift preset, as both come, on the same numbers: first nothing changes, then one column does.
//   npm run bench -- alarms --columns 50 --windows 60
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { planDrift, startDrift, stepDrift } from '../src/monitoring/detectors/e-detector.ts';
import { referenceCounts } from '../src/monitoring/detectors/reference-counts.ts';
import { anchorNumeric } from '../src/monitoring/statistics/anchor.ts';
import { count } from '../src/monitoring/statistics/histogram.ts';
import { random } from '../test/random.ts';
import { figure, option, report, root, scratch } from './harness.ts';

const columns = option('columns', 50);
const calm = option('windows', 60);
const moved = option('changed', 10);
const reference = option('reference', 10_000);
const sizes = [50, 100, 200, 500, 1000, 2000, 5000];
const day = 86_400_000;
const folder = scratch();
const r = random(option('seed', 1));

const names = Array.from({ length: columns }, (_one, k) => `c${k}`);
const draw = (rows: number, shift = 0): Float64Array[] =>
  names.map((_one, k) => Float64Array.from({ length: rows }, () => r.normal() + (k === 0 ? shift : 0)));
const write = (name: string, table: Float64Array[]): void =>
  writeFileSync(path.join(folder, `${name}.f64`), Buffer.concat(table.map((one) => Buffer.from(one.buffer))));

console.log(`${columns} columns, ${calm} windows without a change, ${moved} with +0.2 σ in one column …`);
const before = draw(reference);
write('reference', before);
const rows = [
  ...Array.from({ length: calm }, () => r.pick(sizes)),
  ...Array.from({ length: moved }, () => 500),
];
const anchors = before.map((column) => anchorNumeric(column));
const plan = planDrift(
  before.map((column, k) => referenceCounts(names[k]!, anchors[k]!, count(anchors[k]!, column))),
);

/** Of columns called drifted in a window, those that did not. */
const notMoved = (named: string[], at: number): string[] =>
  named.filter((name) => at < calm || name !== 'c0');

let state = startDrift(plan);
let ours = 0;
/** Columns that were called drifted and were not, window by window. */
const wrong: string[][] = [];
let first: number | undefined;
for (const [at, size] of rows.entries()) {
  const table = draw(size, at < calm ? 0 : 0.2);
  write(`window-${at}`, table);
  const began = performance.now();
  const counts = Object.fromEntries(table.map((column, k) => [names[k]!, count(anchors[k]!, column).counts]));
  const step = stepDrift(plan, state, { from: at * day, to: (at + 1) * day, counts });
  ours += performance.now() - began;
  ({ state } = step);
  const { shape, share } = step.result;
  wrong.push(
    notMoved(
      [...shape.columns, ...share.columns].map(({ name }) => name),
      at,
    ),
  );
  if (at >= calm && shape.columns.some(({ name }) => name === 'c0')) first ??= at - calm + 1;
}
writeFileSync(
  path.join(folder, 'streams.json'),
  JSON.stringify({ columns: names, reference, windows: rows }),
);

console.log('Evidently …');
const { stdout, status } = spawnSync(
  path.join(root, '.setup', 'drift-peers', 'bin', 'python'),
  [path.join(root, 'bench', 'peers', 'evidently_alarms.py'), folder],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 },
);
if (status !== 0) throw new Error(`evidently_alarms.py ended with ${status}`);
const said = stdout
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { drifted: string[]; seconds: number });
const theirs = said.map(({ drifted }, at) => notMoved(drifted, at));
const some = (each: string[][]): number => each.filter((named) => named.length > 0).length;
const hits = said.slice(calm).filter(({ drifted }) => drifted.includes('c0')).length;
const peer = 'Evidently 0.7.23, DataDriftPreset()';
figure({
  name: `columns called drifted that did not, in ${rows.length} windows`,
  value: wrong.flat().length,
  unit: '',
  better: 'lower',
  peer,
  peerValue: theirs.flat().length,
});
figure({
  name: 'windows with such a column',
  value: some(wrong),
  unit: '',
  better: 'lower',
  peer,
  peerValue: some(theirs),
});
figure({
  name: `of ${moved} windows with +0.2 σ, those in which that column is called drifted`,
  value: first === undefined ? 0 : moved - first + 1,
  unit: '',
  better: 'higher',
  peer,
  peerValue: hits,
});
figure({
  name: `a window of ${columns} columns counted and judged`,
  value: ours / rows.length,
  unit: 'ms',
  better: 'lower',
  peer,
  peerValue: (1000 * said.reduce((sum, { seconds }) => sum + seconds, 0)) / said.length,
});
report();
