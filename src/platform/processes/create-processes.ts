import { giveOver, letRead } from './grant.ts';
import { NO_ISOLATION, type Isolate, type Isolation } from './isolate.ts';
import { userFor } from './isolation.ts';
import { createSampler } from './sampler.ts';
import { killMarked } from './reap.ts';
import {
  attend,
  findOutliving,
  startOutliving,
  type CareOptions,
  type Found,
  type Outliving,
  type OutlivingOptions,
} from './outliving.ts';
import { start, type Ended, type Running, type StartOptions } from './start.ts';

/** The one place that starts programs. */
export interface Processes {
  /** How those with `isolate` are kept apart. */
  readonly isolation: Isolation;
  /** Before an isolated process is given a folder of ours to read: its user shall be able to. Cheap when it was done before. */
  letRead(folder: string): Promise<void>;
  /** Gives its own folders to the process that will have this mark. Starting it would do so at once, however many files they hold. */
  give(mark: string, isolate: Isolate): Promise<Isolate>;
  start(options: StartOptions): Running;
  /** Runs to the end and returns what it wrote, up to `limit` bytes of each stream (1 MiB unless said). */
  run(
    options: Omit<StartOptions, 'onOutput' | 'merge'> & { limit?: number },
  ): Promise<Ended & { stdout: string; stderr: string }>;
  /** Starts a tree that goes on without the server, and that a later one finds again by its folder and mark. */
  startOutliving(options: OutlivingOptions): Outliving;
  /** What became of such a tree, after the server that started it. Nothing that had not begun begins any more. */
  find(place: Pick<CareOptions, 'control' | 'mark'>): Promise<Found>;
  /** Goes on with one that was found, to its end. */
  attend(found: Exclude<Found, 'lost'>, options: CareOptions): Outliving;
  /** Stops everything that runs, and waits for its end. */
  close(): Promise<void>;
}

export function createProcesses({
  now = () => Date.now(),
  isolation = NO_ISOLATION,
}: { now?: () => number; isolation?: Isolation | undefined } = {}): Processes {
  const sampler = createSampler(now);
  const running = new Set<Running>();
  const gone = new Set<string>();
  let sweeping: Promise<void> | undefined;
  const around = {
    now,
    isolation,
    watch: sampler.watch,
    // One walk over /proc for all that ended within a quarter of a second.
    sweep(mark: string): Promise<void> {
      gone.add(mark);
      sweeping ??= new Promise((resolve) => {
        setTimeout(() => {
          sweeping = undefined;
          killMarked(gone);
          gone.clear();
          resolve();
        }, 250);
      });
      return sweeping;
    },
  };
  const keep = <R extends Running>(process: R): R => {
    running.add(process);
    void process.ended.then(() => running.delete(process));
    return process;
  };
  const begin = (options: StartOptions): Running => keep(start(options, around));
  return {
    isolation,
    letRead: (folder) => (isolation.users === undefined ? Promise.resolve() : letRead(folder)),
    async give(mark, isolate) {
      const { read = [], write = [] } = isolate;
      const user = userFor(isolation, mark);
      if (user !== undefined) for (const folder of write) await giveOver(folder, read, user);
      return { ...isolate, owned: write };
    },
    start: begin,
    startOutliving: (options) => keep(startOutliving(options, around)),
    find: findOutliving,
    attend: (found, options) => keep(attend(found, options, around)),
    async run({ limit = 1024 * 1024, ...options }) {
      const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const room = { stdout: limit, stderr: limit };
      const ended = await begin({
        ...options,
        onOutput(chunk, stream) {
          if (room[stream] <= 0) return;
          kept[stream].push(chunk.subarray(0, room[stream]));
          room[stream] -= chunk.length;
        },
      }).ended;
      return {
        ...ended,
        stdout: Buffer.concat(kept.stdout).toString(),
        stderr: Buffer.concat(kept.stderr).toString(),
      };
    },
    async close() {
      const all = [...running];
      for (const process of all) process.stop('cancelled');
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}
