import type { Tx } from '../../platform/ctx/index.ts';
import type { StepOutput, StepState } from '../contract.ts';
import type { Step } from '../file/definition.ts';
import type { KeyParts } from '../plan/parts.ts';
import { insertTransitions, saveSteps, type StepRow, type TransitionRow } from '../store.ts';
import type { Handle } from './back-end.ts';
import { after, type Move } from './progress.ts';

/** A step in the hands of its driver: what the file says, its row, and what became of it that is not stored yet. */
export interface Node {
  step: Step;
  row: StepRow;
  state: StepState;
  outputs: StepOutput[];
  parts: KeyParts | undefined;
  /** Of the try that runs. */
  handle: Handle | undefined;
  unsaved: TransitionRow[];
}

/** Counts the transitions of one execution. */
export type Counter = () => number;

/** The one way in which a step's state changes: the row changes with it, and both are stored by the next `saveNodes`. */
export function move(
  node: Node,
  count: Counter,
  to: Move,
  at: number,
  change: Partial<StepRow> = {},
  reason: string | null = null,
): void {
  const { row } = node;
  node.state = after(node.state, to);
  Object.assign(row, change, { state: node.state });
  node.unsaved.push({
    execution_id: row.execution_id,
    number: count(),
    workspace: row.workspace,
    step: row.name,
    move: to,
    at,
    attempt: row.attempt,
    reason,
  });
}

/** Rows and transitions, in the transaction of whatever else comes of them. */
export async function saveNodes(tx: Tx, nodes: readonly Node[]): Promise<void> {
  await saveSteps(
    tx,
    nodes.map(({ row }) => row),
  );
  const sent = nodes.flatMap(({ unsaved }) => unsaved);
  await insertTransitions(tx, sent);
  const stored = new Set(sent);
  tx.afterCommit(() => {
    for (const node of nodes) node.unsaved = node.unsaved.filter((one) => !stored.has(one));
  });
}
