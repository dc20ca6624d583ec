import type { Run } from '../../../src/tracking/contract.ts';

/** What several runs were made with, line by line, so that what differs can be told from what does not. Pure. */
export interface DiffRow {
  id: string;
  part: 'data' | 'param' | 'code' | 'environment' | 'tag';
  key: string;
  /** One for each run, in their order; undefined where a run has none. */
  values: (string | undefined)[];
  differs: boolean;
}

const HOUSEKEEPING = /^(mlflow|treadle)\./;

export function diffRows(runs: readonly Run[]): DiffRow[] {
  const parts: [DiffRow['part'], (run: Run) => Map<string, string>][] = [
    ['data', dataOf],
    ['param', (run) => new Map(Object.entries(run.params))],
    ['code', (run) => flat(run.code)],
    ['environment', (run) => flat(run.environment)],
    ['tag', (run) => new Map(Object.entries(run.tags).filter(([key]) => !HOUSEKEEPING.test(key)))],
  ];
  return parts.flatMap(([part, read]) => {
    const maps = runs.map(read);
    const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    );
    return keys.map((key): DiffRow => {
      const values = maps.map((map) => map.get(key));
      return {
        id: `${part} ${key}`,
        part,
        key,
        values,
        differs: values.some((value) => value !== values[0]),
      };
    });
  });
}

export interface MetricRow {
  key: string;
  /** The last value of each run, in their order. */
  values: (number | undefined)[];
  differs: boolean;
}

/** What came of the runs, metric by metric; samples of the machine stay away. */
export function metricRows(runs: readonly Run[]): MetricRow[] {
  const maps = runs.map((run) => new Map(run.metrics.map(({ key, last }) => [key, Number(last)])));
  const keys = [...new Set(maps.flatMap((map) => [...map.keys()]))]
    .filter((key) => !key.startsWith('system/'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return keys.map((key) => {
    const values = maps.map((map) => map.get(key));
    // NaN is the same as NaN here.
    return { key, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}

/** A dataset is the same when its version or, of a foreign one, its digest is. */
function dataOf(run: Run): Map<string, string> {
  const map = new Map<string, string>();
  for (const { name, context, version_ref: ref, digest } of run.inputs) {
    const key = context === undefined ? name : `${name} (${context})`;
    const value = ref ?? digest;
    map.set(key, map.has(key) ? `${map.get(key)}, ${value}` : value);
  }
  return map;
}

/** Nested facts as `machine.cpus`; a list of packages by its entries, so that one upgrade is one line. */
function flat(facts: Readonly<Record<string, unknown>> | undefined): Map<string, string> {
  const map = new Map<string, string>();
  const walk = (prefix: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) {
        const pinned = typeof item === 'string' ? /^([\w.-]+)\s*==\s*(\S+)$/.exec(item) : null;
        if (pinned) map.set(`${prefix}.${pinned[1]}`, pinned[2]!);
        else
          map.set(
            prefix,
            [map.get(prefix), typeof item === 'string' ? item : JSON.stringify(item)]
              .filter(Boolean)
              .join(', '),
          );
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(prefix === '' ? key : `${prefix}.${key}`, inner);
    } else if (value !== undefined && value !== null)
      map.set(prefix, String(value as string | number | boolean));
  };
  walk('', facts ?? {});
  return map;
}
