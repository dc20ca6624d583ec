/**
 * How much windows differ from each other beyond the chance of their rows, although nothing is wrong: the days of a week, a campaign. `excess` is the
 * variance of a window's true mean in units of the variance of one row, so that a window of m rows tells as much as m / (1 + m · excess) independent ones.
 * For counts of Dirichlet-multinomial windows it is 1 / (κ₀ + 1). It holds what windows in a row have in common, too.
 */
export interface Dispersion {
  excess: number;
  /** Windows it was learnt from; with none it is 0 and taken on trust. */
  windows: number;
}

export const NONE: Dispersion = { excess: 0, windows: 0 };

/** Fewer windows say nothing of how windows differ. */
const FEWEST = 8;

/**
 * By moments: the mean of rows · deviation², which is 1 where rows are independent. What is found is widened by two standard errors of so few windows, and
 * by the correlation from one window to the next, (1 + ρ) / (1 − ρ), since evidence adds up over windows; where it is within `noise` standard errors
 * of 1, rows are taken as independent. `deviations` are per window one number or several, each of variance 1 per row.
 */
export function dispersionOf(
  deviations: readonly Float64Array[],
  rows: readonly number[],
  noise = 2,
): Dispersion {
  const windows = rows.length;
  if (windows < FEWEST) return { ...NONE, windows };
  const width = deviations[0]?.length ?? 0;
  let scaled = 0;
  let next = 0;
  let all = 0;
  for (let j = 0; j < windows; j++) {
    for (let k = 0; k < width; k++) {
      const one = Math.sqrt(rows[j]!) * deviations[j]![k]!;
      scaled += one * one;
      if (j > 0) next += one * Math.sqrt(rows[j - 1]!) * deviations[j - 1]![k]!;
    }
    all += rows[j]!;
  }
  const ratio = scaled / (windows * width);
  const error = Math.sqrt(2 / (windows * width));
  if (ratio <= 1 + noise * error) return { excess: 0, windows };
  // Chance of rows has no memory: the correlation is that of what lies beyond it.
  const correlation = Math.min(0.9, Math.max(0, next / ((windows - 1) * width) / (ratio - 1)));
  const memory = correlation < 1 / Math.sqrt(windows) ? 1 : (1 + correlation) / (1 - correlation);
  const mean = all / windows;
  return { excess: (((ratio - 1) * (1 + 2 * Math.sqrt(2 / windows))) / mean) * memory, windows };
}
