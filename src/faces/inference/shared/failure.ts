import { type ErrorKind, outwardMessageOf, STATUS, TreadleError } from '../../../platform/errors/index.ts';
import { ModelFault } from '../../../runtimes/index.ts';

/** What a protocol says when it cannot answer: the status of HTTP, and one sentence for the caller. */
export interface Failure {
  status: number;
  message: string;
  kind: ErrorKind | 'model' | 'internal';
  headers?: Readonly<Record<string, string>>;
}

const LATER = { 'Retry-After': '1' };

export function failureOf(error: unknown): Failure {
  if (error instanceof TreadleError) {
    const { kind } = error;
    const failure = { status: STATUS[kind], message: sentence(error), kind };
    return kind === 'limited' || kind === 'unavailable' ? { ...failure, headers: LATER } : failure;
  }
  if (error instanceof ModelFault) {
    return error.retriable
      ? { status: 503, message: error.message, kind: 'unavailable', headers: LATER }
      : { status: 500, message: error.message, kind: 'model' };
  }
  return {
    status: 500,
    message: `something went wrong inside Treadle: ${outwardMessageOf(error)}`,
    kind: 'internal',
  };
}

/** A foreign protocol has one string for everything: what was wrong, where, and what to do. */
function sentence({ message, field, hint }: TreadleError): string {
  const last = field?.split(/[.[\]]+/).findLast((part) => part !== '') ?? '';
  const named = last === '' || message.includes(last) ? message : `${field}: ${message}`;
  return hint === undefined ? named : `${named} (${hint})`;
}
