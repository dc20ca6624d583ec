import type { Readable } from 'node:stream';
import type { RunStatus } from '../../../tracking/contract.ts';

/**
 * What any importer reads out of a foreign store, in the words of Treadle: one stream, which one writer consumes. What belongs to a run
 * stands between its `run` and its `end` (or `pause`); what it names by a foreign id may come later, except the run's experiment.
 */
export type Fact =
  | ExperimentFact
  | RunFact
  | { kind: 'params'; params: Pairs }
  | { kind: 'tags'; tags: Pairs }
  | { kind: 'points'; points: readonly Point[] }
  | { kind: 'dataset'; dataset: DatasetFact }
  | ArtifactFact
  | { kind: 'extra'; name: string; value: unknown; why: string }
  | { kind: 'note'; where: 'differently' | 'left'; what: string; example: string; times?: number }
  /** A run that is here already, and whose source has not changed since. */
  | { kind: 'unchanged'; id: string }
  /** The run is not whole yet: another `run` with its id goes on with it. */
  | { kind: 'pause' }
  | { kind: 'end'; status?: RunStatus; endedAt?: number }
  | { kind: 'experiment-end'; id: string }
  | LoggedModelFact
  | { kind: 'model-links'; run: string; inputs: readonly string[]; outputs: readonly ModelOutput[] }
  | ModelFact
  | VersionFact
  | { kind: 'alias'; model: string; alias: string; version: number };

export type Pairs = ReadonlyArray<readonly [key: string, value: string]>;

export interface ExperimentFact {
  kind: 'experiment';
  id: string;
  name: string;
  tags: Pairs;
  /** It, and so all of its runs, can only be restored. */
  deleted?: boolean;
}

export interface RunFact {
  kind: 'run';
  id: string;
  /** The foreign id of its experiment. */
  experiment: string;
  name?: string;
  user?: string;
  /** Milliseconds since 1970. */
  startedAt?: number;
  /** The foreign id of the run that it is nested in. */
  parent?: string;
  tags: Pairs;
  /** It can only be restored there, and so here. */
  deleted?: boolean;
  /** What tells whether the source changed: a run whose mark is the same is not read again. */
  mark?: string;
}

/** `time`: milliseconds since 1970. `step`: whole. */
export interface Point {
  key: string;
  step: number;
  time: number;
  value: number;
}

export interface DatasetFact {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema?: string;
  profile?: string;
  tags: Pairs;
}

export interface ArtifactFact {
  kind: 'artifact';
  path: string;
  /** Where it is known before it is read. */
  size?: number;
  type?: string;
  /** May be asked more than once. */
  open(): Promise<Readable> | Readable;
}

/** Files that this machine cannot reach, or that are none. */
export interface Unreadable {
  kind: 'unreadable';
  where: string;
  why: string;
}

export interface ModelOutput {
  model: string;
  step: number;
}

export interface LoggedModelFact {
  kind: 'logged-model';
  id: string;
  experiment: string;
  name: string;
  type?: string;
  run?: string;
  params: Pairs;
  tags: Pairs;
  status: 'pending' | 'ready' | 'failed';
  deleted?: boolean;
  files: AsyncIterable<ArtifactFact | Unreadable>;
  /** Points that runs measured of it. */
  metrics: ReadonlyArray<Point & { run: string; dataset?: string; digest?: string }>;
}

export interface ModelFact {
  kind: 'model';
  name: string;
  description?: string;
  tags: Pairs;
}

export interface VersionFact {
  kind: 'version';
  model: string;
  version: number;
  /** Where its files are, by foreign ids. */
  source: { run: string; path: string } | { loggedModel: string; path: string } | { elsewhere: string };
  run?: string;
  loggedModel?: string;
  description?: string;
  stage?: string;
  tags: Pairs;
}

/** What an importer is asked for. */
export interface Source {
  /** What the runs come from, in one word: mlflow, tensorboard, wandb … It is in the tags of what was brought. */
  from: string;
  /** Where they come from, for people; without a password. */
  place: string;
  /** As far as it is known beforehand. */
  runs?: number;
  read(known: Known): AsyncIterable<Fact>;
  close?(): Promise<void> | void;
}

/** Whether a run is here already, from a source that looked like this. */
export type Known = (id: string, mark: string) => boolean;
