import type { Comparison } from '../../../src/models/contract.ts';
import { toNumber } from './metric-columns.ts';

export interface MetricDifference {
  key: string;
  a: number | undefined;
  b: number | undefined;
  difference: number | undefined;
  /** Of the first value. */
  relative: number | undefined;
}

export interface DifferenceGroup {
  title: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

const TITLES: Record<string, string> = {
  params: 'Parameters',
  data: 'Data',
  tags: 'Tags',
  signature: 'Signature',
  requirements: 'Needed packages',
};

/** The server's list of differences as a page shows them: metrics as numbers, the rest by what they belong to. Pure. */
export function groupDifferences(differences: Comparison['differences']): {
  metrics: MetricDifference[];
  other: DifferenceGroup[];
} {
  const metrics: MetricDifference[] = [];
  const groups = new Map<string, DifferenceGroup>();
  for (const { field, a, b } of differences) {
    if (field.startsWith('metrics.')) {
      if (!field.startsWith('metrics.system/'))
        metrics.push(metric(field.slice('metrics.'.length), toNumber(a), toNumber(b)));
      continue;
    }
    const dot = field.indexOf('.');
    const head = dot < 0 ? field : field.slice(0, dot);
    const title = TITLES[head] ?? 'About it';
    let group = groups.get(title);
    if (!group) groups.set(title, (group = { title, before: {}, after: {} }));
    const name = TITLES[head] !== undefined && dot >= 0 ? field.slice(dot + 1) : field;
    if (head === 'requirements') {
      const [x, y] = [packages(a), packages(b)];
      // Only what differs: the rest of the list is the same on both sides.
      for (const [pack, version] of Object.entries(x)) if (y[pack] !== version) group.before[pack] = version;
      for (const [pack, version] of Object.entries(y)) if (x[pack] !== version) group.after[pack] = version;
      continue;
    }
    if (a !== undefined) group.before[name] = a;
    if (b !== undefined) group.after[name] = b;
  }
  const order = [...Object.values(TITLES), 'About it'];
  return {
    metrics,
    other: [...groups.values()].toSorted((x, y) => order.indexOf(x.title) - order.indexOf(y.title)),
  };
}

function metric(key: string, a: number | undefined, b: number | undefined): MetricDifference {
  const difference = a === undefined || b === undefined ? undefined : b - a;
  const relative =
    difference === undefined || a === undefined || a === 0 || !Number.isFinite(difference / a)
      ? undefined
      : difference / Math.abs(a);
  return { key, a, b, difference, relative };
}

/** `scikit-learn==1.8.0` → `{'scikit-learn': '==1.8.0'}`. */
function packages(list: unknown): Record<string, string> {
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(
    list.map((item: unknown) => {
      const [, name = '', rest = ''] = /^\s*([\w.[\]-]+)(.*)$/.exec(String(item)) ?? [];
      return [name, rest.trim() || 'any'];
    }),
  );
}
