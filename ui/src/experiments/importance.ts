import { numberOf, type Value } from './axes.ts';

/**
 * Which params go along with a metric. A forest of randomised regression trees learns the metric from the params; a param's importance is
 * how much worse the trees tell the runs that they did not learn from once its values are shuffled among these. Pearson's correlation stands
 * beside it, for numbers. Both say what goes together in the runs that there are, and neither says why. Pure, and the same each time.
 */

export interface Importance {
  param: string;
  /** Shares of all that the params explain; they add up to one unless nothing is explained. */
  share: number;
  /** Of params that are numbers in every run that has them. */
  correlation: number | undefined;
  /** How many of the runs have it. */
  runs: number;
}
export interface Importances {
  params: Importance[];
  /** Runs that have the metric. */
  runs: number;
  /** How much of the metric's variance the forest tells of runs that it did not learn from; at most 1. */
  explained: number;
}

const TREES = 60;
const DEEPEST = 10;
const LEAF = 3;
/** Places at which a param is tried to be cut, at each node. */
const CUTS = 6;
/** Fewer runs say nothing. */
export const LEAST_RUNS = 10;

/** mulberry32: small, and the same everywhere. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Tree = { value: number } | { param: number; at: number; low: Tree; high: Tree };

/** Asks for a pause now and then, and ends early once nobody waits for it. */
export async function importances(
  target: readonly Value[],
  params: Readonly<Record<string, readonly Value[]>>,
  pause: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<Importances | undefined> {
  const rows = target.flatMap((value, i) => (numberOf(value) === undefined ? [] : [i]));
  const y = rows.map((i) => numberOf(target[i])!);
  const names = Object.keys(params);
  const columns = names.map((name) =>
    encoded(
      rows.map((i) => params[name]![i]),
      y,
    ),
  );
  const told: Importances = {
    runs: rows.length,
    explained: 0,
    params: names.map((param, at) => ({
      param,
      share: 0,
      correlation: columns[at]!.numeric ? pearson(columns[at]!.values, y) : undefined,
      runs: rows.filter((i) => params[param]![i] !== undefined).length,
    })),
  };
  const centre = mean(y);
  const variance = mean(y.map((value) => (value - centre) ** 2));
  if (rows.length < LEAST_RUNS || !(variance > 0) || names.length === 0) return told;

  const xs = columns.map(({ values }) => values);
  const random = randomly(20_011);
  const worse = names.map(() => 0);
  const sums = y.map(() => ({ value: 0, trees: 0 }));
  for (let tree = 0; tree < TREES; tree++) {
    if (tree % 4 === 3 && !(await pause())) return undefined;
    const inBag = new Set<number>();
    const bag = y.map(() => {
      const i = Math.floor(random() * y.length);
      inBag.add(i);
      return i;
    });
    const out = y.flatMap((_, i) => (inBag.has(i) ? [] : [i]));
    if (out.length === 0) continue;
    const grown = grow(bag, xs, y, random, 0);
    const used = new Set<number>();
    collectParams(grown, used);
    let error = 0;
    for (const i of out) {
      const told = tell(grown, xs, i);
      sums[i]!.value += told;
      sums[i]!.trees++;
      error += (y[i]! - told) ** 2;
    }
    for (const param of used) {
      const shuffled = shuffle(out, random);
      let shuffledError = 0;
      out.forEach((i, at) => {
        shuffledError += (y[i]! - tell(grown, xs, i, param, xs[param]![shuffled[at]!]!)) ** 2;
      });
      worse[param]! += (shuffledError - error) / out.length / TREES;
    }
  }
  const judged = sums.flatMap(({ value, trees }, i) => (trees > 0 ? [(y[i]! - value / trees) ** 2] : []));
  const explained = Math.max(0, 1 - mean(judged) / variance);
  const all = worse.reduce((sum, each) => sum + Math.max(0, each), 0);
  return {
    ...told,
    explained,
    params: told.params
      .map((each, at) => ({ ...each, share: all > 0 ? Math.max(0, worse[at]!) / all : 0 }))
      .toSorted((a, b) => b.share - a.share),
  };
}

/** Numbers as they are; texts of many runs each by the mean of the metric in these, so that one cut parts them. What is absent stands below all. */
function encoded(values: readonly Value[], y: readonly number[]): { values: number[]; numeric: boolean } {
  const numeric = values.every((value) => value === undefined || numberOf(value) !== undefined);
  if (numeric) return { values: values.map((value) => numberOf(value) ?? -Infinity), numeric };
  const groups = new Map<string, { sum: number; count: number }>();
  values.forEach((value, i) => {
    if (value === undefined) return;
    const group = groups.get(String(value)) ?? { sum: 0, count: 0 };
    group.sum += y[i]!;
    group.count++;
    groups.set(String(value), group);
  });
  // A text that each run has for itself would tell its metric: those stand in their alphabet.
  const few = groups.size * LEAST_RUNS > values.length;
  const order = [...groups.keys()].sort();
  const place = new Map(
    few
      ? order.map((text, i) => [text, i] as const)
      : [...groups].map(([text, { sum, count }]) => [text, sum / count] as const),
  );
  return {
    numeric,
    values: values.map((value) => (value === undefined ? -Infinity : place.get(String(value))!)),
  };
}

function grow(
  rows: readonly number[],
  xs: readonly (readonly number[])[],
  y: readonly number[],
  random: () => number,
  depth: number,
): Tree {
  const value = mean(rows.map((i) => y[i]!));
  if (depth >= DEEPEST || rows.length < 2 * LEAF) return { value };
  let best: { param: number; at: number; gain: number } | undefined;
  const tried = Math.max(1, Math.ceil(xs.length / 3));
  for (let t = 0; t < tried; t++) {
    const param = Math.floor(random() * xs.length);
    const x = xs[param]!;
    for (let c = 0; c < CUTS; c++) {
      const at = x[rows[Math.floor(random() * rows.length)]!]!;
      let [count, sum, rest] = [0, 0, 0];
      for (const i of rows) {
        if (x[i]! <= at) {
          count++;
          sum += y[i]!;
        } else rest += y[i]!;
      }
      const others = rows.length - count;
      if (count < LEAF || others < LEAF) continue;
      const gain = (sum * sum) / count + (rest * rest) / others - rows.length * value * value;
      if (gain > 1e-12 && (best === undefined || gain > best.gain)) best = { param, at, gain };
    }
  }
  if (best === undefined) return { value };
  const { param, at } = best;
  const low = rows.filter((i) => xs[param]![i]! <= at);
  const high = rows.filter((i) => xs[param]![i]! > at);
  return { param, at, low: grow(low, xs, y, random, depth + 1), high: grow(high, xs, y, random, depth + 1) };
}

/** What a tree says of a run; with `instead`, as if one of its params were another. */
function tell(tree: Tree, xs: readonly (readonly number[])[], run: number, param = -1, instead = 0): number {
  let node = tree;
  while ('param' in node) {
    const x = node.param === param ? instead : xs[node.param]![run]!;
    node = x <= node.at ? node.low : node.high;
  }
  return node.value;
}

function collectParams(tree: Tree, into: Set<number>): void {
  if (!('param' in tree)) return;
  into.add(tree.param);
  collectParams(tree.low, into);
  collectParams(tree.high, into);
}

function shuffle(list: readonly number[], random: () => number): number[] {
  const mixed = [...list];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the runs that have the param; undefined where it does not vary. */
function pearson(x: readonly number[], y: readonly number[]): number | undefined {
  const both = x.flatMap((value, i) => (Number.isFinite(value) ? [[value, y[i]!] as const] : []));
  if (both.length < 3) return undefined;
  const [mx, my] = [mean(both.map(([a]) => a)), mean(both.map(([, b]) => b))];
  let [xy, xx, yy] = [0, 0, 0];
  for (const [a, b] of both) {
    xy += (a - mx) * (b - my);
    xx += (a - mx) ** 2;
    yy += (b - my) ** 2;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : undefined;
}
