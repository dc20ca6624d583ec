/** A year, in milliseconds: the unit in which alarms are wished for. */
export const YEAR = 365 * 86_400_000;

/**
 * Evidence that a stream has changed, kept as numbers that JSON carries. `mass` is the Shiryaev–Roberts sum with time as its unit,
 *
 *   M ← (M + years that passed) · e,      e an e-value: expectation ≤ 1 as long as nothing has changed, whatever came before.
 *
 * Without a change E[M at any time of stopping] ≤ E[years until then], so that an alarm at M ≥ 1/k comes on average not before 1/k years:
 * at most k false alarms a year, with no approximation (Shin, Ramdas and Rinaldo 2024, their SR e-detector; counted in time rather than in
 * windows, so that windows may be of any length). Sums of such streams with weights that add to 1 keep the promise, however they depend on each other.
 *
 * CUSUM, which never exceeds it, would alarm later at the same promise; it is kept beside to date the change: `since` is the beginning of the window
 * from which the logarithms of e add up to the most.
 */
export interface Evidence {
  mass: number;
  rise: number;
  since: number | null;
}

export const nothing = (): Evidence => ({ mass: 0, rise: 0, since: null });

/** One more window: `log` is ln e, `years` how long it lasted, `from` when it began. The sum stays below `most`, so that an alarm can end. */
export function grown(
  { mass, rise, since }: Evidence,
  { log, years, from, most }: { log: number; years: number; from: number; most: number },
): Evidence {
  const risen = Math.max(0, rise) + log;
  return {
    mass: Math.min(most, (mass + years) * Math.exp(Math.min(700, log))),
    rise: Math.min(risen, 1000),
    since: risen <= 0 ? null : rise > 0 ? since : from,
  };
}
