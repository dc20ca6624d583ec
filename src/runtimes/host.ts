import type { Body } from './model.ts';
import type { Tensor } from './tensor.ts';

/** One thread or process that holds a loaded model. */
export interface Host {
  /** Rejects with `invalid`, or with a ModelFault; `retriable` when the host ended over it. */
  run(inputs: ReadonlyArray<Tensor | undefined>, params?: Record<string, unknown>): Promise<Tensor[]>;
  runJson?(body: Body, params?: Record<string, unknown>): Promise<string>;
  /** Its last words, once it ended without being asked to. Never settles for one that was closed. */
  readonly lost: Promise<string>;
  /** Ends it now; what runs fails. */
  kill(reason: string): void;
  /** Lets what runs answer, then ends it. */
  close(): Promise<void>;
}
