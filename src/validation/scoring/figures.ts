import type { Structure } from '../metrics/dependence.ts';
import type { Estimate } from '../metrics/estimate.ts';
import { widened } from '../metrics/widen.ts';
import type { Figures, Found, Values } from '../rules/compute.ts';
import type { Each, Name } from '../../rules/index.ts';
import type { Answers } from './answers.ts';
import type { Label } from './label.ts';
import { measure } from './measure.ts';
import type { Column } from './column.ts';
import type { Table } from './read-table.ts';
import type { Runtime } from './score.ts';
import { LEAST_ROWS, rowsByValue } from './slices.ts';

/** One side that rules may speak of. */
export interface Side {
  answers: Answers;
  metrics: ReadonlyMap<string, Estimate | string>;
  /** The baseline has none. */
  runtime?: Runtime;
}

export interface Sides {
  candidate: Side;
  /** A text says why there is a champion that could not be scored. */
  champion: Side | 'itself' | { problem: string } | undefined;
  baseline: Side;
}

/** Looks up what rules name; different values were counted exactly for the rules that ask. */
export function figuresOf(
  label: Label,
  sides: Sides,
  table: Pick<Table, 'rows' | 'columns'>,
  columns: ReadonlyMap<string, Column>,
  structures: readonly Structure[],
): Figures {
  const groups = new Map<string, Map<string, Uint32Array>>();
  const parts = new Map<string, ReadonlyMap<string, Estimate | string>>();
  const exactly = (name: string, value: number): Found => ({ name, value, n: table.rows });

  function figure(name: Extract<Name, { kind: 'figure' }>): Found {
    const side = sides[name.of];
    if (side === undefined) return 'no champion';
    if (side === 'itself') return 'champion itself';
    if ('problem' in side) return { missing: side.problem };
    if (name.slice) return ofSlice(name, side);
    const runtime = runtimeFigure(name.name, side.runtime);
    if (runtime !== undefined)
      return typeof runtime === 'number' ? exactly(name.name, runtime) : { missing: runtime };
    return metric(side.metrics, name.name);
  }

  function metric(metrics: ReadonlyMap<string, Estimate | string>, name: string): Found {
    const found = metrics.get(name);
    if (found === undefined) return { missing: `${name} is no metric of ${WORDS[label.task]}` };
    return typeof found === 'string' ? { missing: found } : found;
  }

  function groupsBy(column: string): Map<string, Uint32Array> | { missing: string } {
    const read = columns.get(column);
    if (!read) return { missing: `the gate’s data has no column '${column}'` };
    let groupsOf = groups.get(column);
    if (!groupsOf) groups.set(column, (groupsOf = rowsByValue(read, table.rows)));
    return groupsOf;
  }

  function values({ column, least = LEAST_ROWS }: Each): Values | { missing: string } {
    const groupsOf = groupsBy(column);
    if ('missing' in groupsOf) return groupsOf;
    const all = [...groupsOf].map(([value, rows]) => ({ value, rows: rows.length }));
    const large = all.filter(({ rows }) => rows >= least);
    return { values: large, least, small: all.length - large.length };
  }

  function ofSlice(name: Extract<Name, { kind: 'figure' }>, side: Side): Found {
    const { column, value } = name.slice!;
    const groupsOf = groupsBy(column);
    if ('missing' in groupsOf) return groupsOf;
    const rows =
      groupsOf.get(value) ?? groupsOf.get(String(Number(value))) ?? groupsOf.get(value.toLowerCase());
    if (!rows) return { missing: `no row has ${column} = ${value}` };
    const key = `${name.of}\n${column}\n${value}`;
    let metrics = parts.get(key);
    if (!metrics) {
      const { metrics: own } = measure(label, side.answers, rows);
      parts.set(key, (metrics = widened(own, structures, table.rows, rows)));
    }
    return metric(metrics, name.name);
  }

  function fact({ name, column }: Extract<Name, { kind: 'fact' }>): Found {
    if (column !== undefined) {
      const info = table.columns.find((one) => one.name === column);
      if (!info) return { missing: `the gate’s data has no column '${column}'` };
      if (name === 'missing') return exactly(name, table.rows === 0 ? 0 : info.missing / table.rows);
      if (name === 'distinct') return exactly(name, info.exactly ?? info.distinct);
      const { numbers } = columns.get(column) ?? {};
      if (!numbers) return { missing: `column '${column}' holds ${info.type}, no numbers` };
      return ofNumbers(name, numbers);
    }
    switch (name) {
      case 'rows':
        return exactly(name, table.rows);
      case 'columns':
        return exactly(name, table.columns.length);
      case 'missing':
        return exactly(name, Math.max(0, ...table.columns.map(({ missing }) => missing / table.rows)));
      default: {
        if (label.task === 'regression') return { missing: 'the label is a number and has no classes' };
        const counts = new Float64Array(label.classes.length);
        for (const code of label.codes) counts[code]!++;
        if (name === 'classes') return exactly(name, counts.length);
        if (name === 'min_class_rows') return exactly(name, Math.min(...counts));
        return label.task === 'binary'
          ? exactly(name, counts[1]! / table.rows)
          : { missing: 'the label has more than two classes, so none is the positive one' };
      }
    }
  }

  function ofNumbers(name: string, numbers: Float64Array): Found {
    let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
    for (const value of numbers) {
      if (Number.isNaN(value)) continue;
      count++;
      sum += value;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (count === 0) return { missing: 'the column has no value' };
    return exactly(name, name === 'min' ? least : name === 'max' ? most : sum / count);
  }

  return {
    rows: table.rows,
    structures,
    values,
    find: (name) => (name.kind === 'figure' ? figure(name) : fact(name)),
  };
}

const WORDS = {
  binary: 'binary classification',
  multiclass: 'classification',
  regression: 'regression',
} as const;

/** A figure of the runtime; a text where it has none, undefined where the name is another kind's. */
function runtimeFigure(name: string, runtime: Runtime | undefined): number | string | undefined {
  const none = 'a baseline is not run';
  switch (name) {
    case 'p50_latency_ms':
      return runtime?.latency_ms.p50 ?? none;
    case 'p95_latency_ms':
      return runtime?.latency_ms.p95 ?? none;
    case 'p99_latency_ms':
      return runtime?.latency_ms.p99 ?? none;
    case 'size_mb':
      return runtime ? runtime.size_bytes / 1e6 : none;
    case 'memory_mb':
      if (!runtime) return none;
      return runtime.memory_bytes === undefined ? 'this machine does not tell' : runtime.memory_bytes / 1e6;
    case 'online_difference':
      return runtime?.online_difference ?? none;
    default:
      return undefined;
  }
}
