import { Worker } from 'node:worker_threads';
import { inPortions, programFile } from '../platform/aside/index.ts';
import { fromCrossing, tooLarge } from '../platform/errors/index.ts';
import { parse, readJson } from '../platform/bodies/index.ts';
import { CommitList, type CommitAbout } from './commit-list.ts';
import type { Asked, CommitHead, Method, Told } from './commit-thread.ts';
import { commitVersion, type FileInput } from './contract.ts';

/** A longer body than this is read in a thread. Some 3,000 files. */
const ASIDE = 512 * 1024;
/** The heap of that thread, MiB: half a million files take about half of it. */
const HEAP = 2048;

/** A `CommitList`, here or in a thread. */
export type OpenList = {
  readonly about: CommitAbout;
  close(): Promise<void>;
} & {
  [Name in Method]: (...args: Parameters<CommitList[Name]>) => Promise<ReturnType<CommitList[Name]>>;
};

/** A list that this process has itself. */
export function openList(files: readonly FileInput[]): OpenList {
  const list = new CommitList(files);
  return {
    about: list.about,
    close: () => Promise.resolve(),
    blobs: async (from) => list.blobs(from),
    compare: async (read) => list.compare(read),
    toCheck: async (from) => list.toCheck(from),
    objects: async (from) => list.objects(from),
    bytesOf: async (from, hashes) => list.bytesOf(from, hashes),
  };
}

/** The list in the body of a request, and what else the body says. */
export async function readList(
  body: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<{ list: OpenList; head: CommitHead }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
  }
  if (length > ASIDE) return readAside(chunks, signal);
  const { files, ...head } = parse(
    commitVersion.body,
    readJson(Buffer.concat(chunks).toString('utf8')),
    'body',
  );
  return { list: openList(files), head };
}

/** The one before: a long list takes hundreds of megabytes, so that they are read one after the other. */
let before: Promise<void> = Promise.resolve();

async function readAside(
  chunks: Buffer[],
  signal: AbortSignal | undefined,
): Promise<{ list: OpenList; head: CommitHead }> {
  const turn = Promise.withResolvers<void>();
  const mine = before;
  before = mine.then(() => turn.promise);
  await mine;
  let thread: ListThread | undefined;
  try {
    signal?.throwIfAborted();
    thread = new ListThread();
    for await (const portion of inPortions(chunks, 16)) for (const chunk of portion) thread.send({ chunk });
    chunks.length = 0;
    const { head, about } = await thread.ask({ end: true }, 'head');
    return { head, list: thread.open(about, turn.resolve) };
  } catch (error) {
    await thread?.end();
    turn.resolve();
    throw error;
  }
}

/** One question at a time. */
class ListThread {
  readonly #worker = new Worker(programFile('commit-thread', import.meta.url), {
    name: 'treadle-commit',
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
  #waiting: PromiseWithResolvers<Told> | undefined;
  #ended: Error | undefined;

  constructor() {
    this.#worker.on('message', (told: Told) => this.#waiting?.resolve(told));
    this.#worker.on('error', (error) => this.#lose(asFault(error)));
    this.#worker.on('exit', () => this.#lose(new Error('the thread that reads a commit ended')));
  }

  #lose(error: Error): void {
    this.#ended ??= error;
    this.#waiting?.reject(this.#ended);
  }

  send(asked: Asked): void {
    this.#worker.postMessage(asked);
  }

  async ask<Key extends 'head' | 'result'>(
    asked: Asked,
    key: Key,
  ): Promise<Extract<Told, Record<Key, unknown>>> {
    if (this.#ended) throw this.#ended;
    this.#waiting = Promise.withResolvers();
    this.send(asked);
    const told = await this.#waiting.promise;
    if ('error' in told) throw fromCrossing(told.error);
    if (!(key in told)) throw new Error('the thread that reads a commit answered something else');
    return told as Extract<Told, Record<Key, unknown>>;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  open(about: CommitAbout, closed: () => void): OpenList {
    const call =
      <Name extends Method>(method: Name) =>
      async (...args: Parameters<CommitList[Name]>): Promise<ReturnType<CommitList[Name]>> =>
        // The thread calls the very method, so that its result is of that type.
        (await this.ask({ method, args }, 'result')).result as ReturnType<CommitList[Name]>;
    return {
      about,
      blobs: call('blobs'),
      compare: call('compare'),
      toCheck: call('toCheck'),
      objects: call('objects'),
      bytesOf: call('bytesOf'),
      close: async () => {
        await this.end();
        closed();
      },
    };
  }
}

function asFault(error: unknown): Error {
  const failure = error instanceof Error ? error : new Error(String(error));
  return 'code' in failure && failure.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? tooLarge('the list of files takes more memory than a commit may', {
        field: 'files',
        hint: 'commit fewer files at once, or pack small ones into tables or archives',
      })
    : failure;
}
