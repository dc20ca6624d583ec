import { createHash } from 'node:crypto';
import { conflict, invalid } from '../platform/errors/index.ts';
import { checkKey } from '../tracking/index.ts';

/** What a trace may grow to: whoever opens it reads all of it, and so does whatever adds to it. */
export const MOST_SPANS = 20_000;
export const MOST_BYTES = 64 * 1024 * 1024;

/** Sizes as MLflow's server has them. */
const TAG_VALUE = 8000;
const METADATA_VALUE = 8000;
const NAME = 4096;
const SESSION = 250;
const TRACE_ID = 100;

/** No database keeps a NUL or half of a pair; what cannot be kept as it came is kept without it. */
export const kept = (text: string): string => text.replaceAll('\u0000', '').toWellFormed();

const cut = (text: string, limit: number): string => kept(text.length > limit ? text.slice(0, limit) : text);

export function checkTag(key: string, value: string): readonly [string, string] {
  checkKey(key, 'key');
  return [key, cut(value, TAG_VALUE)];
}

/** What is not a tag is left out: attributes of a resource are not made to be tags. */
export function tagOr(key: string, value: string): readonly [string, string] | undefined {
  try {
    return checkTag(key, value);
  } catch {
    return undefined;
  }
}

/** Traces' own inputs and outputs stand in their metadata, too: those are kept in whole by their spans. */
export const checkMetadata = (pairs: ReadonlyArray<readonly [string, string]>): Array<[string, string]> =>
  pairs.map(([key, value]) => {
    if (key === '' || key.length > 250)
      throw invalid(`the key of a trace's metadata has 1 to 250 characters, not ${key.length}`, {
        field: 'trace_metadata',
        hint: `shorten '${key.slice(0, 40)}…'`,
      });
    return [kept(key), cut(value, METADATA_VALUE)];
  });

export function checkName(name: string | undefined): string | undefined {
  if (name !== undefined && name.length > NAME)
    throw invalid(`the name of a trace has at most ${NAME} characters, not ${name.length}`, {
      field: 'mlflow.traceName',
      hint: 'use a shorter name',
    });
  return name === undefined ? undefined : kept(name);
}

export function checkSession(session: string | undefined): string | undefined {
  if (session !== undefined && session.length > SESSION)
    throw invalid(`the id of a session has at most ${SESSION} characters, not ${session.length}`, {
      field: 'mlflow.trace.session',
      hint: 'use a shorter id',
    });
  return session;
}

export function checkTraceId(id: string): string {
  if (id === '' || id.length > TRACE_ID || !/^[\w.:-]+$/.test(id))
    throw invalid(`'${id.slice(0, 60)}' is not an id of a trace`, {
      field: 'trace_id',
      hint: `use tr- and 32 hex digits, or up to ${TRACE_ID} letters, digits, '-', '_', '.' and ':'`,
    });
  return id;
}

/** The last moment of the year 9999, ms: later ones are written in more digits, and read by nobody. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export function checkTime(time: number, field: string): number {
  if (!Number.isSafeInteger(time) || time < 0 || time > LATEST)
    throw invalid(`${time} is no time`, {
      field,
      hint: 'say it in milliseconds since 1970, before the year 10000',
    });
  return time;
}

/** A trace is of one experiment for good: whoever may write to another could else take it. */
export function requireSameExperiment(
  trace: { id: string; experiment_id: number },
  experiment: number,
): void {
  if (trace.experiment_id !== experiment)
    throw conflict(`the trace ${trace.id} is one of experiment ${trace.experiment_id}`, {
      field: 'experiment_id',
      hint: 'log what belongs to a trace to its own experiment',
    });
}

const LONG = 100;

/** What an index keeps of a value: itself, or its hash where it is long. */
export const digestOf = (value: string): string =>
  value.length <= LONG ? value : `\u2026${createHash('sha256').update(value).digest('hex')}`;
