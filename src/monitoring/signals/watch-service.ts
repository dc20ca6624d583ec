import { edgeOfTail, LATENCY_EDGES, slower } from '../../evidence/index.ts';
import type { ServedMinute } from '../../serving/index.ts';
import type { Signal } from '../contract.ts';
import {
  planHarm,
  readHarm,
  startHarm,
  stepHarm,
  type HarmOptions,
  type HarmPlan,
  type HarmState,
} from '../detectors/betting.ts';
import { moment } from '../../platform/words/index.ts';

const MINUTE = 60_000;
/** The first days of a version say what is normal: nights and days differ. */
const LEARN = { windows: 3, least: 24 * 60 * MINUTE, most: 7 * 24 * 60 * MINUTE };
/** With fewer minutes in which anything was asked, nobody knows. */
const ENOUGH = 30;
/** Slow is what takes this many buckets of 5 % longer than 99 of 100 answers did: half as long again. */
const SLOWER = 8;
/** Points by which a share may be higher than it was before it is news. */
const TOLERANCE = { slow: 0.01, failed: 0.002 };

type Normal = Required<Pick<HarmOptions, 'baseline' | 'rows' | 'variance'>>;

/** What has been gathered on a version, as it is stored. */
export interface ServiceEvidence {
  /** When its first window began. */
  began: number;
  /** Absent as long as its first windows are learnt from. */
  bets?: {
    /** Latency bucket beyond which an answer is slow. */
    edge: number;
    slow: { normal: Normal; state: HarmState };
    failed: { normal: Normal; state: HarmState };
  };
}

/** Whether a window ends the time in which a version says what is normal of it: that many windows, and a day at least. */
export const hasLearnt = (began: number, { from, to }: { from: number; to: number }): boolean =>
  to - began >= Math.max(LEARN.least, Math.min(LEARN.most, LEARN.windows * (to - from)));

/** What is normal, from all minutes of the first windows; undefined where there were too few. */
export function learnNormal(minutes: readonly ServedMinute[]): ServiceEvidence['bets'] {
  const answered = minutes.filter(({ latency }) => latency.length > 0);
  if (answered.length < ENOUGH) return undefined;
  const edge = Math.min(LATENCY_EDGES.length - 1, edgeOfTail(countsOf(answered), 0.01) + SLOWER);
  const slow = normalOf(answered.map((one) => slowShare(one, edge)));
  const failed = normalOf(minutes.flatMap((one) => (one.requests > 0 ? [failedShare(one)] : [])));
  return {
    edge,
    slow: { normal: slow, state: startHarm(planOf('slow', slow)) },
    failed: { normal: failed, state: startHarm(planOf('failed', failed)) },
  };
}

/**
 * One window more of how a version was served: signals of latency, throughput, errors and queue; none where nothing was asked.
 *
 * A minute is one bet, whatever was asked in it, on its share of slow answers and on that of requests that failed: so one slow request is no news, and a thousand
 * in one minute are one minute. Both promise together one false alarm a year as long as these shares stay, on average, within what is put up with. Latency is
 * looked at over the window; failures minute by minute, since a short outage is lost in the mean of a day.
 */
export function watchService(
  minutes: readonly ServedMinute[],
  window: { from: number; to: number },
  { began, bets }: ServiceEvidence,
): { evidence: ServiceEvidence; signals: Signal[] } {
  const asked = minutes.filter(({ requests }) => requests > 0);
  if (asked.length === 0) return { evidence: { began, ...(bets ? { bets } : {}) }, signals: [] };
  const slow = bets && watchSlow(asked, window, bets);
  const failed = bets && watchFailed(asked, bets);
  const after = bets &&
    slow &&
    failed && {
      edge: bets.edge,
      slow: { ...bets.slow, state: slow.state },
      failed: { ...bets.failed, state: failed.state },
    };
  return {
    evidence: { began, ...(after ? { bets: after } : {}) },
    signals: [
      ...latencyOf(asked, slow),
      throughputOf(asked, window),
      errorsOf(asked, failed),
      ...queueOf(asked),
    ],
  };
}

