import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import { METRICS } from '../../rules/index.ts';
import { newestFor } from '../../validation/index.ts';
import type { MonitorSettings, Signal, SignalState } from '../contract.ts';
import { openLabelled } from '../outcomes/open-outcomes.ts';
import {
  findEvidence,
  insertSignals,
  putEvidence,
  scoreWindowRow,
  type Grown,
  type MonitorRow,
  type WindowRow,
} from '../store-monitors.ts';
import { askBehind, passOn, type Attempt } from './ask.ts';
import { learn } from './estimate.ts';
import { labelDrift } from './label-drift.ts';
import { duration } from './freshness.ts';
import type { Parts } from './look.ts';
import { SCORE, USUAL, type Figure, type Losses, type SliceScore, type Task } from './questions.ts';
import { signalRows } from './signal-rows.ts';
import { ofVersion } from './version-seen.ts';
import { watchHarm, type Harm, type HarmEvidence, type Judged } from './watch-harm.ts';

/** Rows with an outcome that a metric is told from. */
const FEW = 20;
/** By how much a bounded metric, or the share of another one, may be worse before it is news. */
const WORSE = 0.01;

export interface ScoredWindow {
  signals: Signal[];
  /** What the outcomes of the version come to with these; absent where there were none. */
  evidence?: Partial<Record<'harm' | 'estimate' | 'labels', Grown>>;
}

/** Coverage and performance of a window whose outcomes were waited for. Whatever goes wrong is a result, unless another attempt may mend it. */
export async function scoreWindow(
  ctx: Ctx,
  parts: Parts,
  monitor: MonitorRow,
  asked: { endpoint: string; window: WindowRow },
  attempt: Attempt,
): Promise<ScoredWindow> {
  const { endpoint, window } = asked;
  if (window.version_ref === null || window.model === null || window.version === null) return { signals: [] };
  const version = { model: window.model, version: window.version, ref: window.version_ref };
  try {
    const span = { from: window.from_at, to: window.to_at, whole: true };
    const call = { subject: endpoint, last: undefined, text: 'labelled', prefix: 'l' };
    const { files, views } = await openLabelled(ctx, parts.serving, call, span);
    const { score, task, metric, slices } = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
    const scored = await askBehind(ctx, parts.tables, SCORE, {
      files,
      request: {
        views: [...views, ofVersion('labelled', version)],
        view: 'version',
        score,
        task,
        metric,
        slices,
      },
      signal: attempt.signal,
    });
    const { rows, labelled, delay, losses } = scored;
    const coverage: Signal = {
      signal: 'coverage',
      value: rows === 0 ? 0 : labelled / rows,
      state: labelled === 0 ? 'no_labels' : 'ok',
      reason: `${labelled.toLocaleString('en')} of ${rows.toLocaleString('en')} rows have their outcome${delay ? `, half of them within ${duration(delay.p50_ms)} and 99 % within ${duration(delay.p99_ms)}` : ''}`,
      evidence: { rows, labelled, ...(delay ? { delay } : {}) },
    };
    if (labelled === 0) return { signals: [coverage] };
    const labels = await labelDrift(
      ctx,
      parts.tables,
      monitor,
      { window, version, files, views },
      attempt.signal,
    );
    // Answers are not worse because somebody writes yes for 1.
    if (labels.foreign !== undefined)
      return {
        signals: [
          coverage,
          {
            signal: 'performance',
            state: 'no_labels',
            reason: `not scored: ${labels.foreign}`,
            evidence: { labelled },
          },
          ...labels.signals,
        ],
      };
    const judged = (await newestFor(ctx, version.ref))?.metrics ?? [];
    const before = await findEvidence(ctx, monitor, version.ref, 'harm');
    const { label_delay_ms: waited } = monitor;
    const harm = watchHarm(
      losses,
      { from: window.from_at + waited, to: window.to_at + waited },
      judged,
      before === undefined ? undefined : (JSON.parse(before) as HarmEvidence), // written by this room
    );
    const signals = [
      coverage,
      performanceOf(scored, judged, harm, metric),
      ...slicesOf(scored),
      ...labels.signals,
    ];
    const learnt = await learn(ctx, parts, monitor, { endpoint, window, version, scored }, attempt.signal);
    return {
      signals,
      evidence: {
        harm: { before, after: JSON.stringify(harm.evidence) },
        ...(learnt ? { estimate: learnt } : {}),
        ...(labels.evidence ? { labels: labels.evidence } : {}),
      },
    };
  } catch (error) {
    passOn(error, attempt);
    const gone = error instanceof TreadleError && error.code === 'no-predictions';
    const reason = gone ? 'the predictions of this window are no longer recorded' : outwardMessageOf(error);
    return { signals: [{ signal: 'performance', state: gone ? 'no_data' : 'failed', reason, evidence: {} }] };
  }
}

