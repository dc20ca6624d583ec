import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { unavailable } from '../errors/index.ts';

export { createTurns, inPortions, sortInTurns, type Turns } from './turns.ts';

/** Work that a stranger's text decides the length of: done in a thread beside the loop, and ended when it takes too long. */
export interface Aside<Question, Answer> {
  /**
   * Resolves with LATE when the thread took more time or memory than it may; it is ended, and the next question gets a new one.
   * `moved` goes over without a copy, and is gone here.
   */
  ask(question: Question, moved?: readonly ArrayBuffer[]): Promise<Answer | typeof LATE>;
}

export const LATE = Symbol('late');

export interface AsideOptions {
  /** The file that the thread runs: it answers each message with one. */
  file: URL;
  name: string;
  /** Milliseconds of the processor for one question; others that want it too do not count, up to six times as long by the clock. */
  deadline: number;
}

/** Questions that wait; more are refused, so that nobody's pile of them is kept in memory. */
const MOST_WAITING = 200;
/** A thread that nobody asks anything is ended: it holds some ten megabytes. */
const IDLE = 10_000;

interface Waiting<Question, Answer> {
  question: Question;
  moved: readonly ArrayBuffer[];
  resolve(answer: Answer | typeof LATE): void;
  reject(error: Error): void;
  /** When it was asked, and what the thread had used of the processor until then, ms. */
  since: number;
  before: number;
}

/** As many times the deadline a thread has by the clock: one that waits for ever uses no processor. */
const CLOCK = 6;

export function createAside<Question, Answer>({
  file,
  name,
  deadline,
}: AsideOptions): Aside<Question, Answer> {
  const waiting: Array<Waiting<Question, Answer>> = [];
  let worker: Worker | undefined;
  let asked: Waiting<Question, Answer> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    clearTimeout(timer);
    const ended = worker;
    worker = undefined;
    // One that sits in a long computation ends when the engine gets to it: nobody waits for that.
    void ended?.terminate().catch(() => undefined);
  }

  function start(): Worker {
    const made = new Worker(file, { name, resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 4 } });
    made.unref();
    made.on('message', (answer: Answer) => {
      if (made === worker) done((one) => one.resolve(answer));
    });
    made.on('error', (error) => {
      if (made !== worker) return;
      worker = undefined;
      const failure = error instanceof Error ? error : new Error(String(error));
      const full = 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY';
      done((one) => (full ? one.resolve(LATE) : one.reject(failure)));
    });
    made.on('exit', () => {
      if (made !== worker) return;
      worker = undefined;
      done((one) => one.reject(new Error(`the thread ${name} ended`)));
    });
    return made;
  }

  function done(tell: (one: Waiting<Question, Answer>) => void): void {
    clearTimeout(timer);
    const one = asked;
    asked = undefined;
    if (one) tell(one);
    next();
  }

  function next(): void {
    if (asked) return;
    asked = waiting.shift();
    if (!asked) {
      worker?.unref();
      timer = setTimeout(end, IDLE).unref();
      return;
    }
    clearTimeout(timer);
    const one = asked;
    one.since = performance.now();
    if (worker) void usedBy(worker).then((used) => (one.before = used ?? 0));
    worker ??= start();
    worker.ref();
    worker.postMessage(one.question, [...one.moved]);
    timer = setTimeout(() => void judge(one), deadline);
  }

  /** It has had its time by the clock: it goes on if others had the processor. */
  async function judge(one: Waiting<Question, Answer>): Promise<void> {
    const used = worker && (await usedBy(worker));
    if (one !== asked) return; // it was answered meanwhile
    // A thread that does not say what it used is inside of one long operation, or waits.
    const left = deadline - (used === undefined ? 0 : used - one.before);
    if (left > 0 && performance.now() - one.since < CLOCK * deadline) {
      timer = setTimeout(() => void judge(one), Math.max(50, left));
      return;
    }
    end();
    done((late) => late.resolve(LATE));
  }

  return {
    ask(question, moved = []) {
      if (waiting.length >= MOST_WAITING)
        return Promise.reject(
          unavailable('too many files wait to be read', { hint: 'try again in some seconds' }),
        );
      return new Promise((resolve, reject) => {
        waiting.push({ question, moved, resolve, reject, since: 0, before: 0 });
        next();
      });
    },
  };
}

/** Processor time of a thread, ms; undefined where it does not say within a second. */
async function usedBy(worker: Worker): Promise<number | undefined> {
  const timer = Promise.withResolvers<undefined>();
  const patience = setTimeout(() => timer.resolve(undefined), 1000);
  try {
    const found = await Promise.race([worker.cpuUsage(), timer.promise]);
    return found && (found.user + found.system) / 1000;
  } catch {
    return undefined; // it ended
  } finally {
    clearTimeout(patience);
  }
}

/** `npm test` names the bundle: sources then start that, for reading dozens of sources anew in each process takes its time. */
const BUNDLE = process.env['TREADLE_BUNDLE'] ?? '';

/** The file of a thread or a process of our own: where the sources have it, seen from the file that starts it, or in the bundle. */
export function programFile(name: string, from: string): URL {
  const bundled = `${path.basename(name)}.js`;
  if (!from.endsWith('.ts')) return new URL(bundled, from);
  return BUNDLE === '' ? new URL(`${name}.ts`, from) : pathToFileURL(path.join(BUNDLE, bundled));
}
