import type { Ctx } from '../platform/ctx/index.ts';
import { updateEvaluation } from './store.ts';

/** Writes the stages as they come, one at a time and never more than what is newest; the work does not wait for it. */
export function keepStages(ctx: Ctx, id: string, say: (stage: string) => void) {
  let writing: Promise<void> | undefined;
  let next: string | undefined = 'starting';
  const write = async (): Promise<void> => {
    while (next !== undefined) {
      const stage = next;
      next = undefined;
      await ctx.write((tx) => updateEvaluation(tx, id, { state: 'running', stage }));
    }
    writing = undefined;
  };
  const start = (): void => {
    writing ??= write().catch((error: unknown) => {
      writing = undefined;
      ctx.log.warn('the stage of an evaluation was not kept', { evaluation: id, error });
    });
  };
  start();
  return {
    say(stage: string): void {
      say(stage);
      next = stage;
      start();
    },
    async settled(): Promise<void> {
      while (writing) await writing;
    },
  };
}
