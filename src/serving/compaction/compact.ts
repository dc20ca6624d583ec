import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Ctx } from '../../platform/ctx/index.ts';
import { messageOf } from '../../platform/errors/index.ts';
import { retiredFile } from '../plane/segment-name.ts';
import type { SegmentRow } from '../store-segments.ts';
import {
  inPlaceOf,
  replaceSegments,
  segmentFiles,
  selectCrowdedHours,
  selectHour,
  setForms,
} from '../store-segments.ts';
import type { MergeAside } from './merge-aside.ts';
import type { Merged } from './merge.ts';

const HOUR = 3_600_000;
/** A segment may be open so long, and wait for idle time after that, ms. What comes later is merged with the file of its hour. */
const LATE = 15 * 60_000;
/** Files whose place was taken stay so long for those who know them by name, ms. */
const GRACE = HOUR;

export interface Compaction {
  /** Hours that are over become one file for each variant and form. Resolves when all that could be merged is. */
  run(): Promise<void>;
  /** Takes away what nobody can be reading any more. */
  sweep(): Promise<void>;
  /** Resolves when nothing of it goes on; what was begun is begun anew. */
  close(): Promise<void>;
}

export interface CompactionOptions {
  system: Ctx;
  /** Where segments lie, by endpoint. */
  folder: string;
  aside: MergeAside;
  /** One change of rows and files at a time, in turn with all others of the room. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** Bytes on disk have changed by so many. */
  changed(bytes: number): void;
}

export function createCompaction(options: CompactionOptions): Compaction {
  const { system, folder, aside } = options;
  /** Hours that could not be merged are not tried again before the next start: every try reads all their files. */
  const failed = new Set<string>();
  const retired: Array<{ file: string; until: number }> = [];
  let running: Promise<void> | undefined;
  let closed = false;

  async function all(): Promise<void> {
    const before = Math.floor((system.clock.now() - LATE) / HOUR) * HOUR;
    const hours = await selectCrowdedHours(system, before);
    for (const hour of hours) {
      const key = `${hour.endpoint_id} ${hour.serial} ${hour.role} ${hour.from}`;
      if (closed || failed.has(key)) continue;
      const tell = (files: readonly string[], problem: string): void => {
        if (closed) return;
        failed.add(key);
        system.log.error('recorded predictions of an hour could not be made one file, and stay as they are', {
          endpoint: hour.endpoint_id,
          hour: new Date(hour.from).toISOString(),
          files,
          problem,
        });
      };
      const own = path.join(folder, hour.endpoint_id);
      const rows = await selectHour(system, hour);
      const byFile = new Map(rows.map((row) => [path.posix.basename(row.file), row]));
      try {
        const { forms, merged, problems } = await aside.merge({ folder: own, files: [...byFile.keys()] });
        await options.inTurn(() =>
          system.write((tx) =>
            setForms(
              tx,
              Object.entries(forms).map(([file, form]) => ({ id: byFile.get(file)!.id, form })),
            ),
          ),
        );
        for (const one of merged) {
          if (closed) return; // what has no name yet goes with the next start
          const of = one.of.map((file) => byFile.get(file)!);
          await options
            .inTurn(() => swap(own, one, of))
            .catch((error: unknown) => tell(one.of, messageOf(error)));
        }
        for (const { files, problem } of problems) tell(files, problem);
      } catch (error) {
        tell([...byFile.keys()], messageOf(error));
      }
    }
    // It holds megabytes, and the next hour is far.
    aside.close();
  }

  /**
   * One file in the place of many. Files are moved before the rows: a row always names a file that is there, and what was moved when the
   * server ends is moved back, or away, by the rows (settle.ts).
   */
  async function swap(own: string, merged: Merged, of: readonly SegmentRow[]): Promise<void> {
    const counted = (value: (row: SegmentRow) => number): number =>
      of.reduce((sum, row) => sum + value(row), 0);
    const moved: string[] = [];
    const whole = path.join(own, merged.file);
    try {
      const [rows, predictions] = [counted((row) => row.row_count), counted((row) => row.predictions)];
      if (rows !== merged.rows || predictions !== merged.predictions)
        throw new Error(
          `it has ${merged.rows} rows of ${merged.predictions} predictions, and its segments ${rows} of ${predictions}`,
        );
      for (const file of merged.of) {
        await rename(path.join(own, file), path.join(own, retiredFile(file)));
        moved.push(file);
      }
      await rename(merged.part, whole);
      await syncFolder(own);
      await system.write((tx) => replaceSegments(tx, of, merged));
    } catch (error) {
      // A connection that is lost while it commits may have committed: the rows decide. Where they cannot be read either, all lies as both
      // need it, until the next start (settle.ts).
      const named = await segmentFiles(system, of[0]!.endpoint_id);
      if (!named.has(inPlaceOf(of[0]!.file, merged.file))) {
        await rm(merged.part, { force: true });
        await rm(whole, { force: true });
        for (const file of moved) await rename(path.join(own, retiredFile(file)), path.join(own, file));
        throw error;
      }
    }
    options.changed(merged.bytes - counted((row) => row.bytes));
    const until = system.clock.now() + GRACE;
    for (const file of merged.of) retired.push({ file: path.join(own, retiredFile(file)), until });
  }

  return {
    run: () => (running ??= all().finally(() => (running = undefined))),
    async sweep() {
      const now = system.clock.now();
      while (retired[0] && retired[0].until <= now) await rm(retired.shift()!.file, { force: true });
    },
    async close() {
      closed = true;
      aside.close();
      await running?.catch(() => undefined); // whoever ran it hears of it
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
