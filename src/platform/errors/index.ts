import { messageOf } from './message.ts';

export { messageOf };
export { outwardMessageOf, withoutPlaces } from './outward.ts';
export { systemCode } from './system-code.ts';

/** The one error class of the house. A face, and only a face, turns a kind into its own status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'too-large'
  | 'limited'
  | 'unavailable';

/** What HTTP calls each kind of error; a face whose clients want others has a table of its own. */
export const STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  'too-large': 413,
  limited: 429,
  unavailable: 503,
};

export interface ErrorDetails {
  /** The field of the input that is wrong, as the caller spelt it: `metrics[3].key`. */
  field?: string;
  /** What to do next, one sentence. */
  hint?: string;
  /** A stable machine word when a face must tell apart errors of the same kind: `run-deleted`. */
  code?: string;
  /** Of `limited` and `unavailable`: after how many seconds to ask again; 1 unless said. */
  retryAfter?: number;
  cause?: unknown;
}

/** An error that a caller may read: `message` says what was wrong, `hint` what to do next. */
export class TreadleError extends Error {
  override readonly name = 'TreadleError';
  readonly kind: ErrorKind;
  readonly field: string | undefined;
  readonly hint: string | undefined;
  readonly code: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.field = details.field;
    this.hint = details.hint;
    this.code = details.code;
    this.retryAfter = details.retryAfter;
  }
}

export const invalid = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('invalid', message, details);
export const missing = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('missing', message, details);
export const conflict = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('conflict', message, details);
export const forbidden = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('forbidden', message, details);
export const unauthenticated = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('unauthenticated', message, details);
export const tooLarge = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('too-large', message, details);
export const limited = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('limited', message, details);
export const unavailable = (message: string, details?: ErrorDetails): TreadleError =>
  new TreadleError('unavailable', message, details);

/** An error as it crosses between threads: a structured clone keeps no class of ours. */
export type Crossing =
  | { kind: ErrorKind; message: string; field?: string; hint?: string; code?: string }
  | { fault: string };

export function toCrossing(error: unknown): Crossing {
  if (!(error instanceof TreadleError)) return { fault: messageOf(error) };
  const { kind, message, field, hint, code } = error;
  return { kind, message, ...(field && { field }), ...(hint && { hint }), ...(code && { code }) };
}

export function fromCrossing(crossing: Crossing): Error {
  if ('fault' in crossing) return new Error(crossing.fault);
  const { kind, message, ...details } = crossing;
  return new TreadleError(kind, message, details);
}
