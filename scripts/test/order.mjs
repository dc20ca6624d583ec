// The order of test files: the longest first, by the processor time of each with its children when somebody last looked (`npm test --
// --times` looks, and writes it down). Only the order, and who shares a process, hang on these figures, so old ones do no harm.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../setup/place.mjs';

const FILE = join(root, 'scripts', 'test', 'times.json');
/** Shorter ones are all alike, s. */
const SHORT = 2;

const read = () => JSON.parse(readFileSync(FILE, 'utf8'));

/** @returns what a file takes, s; one that nobody knows yet may be long. */
export function known() {
  const times = read();
  return (file) => times[file] ?? (file.includes('.slow.') ? 3 * SHORT : SHORT / 2);
}

/** @param usage file that the tests wrote (usage.mjs); what did not run keeps its time, unless it is gone. @returns seconds by file */
export function keepTimes(usage) {
  const lines = existsSync(usage) ? readFileSync(usage, 'utf8').trim().split('\n') : [];
  const took = new Map(
    lines.filter(Boolean).map((line) => {
      const [file, seconds] = JSON.parse(line);
      return [relative(root, file), seconds];
    }),
  );
  const long = [...Object.entries(read()).filter(([file]) => !took.has(file)), ...took]
    .filter(([file, seconds]) => seconds >= SHORT && !file.startsWith('.') && existsSync(join(root, file)))
    .toSorted(([, a], [, b]) => b - a);
  const rounded = Object.fromEntries(long.map(([file, seconds]) => [file, Math.round(seconds)]));
  writeFileSync(FILE, `${JSON.stringify(rounded, null, 2)}\n`);
  return took;
}
