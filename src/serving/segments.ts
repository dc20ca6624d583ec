import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { createCompaction } from './compaction/compact.ts';
import { mergeAside } from './compaction/merge-aside.ts';
import { settleFolder } from './compaction/settle.ts';
import { isHourFile, journalOf, readSegmentFile } from './plane/segment-name.ts';
import { convertAside } from './plane/sink/convert-aside.ts';
import { createRetention, type Bounds, type PredictionHolder, type Retention } from './retention.ts';
import { deleteSegments, findAnyRevision, insertSegment, segmentFiles } from './store-segments.ts';

/** Recorded predictions on disk: files that the planes write, and the rows that name them. */
export interface Segments {
  /** Where planes write: a folder for each endpoint. */
  readonly folder: string;
  /** A plane says that a file is whole. */
  announce(said: Announced): void;
  /** A plane ended by itself: of what it left in journals segments are made. */
  recover(run: string): void;
  /** Brings rows and files together after a start, and keeps to the bounds from then on. */
  start(): void;
  /** Makes one file of the many of an hour that is over; `start` does so from time to time. */
  compact(): Promise<void>;
  /** Since when the log of each endpoint is kept by age. */
  keptSince: Retention['keptSince'];
  /** Resolves when everything said so far is written down. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface Announced {
  endpoint: string;
  file: string;
  bytes: number;
}

/** How often the age of segments is looked at, ms. */
const LOOK = 3_600_000;
/** How often hours that are over are looked for, ms. */
const COMPACT = 600_000;
/** In the data folder: each file is whole once it has its name, and never changes. */
export const RECORDS_FOLDER = 'records';

/**
 * A file is named only when it is whole and on disk, so one without a row was finished by a plane whose server was gone: its row is
 * made from its name. Of a journal whose plane is gone the segment is made here. What else has a temporary name was never whole and goes.
 * Nothing else in the folder is touched.
 */
export function createSegments(
  system: Ctx,
  data: string,
  bounds: Bounds,
  holders: readonly PredictionHolder[] = [],
): Segments {
  const folder = path.join(data, RECORDS_FOLDER);
  let last: Promise<void> = Promise.resolve();
  const timers: NodeJS.Timeout[] = [];

  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work);
    last = done.catch(() => undefined); // whoever asked for it hears of it
    return done;
  };
  const next = (what: string, work: () => Promise<void>): void => {
    inTurn(work).catch((error: unknown) => system.log.error(what, { error: messageOf(error) }));
  };
  const retention = createRetention(system, data, bounds, holders);
  const compaction = createCompaction({
    system,
    folder,
    aside: mergeAside(),
    inTurn,
    changed: (bytes) => retention.changed(bytes),
  });
  const compact = (): Promise<void> =>
    compaction
      .run()
      .then(() => compaction.sweep())
      .catch((error: unknown) =>
        system.log.error('hours of recorded predictions could not be looked for', {
          error: messageOf(error),
        }),
      );

  async function write({ endpoint, file, bytes }: Announced): Promise<void> {
    const name = readSegmentFile(file);
    const revision = name && (await findAnyRevision(system, name.serial));
    if (!name || revision?.endpoint_id !== endpoint) {
      system.log.warn('a segment of predictions belongs to no revision that is known here', {
        endpoint,
        file,
      });
      return;
    }
    const { serial, role, from, to, predictions, rows } = name;
    const fresh = await system.as({ workspace: revision.workspace }).write((tx) =>
      insertSegment(tx, {
        id: newId(tx.clock.now()),
        workspace: revision.workspace,
        endpoint_id: endpoint,
        revision: revision.revision,
        serial,
        role,
        file: `${RECORDS_FOLDER}/${endpoint}/${file}`,
        from_at: from,
        to_at: to,
        predictions,
        row_count: rows,
        bytes,
        created_at: tx.clock.now(),
        merged: isHourFile(file) ? 1 : 0,
        form: null,
      }),
    );
    if (fresh) retention.changed(bytes);
  }

  /** Names of the files of each endpoint; nothing is there until something was recorded. */
  async function* folders(): AsyncGenerator<{ endpoint: string; files: string[] }> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory())
        yield { endpoint: entry.name, files: await readdir(path.join(folder, entry.name)) };
  }

  /** Segments of the journals that this run of a plane left; all of them unless said. */
  async function convert(run?: string): Promise<void> {
    const aside = convertAside({ patient: false });
    const made: Announced[] = [];
    for await (const { endpoint, files } of folders())
      for (const file of files) {
        const by = journalOf(file);
        if (by === undefined || (run !== undefined && by !== run)) continue;
        aside.convert({
          journal: path.join(folder, endpoint, file),
          bytes: 0,
          done(told) {
            if ('segment' in told) {
              if (told.segment) made.push({ endpoint, ...told.segment });
              return;
            }
            system.log.error(
              'a journal of predictions could not be made a segment, and stays for the next start',
              {
                endpoint,
                file,
                problem: told.problem,
              },
            );
          },
        });
      }
    await aside.hurry();
    aside.close();
    for (const one of made) await write(one);
  }

  async function reconcile(): Promise<void> {
    await convert();
    for await (const { endpoint, files: found } of folders()) {
      const named = await segmentFiles(system, endpoint);
      const rowOf = (file: string): string => `${RECORDS_FOLDER}/${endpoint}/${file}`;
      const { files, gone, unreadable } = await settleFolder(path.join(folder, endpoint), found, (file) =>
        named.has(rowOf(file)),
      );
      if (unreadable.length > 0)
        system.log.error('files of recorded predictions cannot be read, and are left alone', {
          endpoint,
          files: unreadable,
        });
      if (gone.length > 0) {
        const ids = gone.map((file) => named.get(rowOf(file))!);
        await system.write(async (tx) => void (await deleteSegments(tx, ids)));
        for (const file of gone) named.delete(rowOf(file));
      }
      for (const file of files) {
        const full = path.join(folder, endpoint, file);
        if (journalOf(file) !== undefined) continue; // being written by now, or told of above
        if (file.endsWith('.part')) await rm(full, { force: true });
        else if (!named.delete(rowOf(file)) && readSegmentFile(file))
          await write({ endpoint, file, bytes: (await stat(full)).size });
      }
      // Taken away by hand, or in another server's folder, where several share the database.
      if (named.size === 0 || system.dialect.shared) continue;
      system.log.warn('recorded predictions are gone from the data folder', { endpoint, files: named.size });
      await system.write((tx) => deleteSegments(tx, [...named.values()]));
    }
    await retention.byRoom();
    await retention.byAge();
  }

  return {
    folder,
    announce(said) {
      next('a segment of predictions could not be written down', () => write(said));
      next('old predictions could not be taken away', retention.byRoom);
    },
    recover(run) {
      next('what a data plane left could not be looked through', () => convert(run));
    },
    start() {
      next('recorded predictions could not be looked through', reconcile);
      timers.push(
        setInterval(() => next('old predictions could not be taken away', retention.byAge), LOOK).unref(),
        setInterval(() => void compact(), COMPACT).unref(),
      );
    },
    compact,
    keptSince: retention.keptSince,
    settled: () => last,
    async close() {
      for (const timer of timers) clearInterval(timer);
      await compaction.close();
      await last;
    },
  };
}
