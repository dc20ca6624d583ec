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
  /** Milliseconds for one question. */
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
}

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
    worker ??= start();
    worker.ref();
    worker.postMessage(asked.question, [...asked.moved]);
    timer = setTimeout(() => {
      end();
      done((one) => one.resolve(LATE));
    }, deadline);
  }

  return {
    ask(question, moved = []) {
      if (waiting.length >= MOST_WAITING)
        return Promise.reject(
          unavailable('too many files wait to be read', { hint: 'try again in some seconds' }),
        );
      return new Promise((resolve, reject) => {
        waiting.push({ question, moved, resolve, reject });
        next();
      });
    },
  };
}

/** `npm test` names the bundle: sources then start that, for reading dozens of sources anew in each process takes its time. */
const BUNDLE = process.env['TREADLE_BUNDLE'] ?? '';

/** The file of a thread or a process of our own: where the sources have it, seen from the file that starts it, or in the bundle. */
export function programFile(name: string, from: string): URL {
  const bundled = `${path.basename(name)}.js`;
  if (!from.endsWith('.ts')) return new URL(bundled, from);
  return BUNDLE === '' ? new URL(`${name}.ts`, from) : pathToFileURL(path.join(BUNDLE, bundled));
}
