import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Ctx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import {
  deleteSegments,
  insertDeletion,
  selectKeeping,
  selectOldestSegments,
  selectSegmentsBefore,
  sumSegments,
  type Keeping,
  type SegmentRow,
} from './store-segments.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** Files that are taken away in one transaction. */
const BATCH = 100;

export interface Bounds {
  /** Of all segments together. */
  bytes: number;
  /** Where an endpoint does not say its own. */
  days: number;
}

/** A time of an endpoint's log that is still needed: `[from, to)`. */
export interface Hold {
  from: number;
  to: number;
}

/** What a room above still needs of an endpoint's log: retention by age leaves it. Enumerated anew each time, as the uses of blobs are. */
export type PredictionHolder = (ctx: Ctx, endpointId: string) => Promise<readonly Hold[]>;

export interface Retention {
  /** Hours that are older than their endpoint keeps them, and that nobody needs. */
  byAge(): Promise<void>;
  /** The oldest while all together are too much, whoever needs them: a disk has an end. */
  byRoom(): Promise<void>;
  /** Bytes on disk have changed by so many. */
  changed(bytes: number): void;
  /** Since when the log of each endpoint is kept by age; what belongs to predictions of before may go. `asked`: somebody said so of this one. */
  keptSince(): Promise<Array<Pick<Keeping, 'workspace' | 'id'> & { since: number; asked: boolean }>>;
}

/** Rows go before files: a file without a row is found again by the next start. What went is in the ledger, and known of each prediction. */
export function createRetention(
  system: Ctx,
  data: string,
  bounds: Bounds,
  holders: readonly PredictionHolder[],
): Retention {
  let held: number | undefined;

  const keepOf = ({ keep_ms }: Keeping): number => keep_ms ?? bounds.days * DAY;
  const cutOf = (keeping: Keeping): number =>
    Math.floor((system.clock.now() - keepOf(keeping)) / HOUR) * HOUR;
  async function holdsOf({ workspace, id }: Keeping): Promise<Hold[]> {
    const ctx = system.as({ workspace });
    const holds: Hold[] = [];
    for (const holder of holders) holds.push(...(await holder(ctx, id)));
    return holds;
  }

  async function take(
    rows: readonly SegmentRow[],
    reason: 'age' | 'room',
    keep_ms: number | null,
  ): Promise<void> {
    for (const [endpoint, own] of Map.groupBy(rows, ({ endpoint_id }) => endpoint_id)) {
      const sum = (value: (row: SegmentRow) => number): number =>
        own.reduce((all, row) => all + value(row), 0);
      const from_at = Math.min(...own.map((row) => row.from_at));
      const to_at = Math.max(...own.map((row) => row.to_at));
      const [predictions, row_count] = [sum((row) => row.predictions), sum((row) => row.row_count)];
      await system.as({ workspace: own[0]!.workspace }).write(async (tx) => {
        const now = tx.clock.now();
        await deleteSegments(
          tx,
          own.map(({ id }) => id),
        );
        await insertDeletion(tx, {
          id: newId(now),
          workspace: tx.workspace,
          endpoint_id: endpoint,
          from_at,
          to_at,
          predictions,
          row_count,
          reason,
          keep_ms,
          deleted_at: now,
        });
        await tx.record({
          action: 'predictions.deleted',
          resource: `endpoint:${endpoint}`,
          after: {
            reason,
            ...(keep_ms === null ? {} : { keep_ms }),
            predictions,
            rows: row_count,
            files: own.length,
            from: from_at,
            to: to_at,
          },
        });
      });
      if (held !== undefined) held -= sum((row) => row.bytes);
      for (const { file } of own) await rm(path.join(data, file), { force: true });
    }
  }

  return {
    async byAge() {
      for (const keeping of await selectKeeping(system)) {
        const holds = await holdsOf(keeping);
        const old = (await selectSegmentsBefore(system, keeping.id, cutOf(keeping))).filter(
          ({ from_at, to_at }) => !holds.some(({ from, to }) => from_at < to && to_at >= from),
        );
        for (let at = 0; at < old.length; at += BATCH)
          await take(old.slice(at, at + BATCH), 'age', keepOf(keeping));
      }
    },
    async byRoom() {
      held ??= await sumSegments(system);
      while (held > bounds.bytes) {
        const over: SegmentRow[] = [];
        let left = held;
        for (const segment of await selectOldestSegments(system, BATCH)) {
          if (left <= bounds.bytes) break;
          over.push(segment);
          left -= segment.bytes;
        }
        if (over.length === 0) return;
        await take(over, 'room', null);
      }
    },
    changed(bytes) {
      if (held !== undefined) held += bytes;
    },
    async keptSince() {
      const all = await selectKeeping(system);
      return Promise.all(
        all.map(async (keeping) => {
          const holds = await holdsOf(keeping);
          const since = Math.min(cutOf(keeping), ...holds.map(({ from }) => from));
          return { workspace: keeping.workspace, id: keeping.id, since, asked: keeping.keep_ms !== null };
        }),
      );
    },
  };
}
