import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import { METRICS } from '../../rules/index.ts';
import { newestFor } from '../../validation/index.ts';
import type { MonitorSettings, Signal, SignalState } from '../contract.ts';
import { openLabelled } from '../outcomes/open-outcomes.ts';
import { insertSignals, scoreWindowRow, type MonitorRow, type WindowRow } from '../store-monitors.ts';
import { askBehind, passOn, type Attempt } from './ask.ts';
import type { Parts } from './look.ts';
import { SCORE, type Figure, type Task } from './questions.ts';
import { signalRows } from './signal-rows.ts';
import { ofVersion } from './version-seen.ts';

/** Rows with an outcome that a metric is told from. */
const FEW = 20;
/** By how much a bounded metric, or the share of another one, may be worse before it is news. */
const WORSE = 0.01;

const USUAL: Readonly<Record<Task, string>> = { binary: 'auc', regression: 'rmse', classes: 'accuracy' };

/** Coverage and performance of a window whose outcomes were waited for. Whatever goes wrong is a result, unless another attempt may mend it. */
export async function scoreWindow(
  ctx: Ctx,
  parts: Parts,
  monitor: MonitorRow,
  asked: { endpoint: string; window: WindowRow },
  attempt: Attempt,
): Promise<Signal[]> {
  const { endpoint, window } = asked;
  if (window.version_ref === null || window.model === null || window.version === null) return [];
  const version = { model: window.model, version: window.version, ref: window.version_ref };
  try {
    const span = { from: window.from_at, to: window.to_at };
    const call = { subject: endpoint, last: undefined, text: 'labelled', prefix: 'l' };
    const { files, views } = await openLabelled(ctx, parts.serving, call, span);
    const { score, task, metric } = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
    const scored = await askBehind(ctx, parts.tables, SCORE, {
      files,
      request: { views: [...views, ofVersion('labelled', version)], view: 'version', score, task },
      signal: attempt.signal,
    });
    const { rows, labelled } = scored;
    const coverage: Signal = {
      signal: 'coverage',
      value: rows === 0 ? 0 : labelled / rows,
      state: labelled === 0 ? 'no_labels' : 'ok',
      reason: `${labelled.toLocaleString('en')} of ${rows.toLocaleString('en')} rows have their outcome`,
      evidence: { rows, labelled },
    };
    if (labelled === 0) return [coverage];
    return [coverage, await performanceOf(ctx, scored, version.ref, metric)];
  } catch (error) {
    passOn(error, attempt);
    const gone = error instanceof TreadleError && error.code === 'no-predictions';
    const reason = gone ? 'the predictions of this window are no longer recorded' : outwardMessageOf(error);
    return [{ signal: 'performance', state: gone ? 'no_data' : 'failed', reason, evidence: {} }];
  }
}

async function performanceOf(
  ctx: Ctx,
  scored: { labelled: number; task?: Task; column?: string; figures: Figure[]; problem?: string },
  versionRef: string,
  asked: string | undefined,
): Promise<Signal> {
  const { labelled, task, column, figures, problem } = scored;
  const evidence = { labelled, task, column, figures };
  const of = { signal: 'performance' as const, evidence };
  if (task === undefined) return { ...of, state: 'failed', reason: problem ?? 'nothing could be scored' };
  const name = asked ?? USUAL[task];
  const figure = figures.find((one) => one.name === name);
  if (!figure)
    return {
      ...of,
      state: labelled < FEW ? 'no_labels' : 'failed',
      reason: `there is no ${name} of these rows: ${figures.map((one) => one.name).join(', ')}`,
    };
  const range =
    figure.low === undefined || figure.high === undefined
      ? ''
      : ` (${figure.low.toPrecision(3)} to ${figure.high.toPrecision(3)})`;
  const said = `${name} ${figure.value.toPrecision(3)}${range} on ${labelled.toLocaleString('en')} rows`;
  if (labelled < FEW)
    return { ...of, value: figure.value, state: 'no_labels', reason: `${said}: too few to judge by` };
  const judged = (await newestFor(ctx, versionRef))?.metrics.find((one) => one.name === name);
  if (!judged)
    return {
      ...of,
      value: figure.value,
      state: 'ok',
      reason: `${said}; no evaluation has it to compare with`,
    };
  const worse = isWorse(name, figure, judged);
  return {
    ...of,
    evidence: { ...evidence, judged: { value: judged.value, low: judged.low, high: judged.high } },
    value: figure.value,
    state: worse ? 'alert' : 'ok',
    reason: `${said}; ${judged.value.toPrecision(3)} when it was judged`,
  };
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
  signals: readonly Signal[],
): Promise<boolean> {
  const state = stateWith(window.state as SignalState, signals);
  if (!(await scoreWindowRow(tx, window, { state }))) return false;
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
