import { invalid } from '../../platform/errors/index.ts';
import { moment } from '../../platform/words/index.ts';
import { logsOf, type DriftPlan, type DriftWindow } from './e-detector.ts';

export interface DatedChange {
  /** Beginning of the window from which on the evidence is strongest, in milliseconds. */
  since: number;
  /** The change lies between these beginnings of windows with 90 %. */
  low: number;
  high: number;
  words: string;
}

/**
 * When a column changed, from its stored windows, the oldest first: a change at the beginning of each is weighted by how long that window lasted and the e-values of all
 * windows from there on, averaged over bets, which is the Shiryaev–Roberts sum before it is summed up. Normalised that is the posterior of one lasting
 * change, each time being as likely beforehand. It is about a time, and no second test of whether there was a change.
 */
export function dateChange(plan: DriftPlan, name: string, windows: readonly DriftWindow[]): DatedChange {
  const watched = plan.columns.find((one) => one.name === name);
  if (!watched) throw invalid(`column '${name}' is not watched`, { field: 'name' });
  const seen = windows.filter(({ counts }) => counts[name] !== undefined);
  if (seen.length === 0) throw invalid(`no window has counts of column '${name}'`, { field: 'windows' });
  const logs = seen.map(({ counts }) => logsOf(watched, counts[name]!));
  const weights = logs[0]!.map(({ weight }) => weight);
  const sums = weights.map(() => 0);
  const each: number[] = [];
  for (let at = seen.length - 1; at >= 0; at--) {
    const { from, to } = seen[at]!;
    logs[at]!.forEach(({ log }, k) => (sums[k]! += log));
    const most = Math.max(...sums);
    const mixed = sums.reduce((sum, log, k) => sum + weights[k]! * Math.exp(log - most), 0);
    each[at] = most + Math.log(mixed * (to - from));
  }
  const most = Math.max(...each);
  const chances = each.map((log) => Math.exp(log - most));
  const all = chances.reduce((a, b) => a + b, 0);
  const since = seen[each.indexOf(most)]!.from;
  const at = (share: number): number => {
    let below = 0;
    return seen[chances.findIndex((chance) => (below += chance / all) >= share)]!.from;
  };
  const [low, high] = [at(0.05), at(0.95)];
  const words = `'${name}' changed at ${moment(since)}${low < high ? `, between ${moment(low)} and ${moment(high)} with 90 %` : ''}`;
  return { since, low, high, words };
}
