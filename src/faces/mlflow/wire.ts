import type { Experiment, Run, RunStatus, StateFilter } from '../../tracking/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import { int, message, need, oneOf, text, type Reader } from './message.ts';

/** Experiments and runs in MLflow's words, and back. */

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
const VIEWS = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;

/** An enum's word, or its number in the protocol, from 1. An unknown one is refused. */
export const enumeration = <W extends string>(words: readonly W[]): Reader<W | undefined> => {
  const word = oneOf(...words);
  return (value, field) =>
    word(typeof value === 'number' ? (words[value - 1] ?? String(value)) : value, field);
};

const statusWord = enumeration(STATUSES);
export const status: Reader<RunStatus | undefined> = (value, field) =>
  statusWord(value, field)?.toLowerCase() as RunStatus | undefined;

const viewWord = enumeration(VIEWS);
export const view: Reader<StateFilter> = (value, field) => {
  const word = viewWord(value, field);
  return word === 'DELETED_ONLY' ? 'deleted' : word === 'ALL' ? 'all' : 'active';
};

export const keyValue = message({ key: need(text), value: text });
export const runId = need(text);
/** Ids of experiments are numbers, written as text; another text is a mistake, not a missing experiment. */
export const experimentId: Reader<string> = (value, field) => {
  const id = need(text)(value, field);
  if (!/^[+-]?\d+$/.test(id.trim()))
    throw invalid(`Invalid experiment ID '${id.slice(0, 80)}'. Experiment ID must be a valid integer.`, {
      field,
      hint: 'experiments/search gives the ids of all',
    });
  return id;
};
export const millis: Reader<number | undefined> = int;

export const pairs = (
  list: ReadonlyArray<{ key: string; value: string | undefined }>,
): Array<readonly [string, string]> => list.map(({ key, value }) => [key, value ?? '']);

const entries = (map: Readonly<Record<string, string>>) =>
  Object.entries(map).map(([key, value]) => ({ key, value }));

export const toExperiment = (experiment: Experiment, workspace: string) => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: experiment.artifact_location ?? `mlflow-artifacts:/${experiment.id}`,
  lifecycle_stage: experiment.state,
  last_update_time: experiment.updated_at,
  creation_time: experiment.created_at,
  tags: entries(experiment.tags),
  workspace,
});

export const toRunInfo = (
  run: Pick<
    Run,
    'id' | 'experiment' | 'name' | 'user' | 'status' | 'state' | 'started_at' | 'ended_at' | 'artifact_uri'
  >,
) => ({
  run_uuid: run.id,
  experiment_id: run.experiment,
  run_name: run.name,
  user_id: run.user,
  status: run.status.toUpperCase(),
  start_time: run.started_at,
  end_time: run.ended_at,
  artifact_uri: run.artifact_uri,
  lifecycle_stage: run.state,
  run_id: run.id,
});

/** NaN as text; the infinities as the greatest doubles, which is how MLflow hands them back. */
export const toValue = (value: number | string): number | string => {
  if (value === 'Infinity') return Number.MAX_VALUE;
  return value === '-Infinity' ? -Number.MAX_VALUE : value;
};

export const toRun = (run: Run) => ({
  info: toRunInfo(run),
  data: {
    metrics: run.metrics.map(({ key, last, time, step }) => ({
      key,
      value: toValue(last),
      timestamp: time,
      step,
    })),
    params: entries(run.params),
    tags: entries(run.tags),
  },
  inputs: {
    dataset_inputs: run.inputs.map(({ name, digest, source_type, source, schema, profile, tags }) => ({
      tags: entries(tags),
      dataset: { name, digest, source_type, source, schema, profile },
    })),
    model_inputs: run.model_inputs.map(({ model }) => ({ model_id: model })),
  },
  outputs: { model_outputs: run.outputs.map(({ model, step }) => ({ model_id: model, step })) },
});
