import type { Ctx } from '../../platform/ctx/index.ts';
import type { Family } from '../../platform/exposition/index.ts';
import type { Serving } from '../../serving/index.ts';
import { tellModelVersions } from '../../models/index.ts';
import { overdueSince } from '../overdue.ts';
import type { Estimated } from '../detectors/cbpe.ts';
import { countActive } from '../store-alerts.ts';
import {
  findScored,
  selectFigures,
  selectMonitorsWithNewest,
  selectNamed,
  type MonitorRow,
  type WindowRow,
} from '../store-monitors.ts';

type Sample = Family['samples'][number];

/** Columns that have a series of their own, those that moved most; the others are one, so that a wide table costs no more. */
const COLUMNS = 50;
/** Monitors of a workspace that are told of. */
const MONITORS = 200;
/** How long an answer is good for, ms: windows end by the hour, and everybody may scrape. */
const FRESH = 10_000;

/** What monitors tell Prometheus, from what is stored of their newest windows; of the caller's workspace. */
export function monitorMeasures(serving: Pick<Serving, 'tellers'>): (ctx: Ctx) => Promise<Family[]> {
  const held = new Map<string, { at: number; families: Promise<Family[]> }>();
  return (ctx) => {
    const now = ctx.clock.now();
    let found = held.get(ctx.workspace);
    if (!found || now - found.at > FRESH || now < found.at) {
      held.set(ctx.workspace, (found = { at: now, families: familiesOf(ctx, serving) }));
      found.families.catch(() => held.delete(ctx.workspace));
    }
    return found.families;
  };
}

async function familiesOf(ctx: Ctx, serving: Pick<Serving, 'tellers'>): Promise<Family[]> {
  const { workspace } = ctx;
  const [watched, active] = await Promise.all([selectMonitorsWithNewest(ctx, MONITORS), countActive(ctx)]);
  const ids = new Set([
    ...watched.map(({ monitor }) => monitor.endpoint_id),
    ...active.map((one) => one.endpoint_id),
  ]);
  const told = await serving.tellers.endpoints(
    ctx,
    [...ids].map((id) => `endpoint:${id}`),
  );
  const named = (id: string): string => told.get(`endpoint:${id}`)?.facts.name ?? '';
  const families = new Map<string, Family & { samples: Sample[] }>();
  const add = (name: keyof typeof SAYS, labels: Record<string, string>, value: number): void => {
    let family = families.get(name);
    if (!family) families.set(name, (family = { name, help: SAYS[name], type: 'gauge', samples: [] }));
    family.samples.push({ labels: { workspace, ...labels }, value });
  };
  const refs = watched.flatMap(({ newest }) => newest?.version_ref ?? []);
  const versions = await tellModelVersions(ctx, [...new Set(refs)]);
  for (const { endpoint_id, cause, severity, state, count } of active)
    add('treadle_alerts_active', { endpoint: named(endpoint_id), cause, severity, state }, count);
  for (const { monitor, newest } of watched) {
    const endpoint = named(monitor.endpoint_id);
    const overdue = overdueSince(monitor, newest, ctx.clock.now());
    add('treadle_monitor_overdue', { endpoint }, overdue === undefined ? 0 : 1);
    if (!newest) continue;
    add('treadle_monitor_window_rows', { endpoint }, newest.row_count);
    if (newest.problem === null)
      add('treadle_monitor_last_success_timestamp_seconds', { endpoint }, newest.looked_at / 1000);
    const registered = versions.get(newest.version_ref ?? '')?.facts.registered;
    if (registered)
      add('treadle_model_age_seconds', ofVersion(newest, endpoint), (ctx.clock.now() - registered.at) / 1000);
    await addColumns(ctx, monitor, newest, endpoint, add);
    const scored = await findScored(ctx, monitor);
    if (scored) await addScores(ctx, monitor, scored, endpoint, add);
  }
  return [...families.values()];
}

