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
  for (const file of files) {
    const path = join(root, file);
    await suite(file, () => import(pathToFileURL(path).href));
    usage?.note(path);
  }
  for (const work of end) await work();
  clearInterval(awake);
}
