import type { RunStatus } from '../../../../tracking/contract.ts';
import type {
  ArtifactFact,
  DatasetFact,
  LoggedModelFact,
  ModelFact,
  ModelOutput,
  Pairs,
  Point,
  Unreadable,
  VersionFact,
} from '../facts.ts';

/** What every kind of MLflow store can be asked for; `read.ts` makes one stream of it. */
export interface MlflowStore {
  place: string;
  runs?: number;
  experiments(): AsyncIterable<MlflowExperiment>;
  runsOf(experiment: MlflowExperiment): AsyncIterable<MlflowRun>;
  loggedModels(experiment: MlflowExperiment): AsyncIterable<Omit<LoggedModelFact, 'kind'>>;
  models(): AsyncIterable<MlflowModel>;
  close(): Promise<void> | void;
}

export interface MlflowExperiment {
  id: string;
  name: string;
  location: string | undefined;
  deleted: boolean;
  createdAt: number | undefined;
  tags: Pairs;
}

export interface MlflowRun {
  id: string;
  name: string | undefined;
  user: string | undefined;
  status: RunStatus;
  startedAt: number | undefined;
  endedAt: number | undefined;
  deleted: boolean;
  artifactUri: string | undefined;
  params: Pairs;
  tags: Pairs;
  /** What the store knows of its metrics without reading them. */
  metricsMark: string;
  points(): AsyncIterable<Point[]>;
  datasets(): Promise<DatasetFact[]>;
  modelInputs(): Promise<string[]>;
  modelOutputs(): Promise<ModelOutput[]>;
  files(): AsyncIterable<ArtifactFact | Unreadable>;
}

export interface MlflowModel extends Omit<ModelFact, 'kind'> {
  aliases: ReadonlyArray<readonly [alias: string, version: number]>;
  versions: MlflowVersion[];
}

export interface MlflowVersion extends Omit<VersionFact, 'kind' | 'model' | 'source'> {
  source: string;
  createdAt: number | undefined;
}

/** Statuses by the numbers that stores of files have. */
const BY_NUMBER: Readonly<Record<string, RunStatus>> = {
  1: 'running',
  2: 'scheduled',
  3: 'finished',
  4: 'failed',
  5: 'killed',
};

export function statusOf(said: string | undefined): RunStatus {
  const word = said?.toLowerCase();
  return word === 'running' ||
    word === 'scheduled' ||
    word === 'finished' ||
    word === 'failed' ||
    word === 'killed'
    ? word
    : (BY_NUMBER[said ?? ''] ?? 'finished');
}
