import type { Ctx } from '../../platform/ctx/index.ts';
import type { DataInput, Outcome, StepOutput, StepResources } from '../contract.ts';
import type { Environment } from '../../environments/index.ts';
import type { Step } from '../file/definition.ts';
import type { ParamValue } from '../file/param.ts';
import type { MetricValue } from './metrics-file.ts';
import type { Placed } from './place.ts';
import type { SamplePoint } from './samples.ts';

/** One try of a step, all of it decided: the same words for every back end. */
export interface Task {
  execution: string;
  step: Step;
  /** Counts the tries of the step, from 1. */
  attempt: number;
}

/** What it is made of; asked for only when it is submitted, since one that was adopted has it all. */
export interface Material {
  code: readonly Placed[];
  params: Readonly<Record<string, ParamValue>>;
  data: ReadonlyMap<string, DataInput>;
  /** Outputs of other steps, by `step.output`. */
  outputs: ReadonlyMap<string, StepOutput>;
  environment: Environment;
  /** Secrets that it named, by the variables that they come in. */
  secrets: Readonly<Record<string, string>>;
}

/** Whom the step acts for: told to it in its environment. */
export interface Identity {
  url: string;
  experiment: string;
  run: string;
  token: string;
}

/** Names one try beyond the life of a server. Stored as text with the step; what it holds is the back end's own business. */
export interface Handle {
  /** Name of the back end. */
  by: string;
  [key: string]: unknown;
}

/** How a try ended, before anything that it made was looked at. */
export interface End {
  outcome: Outcome;
  /** When the command began; undefined when it never did. */
  startedAt: number | undefined;
  /** The same whichever server asks, so that what is logged with it is the same, too. */
  endedAt: number;
  resources: StepResources | undefined;
  samples: readonly SamplePoint[];
}

export interface Collected extends End {
  outputs: StepOutput[];
  log: { hash: string; size: number } | undefined;
  metrics: MetricValue[];
}

/**
 * Where steps run. Whatever is known of a try in memory can be told again from its handle: a server that ends between any two calls costs
 * nothing but the time until the next one asks.
 */
export interface BackEnd {
  readonly name: string;
  /** Why it can never run such a step; undefined when it can. */
  refuses(step: Step): Promise<string | undefined>;
  /**
   * Waits for room, then begins. `record` stores the handle: nothing of the step runs before that is on disk, so that no try is
   * ever without its row. Undefined: the signal aborted before anything was recorded.
   */
  submit(
    ctx: Ctx,
    task: Task,
    material: Material,
    record: (handle: Handle) => Promise<Identity>,
    signal: AbortSignal,
  ): Promise<Handle | undefined>;
  /** Resolves when it has ended; until then its log goes on. */
  watch(handle: Handle, task: Task, onStart: (at: number, delay: number | undefined) => void): Promise<End>;
  /** Takes in what it made. Again, when a server ended before that was stored: the same bytes are the same blobs. */
  collect(ctx: Ctx, handle: Handle, task: Task, end: End): Promise<Collected>;
  /** Asks it to end; `watch` says when it has. */
  cancel(handle: Handle): void;
  /** Takes up a try of an earlier server. `lost`: it never began, or nobody can say how it ended; then nothing of it runs any more. */
  adopt(
    task: Pick<Task, 'execution' | 'attempt'> & { name: string },
    handle: Handle,
  ): Promise<'adopted' | 'lost'>;
  /** Once its end is stored: nothing of it is left. */
  forget(handle: Handle): Promise<void>;
  /** Ends whatever still runs of an execution, and resolves when nothing of it is left. */
  clear(execution: string): Promise<void>;
}
