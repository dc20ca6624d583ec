import type { Tx } from '../../platform/ctx/index.ts';
import type { DeployResult } from '../../pipelines/contract.ts';
import type { Engine } from '../engine.ts';
import { tell } from '../move.ts';
import type { ReleaseRow } from '../store.ts';
import { stageWords } from './plan.ts';
import { readEvidence, stageOf, type Point, type Progress } from './progress.ts';

/** Points of a chart: when there are so many, every second one goes. */
const MOST_POINTS = 240;
/** Between two points: so long, or a hundredth of the time since the first. */
const APART = 1_000;

/** The columns of a row that hold a rollout. */
export const kept = (row: ReleaseRow, progress: Progress, point?: Point) => ({
  rollout: JSON.stringify(progress),
  ...(point ? { rollout_points: JSON.stringify(thinned([...pointsOf(row), point])) } : {}),
});

export const progressOf = ({ rollout }: Pick<ReleaseRow, 'rollout'>): Progress =>
  JSON.parse(rollout!) as Progress; // written by this room

export const pointsOf = ({ rollout_points: points }: Pick<ReleaseRow, 'rollout_points'>): Point[] =>
  points === null ? [] : (JSON.parse(points) as Point[]); // written by this room

export function pointOf(progress: Progress, at: number): Point {
  const { harm, proof } = readEvidence(progress);
  const { requests, trial } = progress.seen;
  return { at, stage: progress.stage, requests, trial, harm, proof };
}

const thinned = (points: readonly Point[]): Point[] =>
  points.length > MOST_POINTS
    ? points.filter((_point, i) => i % 2 === 0 || i === points.length - 1)
    : [...points];

/** Evidence is written down with every batch; the chart and those who watch hear of it less often. */
export async function keepTaken(tx: Tx, engine: Engine, row: ReleaseRow, progress: Progress): Promise<void> {
  const points = pointsOf(row);
  const now = tx.clock.now();
  const [first, last] = [points[0]?.at ?? now, points.at(-1)?.at ?? 0];
  const shown = now - last >= Math.max(APART, (now - first) / 100);
  await tell(
    tx,
    engine,
    row,
    shown ? { deployment: partly(row, progress) } : {},
    kept(row, progress, shown ? pointOf(progress, now) : undefined),
    shown,
  );
}

/** The deployment as its release and its execution tell it while it is rolled out. */
export function partly(row: ReleaseRow, progress: Progress, note?: string): DeployResult {
  const { stage: _stage, ...before } = JSON.parse(row.deployment!) as DeployResult; // written by this room
  const { words } = readEvidence(progress);
  return {
    ...before,
    state: 'rolling_out',
    revision: progress.revisions.at(-1)!,
    stage: `${stageWords(stageOf(progress))}: ${note ?? (progress.held ? `held: ${progress.held.why}` : words)}`,
  };
}
