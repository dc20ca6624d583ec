import { Worker } from 'node:worker_threads';
import { programFile } from '../../../platform/aside/index.ts';
import { messageOf } from '../../../platform/errors/index.ts';
import type { Segment } from './convert.ts';
import type { Asked, Told } from './segment-worker.ts';

/**
 * Heap of a thread, MiB: a segment's values as JavaScript's own, where they are lists or text. A segment that needs more ends the
 * thread; without the limit it would grow beside the plane until the machine ends one of the two.
 */
const HEAP = 512;
const FILE = programFile('segment-worker', import.meta.url);
/** Bytes of journals that wait: from here on idle time alone is not enough. */
const PRESSING = 512 * 1024 * 1024;
/** A thread that hurries is ended when it had nothing to do for so long, ms: it holds some megabytes. */
const UNUSED = 10_000;

/** A journal that nobody writes to any more. */
export interface Ended {
  journal: string;
  bytes: number;
  /** Hears the segment, undefined where nothing was in it, or what was wrong; the journal is then still there. */
  done(made: { segment: Segment | undefined } | { problem: string }): void;
}

export interface ConvertAside {
  convert(ended: Ended): void;
  /** Bytes of the journals that wait. */
  readonly waiting: number;
  /** Resolves when all that waits now is converted, whatever else the machine does. */
  hurry(): Promise<void>;
  /** What waits stays on disk, for the next start. */
  close(): void;
}

interface Job extends Ended {
  /** Threads that work on it. */
  by: number;
  /** The pressing one has had it: it does not try again what the calm one still works on. */
  pressed: boolean;
}

export interface Lane {
  readonly busy: boolean;
  give(journal: string, done: Ended['done']): void;
  close(): void;
}

/**
 * Makes segments of journals in threads, one after the other. The calm one has idle time alone, so that no answer ever waits for it; where a
 * core is never idle, journals wait on disk. While somebody waits, or too many do, another works as well, and takes over what the calm one
 * has begun: it may have no time to end it. Where nobody is `patient` there is only that one.
 */
export function convertAside({
  patient = true,
  lane = createLane,
}: { patient?: boolean; lane?: (calm: boolean) => Lane } = {}): ConvertAside {
  const jobs: Job[] = [];
  const calm = patient ? lane(true) : undefined;
  const pressing = lane(false);
  let hurried: Array<() => void> = [];
  let waiting = 0;

  const done = (job: Job, made: Parameters<Ended['done']>[0]): void => {
    const at = jobs.indexOf(job);
    if (at < 0) return; // the other one was first
    // The other one may have made it just now, and taken the journal away: what it says holds.
    if ('problem' in made && --job.by > 0) return;
    jobs.splice(at, 1);
    waiting -= job.bytes;
    job.done(made);
    if (jobs.length > 0) return;
    const all = hurried;
    hurried = [];
    for (const resolve of all) resolve();
  };
  const give = (to: Lane, job: Job | undefined): void => {
    if (!job) return;
    job.by++;
    job.pressed ||= to === pressing;
    to.give(job.journal, (made) => {
      done(job, made);
      next();
    });
  };
  const next = (): void => {
    const untouched = (): Job | undefined => jobs.find(({ by }) => by === 0);
    if (calm && !calm.busy) give(calm, untouched());
    if (pressing.busy) return;
    if (!calm) give(pressing, untouched());
    else if (hurried.length > 0) give(pressing, untouched() ?? jobs.find(({ pressed }) => !pressed));
    else if (waiting > PRESSING) give(pressing, untouched());
  };
  return {
    convert(ended) {
      jobs.push({ ...ended, by: 0, pressed: false });
      waiting += ended.bytes;
      next();
    },
    get waiting() {
      return waiting;
    },
    hurry: () =>
      jobs.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            hurried.push(resolve);
            next();
          }),
    close() {
      calm?.close();
      pressing.close();
    },
  };
}

/** One thread, started when it is needed. One that ends over a journal takes only that with it. */
function createLane(calm: boolean): Lane {
  let worker: Worker | undefined;
  let asked: { id: number; done: Ended['done'] } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let last = 0;

  const close = (): void => {
    clearTimeout(timer);
    void worker?.terminate();
    worker = undefined;
  };
  const answer = (own: Worker, made: Parameters<Ended['done']>[0]): void => {
    // `exit` follows `error`, and by then the next thread may have work of its own.
    if (worker !== own || !asked) return;
    const { done } = asked;
    asked = undefined;
    own.unref();
    if (!calm) timer = setTimeout(close, UNUSED).unref();
    done(made);
  };
  const start = (): Worker => {
    const own = new Worker(FILE, {
      name: 'treadle-segments',
      stdin: false,
      workerData: { calm },
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
    });
    const lose = (problem: string): void => {
      if (worker !== own) return;
      const lost = asked;
      asked = undefined;
      worker = undefined;
      lost?.done({ problem });
    };
    own.on('message', (told: Told) => {
      if (told.id === asked?.id) answer(own, told);
    });
    own.on('error', (error) => lose(messageOf(error)));
    own.on('exit', () => lose('the thread that makes segments ended'));
    return own;
  };
  return {
    get busy() {
      return asked !== undefined;
    },
    give(journal, done) {
      clearTimeout(timer);
      worker ??= start();
      asked = { id: ++last, done };
      // It keeps the process alive until its segment is on disk.
      worker.ref();
      worker.postMessage({ id: last, journal } satisfies Asked);
    },
    close,
  };
}
