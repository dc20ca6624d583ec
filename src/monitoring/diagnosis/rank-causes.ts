import type { AlertReport, Signal } from '../contract.ts';
import type { AlertRow } from '../store-alerts.ts';
import type { ComparedColumn } from './questions.ts';

type Cause = AlertReport['causes'][number];

/**
 * How much each signal says of a fault at its source, and not of other circumstances: what explains the most comes first. A unit explains a
 * shift, and values out of range; a column that is gone explains everything about it.
 */
const WEIGHT: Readonly<Partial<Record<Signal['signal'], number>>> = {
  columns: 6,
  unit: 5,
  constant: 4,
  misfit: 4,
  missing: 3,
  unseen: 3,
  infinite: 3,
  range: 2,
  freshness: 2,
  skew: 0.3,
  drift: 1,
};
/** And how much of failing, or of being slow. */
const SERVICE: typeof WEIGHT = { errors: 2, latency: 1 };
const MOST = 10;

/**
 * Likely causes, the likeliest first: each column once, by its gravest signal, weighted by the share of rows that it concerns and by what its change alone
 * would have done to the loss, or where there are no outcomes to the answers. That is how far it moved times how much the model minds.
 */
export function rankCauses(
  alert: Pick<AlertRow, 'cause'>,
  bad: ReadonlyArray<{ signals: readonly Signal[] }>,
  compared: readonly ComparedColumn[],
): Cause[] {
  const effects = new Map(compared.map((one) => [one.column, one]));
  const loudest = new Map<string, { signal: Signal; weight: number }>();
  for (const { signals } of bad)
    for (const signal of signals) {
      const weight = (alert.cause === 'service' ? SERVICE : WEIGHT)[signal.signal];
      if (weight === undefined || signal.state !== 'alert') continue;
      if (signal.signal === 'drift' && signal.column === undefined) continue;
      const place = signal.column ?? signal.signal;
      const before = loudest.get(place);
      // Of equal ones the later: it is the newer.
      if (!before || weight >= before.weight) loudest.set(place, { signal, weight });
    }
  const found = [...loudest.values()].map(({ signal, weight }) =>
    scored(signal, weight, signal.column === undefined ? undefined : effects.get(signal.column)),
  );
  // What has moved and raised no alarm of its own may still be why answers are worse.
  if (alert.cause === 'performance')
    for (const one of compared)
      if (!loudest.has(one.column) && one.column.startsWith('in_') && (one.loss_effect ?? 0) > 0)
        found.push(scoredQuiet(one));
  return found
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ cause }) => cause);
}

function scored(
  { signal, column, reason, value }: Signal,
  weight: number,
  effect: ComparedColumn | undefined,
): { score: number; cause: Cause } {
  const shares = new Set(['missing', 'misfit', 'unseen', 'infinite', 'range', 'unit']);
  const share = shares.has(signal) ? Math.min(1, Math.max(0, value ?? 0)) : (effect?.moved ?? 1);
  return {
    score: weight * (0.2 + share) * (1 + Math.abs(effect?.score_effect ?? 0) + gainOf(effect)),
    cause: {
      kind: signal,
      words: column === undefined ? reason : `${column}: ${reason}`,
      share,
      ...(column === undefined ? {} : { column }),
      ...effectsOf(effect),
    },
  };
}

function scoredQuiet(one: ComparedColumn): { score: number; cause: Cause } {
  return {
    score: 0.3 * (0.2 + one.moved) * (1 + Math.abs(one.score_effect ?? 0) + gainOf(one)),
    cause: {
      kind: 'moved',
      column: one.column,
      words: `${one.column}: ${Math.round(100 * one.moved)} % of rows lie elsewhere, which alone makes the mean loss ${one.loss_effect!.toPrecision(2)} higher`,
      share: one.moved,
      ...effectsOf(one),
    },
  };
}

const gainOf = (effect: ComparedColumn | undefined): number =>
  Math.max(0, Math.min(5, 20 * (effect?.loss_effect ?? 0)));

const effectsOf = (effect: ComparedColumn | undefined): Partial<Cause> => ({
  ...(effect === undefined ? {} : { moved: effect.moved }),
  ...(effect?.loss_effect === undefined ? {} : { loss_effect: effect.loss_effect }),
  ...(effect?.score_effect === undefined ? {} : { score_effect: effect.score_effect }),
});
