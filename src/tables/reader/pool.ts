import { rm } from 'node:fs/promises';
import type { Ctx } from '../../platform/ctx/index.ts';
import { unavailable } from '../../platform/errors/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ROOM, type Lane } from './lanes.ts';
import { startReader, type Reader } from './reader.ts';

/** Readers that wait for another question, of all workspaces together; each holds some hundred megabytes. */
const MOST_IDLE = 3;
/** One that holds more after a question is not kept: DuckDB and the engine do not give all of it back. */
const KEPT = 320 * 1024 * 1024;
/** Nothing that questions leave behind adds up for ever. */
const MOST_ANSWERED = 1000;

export interface Pool {
  take(ctx: Ctx, lane: Lane): Promise<Reader>;
  give(ctx: Ctx, lane: Lane, reader: Reader): void;
  /** Ends all, and waits until their folders are gone. */
  close(): Promise<void>;
}

/**
 * Readers are kept warm between questions of one workspace and of one lane: never for another workspace, since whatever breaks
 * into one sees what comes after.
 */
export function createPool(processes: Processes, program: string, idleMs: number): Pool {
  const idle: Array<{ key: string; reader: Reader; timer: NodeJS.Timeout }> = [];
  const live = new Map<Reader, Promise<void>>();
  const keyOf = ({ workspace }: Ctx, lane: Lane): string => `${lane} ${workspace}`;
  let closed = false;

  const drop = (reader: Reader): void => {
    const at = idle.findIndex((one) => one.reader === reader);
    if (at >= 0) clearTimeout(idle.splice(at, 1)[0]!.timer);
  };
  const end = (reader: Reader): void => {
    drop(reader);
    reader.stop();
  };

  return {
    async take(ctx, lane) {
      if (closed) throw unavailable('the server is stopping', { hint: 'try again in a moment' });
      const found = idle.findLast(({ key, reader }) => key === keyOf(ctx, lane) && reader.alive);
      if (found) {
        drop(found.reader);
        return found.reader;
      }
      const folder = await ctx.blobs.scratch();
      const { resident, aside } = ROOM[lane];
      const reader = await startReader(processes, { program, folder, resident, aside });
      const gone = reader.ended.then(async () => {
        drop(reader);
        // What cannot be removed now goes with the next start.
        await rm(folder, { recursive: true, force: true }).catch(() => undefined);
        live.delete(reader);
      });
      live.set(reader, gone);
      return reader;
    },
    give(ctx, lane, reader) {
      if (!reader.alive) return;
      if (closed || reader.resident > KEPT || reader.answered >= MOST_ANSWERED) return end(reader);
      const timer = setTimeout(() => end(reader), idleMs);
      idle.push({ key: keyOf(ctx, lane), reader, timer });
      if (idle.length > MOST_IDLE) end(idle[0]!.reader);
    },
    async close() {
      closed = true;
      for (const reader of live.keys()) end(reader);
      await Promise.all(live.values());
    },
  };
}
