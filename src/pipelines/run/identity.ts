import { createToken, revokeToken, revokeTokensOf } from '../../access/index.ts';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { updateExecution, type ExecutionRow } from '../store.ts';
import { capturedCode } from './capture.ts';
import { endParentRun, ensureExperiment, startParentRun, type EndState } from './tracker.ts';

/** What the steps of one execution act under: the run that holds theirs, and a token for their clients. Made at the first step that runs. */
export interface Identity {
  parent(): Promise<{ experiment: string; run: string }>;
  /** What the steps' MLflow clients show: bound to this workspace, ended with the execution. */
  token(): Promise<{ id: string; secret: string }>;
  /** Waits for what is being made, so that `end` has it at hand. */
  settled(): Promise<void>;
  /** Ends both, in the transaction that ends the execution. */
  end(tx: Tx, state: EndState, at: number): Promise<void>;
  /** Ends the token alone, in the transaction after which no step runs any more. */
  endToken(tx: Tx): Promise<void>;
  /** The token goes even when the execution goes on later: its secret is in no memory then. */
  abandon(): Promise<void>;
}

export function createIdentity(ctx: Ctx, row: ExecutionRow): Identity {
  let parent: Promise<{ experiment: string; run: string }> | undefined;
  let token: Promise<{ id: string; secret: string }> | undefined;
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

  async function makeToken(): Promise<{ id: string; secret: string }> {
    const name = `${row.pipeline} #${row.number}`;
    const made = await createToken(ctx, {
      name,
      role: 'editor',
      workspace: ctx.workspace,
      days: 30,
      execution: row.id,
    });
    return { id: made.token.id, secret: made.secret };
  }

  const endToken = async (tx: Tx): Promise<void> => {
    await revokeTokensOf(tx, row.id);
    tx.afterCommit(() => (ended = true));
  };

  return {
    parent: () => (parent ??= makeParent()),
    token: () => (token ??= makeToken()),
    async settled() {
      held = parent ? (await parent).run : row.run_id;
      await token;
    },
    async end(tx, state, at) {
      if (held !== null) await endParentRun(tx, held, state, at);
      await endToken(tx);
    },
    endToken,
    async abandon() {
      const made = ended ? undefined : await token?.catch(() => undefined);
      if (!made) return;
      await revokeToken(ctx, made.id).catch((error: unknown) =>
        ctx.log.warn('the token of an execution could not be revoked; it expires by itself', { error }),
      );
    },
  };
}
