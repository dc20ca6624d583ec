import type { Anchor } from '../statistics/anchor.ts';
import {
  chebyshev,
  hellinger,
  jensenShannonDistance,
  kullbackLeibler,
  psi,
  totalVariation,
} from '../statistics/divergences.ts';
import { binningOf, present, type Histogram } from '../statistics/histogram.ts';
import { chiSquare } from '../statistics/homogeneity.ts';
import { binnedKolmogorovSmirnov, binnedWasserstein } from '../statistics/within-bins.ts';

/** With fewer rows in a window a shape cannot be compared. */
export const FEW = 30;

/** How far a window is from its reference, by the statistics that people know. None of them alarms. */
export interface Distances {
  psi: number | null;
  smoothing: string;
  kl: number | null;
  js_distance: number | null;
  hellinger: number | null;
  total_variation: number | null;
  chebyshev: number | null;
  chi_square: { statistic: number | null; df: number; p: number | null };
  /** Bounds that hold the figure of raw values. */
  kolmogorov_smirnov?: [number | null, number | null];
  wasserstein?: [number | null, number | null];
  binning: string;
  /** With a value. */
  rows: number;
  reference_rows: number;
}

export function distancesOf(anchor: Anchor, before: Histogram, now: Histogram): Distances {
  const [reference, current] = [present(before), present(now)];
  const index = psi(reference, current);
  const { statistic, df, p } = chiSquare(reference, current);
  return {
    psi: index.value,
    smoothing: index.smoothing,
    kl: kullbackLeibler(reference, current).value,
    js_distance: jensenShannonDistance(reference, current).value,
    hellinger: hellinger(reference, current).value,
    total_variation: totalVariation(reference, current).value,
    chebyshev: chebyshev(reference, current).value,
    chi_square: { statistic, df, p },
    ...(anchor.kind === 'numeric' ? within(anchor, before, now) : {}),
    binning: binningOf(anchor),
    rows: index.m,
    reference_rows: index.n,
  };
}

function within(
  anchor: Extract<Anchor, { kind: 'numeric' }>,
  before: Histogram,
  now: Histogram,
): Pick<Distances, 'kolmogorov_smirnov' | 'wasserstein'> {
  const ks = binnedKolmogorovSmirnov(anchor, before, now);
  const moved = binnedWasserstein(anchor, before, now);
  return { kolmogorov_smirnov: [ks.low, ks.high], wasserstein: [moved.low, moved.high] };
}
