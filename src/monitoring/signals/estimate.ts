import type { Ctx } from '../../platform/ctx/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { AskedFile, Tables, View } from '../../tables/index.ts';
import { newestFor } from '../../validation/index.ts';
import type { MonitorSettings, Signal } from '../contract.ts';
import type { CbpeModel, CbpeResult, Estimated } from '../detectors/cbpe.ts';
import { openLabelled } from '../outcomes/open-outcomes.ts';
import {
  findEvidence,
  selectBefore,
  type Grown,
  type MonitorRow,
  type WindowRow,
} from '../store-monitors.ts';
import { askBehind } from './ask.ts';
import { ESTIMATE, LEARN, USUAL, type Figure, type Losses, type Task } from './questions.ts';
import { toSignal } from './signal-rows.ts';
import { ofVersion, type VersionSeen } from './version-seen.ts';

/** What the scores of a version mean, as it is stored; without a model as long as there are too few outcomes. */
interface Meaning {
  /** Start of the first window with outcomes. */
  from: number;
  labelled: number;
  column: string;
  model?: CbpeModel;
}

/** With fewer outcomes nobody knows what scores mean. */
const ENOUGH = 1000;
/** Windows whose estimates are held against what came true. */
const PAST = 20;
/** By how much the metric may be worse before it is news, as of what was realised. */
const WORSE = 0.01;
/** From 95 % to one in a thousand: so seldom is an estimate taken for worse by chance. */
const SURE = 3.29 / 1.96;

/** The first outcomes of a version say what its scores mean; undefined where nothing is to be written down. */
export async function learn(
  ctx: Ctx,
  parts: { serving: Pick<Serving, 'recorded'>; tables: Tables },
  monitor: MonitorRow,
  {
    endpoint,
    window,
    version,
    scored: { labelled, task, column, losses },
  }: {
    endpoint: string;
    window: WindowRow;
    version: VersionSeen;
    scored: { labelled: number; task?: Task; column?: string; losses: readonly Losses[] };
  },
  signal?: AbortSignal,
): Promise<Grown | undefined> {
  // Scores that are no probabilities have no such loss.
  if (task !== 'binary' || column === undefined || !losses.some(({ loss }) => loss === 'brier'))
    return undefined;
  const before = await findEvidence(ctx, monitor, version.ref, 'estimate');
  const known = before === undefined ? undefined : (JSON.parse(before) as Meaning); // written by this room
  if (known?.model && known.column === column) return undefined;
  const meaning: Meaning =
    known?.column === column
      ? { ...known, labelled: known.labelled + labelled }
      : { from: window.from_at, labelled, column };
  if (meaning.labelled >= ENOUGH) {
    const call = { subject: endpoint, last: undefined, text: 'labelled', prefix: 'l' };
    const span = { from: Math.min(meaning.from, window.from_at), to: window.to_at };
    const { files, views } = await openLabelled(ctx, parts.serving, call, span);
    const request = { views: [...views, ofVersion('labelled', version)], view: 'version', column };
    meaning.model = (await askBehind(ctx, parts.tables, LEARN, { files, request, signal })).model;
  }
  return { before, after: JSON.stringify(meaning) };
}

/** What the metric of a window will be once its outcomes arrive; nothing where nobody knows what the scores mean. */
export async function estimate(
  ctx: Ctx,
  tables: Tables,
  monitor: MonitorRow,
  {
    files,
    views,
    version,
    before,
  }: { files: readonly AskedFile[]; views: readonly View[]; version: VersionSeen; before: number },
  signal?: AbortSignal,
): Promise<Signal[]> {
  const stored = await findEvidence(ctx, monitor, version.ref, 'estimate');
  const { model, column } = stored === undefined ? {} : (JSON.parse(stored) as Partial<Meaning>); // written by this room
  if (!model || column === undefined) return [];
  const past = await pastOf(ctx, monitor, before);
  const found = await askBehind(ctx, tables, ESTIMATE, {
    files,
    request: { views, view: 'version', column, model, past: past('accuracy') },
    signal,
  });
  const { metric = USUAL.binary } = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const name = typeof found.metrics[metric] === 'object' ? metric : 'accuracy';
  const judged = (await newestFor(ctx, version.ref))?.metrics.find((one) => one.name === name);
  return [estimatedSignal(found, { name, judged, past: past(name), learnt: model.rows })];
}

interface Past {
  value: number;
  low: number;
  high: number;
  realised: number;
}

/** The signal: a ticket at most, and none where the estimate is not to be trusted. */
export function estimatedSignal(
  { metrics, trust, rows }: CbpeResult & { rows: number },
  {
    name,
    judged,
    past,
    learnt,
  }: { name: string; judged: Figure | undefined; past: readonly Past[]; learnt: number },
): Signal {
  const one = metrics[name];
  const evidence = { metrics, trust, rows, learnt_on: learnt, past: past.length };
  if (typeof one !== 'object')
    return { signal: 'estimated', state: 'no_data', reason: one ?? 'no row has a probability', evidence };
  const off =
    past.length === 0
      ? undefined
      : past.reduce((sum, { value, realised }) => sum + Math.abs(value - realised), 0) / past.length;
  const surely = one.value + (one.high - one.value) * SURE;
  const worse =
    judged !== undefined && trust.level === 'good' && surely < (judged.low ?? judged.value) - WORSE;
  const words = [
    `${name} is estimated at ${one.value.toPrecision(3)} (${one.low.toPrecision(3)} to ${one.high.toPrecision(3)}) on ${rows.toLocaleString('en')} rows without outcomes`,
    ...(judged ? [`${judged.value.toPrecision(3)} when it was judged`] : []),
    off === undefined
      ? 'no estimate has met its outcomes yet'
      : `the last ${past.length} were off by ${off.toPrecision(2)} on average`,
    `trust ${trust.level}${trust.reasons.length > 0 ? `: ${trust.reasons.join(', ')}` : ''}`,
  ];
  return {
    signal: 'estimated',
    value: one.value,
    state: worse ? 'alert' : 'ok',
    reason: words.join('; '),
    evidence: {
      ...evidence,
      metric: name,
      low: one.low,
      high: one.high,
      ...(off === undefined ? {} : { off }),
    },
  };
}

/** Estimates of windows before beside what came true, by metric. */
async function pastOf(ctx: Ctx, monitor: MonitorRow, before: number): Promise<(name: string) => Past[]> {
  const rows = await selectBefore(ctx, monitor, ['estimated', 'performance'], { before, limit: 4 * PAST });
  const windows = [...Map.groupBy(rows, ({ from_at }) => from_at).values()];
  return (name) =>
    windows
      .flatMap((own): Past[] => {
        const of = (signal: string) => own.find((one) => one.name === signal);
        const [told, came] = [of('estimated'), of('performance')];
        if (!told || !came) return [];
        const { metrics } = toSignal(told).evidence as { metrics?: Record<string, Estimated | string> }; // written by this room
        const { figures } = toSignal(came).evidence as { figures?: Figure[] }; // written by this room
        const [one, realised] = [metrics?.[name], figures?.find((figure) => figure.name === name)?.value];
        return typeof one === 'object' && realised !== undefined ? [{ ...one, realised }] : [];
      })
      .slice(0, PAST);
}
