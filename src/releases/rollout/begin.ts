import type { Tx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import type { DeployResult } from '../../pipelines/contract.ts';
import type { Revision } from '../../serving/contract.ts';
import type { Asked } from '../asked.ts';
import type { Engine } from '../engine.ts';
import { nameOf } from '../judge.ts';
import { move } from '../move.ts';
import { selectLastEnded, type ReleaseRow } from '../store.ts';
import { planRollout, stageWords } from './plan.ts';
import { beginRollout, stageOf, toStage } from './progress.ts';
import { askForStage } from './steps.ts';
import { kept, partly, progressOf } from './write.ts';

/** Asks for the first stage beside what answers, in the transaction that says so. */
export async function beginRolling(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  { base, began }: { base: Revision; began: DeployResult },
): Promise<void> {
  const beside = base.variants.find(({ role }) => role !== 'champion');
  if (beside)
    throw conflict(
      `at ${began.endpoint} a ${beside.role}, ${beside.model} v${beside.version}, is on trial already (revision ${base.revision})`,
      { hint: `let its rollout end first, or end it with: treadle rollback ${began.endpoint}` },
    );
  const plan = planRollout(asked.deploy!.rollout!);
  const first = await askForStage(tx, engine, row, asked, {
    plan,
    stage: 0,
    base,
    expects: row.expects ?? 0,
  });
  const now = tx.clock.now();
  await move(tx, engine, row, 'deploying', {
    revision: first.id,
    ...kept(row, toStage(beginRollout(plan, base.revision, now), 0, first.revision, now)),
    deployment: { ...began, revision: first.revision },
    note: `revision ${first.revision} of ${began.endpoint} is being made ready: ${stageWords(plan.stages[0]!)} beside revision ${base.revision}`,
  });
}

/** Its first revision answers: from here on evidence is taken. */
export async function beginWatching(tx: Tx, engine: Engine, row: ReleaseRow): Promise<void> {
  const now = tx.clock.now();
  const next = { ...progressOf(row), phase: 'watching' as const, since: now, taken_at: now };
  await move(tx, engine, row, 'rolling_out', {
    ...kept(row, next),
    deployment: partly(row, next),
    note: `${nameOf(row)} gets ${stageWords(stageOf(next))}`,
  });
}

/** A pipeline that is run again does not undo what evidence, or a person, said of the very version. */
export async function rolledBackBefore(tx: Tx, row: ReleaseRow, asked: Asked): Promise<string | undefined> {
  if (row.execution === null || asked.force === true) return undefined;
  const last = await selectLastEnded(tx, row.endpoint!, row.version_ref);
  if (last?.state !== 'rolled_back') return undefined;
  return `release ${last.id} rolled ${nameOf(row)} back from ${row.endpoint} (${last.reason ?? ''}), and running the pipeline again does not undo that; to roll it out on purpose: treadle release ${row.model}@v${row.version} --to ${row.endpoint} --rollout`;
}
