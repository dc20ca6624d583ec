// Loaded into each test file's process: all that it starts carries in its environment the run and the file that it belongs to
// (watch.mjs), as process ids.
import { isMainThread } from 'node:worker_threads';

export const MARK = 'TREADLE_TEST_FILE';

const [, file = ''] = process.argv;
// Forks of the file's process load this, too, and keep the mark that they were given.
if (isMainThread && /\.test\.tsx?$/.test(file)) process.env[MARK] ??= `${process.ppid}:${process.pid}`;
