import { randomBytes } from 'node:crypto';
import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import type { LiveMinute } from './contract.ts';
import { addTo, toLive, type Live, type Sum } from './live.ts';
import type { VariantStats } from './plane/protocol.ts';
import { deleteMinutesBefore, insertMinutes, selectMinutes, type MinuteRow } from './store-minutes.ts';
import type { EndpointRow } from './store.ts';

const MINUTE = 60_000;
/** How long minutes are kept: those of a week are all there when it is over. */
const KEPT = 8 * 24 * 60 * MINUTE;
/** How long minutes that cannot be written down wait in memory. */
const PATIENCE = 60 * MINUTE;

/** What one version did as primary in a minute, all planes together. */
export interface ServedMinute {
  at: number;
  model: string;
  version: number;
  /** All of them: those that are not bad, errors or refused were answered. */
  requests: number;
  bad: number;
  errors: number;
  refused: number;
  rows: number;
  /** Of the time until answers, how much was spent waiting for the model, ms, all answers together; undefined where nobody counted it. */
  queued_ms?: number | undefined;
  /** Answers by the latency buckets of `evidence/`; none in minutes of an earlier server, which did not write them down. */
  latency: ReadonlyArray<readonly [bucket: number, answers: number]>;
}

/** What one variant did in one minute. */
interface MinuteSum {
  sum: Sum;
  /** Answers by latency bucket of `evidence/`. */
  fine: Map<number, number>;
}

/** As a row has it; minutes of earlier servers have no `fine`. */
type Stats = Omit<Sum, 'endpoint' | 'serial' | 'role' | 'waiting'> & Pick<VariantStats, 'fine'>;

/**
 * What endpoints did, by the minute, written down: the figures of before a restart are there after it. A minute may have several
 * rows of one variant, of a server that ended in it and of the next one, or of several servers; whoever reads adds them up.
 */
export interface Minutes {
  add(stats: readonly VariantStats[]): void;
  /** Writes down the minutes that are over; `all`: the one that goes on, too. What cannot be written down is tried again for an hour. */
  flush(all?: boolean): Promise<void>;
  /** Oldest first, the minute that goes on included. */
  of(ctx: Ctx, endpoint: EndpointRow, window: { from: number; to: number }): Promise<LiveMinute[]>;
  /** What versions did as primary, oldest first, in the minutes that end in `(from, to]`: of windows side by side each minute is in one. */
  served(ctx: Ctx, endpoint: string, window: { from: number; to: number }): Promise<ServedMinute[]>;
  /** Predictions that were answered in these minutes and not recorded. */
  dropped(ctx: Ctx, endpoint: string, window: { from: number; to: number }): Promise<number>;
}

const DAY = 24 * 60 * MINUTE;

const startOf = (time: number): number => Math.floor(time / MINUTE) * MINUTE;

