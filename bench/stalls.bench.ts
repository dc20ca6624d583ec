// The longest that one request holds the server's event loop, at the largest request that each contract permits.
//   npm run bench -- stalls --files 500000 [--only first|data|runs|mlflow|pipelines|events[:WORD]] [--profiles FOLDER]
// What is measured is the server's own loop, looked at every 5 ms from within (`stalls/watch.ts`), garbage collection included: by the
// clock, and in processor time of the loop's own thread, which other work on a busy machine does not lengthen. The bar is 100 ms (DESIGN §3.2).
import { figure, option, report, scratch } from './harness.ts';
import { dataRows } from './stalls/data.ts';
import { eventRows } from './stalls/events.ts';
import { firstRows } from './stalls/first.ts';
import { mlflowRows } from './stalls/mlflow.ts';
import { pipelineRows } from './stalls/pipelines.ts';
import { startStalls, type Stalls } from './stalls/stalls.ts';
import { trackingRows } from './stalls/tracking.ts';

const BAR = 100;
const SECTIONS: Record<string, (stalls: Stalls) => Promise<void>> = {
  first: firstRows,
  data: dataRows,
  runs: trackingRows,
  mlflow: mlflowRows,
  pipelines: pipelineRows,
  events: eventRows,
};

const given = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const [only, word] = given('only')?.split(':') ?? [];
if (only !== undefined && !(only in SECTIONS))
  throw new Error(`--only takes ${Object.keys(SECTIONS).join(', ')}, and after a colon a word of a row`);

const stalls = await startStalls({
  folder: scratch(),
  files: option('files', 500_000),
  word,
  profiles: given('profiles'),
});
for (const [name, rows] of Object.entries(SECTIONS))
  if (only === undefined || only === name) await rows(stalls);
await stalls.stop();

const { rows } = stalls;
const widths = [
  Math.max(...rows.map(({ contract }) => contract.length)),
  Math.max(...rows.map(({ what }) => what.length)),
];
const ms = (value: number): string => `${value.toFixed(0)} ms${value > BAR ? ' !' : '  '}`.padStart(10);
console.log(
  `\n${'contract'.padEnd(widths[0]!)}  ${'request'.padEnd(widths[1]!)}  longest stall  of its own  answered`,
);
for (const { contract, what, clock, own, took, status } of rows)
  console.log(
    `${contract.padEnd(widths[0]!)}  ${what.padEnd(widths[1]!)}     ${ms(clock)}  ${ms(own)}  ${status} in ${(took / 1000).toFixed(1)} s`,
  );
for (const { contract, what, clock, own } of rows) {
  figure({ name: `longest stall: ${contract}, ${what}`, value: clock, unit: 'ms', better: 'lower' });
  figure({ name: `… in processor time: ${contract}, ${what}`, value: own, unit: 'ms', better: 'lower' });
}
report();
