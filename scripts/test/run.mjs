// Runs test files on Node 26, each or several small ones in a process (together.mjs), and prints what came of them. Unlike `node --test`
// it keeps the order in which the files are given: the longest first, so that none of them is left over when the others have ended.
import { join } from 'node:path';
import { run } from 'node:test';
import { finished } from 'node:stream/promises';
import report from './reporter.mjs';
import { watchRun } from './watch.mjs';

const { files, concurrency, timeout, whole, name } = JSON.parse(process.argv[2]);
const loaded = ['mark.mjs', ...(process.env.TREADLE_TEST_USAGE ? ['usage.mjs'] : [])];
const lines = run({
  files,
  concurrency,
  timeout,
  execArgv: loaded.flatMap((file) => ['--import', join(import.meta.dirname, file)]),
  ...(name === undefined ? {} : { testNamePatterns: new RegExp(name) }),
})
  .on('test:fail', ({ todo }) => {
    if (todo === undefined) process.exitCode = 1;
  })
  .compose(report);
const end = watchRun({
  // A moment after the runner has asked the file to end.
  limit: timeout + 15_000,
  whole,
  say: (line) => process.stdout.write(`${line}\n`),
  giveUp: () => {
    process.stdout.write(`✖ the run did not end within ${whole / 60_000} minutes\n`);
    end();
    process.exit(1);
  },
});
lines.pipe(process.stdout);
await finished(lines);
end();
// What the files' processes left open here must not keep the run from its end.
process.stdout.write('', () => process.exit());
