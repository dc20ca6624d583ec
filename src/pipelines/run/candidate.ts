import type { DataInput, StepOutput } from '../contract.ts';
import type { Definition } from '../file/definition.ts';
import type { ExecutionRow } from '../store.ts';

/** A registered model on its way to its users. */
export interface Candidate {
  execution: ExecutionRow;
  model: { name: string; version: number };
  definition: Definition;
  data: ReadonlyMap<string, DataInput>;
  /** By `step.output`. */
  outputs: ReadonlyMap<string, StepOutput>;
  /** Judge again, whatever was judged before. */
  force: boolean;
  signal: AbortSignal;
}

/** Writes to the row of the execution, and says so to who watches. */
export type Save = (change: {
  gate?: string;
  deployment?: string;
  gate_key?: string;
  model_version?: string;
}) => Promise<void>;

/** Writes down what is going on now, one write at a time: the last words are always written. */
export function stages(
  result: { stage?: string },
  keep: () => Promise<void>,
): { say: (stage: string) => void; done: () => Promise<void> } {
  let writing: Promise<void> | undefined;
  let more = false;
  const write = async (): Promise<void> => {
    do {
      more = false;
      await keep();
    } while (more);
    writing = undefined;
  };
  return {
    say(stage) {
      result.stage = stage;
      more = true;
      // A stage that cannot be written is no reason to stop the work; what comes after says the same fault louder.
      writing ??= write().catch(() => undefined);
    },
    async done() {
      await writing;
      delete result.stage;
    },
  };
}
