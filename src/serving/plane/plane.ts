import type { Body, LoadedModel, ModelSpec, Tensor } from '../../runtimes/index.ts';
import type { CallerVerdict, Credentials, TableEndpoint } from './protocol.ts';

/** One question to an endpoint, after a face has translated it. */
export interface Question {
  /** Or the part of it that the caller may ask (`part.ts`). */
  workspace: string;
  endpoint: string;
  /** The model version that the caller insists on (`/v2/models/M/versions/V`); any that the endpoint holds ready. */
  version?: string;
  /** In any order; checked against the model's spec by the plane: unknown, missing and wrong ones are `invalid` naming the input. */
  inputs: Tensor[];
  params?: Record<string, unknown>;
  /** Sticky key: equal keys get the same variant. */
  key?: string;
  /** How long the caller waits, ms; never past the endpoint's own. */
  deadline?: number;
  /** Who waits for the answer. Once they are gone, a question that waits behind others is given up. */
  caller?: { readonly gone: boolean };
  /** When the request's last byte came, on the clock of `performance.now()`; now, unless said. */
  at?: number;
}

export interface Answer {
  outputs: Tensor[];
  /** Names this answer for ever, and the revision and variant that gave it. */
  prediction: string;
  endpoint: string;
  revision: number;
  model: string;
  version: number;
}

/** What an endpoint looks like to a face: the champion's spec. */
export interface Served {
  endpoint: TableEndpoint;
  model: LoadedModel;
  spec: ModelSpec;
  /** Model versions that can be asked for by number. */
  versions: readonly number[];
  /** Its queue is full: a question now would be refused, so its body need not be read; then tell `refused`. */
  readonly full: boolean;
  /** Counts a question that a face turned away because of `full`. */
  refused(): void;
  /** What happened to this version here since the plane began. `last`: when it answered last, ms since 1970. */
  readonly counts: { ok: number; failed: number; rows: number; batches: number; ms: number; last: number };
}

/** What faces see of a data plane. Callbacks rather than promises: this is the path of every request. */
export interface PlaneDoor {
  /** Undefined when there is no such endpoint, or the caller's workspace has none of that name; throws `unavailable` while it loads. */
  find(workspace: string, endpoint: string, version?: string): Served | undefined;
  /** All endpoints of a workspace that answer now. */
  list(workspace: string): Served[];
  /** `done` hears exactly once: a TreadleError, a ModelFault, or the answer; perhaps before `predict` returns. */
  predict(question: Question, done: (error: Error | undefined, answer?: Answer) => void): void;
  /** Any JSON to a Python model without a usable signature. */
  predictJson(
    question: Omit<Question, 'inputs'> & { body: Body },
    done: (error: Error | undefined, answer?: Omit<Answer, 'outputs'> & { body: string }) => void,
  ): void;
  /** Who asks; answered from memory for everybody who asked before. */
  authenticate(credentials: Credentials, done: (verdict: CallerVerdict) => void): void;
  /** Changes when callers must be asked for again. */
  readonly callersEpoch: number;
  /** All endpoints that the table names are loaded. */
  readonly ready: boolean;
}