interface Said {
  state: HarmState;
  alarm: boolean;
  /** In multiples of what an alarm needs. */
  evidence: number;
  since: number | null;
  normal: number;
  bound: number;
}

function watchSlow(
  asked: readonly ServedMinute[],
  { from, to }: { from: number; to: number },
  { edge, slow: { normal, state } }: NonNullable<ServiceEvidence['bets']>,
): Said & { share: number; edge: number } {
  const plan = planOf('slow', normal);
  const answered = asked.filter(({ latency }) => latency.length > 0);
  const losses = answered.map((one) => slowShare(one, edge));
  const share = meanOf(losses);
  const of = { normal: normal.baseline, bound: plan.bound, share, edge };
  // A window in time that was seen already adds nothing.
  if (state.until !== null && from < state.until)
    return { ...of, state, alarm: false, evidence: 0, since: null };
  const { state: now, result } = stepHarm(plan, state, { from, to, losses });
  const { page, evidence, since } = result;
  // Evidence that has not faded yet is no news of a window that was as it should be.
  return { ...of, state: now, alarm: page && share > plan.bound, evidence, since };
}

function watchFailed(
  asked: readonly ServedMinute[],
  { failed: { normal, state: before } }: NonNullable<ServiceEvidence['bets']>,
): Said {
  const plan = planOf('failed', normal);
  let state = before;
  let was = readHarm(plan, before).page;
  const said = { alarm: false, evidence: 0, since: null as number | null };
  for (const one of asked) {
    const [from, to] = [one.at, one.at + MINUTE];
    if (state.until !== null && from < state.until) continue;
    const loss = failedShare(one);
    const step = stepHarm(plan, state, { from, to, losses: [loss] });
    ({ state } = step);
    const { page, evidence, since } = step.result;
    if (page && !was) said.alarm = true;
    was = page;
    if (evidence > said.evidence) [said.evidence, said.since] = [evidence, since];
  }
  // What goes on is news of each window that is worse than is put up with; evidence that has not faded yet is none of the others.
  if (was && meanOf(asked.map(failedShare)) > plan.bound) said.alarm = true;
  return { ...said, state, normal: normal.baseline, bound: plan.bound };
}

const planOf = (kind: keyof typeof TOLERANCE, normal: Normal): HarmPlan =>
  planHarm({ ...normal, tolerance: TOLERANCE[kind], pagesAYear: 0.5 });

function normalOf(shares: readonly number[]): Normal {
  const baseline = meanOf(shares);
  const variance =
    shares.reduce((sum, one) => sum + (one - baseline) ** 2, 0) / Math.max(1, shares.length - 1);
  return { baseline: Math.min(0.99, baseline), rows: shares.length, variance: Math.max(variance, 1e-6) };
}

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / values.length;

const failedShare = ({ requests, errors, refused }: ServedMinute): number => (errors + refused) / requests;

function countsOf(minutes: readonly ServedMinute[]): number[] {
  const counts = Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0);
  for (const { latency } of minutes) for (const [bucket, answers] of latency) counts[bucket]! += answers;
  return counts;
}

function slowShare({ latency }: ServedMinute, edge: number): number {
  let [all, slow] = [0, 0];
  for (const [bucket, answers] of latency) {
    all += answers;
    if (bucket > edge) slow += answers;
  }
  return slow / all;
}

/** The upper edge of the bucket that the quantile lies in, ms: at most 5 % more than it is. */
function quantileOf(counts: readonly number[], share: number): number {
  const all = counts.reduce((sum, one) => sum + one, 0);
  let edge = 0;
  while (edge < LATENCY_EDGES.length - 1 && slower(counts, edge) > (1 - share) * all) edge++;
  return round(LATENCY_EDGES[edge]!);
}

const round = (value: number): number => Number(value.toPrecision(3));
const percent = (share: number): string => `${round(100 * share)} %`;
const LEARNS = 'its first days say what is normal';

