// What runs in a process that several test files share (together.mjs).
import { join } from 'node:path';
import { suite } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../setup/place.mjs';

/** One after the other: the next is not even loaded before all of the one before is over. */
export async function runShared(files) {
  const usage = process.env.TREADLE_TEST_USAGE ? await import('./usage.mjs') : undefined;
  // What files leave to be done after the last of them: test/process-end.ts.
  const end = (globalThis.treadleProcessEnd = []);
  // What a test waits for may keep no process alive by itself.
  const awake = setInterval(() => undefined, 1 << 30);
  // Whatever ends the process before has kept some of the files from being tried.
  let over = false;
  process.on('exit', (code) => {
    if (over || code !== 0) return;
    console.error(`the process ended before all of ${files.join(', ')} were tried`);
    process.exitCode = 1;
  });
  for (const file of files) {
    const path = join(root, file);
    await suite(file, () => import(pathToFileURL(path).href));
    usage?.note(path);
  }
  over = true;
  try {
    for (const work of end) await work();
  } finally {
    clearInterval(awake);
  }
}
