import type { RolloutWish } from '../contract.ts';
import type { Piece } from './command.ts';
import type { DeclaredEnvironment } from './environment.ts';
import type { ParamValue } from './param.ts';
import type { RETRY_REASONS } from './schema.ts';

/** A checked pipeline: every default filled in, every name resolved. */
export interface Definition {
  name: string;
  params: Record<string, ParamValue>;
  /** Name in the file → dataset reference. */
  data: Record<string, string>;
  /** In an order in which each comes after what it needs. */
  steps: Step[];
  model: { name: string; step: string; output: string } | undefined;
  gate: Gate | undefined;
  deploy:
    | {
        endpoint: string;
        sticky: boolean | undefined;
        replace: string | undefined;
        rollout: RolloutWish | undefined;
      }
    | undefined;
  loop: Loop | undefined;
  when: When;
  environments: DeclaredEnvironment[];
}

/** The changes that it checks. */
export interface When {
  /** Branches of datasets that it reads: a merge into one is proposed. `flights@main`. */
  dataset_proposed: string[];
  /** Models: a version is registered that it did not make. */
  version_registered: string[];
}

/** What runs it again by itself, in the words of the room of loops. */
export interface Loop {
  triggers: LoopTrigger[];
  params?: Record<string, string | number | boolean>;
  cooldown_ms?: number;
  budget?: { runs: number; per: 'day' | 'week' | 'month' };
  back_off_ms?: number;
  rejections?: number;
}

export interface LoopTrigger {
  kind: 'daily' | 'weekly' | 'monthly' | 'cron' | 'data' | 'performance' | 'drift' | 'push';
  at?: string;
  time_zone?: string;
  catch_up?: 'none' | 'last' | 'all';
  data?: string;
  rows?: number;
  percent?: number;
  debounce_ms?: number;
  branch?: string;
}

/** How the model is judged before it is used. */
export interface Gate {
  data: GateInput;
  /** As in the file. */
  written: string;
  spec: GateSpec;
}

export type GateInput =
  | { kind: 'output'; step: string; output: string }
  /** A dataset of the file, or one file of it. */
  | { kind: 'data'; name: string; path: string | undefined };

/** The same words as the gate of an evaluation: what validation is asked for. */
export interface GateSpec {
  label: string;
  key?: string[];
  time?: string;
  near?: 'fail' | 'report';
  excuse?: Array<{ path: string; reason: string }>;
  rules?: string[];
  slices?: string[];
  task?: 'binary' | 'multiclass' | 'regression';
  positive?: string;
  prediction?: string;
}

export interface Output {
  name: string;
  /** Relative to the step's folder, without a slash at the end. */
  path: string;
  folder: boolean;
}

/** What a step reads: a dataset of the file, or an output of another step. */
export type Input =
  | { kind: 'data'; name: string }
  | { kind: 'output'; name: string; step: string; output: string };

export type RetryReason = (typeof RETRY_REASONS)[number];

export interface Step {
  name: string;
  run: string;
  pieces: Piece[];
  /** Undefined: the whole project. */
  code: string[] | undefined;
  outputs: Output[];
  inputs: Input[];
  /** Names of the parameters it mentions, sorted. */
  params: string[];
  /** All steps that must end before it: by its inputs and by `after`. */
  needs: string[];
  env: string;
  variables: Record<string, string>;
  /** Secrets that it names, sorted: `DB_URL`, `staging:DB_URL`. */
  secrets: string[];
  resources: { cpu: number | undefined; memory: number | undefined; gpu: number };
  timeout: number | undefined;
  retry: { times: number; when: readonly RetryReason[]; backoff: number };
  cache: { use: boolean; maxAge: number | undefined; salt: string | undefined };
}

/** Where an input stands in a step's folder. */
export const inputName = (input: Input): string => (input.kind === 'data' ? input.name : input.output);