const SAYS = {
  treadle_alerts_active: 'Alerts that are not resolved.',
  treadle_monitor_overdue:
    'Whether a window should have been looked at and was not: 1 where the monitor does not run.',
  treadle_monitor_last_success_timestamp_seconds: 'When a window was looked at last.',
  treadle_monitor_window_rows: 'Rows of the newest window.',
  treadle_feature_drift_score: 'Population stability index of a column in the newest window.',
  treadle_feature_drift_evalue: 'Evidence that a column has drifted; 1 is what an alarm of the model needs.',
  treadle_feature_null_ratio: 'Share of missing values of a column in the newest window.',
  treadle_model_drift_evalue: 'Evidence that some column has drifted; at 1 the model alarms.',
  treadle_model_age_seconds: 'Since when the version that answers is registered.',
  treadle_model_metric:
    'Metrics of a version: realised in the newest window whose outcomes were waited for, and estimated in the newest window without them.',
  treadle_label_coverage_ratio: 'Share of rows of the newest window with outcomes that have one.',
  treadle_label_delay_seconds: 'How long after answers of that window their first outcomes were observed.',
} as const;

const ofVersion = ({ model, version }: WindowRow, endpoint: string) => ({
  endpoint,
  model: model ?? '',
  version: String(version ?? ''),
});

type Add = (name: keyof typeof SAYS, labels: Record<string, string>, value: number) => void;

async function addColumns(
  ctx: Ctx,
  monitor: MonitorRow,
  window: WindowRow,
  endpoint: string,
  add: Add,
): Promise<void> {
  const figures = await selectFigures(ctx, monitor, window.from_at);
  const of = { endpoint, model: window.model ?? '' };
  const drift = figures
    .flatMap(({ name, signal, column_name: column, value }) =>
      signal === 'drift' && column !== null && value !== null ? [{ name, column, value }] : [],
    )
    .toSorted((a, b) => b.value - a.value);
  const shown = drift.slice(0, COLUMNS);
  for (const { column, value } of shown)
    add('treadle_feature_drift_score', { ...of, feature: column, method: 'psi' }, value);
  if (drift.length > COLUMNS)
    add('treadle_feature_drift_score', { ...of, feature: 'other', method: 'psi' }, drift[COLUMNS]!.value);
  const kept = new Set(shown.map(({ column }) => column));
  let rest: number | undefined;
  for (const { signal, column_name: column, value } of figures) {
    if (value === null) continue;
    if (signal === 'drift' && column === null) add('treadle_model_drift_evalue', of, value);
    if (signal !== 'missing' || column === null) continue;
    if (kept.has(column) || drift.length <= COLUMNS)
      add('treadle_feature_null_ratio', { ...of, feature: column }, value);
    else rest = Math.max(rest ?? 0, value);
  }
  if (rest !== undefined) add('treadle_feature_null_ratio', { ...of, feature: 'other' }, rest);
  const rows = await selectNamed(ctx, monitor, window.from_at, [
    ...shown.map(({ name }) => name),
    'estimated',
  ]);
  for (const { signal, column_name: column, evidence } of rows) {
    if (signal === 'estimated') {
      const { metrics = {} } = JSON.parse(evidence) as { metrics?: Record<string, Estimated | string> }; // written by this room
      for (const [metric, one] of Object.entries(metrics))
        if (typeof one === 'object')
          add(
            'treadle_model_metric',
            { ...ofVersion(window, endpoint), metric, kind: 'estimated' },
            one.value,
          );
      continue;
    }
    const said: unknown = JSON.parse(evidence);
    if (column !== null && typeof said === 'object' && said !== null && 'evidence' in said)
      add('treadle_feature_drift_evalue', { ...of, feature: column }, Number(said.evidence));
  }
}

async function addScores(
  ctx: Ctx,
  monitor: MonitorRow,
  window: WindowRow,
  endpoint: string,
  add: Add,
): Promise<void> {
  const rows = await selectNamed(ctx, monitor, window.from_at, ['coverage', 'performance']);
  const of = ofVersion(window, endpoint);
  for (const { signal, value, evidence } of rows) {
    if (signal === 'coverage' && value !== null) add('treadle_label_coverage_ratio', of, value);
    if (signal === 'coverage') {
      const { delay } = JSON.parse(evidence) as { delay?: Record<'p50_ms' | 'p90_ms' | 'p99_ms', number> }; // written by this room
      if (delay)
        for (const [quantile, ms] of [
          ['0.5', delay.p50_ms],
          ['0.9', delay.p90_ms],
          ['0.99', delay.p99_ms],
        ] as const)
          add('treadle_label_delay_seconds', { ...of, quantile }, ms / 1000);
    }
    if (signal !== 'performance') continue;
    const { figures = [] } = JSON.parse(evidence) as { figures?: Array<{ name: string; value: number }> }; // written by this room
    for (const { name, value: figure } of figures)
      add('treadle_model_metric', { ...of, metric: name, kind: 'realised' }, figure);
  }
}
