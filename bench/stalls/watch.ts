// Loaded into a server ahead of its own code (`--import`): notes how long its loop stood still, by the clock and in processor time of its
// own, and tells who asks at the socket TREADLE_BENCH_WATCH. A telling begins anew.
import { rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { createServer } from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** The longest since the last telling, ms. */
export interface Pause {
  clock: number;
  /** What the loop's thread itself ran: the rest of a pause it waited for a core or a disk. */
  own: number;
}

/** How often it looks, ms. A pause is what lies between two looks, less this. */
const EVERY = 5;

const { TREADLE_BENCH_WATCH: place, TREADLE_BENCH_PROFILE: profiles } = process.env;
// Processes that the server starts are not watched.
delete process.env['NODE_OPTIONS'];
delete process.env['TREADLE_BENCH_WATCH'];
if (isMainThread && place !== undefined) watch(place);

function watch(socket: string): void {
  const longest: Pause = { clock: 0, own: 0 };
  let at = performance.now();
  let ran = ownTime();
  /** When the longest ended, and how long it was, in the microseconds of the profile's own clock. */
  let place = { end: 0, length: 0 };
  setInterval(() => {
    const [now, own] = [performance.now(), ownTime()];
    if (own - ran > longest.own)
      place = { end: Number(process.hrtime.bigint() / 1000n), length: (now - at) * 1000 };
    longest.clock = Math.max(longest.clock, now - at - EVERY);
    longest.own = Math.max(longest.own, own - ran);
    at = now;
    ran = own;
  }, EVERY).unref();
  const profile = profiles === undefined ? undefined : profiler(profiles);
  const server = createServer((asked) => {
    asked.on('error', () => undefined);
    asked.end(JSON.stringify(longest));
    longest.clock = 0;
    longest.own = 0;
    profile?.(place);
    [at, ran] = [performance.now(), ownTime()];
  });
  rmSync(socket, { force: true });
  server.listen(socket).unref();
}

/** Processor time of this thread, ms. */
function ownTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Each call writes what ran since the one before, to be opened in a browser's developer tools. */
function profiler(folder: string): (longest: object) => void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 500 });
  session.post('Profiler.start');
  let written = 0;
  return (longest) => {
    session.post('Profiler.stop', (_error, { profile }) =>
      writeFileSync(
        `${folder}/${String(written++).padStart(4, '0')}.cpuprofile`,
        JSON.stringify({ ...profile, longest }),
      ),
    );
    session.post('Profiler.start');
  };
}