export function createMinutes(system: Ctx, live: Live): Minutes {
  const writer = randomBytes(6).toString('hex');
  /** Minutes that are not written down yet. */
  const open = new Map<number, Map<string, MinuteSum>>();
  let pruned = 0;
  let writing: Promise<void> | undefined;
  let failing = false;

  function rowsOf(minutes: Iterable<[number, Map<string, MinuteSum>]>): MinuteRow[] {
    const rows: MinuteRow[] = [];
    for (const [minute, sums] of minutes)
      for (const { sum, fine } of sums.values()) {
        const of = live.known(sum.serial);
        const variant = of?.variants.find(({ role }) => role === sum.role);
        if (!of || !variant) continue;
        const { endpoint, serial, role, waiting: _waiting, shadow, ...counts } = sum;
        // Examples of differing answers are callers' data: they are shown while it is live, and not kept.
        const stats: Stats = {
          ...counts,
          ...(shadow ? { shadow: { ...shadow, examples: [] } } : {}),
          fine: [...fine],
        };
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
          stats: JSON.stringify(stats),
        });
      }
    return rows;
  }

  const within = (from: number, to: number): MinuteRow[] =>
    rowsOf([...open].filter(([minute]) => minute >= from && minute < to));

  /** Those that are written down, and those in memory. The latter are read first: one that is written down meanwhile is met twice, and taken once. */
  async function rowsIn(
    ctx: Ctx,
    endpoint: string,
    { from, to }: { from: number; to: number },
  ): Promise<MinuteRow[]> {
    const held = within(from, to).filter(({ endpoint_id }) => endpoint_id === endpoint);
    const own = new Set(held.map(nameOf));
    const stored = await selectMinutes(ctx, endpoint, { from, to });
    return [...stored.filter((row) => row.writer !== writer || !own.has(nameOf(row))), ...held];
  }

  async function write(all: boolean): Promise<void> {
    const now = startOf(system.clock.now());
    const over = [...open].filter(([minute]) => all || minute < now);
    if (over.length === 0) return;
    try {
      await system.write(async (tx) => {
        await insertMinutes(tx, rowsOf(over));
        if (now - pruned < 60 * MINUTE) return;
        await deleteMinutesBefore(tx, now - KEPT);
        pruned = now;
      });
      failing = false;
      for (const [minute] of over) open.delete(minute);
    } catch (error) {
      if (!failing)
        system.log.error('the figures of a minute could not be written down', { error: messageOf(error) });
      failing = true;
      for (const [minute] of over) if (minute < now - PATIENCE) open.delete(minute);
    }
  }

  return {
    add(stats) {
      const minute = startOf(system.clock.now());
      for (const one of stats) {
        if (!live.known(one.serial)) continue;
        let sums = open.get(minute);
        if (!sums) open.set(minute, (sums = new Map<string, MinuteSum>()));
        const key = `${one.serial} ${one.role}`;
        const before = sums.get(key);
        const added = before ? new Map([[key, before.sum]]) : new Map<string, Sum>();
        addTo(added, one);
        const { fine } = before ?? { fine: new Map<number, number>() };
        for (const [bucket, answers] of one.fine ?? []) fine.set(bucket, (fine.get(bucket) ?? 0) + answers);
        sums.set(key, { sum: added.get(key)!, fine });
      }
    },
    async flush(all = false) {
      if (writing && !all) return;
      await writing;
      writing = write(all);
      await writing;
      writing = undefined;
    },
    async served(ctx, endpoint, { from, to }) {
      const span = { from: from - MINUTE + 1, to: to - MINUTE + 1 };
      const minutes = new Map<string, ServedMinute>();
      for (const row of await rowsIn(ctx, endpoint, span)) {
        if (row.role !== 'champion') continue;
        const { minute: at, model, version } = row;
        const key = `${at} ${version} ${model}`;
        const stats = JSON.parse(row.stats) as Stats; // written by this room
        minutes.set(key, sumOf(minutes.get(key), stats, { at, model, version }));
      }
      return [...minutes.values()].toSorted((a, b) => a.at - b.at);
    },
    async dropped(ctx, endpoint, { from: time, to }) {
      const from = Math.max(startOf(time), startOf(system.clock.now()) - KEPT);
      let sum = 0;
      // A day at a time: a week of them at once would be a long turn.
      for (let day = from; day < to; day += DAY)
        for (const { stats } of await rowsIn(ctx, endpoint, { from: day, to: Math.min(to, day + DAY) })) {
          const { records } = JSON.parse(stats) as Stats; // written by this room
          if (records) for (const count of Object.values(records.lost)) sum += count;
        }
      return sum;
    },
    async of(ctx, { id }, { from: time, to }) {
      const minutes = new Map<number, Map<string, { sum: Sum; row: MinuteRow }>>();
      for (const row of await rowsIn(ctx, id, { from: startOf(time), to })) {
        const { minute, serial, role } = row;
        const variants = minutes.get(minute) ?? new Map<string, { sum: Sum; row: MinuteRow }>();
        minutes.set(minute, variants);
        const key = `${serial} ${role}`;
        const sums = new Map<string, Sum>();
        const before = variants.get(key);
        if (before) sums.set(key, before.sum);
        const stats = JSON.parse(row.stats) as Stats; // written by this room
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

const nameOf = ({ minute, serial, role }: MinuteRow): string => `${minute} ${serial} ${role}`;

/** A minute has several rows of a version where revisions changed in it, or servers. */
function sumOf(
  before: ServedMinute | undefined,
  { requests, bad, errors, refused, rows, queued_ms, fine }: Stats,
  of: Pick<ServedMinute, 'at' | 'model' | 'version'>,
): ServedMinute {
  const queued = queued_ms === undefined ? before?.queued_ms : (before?.queued_ms ?? 0) + queued_ms;
  const latency = new Map(before?.latency);
  for (const [bucket, answers] of fine ?? []) latency.set(bucket, (latency.get(bucket) ?? 0) + answers);
  return {
    ...of,
    requests: (before?.requests ?? 0) + requests,
    bad: (before?.bad ?? 0) + bad,
    errors: (before?.errors ?? 0) + errors,
    refused: (before?.refused ?? 0) + refused,
    rows: (before?.rows ?? 0) + rows,
    ...(queued === undefined ? {} : { queued_ms: queued }),
    latency: [...latency].toSorted(([a], [b]) => a - b),
  };
}
