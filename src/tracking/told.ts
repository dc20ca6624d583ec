import { idOf, type Teller } from '../ledger/index.ts';
import type { Run } from './contract.ts';
import { loadRuns } from './load-runs.ts';
import { selectRunRows } from './store/runs.ts';

export interface RunFacts {
  id: string;
  name: string;
  experiment_id: string;
  status: string;
  params: Run['params'];
  metrics: Record<string, Run['metrics'][number]['last']>;
  user?: string;
  /** As the client said it. */
  code: { commit?: string; dirty?: boolean; repository?: string; command?: string };
}

export const tellRuns: Teller<RunFacts> = async (ctx, refs) => {
  const runs = await loadRuns(ctx, await selectRunRows(ctx, refs.map(idOf)));
  return new Map(runs.map((run) => [`run:${run.id}`, { facts: factsOf(run), from: [] }]));
};

const factsOf = (run: Run): RunFacts => ({
  id: run.id,
  name: run.name,
  experiment_id: run.experiment,
  status: run.status,
  params: run.params,
  metrics: Object.fromEntries(run.metrics.map(({ key, last }) => [key, last])),
  ...(run.user === undefined ? {} : { user: run.user }),
  code: codeOf(run),
});

/** MLflow's tags come first: its clients set them by themselves, from what really ran. */
function codeOf({ tags, code: told = {} }: Run): RunFacts['code'] {
  const commit = tags['mlflow.source.git.commit'] ?? textOf(told['commit']);
  const dirty = booleanOf(tags['mlflow.source.git.dirty']) ?? flagOf(told['dirty']);
  const repository = tags['mlflow.source.git.repoURL'] ?? textOf(told['repository']);
  const command = tags['mlflow.source.name'] ?? textOf(told['command']);
  return {
    ...(commit === undefined ? {} : { commit }),
    ...(dirty === undefined ? {} : { dirty }),
    ...(repository === undefined ? {} : { repository }),
    ...(command === undefined ? {} : { command }),
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const flagOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
const booleanOf = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : text.toLowerCase() === 'true';
