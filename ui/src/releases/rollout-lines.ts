import type { ReleaseDetail, Rollout } from '../../../src/releases/contract.ts';
import type { ChartSeries } from '../kit/chart/series.ts';
import { formatNumber } from '../kit/format.ts';

/** What a rollout shows: its evidence as lines, its steps in words. Pure. */

type Evidence = NonNullable<ReleaseDetail['evidence']>;

/** Evidence has no upper end: beyond this it is as good as proven, and the chart need not grow. */
const MOST = 1000;
/** Below this there is none, and a log axis must end somewhere. */
const LEAST = 0.001;

/** Harm, and what is shown to be good enough, each in multiples of what its decision needs: at 1 it is taken. */
export function evidenceLines(points: Evidence, metrics: Rollout['losses']): ChartSeries[] {
  if (points.length === 0) return [];
  const x = points.map(({ at }) => at);
  const line = (
    id: string,
    name: string,
    of: (point: Evidence[number]) => number | undefined,
  ): ChartSeries => {
    const y = points.map((point) => Math.min(MOST, Math.max(LEAST, of(point) ?? 0)));
    return { id, name, x, y, min: y, max: y, end: y.at(-1), count: y.map(() => 1), odd: [] };
  };
  return [
    line('harm', 'harm', ({ harm }) => harm),
    line('errors', 'errors good enough', ({ proof }) => proof.errors),
    line('latency', 'latency good enough', ({ proof }) => proof.latency),
    ...(metrics === 'require' ? [line('loss', 'losses good enough', ({ proof }) => proof.loss)] : []),
    line('needed', 'what a decision needs', () => 1),
  ];
}

export const stageName = ({ role, percent }: Rollout['stages'][number]): string =>
  role === 'shadow' ? 'shadow' : `${formatNumber(percent, 3)} %`;

/** Of each step, whether it is done, under way, or to come. */
export function stageState(
  { stage, phase }: Pick<Rollout, 'stage' | 'phase'>,
  at: number,
  ended: boolean,
): 'done' | 'now' | 'back' | 'later' {
  if (at < stage) return 'done';
  if (at > stage) return 'later';
  if (phase === 'back') return 'back';
  return ended ? 'done' : 'now';
}

/** `0.42 %`; nothing was asked: a dash. */
export const shareOf = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${formatNumber((100 * part) / whole, 3)} %`;

/** `12 of what is needed`: evidence in multiples of its threshold. */
export const timesNeeded = (evidence: number | undefined): string =>
  evidence === undefined ? '–' : evidence >= MOST ? `> ${MOST}` : formatNumber(evidence, 2);
