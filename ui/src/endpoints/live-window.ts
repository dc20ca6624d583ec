import { ROLE_WORDS, type LiveSecond, type LiveVariant } from '../../../src/serving/contract.ts';
import type { ChartSeries } from '../kit/chart/series.ts';

/** The last minutes of an endpoint, second by second, and what its charts and figures say. Pure. */

export const WINDOW_MS = 300_000;

export type Percentile = 'p50' | 'p95' | 'p99';

/** Adds what arrived; a stream that begins anew says its past again, and that is not counted twice. */
export function withSeconds(before: readonly LiveSecond[], fresh: readonly LiveSecond[]): LiveSecond[] {
  if (fresh.length === 0) return [...before];
  const all = new Map(before.map((second) => [second.at, second]));
  for (const second of fresh) all.set(second.at, second);
  const sorted = [...all.values()].sort((a, b) => a.at - b.at);
  const newest = sorted.at(-1)!.at;
  return sorted.filter(({ at }) => at > newest - WINDOW_MS);
}

/** What has a line of its own: a version in a role. Revisions that change nothing of it leave the line whole. */
export const lineId = ({ role, model, version }: Pick<LiveVariant, 'role' | 'model' | 'version'>): string =>
  `${ROLE_WORDS[role]} ${model} v${version}`;

/** One line a variant. Where a second has no word of it: nothing was asked (`absent: 0`), or nothing is known. */
export function linesOf(
  seconds: readonly LiveSecond[],
  value: (variant: LiveVariant) => number | undefined,
  absent?: number,
): ChartSeries[] {
  const ids = [...new Set(seconds.flatMap(({ variants }) => variants.map(lineId)))];
  return ids.flatMap((id) => {
    const x: number[] = [];
    const y: number[] = [];
    for (const { at, variants } of seconds) {
      // Before it was there, it was not asked nothing.
      if (x.length === 0 && !variants.some((variant) => lineId(variant) === id)) continue;
      const of = variants.filter((variant) => lineId(variant) === id);
      const found = of.map(value).filter((each): each is number => each !== undefined);
      // Two revisions may have answered in one second: requests add up, of latencies the worse one is told.
      const said =
        found.length === 0
          ? absent
          : absent === undefined
            ? Math.max(...found)
            : found.reduce((a, b) => a + b, 0);
      if (said === undefined) continue;
      x.push(at);
      y.push(said);
    }
    return x.length === 0
      ? []
      : [{ id, name: id, x, y, min: y, max: y, end: y.at(-1), count: y.map(() => 1), odd: [] }];
  });
}

/** What was not answered well, by kind, of all versions together. Shadows answer nobody. */
export function troubleOf(seconds: readonly LiveSecond[]): ChartSeries[] {
  if (seconds.length === 0) return [];
  const x = seconds.map(({ at }) => at);
  const kinds = [
    ['bad requests', 'bad'],
    ['errors of the model', 'errors'],
    ['refused', 'refused'],
  ] as const;
  return kinds.map(([name, key]) => {
    const y = seconds.map(({ variants }) =>
      variants.reduce((sum, variant) => sum + (variant.role === 'shadow' ? 0 : variant[key]), 0),
    );
    return { id: key, name, x, y, min: y, max: y, end: y.at(-1), count: y.map(() => 1), odd: [] };
  });
}

export const latencyOf =
  (which: Percentile) =>
  (variant: LiveVariant): number | undefined =>
    variant[`${which}_ms`];

export interface LiveFigures {
  /** Requests a second, mean of the last ten. */
  rate: number;
  p50: number | undefined;
  p95: number | undefined;
  p99: number | undefined;
  waiting: number;
  /** Of the whole window. */
  requests: number;
  bad: number;
  errors: number;
  refused: number;
}

const LATELY = 10;

/** The figures over the charts: rate and latency of the last ten seconds, counts of the whole window. Shadows answer nobody. */
export function figuresOf(seconds: readonly LiveSecond[]): LiveFigures {
  const asked = seconds.flatMap(({ variants }) => variants.filter(({ role }) => role !== 'shadow'));
  const sum = (all: readonly LiveVariant[], key: 'requests' | 'bad' | 'errors' | 'refused' | 'waiting') =>
    all.reduce((total, variant) => total + variant[key], 0);
  const last = seconds.slice(-LATELY);
  const lately = last.flatMap(({ variants }) => variants.filter(({ role }) => role !== 'shadow'));
  const worst = (which: Percentile) => {
    const all = lately.map(latencyOf(which)).filter((each): each is number => each !== undefined);
    return all.length === 0 ? undefined : Math.max(...all);
  };
  return {
    rate: last.length === 0 ? 0 : sum(lately, 'requests') / last.length,
    p50: worst('p50'),
    p95: worst('p95'),
    p99: worst('p99'),
    waiting: sum(
      (seconds.at(-1)?.variants ?? []).filter(({ role }) => role !== 'shadow'),
      'waiting',
    ),
    requests: sum(asked, 'requests'),
    bad: sum(asked, 'bad'),
    errors: sum(asked, 'errors'),
    refused: sum(asked, 'refused'),
  };
}

export interface ShadowFigures {
  name: string;
  pairs: number;
  different: number;
  largest: number;
  dropped: number;
  /** Newest first. */
  examples: NonNullable<LiveVariant['shadow']>['examples'];
}

/** What the shadows of the window said, by version. */
export function shadowsOf(seconds: readonly LiveSecond[]): ShadowFigures[] {
  const found = new Map<string, ShadowFigures>();
  for (const { variants } of seconds) {
    for (const { model, version, shadow } of variants) {
      if (!shadow) continue;
      const name = `${model} v${version}`;
      const before = found.get(name) ?? {
        name,
        pairs: 0,
        different: 0,
        largest: 0,
        dropped: 0,
        examples: [],
      };
      const examples = new Map(before.examples.map((each) => [each.prediction, each]));
      for (const each of shadow.examples) examples.set(each.prediction, each);
      found.set(name, {
        name,
        pairs: before.pairs + shadow.pairs,
        different: before.different + shadow.different,
        largest: Math.max(before.largest, shadow.largest),
        dropped: before.dropped + shadow.dropped,
        examples: [...examples.values()].sort((a, b) => b.at - a.at).slice(0, 50),
      });
    }
  }
  return [...found.values()];
}
