import type { Tx } from '../../platform/ctx/index.ts';
import type { Revision } from '../../serving/contract.ts';
import type { Asked } from '../asked.ts';
import type { Engine } from '../engine.ts';
import { move } from '../move.ts';
import type { ReleaseRow } from '../store.ts';
import { stageWords } from './plan.ts';
import { toStage, withoutHold, type Progress } from './progress.ts';
import { kept, partly, pointOf } from './write.ts';

/** Who takes a step, and what it rests on. */
export interface Ground {
  words: string;
  /** A person; evidence unless said. */
  by?: string;
}

/** Asks for the revision of a stage: what answered before, and beside it the version with its part. */
export async function askForStage(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  { plan, stage, base, expects }: { plan: Progress['plan']; stage: number; base: Revision; expects: number },
): Promise<Revision> {
  const { endpoint, sticky = base.sticky, replace } = asked.deploy!;
  const to = plan.stages[stage]!;
  const version = { model: row.model, version: String(row.version) };
  const before = base.variants.find(({ role }) => role === 'champion')!;
  const primary = {
    model: before.model,
    version: String(before.version),
    runtime: before.runtime,
  };
  return engine.serving.deploy(tx, {
    endpoint,
    ...(to.role === 'primary'
      ? version
      : { ...primary, [to.role]: { ...version, percent: to.role === 'canary' ? to.percent : 100 } }),
    sticky,
    strict: base.strict,
    ...(replace === undefined ? {} : { replace }),
    expects,
    back: base.revision,
    note: `${row.pipeline === null ? `release ${row.id}` : `execution ${row.number} of ${row.pipeline}`}: ${stageWords(to)}`,
    asked_by: row.execution === null ? `release:${row.id}` : `execution:${row.execution}`,
  });
}

/** On to a stage, in one transaction with its revision. `live` is what answers now. */
export async function advance(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  asked: Asked,
  progress: Progress,
  { stage, base, live, words, by }: Ground & { stage: number; base: Revision; live: Revision },
): Promise<void> {
  const { plan } = progress;
  const revision = await askForStage(tx, engine, row, asked, { plan, stage, base, expects: live.revision });
  const now = tx.clock.now();
  const next = toStage(progress, stage, revision.revision, now);
  const note = `${stageWords(plan.stages[stage]!)}, revision ${revision.revision}: ${said({ words, by })}`;
  await move(tx, engine, row, 'rolling_out', {
    revision: revision.id,
    ...kept(row, next, pointOf(progress, now)),
    deployment: partly(row, next, 'being made ready'),
    note,
  });
}

/** What answered before is taken up again, for all requests, in one transaction with the reason. */
export async function goBack(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  progress: Progress,
  { live, words, by }: Ground & { live: Revision },
): Promise<void> {
  const why = said({ words, by });
  const revision = await engine.serving.takeBack(tx, {
    endpoint: row.endpoint!,
    to: progress.base,
    expects: live.revision,
    cause: by === undefined ? 'automatic-rollback' : 'rollback',
    note: why,
    asked_by: `release:${row.id}`,
  });
  const now = tx.clock.now();
  const next: Progress = {
    ...withoutHold(progress),
    phase: 'back',
    since: now,
    why,
    revisions: [...progress.revisions, revision.revision],
  };
  await move(tx, engine, row, 'rolling_out', {
    revision: revision.id,
    ...kept(row, next, pointOf(progress, now)),
    deployment: partly(row, next, 'being rolled back'),
    note: `revision ${revision.revision} takes up revision ${progress.base} again: ${why}`,
  });
}

/** It stays where it is until a person decides. */
export async function hold(
  tx: Tx,
  engine: Engine,
  row: ReleaseRow,
  progress: Progress,
  { words, by }: Ground,
): Promise<void> {
  const now = tx.clock.now();
  const next: Progress = {
    ...progress,
    held: { why: words, since: now, ...(by === undefined ? {} : { by }) },
  };
  await move(tx, engine, row, 'held', {
    ...kept(row, next, pointOf(progress, now)),
    deployment: partly(row, next),
    note: said({ words, by }),
  });
}

const said = ({ words, by }: { words: string; by: string | undefined }): string =>
  by === undefined ? words : `${by}: ${words}`;
