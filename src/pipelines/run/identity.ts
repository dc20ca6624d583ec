import { createToken, prolongToken, revokeTokensOf } from '../../access/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { updateExecution, type ExecutionRow } from '../store.ts';
import { capturedCode } from './capture.ts';
import { endParentRun, ensureExperiment, startParentRun, type EndState } from './tracker.ts';

/** How long a step's token opens anything without its driver, who prolongs it for as long as the step runs. */
const LIFE = 60 * 60_000;
export const PROLONG_EVERY = LIFE / 4;

/** What the steps of one execution act under: the run that holds theirs. Made at the first step that runs. */
export interface Identity {
  parent(): Promise<{ experiment: string; run: string }>;
  /** Waits for what is being made, so that `end` has it at hand. */
  settled(): Promise<void>;
  /** Ends it, in the transaction that ends the execution. */
  end(tx: Tx, state: EndState, at: number): Promise<void>;
  /** What steps could show goes alone, in the transaction after which no step runs any more. */
  endToken(tx: Tx): Promise<void>;
  /** What steps still could show goes, also when the execution goes on later. */
  abandon(): Promise<void>;
}

/** The token of one try: bound to the runs of its execution, stored with the row that says that the try runs. */
export async function tokenOfTry(tx: Tx, row: ExecutionRow): Promise<{ id: string; secret: string }> {
  const { token, secret } = await createToken(tx, {
    name: `${row.pipeline} #${row.number}`,
    role: 'editor',
    workspace: tx.workspace,
    execution: row.id,
    life: LIFE,
  });
  return { id: token.id, secret };
}

export async function prolongTokens(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const id of ids) await prolongToken(tx, id, tx.clock.now() + LIFE);
}

export function createIdentity(ctx: Ctx, row: ExecutionRow): Identity {
  let parent: Promise<{ experiment: string; run: string }> | undefined;
  let held: string | null = row.run_id;
  let ended = false;

  async function makeParent(): Promise<{ experiment: string; run: string }> {
    const { experiment_id, run_id, id, pipeline, number } = row;
    if (experiment_id !== null && run_id !== null) return { experiment: experiment_id, run: run_id };
    const experiment = await ensureExperiment(ctx, pipeline);
    const run = await ctx.write(async (tx) => {
      const made = await startParentRun(tx, {
        experiment,
        name: `${pipeline} #${number}`,
        execution: id,
        tags: { 'treadle.pipeline': pipeline, 'treadle.execution': id },
        code: capturedCode(row, undefined, ''),
      });
      await updateExecution(tx, id, { experiment_id: experiment, run_id: made });
      return made;
    });
    return { experiment, run };
  }

  const endToken = async (tx: Tx): Promise<void> => {
    await revokeTokensOf(tx, row.id);
    tx.afterCommit(() => (ended = true));
  };

  return {
    parent: () =>
      (parent ??= makeParent().catch((error: unknown) => {
        // Refused, it may be let in at the next step.
        parent = undefined;
        throw error;
      })),
    async settled() {
      held = parent ? (await parent).run : row.run_id;
    },
    async end(tx, state, at) {
      if (held !== null) await endParentRun(tx, held, state, at);
      await endToken(tx);
    },
    endToken,
    async abandon() {
      if (ended) return;
      await ctx
        .write((tx) => revokeTokensOf(tx, row.id))
        .catch((error: unknown) =>
          ctx.log.warn('the tokens of an execution could not be revoked; they expire by themselves', {
            error,
          }),
        );
    },
  };
}
