import type { Ctx } from '../platform/ctx/index.ts';
import { conflict } from '../platform/errors/index.ts';
import { medianOf } from '../platform/mathematics/index.ts';
import { timesWithin } from '../platform/schedule/index.ts';
import type { MonitorWindow } from '../monitoring/contract.ts';
import { METRICS } from '../rules/index.ts';
import type { Replay, Trigger } from './contract.ts';
import { inWords } from './decide.ts';
import type { Engine } from './engine.ts';
import { changes, onsets, replay, spaced, type Policy, type Seen } from './replay.ts';
import { settingsOf } from './settings.ts';
import { requireLoop } from './store.ts';
import { isScheduled, readTrigger, timetableOf } from './triggers.ts';

const DAY = 86_400_000;
/** Windows that are read at most, and at a time. */
const MOST = 1_000;
const PAGE = 100;
/** Times of one policy. */
const TIMES = 2_000;

/** Schedules that everybody compares with. */
const USUAL: readonly Trigger[] = [
  { kind: 'daily', at: '03:00' },
  { kind: 'weekly', at: 'Mon 03:00' },
  { kind: 'monthly', at: '1 03:00' },
];

/** What each policy would have cost and gained on the windows that the monitor of its endpoint scored. */
export async function replayLoop(
  ctx: Ctx,
  engine: Engine,
  name: string,
  { days = 90 }: { days?: number },
): Promise<Replay> {
  const loop = await requireLoop(ctx, name);
  if (loop.endpoint === null)
    throw conflict(`loop '${name}' hears no endpoint`, {
      field: 'loop',
      hint: 'the past of a model is in the windows of its endpoint: say which with --endpoint, or let the loop turn once',
    });
  const settings = settingsOf(loop);
  const found = await windowsOf(ctx, engine, loop.endpoint, days * DAY);
  const windows = found.flatMap(({ window, from, to }) => toSeen(window, from, to));
  const metric = found.map(({ window }) => metricOf(window)).find((one) => one !== undefined);
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last)
    throw conflict(
      `of '${loop.endpoint}' no window of its last ${days} watched days has a version that answered`,
      {
        field: 'days',
        hint: 'look further back, or watch the endpoint: treadle monitor set',
      },
    );
  const durations = (await engine.pipelines.took(ctx, loop.pipeline)).toSorted((a, b) => a - b);
  const took = durations.length === 0 ? 0 : medianOf(durations);
  const cooled = (times: readonly number[]): number[] => spaced(times, settings.cooldown_ms);
  const schedules = new Map(
    [...settings.triggers.filter(({ kind }) => isScheduled(kind)), ...USUAL].map((trigger) => [
      readTrigger(trigger, 'trigger'),
      trigger,
    ]),
  );
  const policies: Policy[] = [
    { name: 'as it was', times: changes(windows) },
    { name: 'never', times: [] },
    ...[...schedules].map(([named, trigger]) => ({
      name: named,
      times: cooled(timesWithin(timetableOf(trigger, 'trigger'), first.from, last.to, TIMES)),
    })),
    { name: 'performance', times: cooled(onsets(windows, (one) => one.performance)) },
    { name: 'drift', times: cooled(onsets(windows, (one) => one.drift)) },
  ];
  const told = replay(windows, policies, took);
  return {
    loop: name,
    endpoint: loop.endpoint,
    from: first.from,
    to: last.to,
    windows: windows.length,
    scored: windows.filter(({ value }) => value !== undefined).length,
    ...(metric === undefined ? {} : { metric }),
    training_ms: took,
    ...(told.ageing ? { ageing: told.ageing } : {}),
    policies: told.policies.map((one) => ({ ...one, cost_ms: one.retrains * took })),
    assumptions: assumptions(told.ageing !== undefined, took),
  };
}

function assumptions(known: boolean, took: number): string[] {
  return [
    known
      ? 'a model loses the same share of its metric with each day, whichever version it is, and one that is trained anew begins where versions began; the interval is of that slope alone'
      : 'there are too few scored windows of too few ages to tell how the metric ages: only costs are said, and no gain',
    'every training would have passed its gate; one that is refused costs as much and gains nothing',
    `a training takes ${took === 0 ? 'no time, since none has run to its end' : inWords(took)}, the median of those that ran, and answers from then on`,
    'performance and drift turn where the logged windows began to alarm; with other versions they might have alarmed elsewhere',
    'new data is not replayed: what would have been there to train on is not in the log of predictions',
  ];
}

/** A window where it lies in the time that windows stand for: days that are played within seconds are days. */
interface Played {
  window: MonitorWindow;
  from: number;
  to: number;
}

/** The newest windows as far back as `span` reaches, the oldest first. The newest lies where it was looked at. */
async function windowsOf(ctx: Ctx, engine: Engine, endpoint: string, span: number): Promise<Played[]> {
  const found: Played[] = [];
  for (let page: string | undefined; found.length < MOST;) {
    const { items, next } = await engine.monitoring.windows(ctx, endpoint, {
      limit: PAGE,
      whole: true,
      ...(page === undefined ? {} : { page }),
    });
    for (const window of items) {
      const after = found.at(-1);
      const speed = speedOf(window);
      const to = after ? after.from - speed * Math.max(0, after.window.from - window.to) : window.to;
      const newest = found[0]?.to ?? to;
      if (to <= newest - span) return found.toReversed();
      found.push({ window, from: to - speed * (window.to - window.from), to });
    }
    if (next === undefined) break;
    page = next;
  }
  return found.toReversed();
}

/** How many times as fast as what it stands for a window passed. */
const speedOf = ({ from, to, stands_for_ms }: MonitorWindow): number =>
  stands_for_ms === undefined ? 1 : stands_for_ms / (to - from);

const scoreOf = ({ signals }: MonitorWindow) =>
  signals.find(({ signal, column }) => signal === 'performance' && column === undefined);

/** The figure whose value the signal tells. */
function metricOf(window: MonitorWindow): string | undefined {
  const score = scoreOf(window);
  const figures = score?.evidence['figures'];
  if (score?.value === undefined || !Array.isArray(figures)) return undefined;
  const figure = (figures as Array<{ name?: unknown; value?: unknown }>).find(
    ({ value }) => value === score.value,
  );
  return typeof figure?.name === 'string' ? figure.name : undefined;
}

function toSeen(window: MonitorWindow, from: number, to: number): Seen[] {
  if (window.version === undefined) return [];
  const score = scoreOf(window);
  return [
    {
      from,
      to,
      version: window.version,
      value: score?.value,
      better: METRICS[metricOf(window) ?? '']?.better ?? 'higher',
      performance: score?.state === 'alert',
      drift: window.signals.some(({ signal, state }) => signal === 'drift' && state === 'alert'),
    },
  ];
}
