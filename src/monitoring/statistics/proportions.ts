import { binomialLower, binomialTerm, normalTail } from '../../platform/mathematics/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Alternative } from './sample.ts';

/** Hits among tries. */
export interface Proportion {
  hits: number;
  tries: number;
}

export interface ProportionTest {
  name: string;
  /** z, or the share of hits. Null, like p, where there are no tries. */
  statistic: number | null;
  p: number | null;
}

/**
 * Two shares by their pooled difference, z = (p₁ − p₂) / √(p (1 − p) (1/n + 1/m)), two-sided: for missing or unseen values of a window beside those of the
 * reference. Normal: at least five hits and five misses should be expected on each side, else use `binomial`.
 */
export function twoProportions(reference: Proportion, current: Proportion): ProportionTest {
  whole(reference);
  whole(current);
  const [n, m] = [reference.tries, current.tries];
  if (n === 0 || m === 0) return { name: 'two_proportions', statistic: null, p: null };
  const pooled = (reference.hits + current.hits) / (n + m);
  const off = reference.hits / n - current.hits / m;
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  // Where all hit, or none, nothing differs.
  const statistic = error === 0 ? 0 : off / error;
  return { name: 'two_proportions', statistic, p: Math.min(1, 2 * normalTail(Math.abs(statistic))) };
}

/**
 * Exact test of a share of hits against a known chance: the probability of all counts that are no likelier than the observed one
 * (within 1e-7), or of as few or as many. Equals `scipy.stats.binomtest`.
 */
export function binomial(
  { hits, tries }: Proportion,
  chance: number,
  { alternative = 'two-sided' }: { alternative?: Alternative | undefined } = {},
): ProportionTest {
  whole({ hits, tries });
  if (!(chance >= 0 && chance <= 1))
    throw invalid(`chance is ${chance}: give a number from 0 to 1`, { field: 'chance' });
  if (tries === 0) return { name: 'binomial', statistic: null, p: null };
  const below = (k: number): number => binomialLower(k, tries, chance);
  const above = (k: number): number => binomialLower(tries - k, tries, 1 - chance);
  const p = (): number => {
    if (alternative === 'less') return below(hits);
    if (alternative === 'greater') return above(hits);
    const mean = tries * chance;
    if (hits === mean) return 1;
    const limit = binomialTerm(hits, tries, chance) * (1 + 1e-7);
    const likely = (k: number): boolean => binomialTerm(k, tries, chance) > limit;
    if (hits < mean) return below(hits) + above(firstFalse(likely, Math.ceil(mean), tries + 1));
    // From 0 to the mean it grows: the first that is likely ends those that are not.
    return above(hits) + below(firstFalse((k) => !likely(k), 0, Math.floor(mean) + 1) - 1);
  };
  return { name: 'binomial', statistic: hits / tries, p: Math.min(1, p()) };
}

/** The first of the whole numbers from `low` to before `high` that the condition is false of, or `high`; once false it stays so. */
function firstFalse(condition: (k: number) => boolean, low: number, high: number): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (condition(middle)) from = middle + 1;
    else to = middle;
  }
  return from;
}

function whole({ hits, tries }: Proportion): void {
  if (!(Number.isInteger(hits) && Number.isInteger(tries) && hits >= 0 && hits <= tries))
    throw invalid(`${hits} hits among ${tries} tries: give whole numbers, no more hits than tries`, {
      field: 'hits',
    });
}
