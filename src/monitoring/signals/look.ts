import { getVersion } from '../../models/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError, unavailable } from '../../platform/errors/index.ts';
import { ruleOf, type Serving } from '../../serving/index.ts';
import { QUERY, type Tables } from '../../tables/index.ts';
import type { MonitorSettings, Signal } from '../contract.ts';
import type { DriftResult, NamedColumn } from '../detectors/e-detector.ts';
import { isDerived, sourceOf } from '../kinds/names.ts';
import { sourcesOf } from '../kinds/sources.ts';
import { openLog } from '../open-log.ts';
import {
  findEvidence,
  insertSignals,
  insertWindow,
  putEvidence,
  selectValues,
  type Detector,
  type Grown,
  type MonitorRow,
} from '../store-monitors.ts';
import { askBehind, passOn, type Attempt } from './ask.ts';
import { judgeColumns } from './judge-columns.ts';
import { estimate } from './estimate.ts';
import { freshnessOf } from './freshness.ts';
import { probe } from './probe.ts';
import { COUNT, NAMES } from './questions.ts';
import { referenceFor } from './reference.ts';
import { serviceOf } from './service.ts';
import { isUnrecorded, unrecordedSignals } from './unrecorded.ts';
import { volumeOf } from './volume.ts';
import { signalRows, worst } from './signal-rows.ts';
import { ofVersion, type VersionSeen } from './version-seen.ts';
import { watchDrift, type DriftEvidence } from './watch-drift.ts';

export interface Parts {
  serving: Pick<Serving, 'recorded' | 'served' | 'rules' | 'hash'>;
  tables: Tables;
}

interface Gathered {
  version: string;
  detector: Detector;
  grown: Grown;
}

export interface Looked {
  rows: number;
  version?: VersionSeen;
  signals: Signal[];
  /** What the windows of a version come to with this one. */
  evidence: Gathered[];
  /** Why the window could not be looked at. */
  problem?: string;
}

/** Looks at a window that is over. Whatever goes wrong is a result, unless another attempt may mend it. */
export async function lookAt(
  ctx: Ctx,
  parts: Parts,
  monitor: MonitorRow,
  asked: { endpoint: string; from: number },
  attempt: Attempt,
): Promise<Looked> {
  try {
    const looked = await lookIfAny(ctx, parts, monitor, asked, attempt.signal);
    // Also where all failed, and so nothing was recorded.
    const { signals, evidence } = await serviceOf(ctx, parts, monitor, asked);
    return {
      ...looked,
      signals: [...looked.signals, ...signals],
      evidence: [...looked.evidence, ...(evidence ? [{ ...evidence, detector: 'service' as const }] : [])],
    };
  } catch (error) {
    passOn(error, attempt);
    ctx.log.warn('a window could not be looked at', { monitor: monitor.id, from: asked.from, error });
    return { rows: 0, signals: [], evidence: [], problem: outwardMessageOf(error) };
  }
}

async function lookIfAny(...asked: Parameters<typeof look>): Promise<Looked> {
  try {
    return await look(...asked);
  } catch (error) {
    if (!(error instanceof TreadleError) || error.code !== 'no-predictions') throw error;
    const [ctx, parts, monitor, window] = asked;
    const span = { from: window.from, to: window.from + monitor.window_ms };
    const rules = await parts.serving.rules(ctx, window.endpoint, span);
    const volume = await volumeOf(ctx, parts, monitor, window, { rows: 0, dropped: 0, rules });
    return { rows: 0, signals: [volume], evidence: [] };
  }
}

