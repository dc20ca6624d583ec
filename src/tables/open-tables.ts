import { constants, copyFile, link, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { programFile } from '../platform/aside/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { systemCode, unavailable } from '../platform/errors/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { Asked, AskedFile, Bytes, Outcome, Question } from './question.ts';
import { ROOM, type Lane } from './reader/lanes.ts';
import { createPool } from './reader/pool.ts';
import { createQueue } from './reader/queue.ts';
import type { Stopped } from './reader/reader.ts';

/** Answers questions to tables in processes of their own, which see the question's files and nothing else. */
export interface Tables {
  ask<Request, Answer>(
    ctx: Ctx,
    question: Question<Request, Answer>,
    asked: {
      lane: Lane;
      /** Those with the same name are one file. */
      files: readonly AskedFile[];
      /** What is no table and lies beside them under these names; the question's database does not open it. */
      beside?: ReadonlyArray<{ file: string } & Bytes>;
      request: Request;
      /** Milliseconds, from when it has its place: by the clock for a look, of the processor for what no person waits for. */
      timeout: number;
      /** Who leaves gives the place back, whether waiting or asking. */
      signal?: AbortSignal | undefined;
      /**
       * What it says on its way, and again from the start where a reader that answered before died of it. It says no more
       * before a promise that is given back has settled.
       */
      hear?: ((text: string) => Promise<void> | void) | undefined;
    },
  ): Promise<Outcome<Answer>>;
  /** Ends all readers, and waits until nothing of them is left. */
  close(): Promise<void>;
}

/** A reader that nobody asks anything is ended. */
const IDLE = 60_000;

const PROGRAM = fileURLToPath(programFile('../table-reader', import.meta.url));

export function openTables(
  processes: Processes,
  { idle = IDLE, program = PROGRAM }: { idle?: number; program?: string } = {},
): Tables {
  const queue = createQueue();
  const pool = createPool(processes, program, idle);
  let count = 0;

  return {
    async ask<Request, Answer>(
      ctx: Ctx,
      { name }: Question<Request, Answer>,
      { lane, files, beside = [], request, timeout, signal, hear }: Parameters<Tables['ask']>[2],
    ): Promise<Outcome<Answer>> {
      const giveBack = await queue.take(lane, ctx.workspace, signal);
      try {
        for (;;) {
          const reader = await pool.take(ctx, lane);
          const fresh = reader.answered === 0;
          try {
            const folder = String(count++);
            const { threads, memory, spills } = ROOM[lane];
            const asked: Asked = {
              question: name,
              folder,
              files: files.map(({ file, shown, format }) => ({ file, shown, format })),
              request,
              threads,
              memory,
              ...(spills ? { spill: path.join(reader.spill, folder) } : {}),
            };
            const here = path.join(reader.files, folder);
            const said = await withFiles(ctx, processes, here, [...files, ...beside], signal, () =>
              reader.ask(asked, { timeout, patient: lane !== 'look', signal, hear }),
            );
            signal?.throwIfAborted();
            // The reader that answers it knows its type.
            if (!('stopped' in said)) return said as Outcome<Answer>;
            // One that is not fresh may have died of what came before, or while it waited.
            if (fresh || said.stopped.reason === 'cancelled') throw stopped(said);
          } finally {
            pool.give(ctx, lane, reader);
          }
        }
      } finally {
        giveBack();
      }
    },
    close: () => pool.close(),
  };
}

/** Does something while the files lie in a folder that only this question has. */
async function withFiles<T>(
  ctx: Ctx,
  processes: Processes,
  folder: string,
  files: ReadonlyArray<{ file: string } & Bytes>,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  try {
    await mkdir(folder, { mode: 0o700 });
    const there = new Set<string>();
    for (const one of files) {
      signal?.throwIfAborted();
      if (there.has(one.file)) continue;
      there.add(one.file);
      const to = path.join(folder, one.file);
      if ('hash' in one) await ctx.blobs.materialise(one.hash, to, { mode: 0o444, shared: true });
      else if ('path' in one) await place(one, to);
      else await writeFile(to, one.bytes, { flag: 'wx', mode: 0o444 });
    }
    await processes.letRead(folder);
    return await act();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One and the same file where the file system allows it: what never changes need not be copied. */
async function place({ path: from, later }: { path: string; later?: string }, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && later !== undefined) return place({ path: later }, to);
    if (systemCode(error) === 'ENOENT')
      throw unavailable('a file of the question is gone: its time was over', {
        hint: 'ask again',
        cause: error,
      });
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

const stopped = ({ stopped: { message }, complaint }: Stopped): Error =>
  unavailable(`the table reader stopped: ${message}`, {
    hint: 'try again; the server log has its last words',
    cause: new Error(complaint),
  });
