// A day of columns counted on the reference's anchors and judged, as a monitor does, in the database that a table reader opens: `node ours.ts FOLDER COLUMNS`.
// A line of JSON with seconds and the most memory of the process.
import { readdirSync } from 'node:fs';
import { anchorAnswer, countAnswer } from '../../src/monitoring/inside.ts';
import { judgeColumns } from '../../src/monitoring/signals/judge-columns.ts';
import { watchDrift } from '../../src/monitoring/signals/watch-drift.ts';
import { openSandbox } from '../../src/tables/inside.ts';

const [folder = '', columns = ''] = process.argv.slice(2);
process.chdir(folder);
const day = 86_400_000;
const names = Array.from({ length: Number(columns) }, (_one, k) => `in_c${k}`);
const quiet = (): Promise<void> => Promise.resolve();

/** The room of a question that nobody waits for: two threads, and a gigabyte for DuckDB. */
async function ask<T>(
  of: string,
  question: (connection: Connection, views: View[]) => Promise<T>,
): Promise<[T, number]> {
  const files = readdirSync('.').filter((name) => name.startsWith(of));
  const { connection, close } = await openSandbox(files, { threads: 2, memory: 1_000_000_000 });
  const table = files.map((file) => ({ file, shown: file, format: 'parquet' as const }));
  const views = [
    { name: 'log', table },
    { name: 'version', sql: `select * from log where role <> 'shadow' and model = 'm' and version = 1` },
  ];
  const began = performance.now();
  const answer = await question(connection, views);
  const seconds = (performance.now() - began) / 1000;
  close();
  return [answer, seconds];
}
type Connection = Parameters<typeof countAnswer.answer>[0];
type View = Parameters<typeof countAnswer.answer>[1]['views'][number];

const [{ watched }, anchored] = await ask('reference', (connection, views) =>
  anchorAnswer.answer(
    connection,
    { views, view: 'version', columns: names.map((name) => ({ column: name, from: name })), window: day },
    quiet,
  ),
);
const times: number[] = [];
let drifted = 0;
for (let round = 0; round < 3; round++) {
  const [counted, seconds] = await ask('now', (connection, views) =>
    countAnswer.answer(connection, { views, view: 'version', columns: watched }, quiet),
  );
  const began = performance.now();
  const { result } = watchDrift(watched, counted.counted, { from: 0, to: day }, undefined);
  const signals = judgeColumns(watched, counted, result);
  drifted = signals.filter(({ signal, state }) => signal === 'drift' && state === 'alert').length;
  times.push(seconds + (performance.now() - began) / 1000);
}
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ anchored, times, drifted, bytes: maxRSS * 1024 }));