async function look(
  ctx: Ctx,
  parts: Parts,
  monitor: MonitorRow,
  asked: { endpoint: string; from: number },
  signal?: AbortSignal,
): Promise<Looked> {
  const { endpoint, from } = asked;
  const window = { from, to: from + monitor.window_ms };
  const recorded = await parts.serving.recorded(ctx, endpoint, { ...window, whole: true });
  if (recorded.incomplete) throw unavailable('a data plane is too busy to write its predictions');
  const { files, views } = openLog(recorded, { text: 'log', prefix: 'log' }, window);
  const seen = await versionIn(ctx, parts.tables, { files, views }, signal);
  const { dropped, rules } = recorded;
  if (!seen) {
    const volume = await volumeOf(ctx, parts, monitor, asked, { rows: 0, dropped, rules });
    return { rows: 0, signals: [volume], evidence: [] };
  }
  const { newest, ...version } = seen;
  const all = [...views, ofVersion('log', version)];
  const { rows, columns } = await askBehind(ctx, parts.tables, NAMES, {
    files,
    request: { views: all, view: 'version' },
    signal,
  });
  const { ignore = [], kinds } = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const there = columns.map(({ name }) => name).filter((name) => !isUnrecorded(rules, name));
  const sources = sourcesOf(
    there,
    (await getVersion(ctx, version.model, String(version.version))).facts?.signature,
    kinds,
  );
  const names = new Set([...there, ...sources.map(({ column }) => column)]);
  const { watched: compared, ...reference } = await referenceFor(
    ctx,
    parts,
    monitor,
    { endpoint, version, columns: sources, rules, before: from },
    signal,
  );
  const watched = compared.filter(({ column }) => !isUnrecorded(rules, column));
  const present = watched.filter(({ column }) => names.has(sourceOf(column)));
  const counted =
    present.length === 0
      ? { counted: [], unread: [] }
      : await askBehind(ctx, parts.tables, COUNT, {
          files,
          request: {
            views: all,
            view: 'version',
            columns: present.map(({ column, anchor, recipe }) => ({ column, anchor, recipe })),
          },
          signal,
        });
  // What there ever was a rule of is there where the model takes it at all.
  const absent = watched.filter(
    ({ column }) => !isDerived(column) && !names.has(column) && !ruleOf(rules, column),
  );
  const before = await findEvidence(ctx, monitor, version.ref, 'drift');
  const { evidence, result } = watchDrift(
    watched,
    counted.counted,
    window,
    before === undefined ? undefined : (JSON.parse(before) as DriftEvidence), // written by this room
  );
  const usual = await selectValues(ctx, monitor, 'freshness', { before: from, limit: USUAL });
  // Of a smaller share than before the newest row is older.
  const earlier = { from: from - USUAL * monitor.window_ms, to: from };
  const fewer = (await parts.serving.rules(ctx, endpoint, earlier)).most / rules.least;
  const closer = await probe(
    ctx,
    parts.tables,
    { files, views: all },
    watched,
    { counted: counted.counted, drifted: new Set(result.shape.columns.map(({ name }) => name)) },
    signal,
  );
  const estimated = await estimate(
    ctx,
    parts.tables,
    monitor,
    { files, views: all, version, before: from },
    signal,
  );
  return {
    rows,
    version,
    evidence: [
      { version: version.ref, detector: 'drift', grown: { before, after: JSON.stringify(evidence) } },
    ],
    signals: [
      await volumeOf(ctx, parts, monitor, asked, { rows, dropped, rules, version }),
      freshnessOf(newest, window, usual, fewer),
      columnsOf(
        absent.map(({ column }) => column),
        reference.notes,
      ),
      ...(watched.length > 0 ? [allOf(result.shape), skewOf(movedOf(result), evidence.began)] : []),
      // What a closer look says is what is to be mended, and so the first that is told of a column.
      ...closer,
      ...judgeColumns(watched, counted, result),
      ...unrecordedSignals(rules, ignore),
      ...estimated,
      ...reference.without
        .filter(({ column }) => !ignore.includes(column))
        .map(({ column, why }): Signal => ({
          signal: 'drift',
          column,
          state: 'no_reference',
          reason: why,
          evidence: {},
        })),
    ],
  };
}

