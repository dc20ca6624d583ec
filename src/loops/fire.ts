import type { Tx } from '../platform/ctx/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Engine } from './engine.ts';
import type { LoopRow } from './store.ts';
import { insertTurn, type TurnRow } from './store-turns.ts';

export interface Spark {
  /** As the loop names it; `manual`. */
  trigger: string;
  kind: string;
  /** What it is one of: of one trigger of a loop, each turns it once. */
  occurrence: string;
  planned_for?: number;
  cause: string;
  /** `alert:…`, `dataset_version:…` */
  cause_ref?: string;
  dry_run?: boolean;
  force?: boolean;
}

/** A trigger turns a loop: the turn and its job are there, or were before. Undefined: they were. */
export async function fire(tx: Tx, engine: Engine, loop: LoopRow, spark: Spark): Promise<string | undefined> {
  const now = tx.clock.now();
  const row: TurnRow = {
    id: newId(now),
    workspace: tx.workspace,
    loop_id: loop.id,
    loop_name: loop.name,
    trigger_name: spark.trigger,
    kind: spark.kind,
    occurrence: spark.occurrence,
    planned_for: spark.planned_for ?? null,
    cause: spark.cause,
    cause_ref: spark.cause_ref ?? null,
    dry_run: spark.dry_run === true ? 1 : 0,
    force: spark.force === true ? 1 : 0,
    state: 'triggered',
    code: null,
    reason: null,
    not_before: null,
    key: null,
    model: null,
    flight: null,
    execution: null,
    execution_number: null,
    release_id: null,
    version: null,
    created_at: now,
    created_by: tx.actor.name,
    started_at: null,
    updated_at: now,
    ended_at: null,
  };
  if (!(await insertTurn(tx, row))) return undefined;
  const resource = `loop_turn:${row.id}`;
  await tx.record({
    action: 'loop_turn.triggered',
    resource,
    after: { loop: loop.name, trigger: spark.trigger, occurrence: spark.occurrence },
    reason: spark.cause,
    edges: [
      { from: resource, to: `loop:${loop.id}`, relation: 'turn-of' },
      ...(spark.cause_ref === undefined
        ? []
        : [{ from: resource, to: spark.cause_ref, relation: 'caused-by' }]),
    ],
  });
  await tx.emit({
    type: 'loop_turn.triggered',
    subject: resource,
    data: { loop: loop.name, trigger: spark.trigger },
  });
  await tx.enqueue(engine.turn, { turn: row.id });
  return row.id;
}
