import type { Evaluation } from '../contract.ts';
import type { ModelPlace } from '../../runtimes/index.ts';
import type { Outcome } from '../../tables/index.ts';
import type { Isolation } from '../../platform/processes/index.ts';
import type { ErrorKind } from '../../platform/errors/index.ts';
import type { AskedColumn, Parts } from './questions.ts';

/** What one process scores. */
export interface AssessRequest {
  /** How it keeps the code of models apart from itself. */
  isolation: Isolation;
  spec: Evaluation['spec'];
  /** How people call the two: `flights version 3`. */
  candidate: Contender;
  /** A text says why there is one that could not be prepared. */
  champion?: Contender | string;
  /** The candidate is the champion itself. */
  same?: boolean;
}

export interface Contender {
  who: string;
  place: ModelPlace;
  /** Bytes of its files. */
  size: number;
}

/** What the scoring says; the proof and the verdict of the whole are added by the server. */
export type Assessment = Required<
  Pick<Evaluation, 'task' | 'rows' | 'metrics' | 'rules' | 'dependence' | 'slices' | 'runtime'>
> &
  Pick<Evaluation, 'calibration' | 'baseline'> & {
    champion?: { metrics: Evaluation['metrics'] };
    /** Why the champion could not be scored. */
    champion_problem?: string;
  };

/** Lines of JSON on its stdin: the request, then what it asked of the table, one question after the other. */
export type HostLine = { request: AssessRequest } | Parts | Outcome<unknown>;

/** A question to the table. */
export type TableQuestion = { facts: { exact: readonly string[] } } | { columns: readonly AskedColumn[] };

/** Lines of JSON on its stdout. */
export type AssessLine =
  | { stage: string }
  | TableQuestion
  | { assessment: Assessment }
  | { error: { kind?: ErrorKind; message: string; field?: string; hint?: string } };
