import { randomBytes } from 'node:crypto';
import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import type { LiveMinute } from './contract.ts';
import { addTo, toLive, type Live, type Sum } from './live.ts';
import type { VariantStats } from './plane/protocol.ts';
import { deleteMinutesBefore, insertMinutes, selectMinutes, type MinuteRow } from './store-minutes.ts';
import type { EndpointRow } from './store.ts';

const MINUTE = 60_000;
/** How long minutes are kept. */
const KEPT = 7 * 24 * 60 * MINUTE;

/**
 * What endpoints did, by the minute, written down: the figures of before a restart are there after it. A minute may have several
 * rows of one variant, of a server that ended in it and of the next one, or of several servers; whoever reads adds them up.
 */
export interface Minutes {
  add(stats: readonly VariantStats[]): void;
  /** Writes down the minutes that are over; `all`: the one that goes on, too. */
  flush(all?: boolean): Promise<void>;
  /** Oldest first, the minute that goes on included. */
  of(ctx: Ctx, endpoint: EndpointRow, window: { from: number; to: number }): Promise<LiveMinute[]>;
  /** Predictions that were answered in these minutes and not recorded. */
  dropped(ctx: Ctx, endpoint: string, window: { from: number; to: number }): Promise<number>;
}

const DAY = 24 * 60 * MINUTE;

const startOf = (time: number): number => Math.floor(time / MINUTE) * MINUTE;

export function createMinutes(system: Ctx, live: Live): Minutes {
  const writer = randomBytes(6).toString('hex');
  let open = new Map<number, Map<string, Sum>>();
  let pruned = 0;

  function rowsOf(minutes: Iterable<[number, Map<string, Sum>]>): MinuteRow[] {
    const rows: MinuteRow[] = [];
    for (const [minute, sums] of minutes)
      for (const sum of sums.values()) {
        const of = live.known(sum.serial);
        const variant = of?.variants.find(({ role }) => role === sum.role);
        if (!of || !variant) continue;
        const { endpoint, serial, role, waiting: _waiting, shadow, ...counts } = sum;
        rows.push({
          workspace: of.workspace,
          endpoint_id: endpoint,
          serial,
          role,
          minute,
          writer,
          revision: of.revision,
          model: variant.model,
          version: variant.version,
          // Examples of differing answers are callers' data: they are shown while it is live, and not kept.
          stats: JSON.stringify({ ...counts, ...(shadow ? { shadow: { ...shadow, examples: [] } } : {}) }),
        });
      }
    return rows;
  }

  return {
    add(stats) {
      const minute = startOf(system.clock.now());
      for (const one of stats) {
        if (!live.known(one.serial)) continue;
        let sums = open.get(minute);
        if (!sums) open.set(minute, (sums = new Map<string, Sum>()));
        addTo(sums, one);
      }
    },
    async flush(all = false) {
      const now = startOf(system.clock.now());
      const over = [...open].filter(([minute]) => all || minute < now);
      if (over.length === 0) return;
      open = new Map([...open].filter(([minute]) => !all && minute >= now));
      const rows = rowsOf(over);
      try {
        await system.write(async (tx) => {
          await insertMinutes(tx, rows);
          if (now - pruned < 60 * MINUTE) return;
          await deleteMinutesBefore(tx, now - KEPT);
          pruned = now;
        });
      } catch (error) {
        system.log.error('the figures of a minute could not be written down', { error: messageOf(error) });
      }
    },
    async dropped(ctx, endpoint, { from: time, to }) {
      const from = Math.max(startOf(time), startOf(system.clock.now()) - KEPT);
      let sum = 0;
      const add = (rows: readonly MinuteRow[]): void => {
        for (const { endpoint_id, stats } of rows) {
          if (endpoint_id !== endpoint) continue;
          const { records } = JSON.parse(stats) as Pick<Sum, 'records'>; // written by this room
          if (records) for (const count of Object.values(records.lost)) sum += count;
        }
      };
      add(rowsOf([...open].filter(([minute]) => minute >= from && minute < to)));
      // A day at a time: a week of them at once would be a long turn.
      for (let day = from; day < to; day += DAY)
        add(await selectMinutes(ctx, endpoint, { from: day, to: Math.min(to, day + DAY) }));
      return sum;
    },
    async of(ctx, { id }, { from: time, to }) {
      const from = startOf(time);
      const stored = await selectMinutes(ctx, id, { from, to });
      const current = rowsOf([...open].filter(([minute]) => minute >= from && minute < to));
      const minutes = new Map<number, Map<string, { sum: Sum; row: MinuteRow }>>();
      for (const row of [...stored, ...current.filter(({ endpoint_id }) => endpoint_id === id)]) {
        const { minute, serial, role } = row;
        const variants = minutes.get(minute) ?? new Map<string, { sum: Sum; row: MinuteRow }>();
        minutes.set(minute, variants);
        const key = `${serial} ${role}`;
        const sums = new Map<string, Sum>();
        const before = variants.get(key);
        if (before) sums.set(key, before.sum);
        // Written by this room.
        const stats = JSON.parse(row.stats) as Omit<Sum, 'endpoint' | 'serial' | 'role' | 'waiting'>;
        addTo(sums, { ...stats, endpoint: id, key: '', serial, role: role as Sum['role'], waiting: 0 });
        variants.set(key, { sum: sums.get(key)!, row });
      }
      return [...minutes]
        .toSorted(([a], [b]) => a - b)
        .map(([at, variants]) => ({
          at,
          variants: Array.from(variants.values(), ({ sum, row }) =>
            toLive(sum, row.revision, { model: row.model, version: row.version }),
          ),
        }));
    },
  };
}
