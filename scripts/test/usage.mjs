// Loaded into each test file's process by `npm test -- --times`: at its end it notes the processor time of the process and of all
// that it and its children waited for. Unlike the time on the clock that is nearly the same on an idle and on a busy machine.
// Of files that share a process (shared.mjs) each has what was added since the one before.
import { appendFileSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const [, file = ''] = process.argv;
// Threads and forks of the file's process get the same arguments.
if (isMainThread && /\.test\.tsx?$/.test(file)) process.on('exit', () => note(file));

let noted = 0;

export function note(path) {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  let children = 0;
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // Fields are counted from behind the name, which may hold anything: cutime and cstime, in ticks, which are 10 ms on Linux.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    children = (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    // not Linux: what its children took is not known
  }
  const seconds = (userCPUTime + systemCPUTime) / 1e6 + children;
  appendFileSync(process.env.TREADLE_TEST_USAGE, `${JSON.stringify([path, seconds - noted])}\n`);
  noted = seconds;
}
