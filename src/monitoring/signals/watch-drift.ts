import {
  planDrift,
  readDrift,
  startDrift,
  stepDrift,
  type DriftPlan,
  type DriftResult,
  type DriftState,
} from '../detectors/e-detector.ts';
import { referenceCounts } from '../detectors/reference-counts.ts';
import { rows } from '../statistics/histogram.ts';
import type { Counted, Watched } from './questions.ts';

/** What has been gathered on a version, as it is stored. */
export interface DriftEvidence {
  /** What each column was compared with: evidence against one reference is none against another. */
  references: Record<string, string>;
  /** When the first window began that was compared. */
  began: number;
  drift: DriftState;
}

/**
 * One window more for the sequential detector. The evidence of a column goes on as long as its reference is the same; columns that come later begin
 * with nothing. A window that lies within time that was seen already adds nothing, and is read by what is there.
 */
export function watchDrift(
  watched: readonly Watched[],
  counted: readonly Counted[],
  { from, to }: { from: number; to: number },
  before: DriftEvidence | undefined,
): { evidence: DriftEvidence; result: DriftResult } {
  const compared = watched.filter(({ histogram }) => rows(histogram) > 0);
  const plan = planDrift(
    compared.map(({ column, anchor, histogram, windows = [] }) => ({
      ...referenceCounts(column, anchor, histogram),
      windows,
    })),
  );
  const references = Object.fromEntries(compared.map((one) => [one.column, referenceOf(one)]));
  const state = goOn(plan, references, before);
  const began = before?.began ?? from;
  const counts = Object.fromEntries(counted.map((one) => [one.column, typed(one)]));
  if (state.until !== null && from < state.until)
    return {
      evidence: { references, began, drift: state },
      result: { ...readDrift(plan, state, counts), empty: [] },
    };
  const { state: drift, result } = stepDrift(plan, state, { from, to, counts });
  return { evidence: { references, began, drift }, result };
}

const referenceOf = ({ anchor, histogram, windows = [] }: Watched): string =>
  `${anchor.id}/${rows(histogram)}/${windows.length}`;

function goOn(
  plan: DriftPlan,
  references: Readonly<Record<string, string>>,
  before: DriftEvidence | undefined,
): DriftState {
  const fresh = startDrift(plan);
  if (!before) return fresh;
  const columns = Object.entries(fresh.columns).map(([name, nothing]) => [
    name,
    before.references[name] === references[name] ? (before.drift.columns[name] ?? nothing) : nothing,
  ]);
  return { ...before.drift, columns: Object.fromEntries(columns) as DriftState['columns'] };
}

/** Values of another type are a signal of their own, and no missing ones. */
function typed({ histogram: { counts }, misfits }: Counted): readonly number[] {
  return misfits === 0 ? counts : [...counts.slice(0, -1), counts.at(-1)! - misfits];
}
