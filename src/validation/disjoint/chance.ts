import type { DuckDBConnection } from '@duckdb/node-api';
import { readOne } from '../../tables/inside.ts';

/** How often identities repeat on one side. */
export interface Repeats {
  rows: number;
  /** Identities that one row has. */
  singles: number;
}

/** Past so many rows repeats are counted on a sample of identities, each with all of its rows. */
const MOST_COUNTED = 500_000;

/** Repeats in a table of identities `h1`: the share of rows that stand alone is the same in any sample of identities. */
export async function countRepeats(
  connection: DuckDBConnection,
  from: string,
  rows: number,
): Promise<Repeats> {
  const parts = Math.max(1, Math.ceil(rows / MOST_COUNTED));
  const some = parts === 1 ? '' : `where h1 % ${parts} = 0`;
  const [counted, singles] = (
    await readOne(
      connection,
      `select coalesce(sum(n), 0)::double, count(*) filter (where n = 1) from (select count(*) as n from ${from} ${some} group by h1)`,
    )
  ).map(Number) as [number, number];
  return { rows, singles: counted === 0 ? 0 : (singles / counted) * rows };
}

/**
 * Rows of the gate that equal a training row by chance, were both sides drawn from one population.
 *
 * After N draws the chance that one more draw has been seen before is 1 − f₁/N, where f₁ are the values drawn once (Good and
 * Turing: I. J. Good, "The population frequencies of species", Biometrika 40, 1953). So E = G · (1 − f₁/N) for G rows of the
 * gate. Where the gate is the larger side it tells more of the population: each of its values, seen n times, has the share
 * p = (n − 1) / (G − 1), itself left out, and is among N draws with chance 1 − (1 − p)^N, so that
 * E = Σ n · (1 − (1 − p)^N); `gateAlone` is that sum.
 *
 * Rows that training holds several times on purpose (weights, over-sampling) are no chance. They show by this: far fewer
 * rows match than the first formula expects, or far more than the gate's own repeats allow with 95 % confidence, at which
 * `gateMost` bounds the second. Then the gate alone tells.
 */
export function expectedByChance(
  gate: Repeats,
  training: Repeats,
  own: { gateAlone: number; gateMost: number },
  observed: number,
): number {
  if (training.rows < gate.rows) return own.gateAlone;
  const both = gate.rows * (1 - training.singles / Math.max(1, training.rows));
  const copies = observed < both / 2 - 3 * Math.sqrt(both) || observed > 10 * own.gateMost;
  return copies ? Math.min(both, own.gateAlone) : both;
}

/** The gate's own repeats, and what they say of N draws from where it came. */
export async function gateChance(
  connection: DuckDBConnection,
  rows: number,
  draws: number,
): Promise<{ gateAlone: number; gateMost: number }> {
  const [alone, pairs] = (
    await readOne(
      connection,
      `select coalesce(sum(n * times * (1 - pow(1 - (n - 1)::double / ${Math.max(1, rows - 1)}, ${draws}))), 0)::double,
         coalesce(sum(times * n * (n - 1) / 2), 0)::double from repeat`,
    )
  ).map(Number) as [number, number];
  // Poisson: with k pairs seen, fewer than k + 2√k + 3 are expected at 95 %.
  const most = (pairs + 2 * Math.sqrt(pairs) + 3) / Math.max(1, (rows * (rows - 1)) / 2);
  return { gateAlone: alone, gateMost: Math.min(rows, rows * draws * most) };
}

/** Below this share of chance matches the columns name rows, so that to find none says something. */
const MOST_SHARE = 0.1;

/** Whether the matches decide: none by chance, or far more than chance gives. No match says something where few are expected. */
export function identifies(observed: number, expected: number, rows: number): boolean {
  if (observed === 0) return expected <= Math.max(1, rows * MOST_SHARE);
  return expected <= 0.1 || observed > 3 * expected + 5 * Math.sqrt(expected);
}