/**
 * The metric of the window, and whether the losses of all windows so far say harm. The metric is told with its interval and alarms by itself only where the
 * answers have no loss to bet on: scores that are no probabilities.
 */
export function performanceOf(
  scored: {
    labelled: number;
    task?: Task;
    column?: string;
    figures: Figure[];
    each?: ReadonlyArray<{ name: string; figures: Figure[] }>;
    losses: readonly Losses[];
    problem?: string;
  },
  judged: readonly Judged[],
  { results, evidence: kept }: Harm,
  asked: string | undefined,
): Signal {
  const { labelled, task, column, figures, each = [], losses, problem } = scored;
  const [harm] = results;
  const evidence = {
    labelled,
    task,
    column,
    figures,
    ...(each.length > 0 ? { each } : {}),
    harm: results.map(({ loss, source, evidence: strength, page, outcomes, risk, since, lossSince }) => ({
      loss,
      source,
      evidence: strength,
      page,
      outcomes,
      risk,
      since,
      loss_since: lossSince,
    })),
  };
  const of = { signal: 'performance' as const, evidence };
  if (task === undefined) return { ...of, state: 'failed', reason: problem ?? 'nothing could be scored' };
  const name = asked ?? USUAL[task];
  const figure = figures.find((one) => one.name === name);
  const before = judged.find((one) => one.name === name);
  const said = figure ? tellFigure(figure, labelled) : undefined;
  const learning = Object.keys(kept.learning).length > 0;
  const words = [
    said ?? `there is no ${name} of these rows, ${othersOf(figures)}`,
    ...worstOf(each),
    ...(before ? [`${before.value.toPrecision(3)} when it was judged`] : []),
    ...(harm
      ? [tellHarm(harm)]
      : learning
        ? ['its first outcomes are learnt from: they say what is normal']
        : []),
  ];
  const whole = {
    ...of,
    ...(figure ? { value: figure.value } : {}),
    evidence: {
      ...evidence,
      metric: name,
      ...(figure ? { low: figure.low, high: figure.high } : {}),
      ...(before ? { judged: { value: before.value, low: before.low, high: before.high } } : {}),
    },
  };
  if (harm?.page === true) return { ...whole, state: 'alert', reason: words.toReversed().join('; ') };
  if (labelled < FEW)
    return { ...whole, state: 'no_labels', reason: [...words, 'too few to judge by'].join('; ') };
  if (!figure) return { ...whole, state: 'failed', reason: words[0]! };
  const worse = losses.length === 0 && before !== undefined && isWorse(name, figure, before);
  return { ...whole, state: worse ? 'alert' : 'ok', reason: words.join('; ') };
}

/** What is told instead of a metric that these rows have not. */
function othersOf(figures: readonly Figure[]): string {
  const names = figures.map((one) => one.name);
  const last = names.pop();
  if (last === undefined) return 'nor any other metric';
  return names.length === 0 ? `only ${last}` : `only ${names.join(', ')} and ${last}`;
}

