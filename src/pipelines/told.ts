import { idOf, type Linker, type Teller } from '../ledger/index.ts';
import type { GitState } from './contract.ts';
import { selectMakers, selectStepsNamed } from './store.ts';

export interface StepFacts {
  /** Id of the execution. */
  execution: string;
  command: string;
  /** Of all code files that the execution was given. */
  digest: string;
  git?: GitState;
}

const refOf = (execution: string, name: string): string => `step:${execution}/${name}`;

export const tellSteps: Teller<StepFacts> = async (ctx, refs) => {
  const steps = await selectStepsNamed(
    ctx,
    refs.map((ref) => {
      const id = idOf(ref);
      const slash = id.indexOf('/');
      return { execution: id.slice(0, slash), name: id.slice(slash + 1) };
    }),
  );
  return new Map(
    steps.map(({ execution_id: execution, name, command, code }) => {
      const { digest, git } = JSON.parse(code) as { digest: string; git?: GitState }; // written by this room
      return [
        refOf(execution, name),
        {
          facts: { execution, command, digest, ...(git ? { git } : {}) },
          from: [{ role: 'part-of', ref: `execution:${execution}` }],
        },
      ];
    }),
  );
};

/** The step that a run is the record of; a run that no pipeline made has none. */
export const stepsOfRuns: Linker = async (ctx, refs) =>
  new Map(
    (await selectMakers(ctx, refs.map(idOf))).map(({ run_id, execution_id, name }) => [
      `run:${run_id}`,
      [{ role: 'ran-as', ref: refOf(execution_id, name) }],
    ]),
  );
