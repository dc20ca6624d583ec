import type { Ctx } from '../platform/ctx/index.ts';
import type { GitState } from './contract.ts';
import { selectExecution, selectMaker } from './store.ts';

export interface RunCode {
  /** Id of the execution. */
  execution: string;
  /** Of all code files that the execution was given. */
  digest: string;
  command: string;
  git?: GitState;
}

/** The code that a step's run saw; undefined for a run that no pipeline made. */
export async function codeOfRun(ctx: Ctx, run: string): Promise<RunCode | undefined> {
  const step = await selectMaker(ctx, run);
  if (!step) return undefined;
  const { id, code } = await selectExecution(ctx, step.execution_id);
  const { digest, git } = JSON.parse(code) as { digest: string; git?: GitState }; // written by this room
  return { execution: id, digest, command: step.command, ...(git ? { git } : {}) };
}