/** The version that answered as primary last. */
async function versionIn(
  ctx: Ctx,
  tables: Tables,
  { files, views }: Pick<ReturnType<typeof openLog>, 'files' | 'views'>,
  signal?: AbortSignal,
): Promise<(VersionSeen & { newest: number }) | undefined> {
  const { rows } = await askBehind(ctx, tables, QUERY, {
    files,
    request: {
      query: `select model, version, epoch_ms(max(time)) as newest from log where role = 'primary' group by all order by newest desc, version desc limit 1`,
      views,
      limit: 1,
      bytes: 10_000,
    },
    signal,
  });
  const [row] = rows;
  if (!row) return undefined;
  const [model, version] = [String(row[0]), Number(row[1])];
  const { ref } = await getVersion(ctx, model, String(version));
  return { model, version, ref, newest: Number(row[2]) };
}

/** Windows before that say what is usual. */
const USUAL = 28;

const columnsOf = (absent: readonly string[], notes: readonly string[]): Signal => ({
  signal: 'columns',
  value: absent.length,
  state: absent.length > 0 ? 'alert' : notes.length > 0 ? 'failed' : 'ok',
  reason:
    absent.length > 0
      ? `columns of the reference are not recorded: ${absent.slice(0, 20).join(', ')}`
      : (notes[0] ?? 'all columns of the reference are there'),
  evidence: { absent, ...(notes.length > 0 ? { notes } : {}) },
});

/** All columns together: what the alarm is about, whichever of them it names. */
const allOf = ({ alarm, evidence, words }: DriftResult['shape']): Signal => ({
  signal: 'drift',
  value: evidence,
  state: alarm ? 'alert' : 'ok',
  reason: words,
  evidence: { alarms_a_year: 1 },
});

/** Columns that drift: of shapes, and of what is made of others, where a category that was never there is no fault. */
const movedOf = ({ shape, share }: DriftResult): NamedColumn[] => [
  ...shape.columns,
  ...share.columns.filter(({ name }) => isDerived(name) && !shape.columns.some((one) => one.name === name)),
];

/** What has been otherwise than in the reference ever since the version began to answer. */
function skewOf(columns: readonly NamedColumn[], began: number): Signal {
  const names = columns.flatMap(({ name, since }) => (since !== null && since <= began ? [name] : []));
  return {
    signal: 'skew',
    value: names.length,
    state: names.length > 0 ? 'alert' : 'ok',
    reason:
      names.length > 0
        ? `otherwise than in the reference since the first window of the version: ${names.slice(0, 20).join(', ')}; computed otherwise when it answers than when it learnt, or moved before it was deployed`
        : 'no column is otherwise than in the reference since the first window of the version',
    evidence: { columns: names },
  };
}

/** Writes down what was seen, once. False where it was before. */
export async function keepLooked(
  tx: Tx,
  monitor: MonitorRow,
  from: number,
  { rows, version, signals, evidence, problem }: Looked,
): Promise<boolean> {
  const state = problem === undefined ? worst(signals) : 'failed';
  const fresh = await insertWindow(tx, {
    monitor_id: monitor.id,
    generation: monitor.generation,
    from_at: from,
    to_at: from + monitor.window_ms,
    state,
    row_count: rows,
    model: version?.model ?? null,
    version: version?.version ?? null,
    version_ref: version?.ref ?? null,
    problem: problem ?? null,
    stands_for_ms: (JSON.parse(monitor.settings) as MonitorSettings).stands_for_ms ?? null, // written by this room

    looked_at: tx.clock.now(),
    scored_at: null,
  });
  if (!fresh) return false;
  await insertSignals(tx, signalRows(monitor, from, signals));
  for (const { version: of, detector, grown } of evidence)
    await putEvidence(tx, monitor, of, detector, grown);
  await tx.emit({
    type: 'monitor.looked',
    subject: `monitor:${monitor.id}`,
    data: { from, state, alerts: signals.filter((one) => one.state === 'alert').length },
  });
  return true;
}
