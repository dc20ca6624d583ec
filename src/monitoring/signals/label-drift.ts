import type { Ctx } from '../../platform/ctx/index.ts';
import type { AskedFile, Tables, View } from '../../tables/index.ts';
import type { Signal } from '../contract.ts';
import { rows } from '../statistics/histogram.ts';
import { findEvidence, type Grown, type MonitorRow, type WindowRow } from '../store-monitors.ts';
import { askBehind } from './ask.ts';
import { judgeColumns } from './judge-columns.ts';
import { COUNT, type Counted, type Watched } from './questions.ts';
import { labelReference } from './reference.ts';
import { ofVersion, type VersionSeen } from './version-seen.ts';
import { watchDrift, type DriftEvidence } from './watch-drift.ts';

/** With a larger share of labels that the reference never had, they are written in another way, and no other labels. */
const FOREIGN = 0.5;

interface Labels {
  signals: Signal[];
  /** Why they say nothing of the answers: they are written in another way. */
  foreign?: string;
}

/** Outcomes of a window beside the label that the version learnt from; nothing where that is not known. */
export async function labelDrift(
  ctx: Ctx,
  tables: Tables,
  monitor: MonitorRow,
  {
    window,
    version,
    files,
    views,
  }: { window: WindowRow; version: VersionSeen; files: readonly AskedFile[]; views: readonly View[] },
  signal?: AbortSignal,
): Promise<Labels & { evidence?: Grown }> {
  const reference = await labelReference(ctx, tables, monitor, version.ref, signal);
  if (!reference) return { signals: [] };
  const { column, anchor } = reference;
  const outcomes: View = {
    name: 'outcomes',
    sql: 'select label, number from version where label is not null',
  };
  const { counted } = await askBehind(ctx, tables, COUNT, {
    files,
    request: {
      views: [...views, ofVersion('labelled', version), outcomes],
      view: outcomes.name,
      columns: [{ column, anchor }],
    },
    signal,
  });
  const [now] = counted;
  if (!now) return { signals: [] };
  const before = await findEvidence(ctx, monitor, version.ref, 'labels');
  const { evidence, ...judged } = judgeLabels(
    reference,
    now,
    { from: window.from_at, to: window.to_at },
    before === undefined ? undefined : (JSON.parse(before) as DriftEvidence), // written by this room
  );
  return { ...judged, ...(evidence ? { evidence: { before, after: JSON.stringify(evidence) } } : {}) };
}

/** One window more of labels, as one signal. */
export function judgeLabels(
  reference: Watched,
  now: Counted,
  window: { from: number; to: number },
  before: DriftEvidence | undefined,
): Labels & { evidence?: DriftEvidence } {
  const { counts } = now.histogram;
  const all = rows(now.histogram);
  // Of numbers those that are none are missing; of texts those that the reference never had have a bin of their own.
  const foreign = reference.anchor.kind === 'numeric' ? counts.at(-1)! : counts.at(-2)!;
  const of = { signal: 'labels' as const };
  if (all > 0 && foreign > FOREIGN * all) {
    const reason = `${foreign.toLocaleString('en')} of ${all.toLocaleString('en')} outcomes are values that the label of the reference never has: they are written in another way, and cannot be compared`;
    return {
      foreign: reason,
      signals: [{ ...of, state: 'alert', reason, evidence: { foreign, rows: all } }],
    };
  }
  const { evidence, result } = watchDrift([reference], [now], window, before);
  const judged = judgeColumns([reference], { counted: [now], unread: [] }, result);
  const drift = judged.find(({ signal }) => signal === 'drift');
  const told = judged.find(({ signal, state }) => state === 'alert' && signal === 'unseen') ?? drift;
  if (!drift || !told) return { signals: [], evidence };
  const { value, evidence: figures } = drift;
  return {
    signals: [
      {
        ...of,
        state: told.state,
        reason: told.reason,
        ...(value === undefined ? {} : { value }),
        evidence: figures,
      },
    ],
    evidence,
  };
}