/** Of several horizons or labels the one that is answered worst. */
function worstOf(each: ReadonlyArray<{ name: string; figures: Figure[] }>): string[] {
  const of = each.flatMap(({ name, figures }) => {
    const figure = figures.find((one) => one.name === 'rmse' || one.name === 'f1');
    return figure ? [{ name, figure }] : [];
  });
  const [worst] = of.toSorted(({ figure: a }, { figure: b }) =>
    a.name === 'f1' ? a.value - b.value : b.value - a.value,
  );
  return worst ? [`worst ${worst.name}, ${worst.figure.name} ${worst.figure.value.toPrecision(3)}`] : [];
}

function tellFigure({ name, value, low, high }: Figure, labelled: number): string {
  const range =
    low === undefined || high === undefined ? '' : ` (${low.toPrecision(3)} to ${high.toPrecision(3)})`;
  return `${name} ${value.toPrecision(3)}${range} on ${labelled.toLocaleString('en')} rows`;
}

const LOSS: Readonly<Record<Losses['loss'], string>> = {
  error: 'errors',
  brier: 'squared errors of probabilities',
  absolute_error: 'errors in units of five medians',
};

const tellHarm = ({ loss, source, words }: Harm['results'][number]): string =>
  `${LOSS[loss]}: ${words}; normal is what they were ${source}`;

/** Where the model errs more, value by value: shown, and never an alarm by itself. */
function slicesOf({ slices, labelled }: { slices: readonly SliceScore[]; labelled: number }): Signal[] {
  if (slices.length === 0) return [];
  const worse = slices.filter((one) => one.worse).toSorted((a, b) => b.loss - b.others - (a.loss - a.others));
  const [first] = worse;
  const share = (loss: number): string => loss.toPrecision(3);
  return [
    {
      signal: 'slices',
      value: worse.length,
      state: labelled < FEW ? 'no_labels' : 'ok',
      reason: first
        ? `worse than the rest: ${first.column} = ${first.value ?? 'missing'} (loss ${share(first.loss)}, elsewhere ${share(first.others)}, ${first.rows} rows)${worse.length > 1 ? `, and ${worse.length - 1} more` : ''}`
        : `none of ${slices.length} slices is worse than the rest by more than chance`,
      evidence: { slices, test: 'mean loss against all other rows, 5 % over all slices (Holm)' },
    },
  ];
}

/** Worse by more than the tolerance, with both intervals counted in favour of nothing having changed. */
function isWorse(name: string, now: Figure, before: { value: number; low?: number; high?: number }): boolean {
  const kind = METRICS[name];
  const slack = kind?.bounded === false ? WORSE * Math.abs(before.value) : WORSE;
  return kind?.better === 'lower'
    ? (now.low ?? now.value) > (before.high ?? before.value) + slack
    : (now.high ?? now.value) < (before.low ?? before.value) - slack;
}

/** Writes down what the outcomes came to, once. False where it was before. */
export async function keepScored(
  tx: Tx,
  monitor: MonitorRow,
  window: WindowRow,
  { signals, evidence }: ScoredWindow,
): Promise<boolean> {
  const state = stateWith(window.state as SignalState, signals);
  if (!(await scoreWindowRow(tx, window, { state }))) return false;
  for (const detector of ['harm', 'estimate', 'labels'] as const) {
    const grown = evidence?.[detector];
    if (grown && window.version_ref !== null)
      await putEvidence(tx, monitor, window.version_ref, detector, grown);
  }
  await insertSignals(tx, signalRows(monitor, window.from_at, signals));
  await tx.emit({
    type: 'monitor.scored',
    subject: `monitor:${monitor.id}`,
    data: { from: window.from_at, state },
  });
  return true;
}

/** What the window was, unless its outcomes are worse news. */
function stateWith(before: SignalState, signals: readonly Signal[]): SignalState {
  const has = (state: SignalState): boolean => signals.some((one) => one.state === state);
  if (before === 'alert' || has('alert')) return 'alert';
  if (before === 'failed' || has('failed')) return 'failed';
  if (before === 'no_data') return before;
  return has('no_labels') ? 'no_labels' : before;
}
