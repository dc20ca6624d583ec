import { METRICS } from '../rules/index.ts';
import type { Evaluation, MetricValue, Slice } from '../validation/contract.ts';
import type { Figure, MetricChange, SliceChange } from './contract.ts';

/** What the base is known by: its own evaluation, or that of now where the base's model was the champion in it. */
export interface BaseFigures {
  metrics: readonly MetricValue[];
  slices: readonly Slice[];
  /** Both models answered the same rows in one evaluation. */
  paired: boolean;
}

/** Slices that are told of; a report is read by people. */
const MOST_SLICES = 20;

/**
 * Each metric beside the base's. Paired intervals are those of the rules that compare with the champion; without one, the two
 * intervals together say only what no dependence between them could undo: past both ends, or open.
 */
export function compareMetrics(now: Evaluation, base: BaseFigures | undefined): MetricChange[] {
  const known = new Map(base?.metrics.map((one) => [one.name, one]));
  return now.metrics.map((metric) => {
    const { name } = metric;
    const better = METRICS[name]?.better;
    const head = { name, ...(better === undefined ? {} : { better }), now: figure(metric) };
    const before = known.get(name);
    if (!before) return { ...head, paired: false, says: 'alone' };
    const value = metric.value - before.value;
    const interval = base?.paired === true ? pairedInterval(now, name, value) : undefined;
    return {
      ...head,
      base: figure(before),
      difference: { value, ...interval },
      paired: interval !== undefined,
      says:
        value === 0 && interval === undefined
          ? 'same'
          : better === undefined
            ? 'open'
            : (direction(interval ?? apart(metric, before), better) ?? 'open'),
    };
  });
}

/** Slices that are worse than on the base past both intervals, and those that are weak beside their neighbours. */
export function compareSlices(now: Evaluation, base: BaseFigures | undefined): SliceChange[] {
  const known = new Map(base?.slices.map((one) => [one.where, one]));
  const changes = now.slices.flatMap((slice): SliceChange[] => {
    const [main] = slice.metrics;
    if (!main) return [];
    const before = known.get(slice.where)?.metrics.find(({ name }) => name === main.name);
    const better = METRICS[main.name]?.better;
    const worse =
      before !== undefined && better !== undefined && direction(apart(main, before), better) === 'worse';
    return [
      {
        where: slice.where,
        rows: slice.rows,
        metric: main.name,
        now: figure(main),
        ...(before ? { base: figure(before) } : {}),
        worse,
        weak: slice.worse,
      },
    ];
  });
  return changes
    .filter(({ worse, weak }) => worse || weak)
    .toSorted((a, b) => Number(b.worse) - Number(a.worse))
    .slice(0, MOST_SLICES);
}

interface Interval {
  low: number;
  high: number;
}

/**
 * Of a rule such as `auc >= champion.auc - 0.005`: its difference has the margin in it, which is taken out by the two figures
 * that are known exactly.
 */
function pairedInterval(now: Evaluation, name: string, value: number): Interval | undefined {
  const asks = new RegExp(String.raw`^\s*${name}\s*(?:[<>]=?)\s*champion\.${name}\s*(?:[-+]\s*[\d.]+\s*)?$`);
  const found = now.rules.find(({ rule, difference }) => difference !== undefined && asks.test(rule));
  if (!found?.difference) return undefined;
  const shift = value - found.difference.value;
  return { low: found.difference.low + shift, high: found.difference.high + shift };
}

/** The widest that two intervals allow their difference to be. */
function apart(now: MetricValue, before: MetricValue): Interval | undefined {
  if (now.low === undefined || now.high === undefined) return undefined;
  if (before.low === undefined || before.high === undefined) return undefined;
  return { low: now.low - before.high, high: now.high - before.low };
}

function direction(
  interval: Interval | undefined,
  better: 'higher' | 'lower',
): 'better' | 'worse' | undefined {
  if (!interval || (interval.low <= 0 && interval.high >= 0)) return undefined;
  return interval.low > 0 === (better === 'higher') ? 'better' : 'worse';
}

const figure = ({ value, low, high, n }: MetricValue): Figure => ({
  value,
  ...(low === undefined ? {} : { low }),
  ...(high === undefined ? {} : { high }),
  n,
});
