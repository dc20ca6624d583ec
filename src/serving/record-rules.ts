import { createHmac } from 'node:crypto';
import type { ColumnRule } from './plane/protocol.ts';

/** What of each prediction is recorded, and of which share of them. */
export interface RecordRules {
  /** From when on, ms since 1970; the last one of an endpoint holds. */
  since: number;
  /** 0 to 1. */
  sample: number;
  /** By what the log calls them: `in_email`, `key`, `params`. What is not named is recorded as it is. */
  columns: Readonly<Record<string, ColumnRule>>;
}

/**
 * What held in a time, of each column that was ever recorded otherwise than as it is. `mixed`: in a part of it in one way, and in another one, or not
 * at all, in the rest. `since`: when the column began to be recorded as it is now.
 */
export interface HeldRules {
  columns: ReadonlyMap<string, { rule: ColumnRule | 'keep' | 'mixed'; since: number }>;
  /** The least and the largest share in it. */
  least: number;
  most: number;
}

const ALL: RecordRules = { since: 0, sample: 1, columns: {} };
/** Earlier changes are forgotten: what was recorded then is hardly there any more. */
const KEPT = 200;
/** Planes hear of a change after it was written down, and clocks differ a little, ms. */
const SLACK = 5_000;

/** A row is asked for many predictions. */
const known = new WeakMap<{ rules: string | null }, RecordRules[]>();

function read(row: { rules: string | null }): readonly RecordRules[] {
  if (row.rules === null) return [];
  const found = known.get(row) ?? (JSON.parse(row.rules) as RecordRules[]); // written by this room
  known.set(row, found);
  return found;
}

export const rulesNow = (row: { rules: string | null }): RecordRules => read(row).at(-1) ?? ALL;

export const rulesAt = (row: { rules: string | null }, at: number): RecordRules =>
  read(row).findLast(({ since }) => since <= at) ?? ALL;

/** With these as the newest, as the row keeps them. */
export const withRules = (row: { rules: string | null }, rules: RecordRules): string =>
  JSON.stringify([...read(row), rules].slice(-KEPT));

/** What held in `[from, to)`. */
export function rulesIn(
  row: { rules: string | null },
  { from = 0, to = Number.POSITIVE_INFINITY }: { from?: number | undefined; to?: number | undefined },
): HeldRules {
  const all = [ALL, ...read(row)];
  const held = all.filter(
    ({ since }, at) => since < to + SLACK && (all[at + 1]?.since ?? Number.POSITIVE_INFINITY) > from - SLACK,
  );
  const columns = new Map<string, { rule: ColumnRule | 'keep' | 'mixed'; since: number }>();
  for (const name of new Set(all.flatMap((one) => Object.keys(one.columns)))) {
    const [rule = 'keep', ...more] = new Set(held.map((one) => one.columns[name] ?? 'keep'));
    columns.set(name, { rule: more.length > 0 ? 'mixed' : rule, since: sinceOf(all, name) });
  }
  const shares = held.map(({ sample }) => sample);
  return { columns, least: Math.min(...shares), most: Math.max(...shares) };
}

/** Since when a column is recorded as it is now. */
function sinceOf(all: readonly RecordRules[], name: string): number {
  const now = all.at(-1)!.columns[name];
  const before = all.findLastIndex(({ columns }) => columns[name] !== now);
  return all[before + 1]!.since;
}

/** What held of a column of the log; one of the values of a tensor goes with the tensor. */
export const ruleOf = (
  { columns }: Pick<HeldRules, 'columns'>,
  column: string,
): ReturnType<HeldRules['columns']['get']> =>
  columns.get(column) ?? columns.get(column.replace(/\[\d+\]$/, ''));

/** Whether a prediction is one of the share that is recorded: by its id, so that it is the same for whoever asks. */
export function isSampled(prediction: string, share: number): boolean {
  if (share >= 1) return true;
  let hash = 0x811c9dc5;
  for (let at = 0; at < prediction.length; at++)
    hash = Math.imul(hash ^ prediction.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share;
}

/** 128 bits in hex that hang on the value and on a key, so that equal values are told and none is read. */
export type ColumnHash = (value: string | Uint8Array) => string;

/** From the key of prediction ids, which stays in the server and its planes. Each workspace has its own: none can be compared over the wall. */
export function columnHash(key: string, workspace: string): ColumnHash {
  const own = createHmac('sha256', key).update(`recorded columns of ${workspace}`).digest();
  return (value) => createHmac('sha256', own).update(value).digest('hex').slice(0, 32);
}