function latencyOf(asked: readonly ServedMinute[], slow: ReturnType<typeof watchSlow> | undefined): Signal[] {
  const counts = countsOf(asked);
  const answered = counts.reduce((sum, one) => sum + one, 0);
  if (answered === 0) return [];
  const [p50_ms, p90_ms, p99_ms] = [0.5, 0.9, 0.99].map((share) => quantileOf(counts, share));
  const words = `half of ${answered.toLocaleString('en')} answers within ${p50_ms} ms, 90 % within ${p90_ms} ms, 99 % within ${p99_ms} ms`;
  const evidence = { answered, p50_ms, p90_ms, p99_ms };
  const of = { signal: 'latency' as const, value: p99_ms! };
  if (!slow) return [{ ...of, state: 'no_reference', reason: `${words}; ${LEARNS}`, evidence }];
  const limit = round(LATENCY_EDGES[slow.edge]!);
  return [
    {
      ...of,
      state: slow.alarm ? 'alert' : 'ok',
      reason: `${words}; of a minute ${percent(slow.share)} took longer than ${limit} ms, where ${percent(slow.normal)} are normal${beyond(slow)}`,
      evidence: { ...evidence, limit_ms: limit, slow: slow.share, ...figuresOf(slow) },
    },
  ];
}

function throughputOf(asked: readonly ServedMinute[], { from, to }: { from: number; to: number }): Signal {
  const sum = (of: (one: ServedMinute) => number): number => asked.reduce((all, one) => all + of(one), 0);
  const [requests, rows] = [sum((one) => one.requests), sum((one) => one.rows)];
  const busiest = Math.max(...asked.map((one) => one.requests));
  const value = (1000 * requests) / (to - from);
  return {
    signal: 'throughput',
    value,
    state: 'ok',
    reason: `${requests.toLocaleString('en')} requests, ${round(value)} a second; ${busiest.toLocaleString('en')} in the busiest minute`,
    evidence: { requests, rows, busiest_minute: busiest, minutes: asked.length },
  };
}

function errorsOf(asked: readonly ServedMinute[], failed: Said | undefined): Signal {
  const sum = (of: 'requests' | 'bad' | 'errors' | 'refused'): number =>
    asked.reduce((all, one) => all + one[of], 0);
  const [requests, bad, errors, refused] = [sum('requests'), sum('bad'), sum('errors'), sum('refused')];
  const value = (errors + refused) / requests;
  const own = bad === 0 ? '' : `; ${bad.toLocaleString('en')} more were mistakes of callers`;
  const words = `${percent(value)} of ${requests.toLocaleString('en')} requests failed (${errors} errors, ${refused} refused)${own}`;
  const evidence = { requests, bad, errors, refused };
  const of = { signal: 'errors' as const, value };
  if (!failed) return { ...of, state: 'no_reference', reason: `${words}; ${LEARNS}`, evidence };
  return {
    ...of,
    state: failed.alarm ? 'alert' : 'ok',
    reason: `${words}; ${percent(failed.normal)} are normal${beyond(failed)}`,
    evidence: { ...evidence, ...figuresOf(failed) },
  };
}

/** How long answers waited for the model; nothing where nobody counted it. */
function queueOf(asked: readonly ServedMinute[]): Signal[] {
  const counted = asked.filter((one) => one.queued_ms !== undefined);
  const answered = counted.reduce((sum, one) => sum + one.requests - one.bad - one.errors - one.refused, 0);
  if (answered === 0) return [];
  const value = counted.reduce((sum, one) => sum + one.queued_ms!, 0) / answered;
  const worst = Math.max(
    ...counted.map(({ requests, bad, errors, refused, queued_ms = 0 }) => {
      const all = requests - bad - errors - refused;
      return all === 0 ? 0 : queued_ms / all;
    }),
  );
  return [
    {
      signal: 'queue',
      value,
      state: 'ok',
      reason: `answers waited ${round(value)} ms for the model on average, ${round(worst)} ms in the worst minute`,
      evidence: { answered, worst_minute_ms: worst },
    },
  ];
}

const beyond = ({ alarm, bound, since }: Said): string =>
  alarm
    ? `, and up to ${percent(bound)} are put up with${since === null ? '' : `; since ${moment(since)}`}`
    : '';

const figuresOf = ({ normal, bound, evidence, since }: Said) => ({
  normal,
  put_up_with: bound,
  evidence,
  since,
  alarms_a_year: 0.5,
});
