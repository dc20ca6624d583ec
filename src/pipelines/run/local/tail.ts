import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { MAX_LOG } from '../log-file.ts';

/** Follows one file that another process appends to. */
export interface Tail {
  /** Takes in what is there now, to its end, and follows no more. */
  end(): Promise<void>;
}

/** How often files are looked at, ms. */
const LOOK = 100;
const PIECE = 64 * 1024;
/** What one look takes of one file, so that a step which says a lot does not hold up everything else. */
const PIECES = 16;

/** One look serves the output of all steps that run here, whoever reads their logs. */
export function createTails() {
  const live = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  const buffer = Buffer.allocUnsafe(PIECE);
  return {
    follow(file: string, on: (chunk: Buffer) => void): Tail {
      // For writing too: what nobody will keep is cut off, or a step that never stops talking would fill the disk.
      const fd = openSync(file, 'r+');
      let offset = 0;
      let fault: Error | undefined;
      const read = (): boolean => {
        const length = offset > MAX_LOG ? 0 : readSync(fd, buffer, 0, PIECE, offset);
        offset += length;
        if (length > 0) on(Buffer.from(buffer.subarray(0, length)));
        return length > 0;
      };
      const look = (): void => {
        if (fault !== undefined) return;
        try {
          for (let i = 0; i < PIECES && read(); i++);
          if (offset > MAX_LOG && fstatSync(fd).size > MAX_LOG + PIECE) ftruncateSync(fd, MAX_LOG + PIECE);
        } catch (error) {
          fault = error instanceof Error ? error : new Error(String(error)); // such as a full disk: said by whoever waits for the end
        }
      };
      live.add(look);
      timer ??= setInterval(() => {
        for (const one of live) one();
      }, LOOK).unref();
      return {
        async end() {
          if (!live.delete(look)) return;
          if (live.size === 0) {
            clearInterval(timer);
            timer = undefined;
          }
          try {
            if (fault !== undefined) throw fault;
            for (let i = 1; read(); i++) if (i % PIECES === 0) await turn();
          } finally {
            closeSync(fd);
          }
        },
      };
    },
  };
}

export type Tails = ReturnType<typeof createTails>;
