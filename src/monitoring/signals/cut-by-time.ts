// In the table reader's process: the rows of a reference cut into windows like those to come.
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier } from '../../tables/inside.ts';
import type { Histogram } from '../statistics/histogram.ts';

/** The newest windows say how windows differ: of days, nine weeks. */
const MOST = 64;
/** With fewer nothing is learnt from them (`detectors/dispersion.ts`). */
const FEWEST = 8;

/** Of each window the places of its rows, oldest first. */
export type Cut = readonly Uint32Array[];

/** In which window a row lies, as SQL; undefined where no column says when rows were. */
export function windowAt(
  types: ReadonlyMap<string, string>,
  { window, time }: { window: number; time?: string | undefined },
): string | undefined {
  const times = [...types].filter(([, type]) => /^(DATE|TIMESTAMP.*)$/.test(type)).map(([name]) => name);
  const column =
    time !== undefined && times.includes(time) ? time : times.length === 1 ? times[0]! : undefined;
  return column === undefined ? undefined : `floor(epoch_ms(${identifier(column)}::timestamp) / ${window})`;
}

/** Undefined where no column says when rows were, or all were at nearly one time. */
export async function cutByTime(
  connection: DuckDBConnection,
  view: string,
  at: string | undefined,
): Promise<Cut | undefined> {
  if (at === undefined) return undefined;
  const [counted] = (
    await connection.runAndReadAll(`select count(distinct ${at}) from ${identifier(view)}`)
  ).getRows();
  if (Number(counted![0]) < FEWEST) return undefined;
  const result = await connection.runAndReadAll(`select ${at}::double from ${identifier(view)}`);
  const [windows = []] = result.getColumns();
  return cutOf(windows as Array<number | null>); // cast to double
}

/** The same of rows that say themselves in which window they lie. */
export function cutOf(windows: ReadonlyArray<number | null>): Cut | undefined {
  const all = [...new Set(windows)].filter((one) => one !== null);
  if (all.length < FEWEST) return undefined;
  const newest = all.toSorted((a, b) => a - b).slice(-MOST);
  const place = new Map<number | null, number>(newest.map((one, index) => [one, index]));
  const rows = newest.map((): number[] => []);
  for (const [row, one] of windows.entries()) {
    const index = place.get(one);
    if (index !== undefined) rows[index]!.push(row);
  }
  return rows.map((list) => Uint32Array.from(list));
}

/** The counts of a column in each window. */
export function windowsOf<T>(
  cut: Cut | undefined,
  values: ArrayLike<T>,
  histogram: (part: T[]) => Histogram,
): { windows?: number[][] } {
  if (!cut) return {};
  return {
    windows: cut.map((rows) => [...histogram(Array.from(rows, (row) => values[row]!)).counts]),
  };
}
