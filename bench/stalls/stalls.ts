// One server, asked one request after the other, and what each cost its loop.
import { connect } from 'node:net';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startTreadle } from '../harness.ts';
import { ask, type Answer } from './ask.ts';
import type { Pause } from './watch.ts';

export interface Row extends Pause {
  contract: string;
  what: string;
  took: number;
  status: number;
}

export interface Stalls {
  readonly url: string;
  readonly files: number;
  readonly rows: readonly Row[];
  /** A size of a contract, smaller where the whole bench is. */
  sized(most: number): number;
  /** Asks once the server is idle, and notes the longest pause of its loop; only asks where the row is not wanted. */
  measure(contract: string, what: string, work: () => Promise<Answer | Answer[]>): Promise<Answer>;
  post(route: string, body: readonly Uint8Array[], type?: string): Promise<Answer>;
  put(route: string, body: readonly Uint8Array[], type?: string): Promise<Answer>;
  get(route: string): Promise<Answer>;
  del(route: string): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Options {
  folder: string;
  files: number;
  /** Only rows with this word. */
  word: string | undefined;
  /** Where a profile of each row goes. */
  profiles: string | undefined;
}

export async function startStalls({ folder, files, word, profiles }: Options): Promise<Stalls> {
  const socket = path.join(folder, 'watch.sock');
  const watch = pathToFileURL(path.join(import.meta.dirname, 'watch.ts'));
  const server = await startTreadle(path.join(folder, 'data'), {
    env: {
      NODE_OPTIONS: `--import=${watch.href}`,
      TREADLE_BENCH_WATCH: socket,
      ...(profiles === undefined ? {} : { TREADLE_BENCH_PROFILE: profiles }),
    },
  });
  const { url } = server;
  const pause = async (): Promise<Pause> => JSON.parse(await textOf(connect(socket))) as Pause;
  const share = Math.min(1, files / 500_000);
  const rows: Row[] = [];
  return {
    url,
    files,
    rows,
    sized: (most) => Math.max(10, Math.floor(most * share)),
    post: (route, body, type) => ask(url, 'POST', route, body, type),
    put: (route, body, type) => ask(url, 'PUT', route, body, type),
    get: (route) => ask(url, 'GET', route),
    del: (route) => ask(url, 'DELETE', route),
    stop: () => server.stop(),
    async measure(contract, what, work) {
      const wanted = word === undefined || `${contract} ${what}`.toLowerCase().includes(word.toLowerCase());
      if (!wanted) return worst([await work()].flat());
      // What the one before left to do in the background is not this one's.
      for (let calm = 0, looks = 0; calm < 2 && looks < 100; looks++) {
        await sleep(100);
        calm = (await pause()).clock < 20 ? calm + 1 : 0;
      }
      await pause();
      const began = performance.now();
      const answers = [await work()].flat();
      const took = performance.now() - began;
      await sleep(50); // a pause at the very end is seen at the next look
      const { clock, own } = await pause();
      const answer = worst(answers);
      rows.push({ contract, what, clock, own, took, status: answer.status });
      console.log(
        `${contract}: ${what}: ${clock.toFixed(0)} ms, ${own.toFixed(0)} ms its own, answered ${answer.status} in ${(took / 1000).toFixed(1)} s`,
      );
      return answer;
    },
  };
}

const worst = (answers: readonly Answer[]): Answer => answers.toSorted((a, b) => b.status - a.status)[0]!;

export const expect = (answer: Answer, status = 200): Answer => {
  if (answer.status !== status) throw new Error(`answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return answer;
};

export const json = (value: unknown): Buffer[] => [Buffer.from(JSON.stringify(value))];

export function* range<T>(from: number, to: number, make: (i: number) => T): Generator<T> {
  for (let i = from; i < to; i++) yield make(i);
}

/** At most so many at once. */
export async function many<T>(count: number, make: (i: number) => Promise<T>, atOnce = 16): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const i = next++;
      made[i] = await make(i);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return made;
}
