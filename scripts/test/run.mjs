// Runs test files on Node 26, each in a process of its own, and prints what came of them. Unlike `node --test` it keeps the order in
// which the files are given: the longest first, so that none of them is left over when the others have ended.
import { join } from 'node:path';
import { run } from 'node:test';
import report from './reporter.mjs';

const { files, concurrency, timeout, name } = JSON.parse(process.argv[2]);
run({
  files,
  concurrency,
  timeout,
  ...(process.env.TREADLE_TEST_USAGE
    ? { execArgv: ['--import', join(import.meta.dirname, 'usage.mjs')] }
    : {}),
  ...(name === undefined ? {} : { testNamePatterns: new RegExp(name) }),
})
  .on('test:fail', ({ todo }) => {
    if (todo === undefined) process.exitCode = 1;
  })
  .compose(report)
  .pipe(process.stdout);
