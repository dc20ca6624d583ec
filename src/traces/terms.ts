import { digestOf, kept } from './limits.ts';

/** A word that traces are found by: `{kind: 'tag', key: 'team', value: 'ops'}`. */
export interface Term {
  kind: 'attribute' | 'tag' | 'metadata' | 'link' | 'span' | 'feedback' | 'expectation' | 'has';
  key: string;
  value: string;
}

/** One text for a term: as it is kept. */
export const wordOf = ({ kind, key, value }: Term): string =>
  `${kind} ${digestOf(key.replaceAll('=', '%3D'))}=${digestOf(value)}`;

export const NAME_TAG = 'mlflow.traceName';
export const RUN_METADATA = 'mlflow.sourceRun';
export const SESSION_METADATA = 'mlflow.trace.session';
export const USER_METADATA = 'mlflow.trace.user';
export const USAGE_METADATA = 'mlflow.trace.tokenUsage';
export const COST_METADATA = 'mlflow.trace.cost';
export const FINALIZED_METADATA = 'mlflow.trace.infoFinalized';
export const LOCATION_TAG = 'mlflow.artifactLocation';
export const SPANS_TAG = 'mlflow.trace.spansLocation';
export const STATS_METADATA = 'mlflow.trace.sizeStats';

/** What says the same of nearly every trace, or another thing of each: nobody looks for it, and a filter on it still finds it. */
const UNINDEXED = new Set([
  LOCATION_TAG,
  SPANS_TAG,
  NAME_TAG,
  USAGE_METADATA,
  COST_METADATA,
  FINALIZED_METADATA,
  STATS_METADATA,
  'mlflow.traceInputs',
  'mlflow.traceOutputs',
  'mlflow.trace.sizeBytes',
  'mlflow.trace_schema.version',
  'mlflow.linkedPrompts',
]);
export const isIndexed = (key: string): boolean => !UNINDEXED.has(key);

/** A trace of tens of thousands of spans with a name each is found by so many of them, and by having more. */
const MOST_NAMES = 256;
export const MORE: Term = { kind: 'span', key: 'more', value: '' };

/** What a key names, and not what every object has. */
export const ownOf = (pairs: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(pairs, key) ? pairs[key] : undefined;

export interface Described {
  status: string;
  name: string | null;
  clientRequestId: string | null;
  tags: Readonly<Record<string, string>>;
  metadata: Readonly<Record<string, string>>;
  links: Links;
}

export interface Links {
  runs: string[];
  /** `name/version`. */
  prompts: string[];
}

/** What a trace is found by, but for its spans and assessments. */
export function termsOf({ status, name, clientRequestId, tags, metadata, links }: Described): Term[] {
  const terms: Term[] = [{ kind: 'attribute', key: 'status', value: status }];
  if (name !== null) terms.push({ kind: 'attribute', key: 'name', value: name });
  if (clientRequestId !== null)
    terms.push({ kind: 'attribute', key: 'client_request_id', value: clientRequestId });
  for (const [key, value] of Object.entries(tags))
    if (isIndexed(key)) terms.push({ kind: 'tag', key, value });
  for (const [key, value] of Object.entries(metadata))
    if (isIndexed(key)) terms.push({ kind: 'metadata', key, value });
  const run = metadata[RUN_METADATA];
  for (const value of new Set([...links.runs, ...(run === undefined ? [] : [run])]))
    terms.push({ kind: 'link', key: 'run', value });
  for (const value of links.prompts) terms.push({ kind: 'link', key: 'prompt', value });
  return terms;
}

export function spanTerms(spans: {
  names: ReadonlySet<string>;
  types: ReadonlySet<string>;
  statuses: ReadonlySet<string>;
}): Term[] {
  const named = [...spans.names].slice(0, MOST_NAMES);
  return [
    ...named.map((value): Term => ({ kind: 'span', key: 'name', value: kept(value) })),
    ...(spans.names.size > named.length ? [MORE] : []),
    ...[...spans.types]
      .slice(0, MOST_NAMES)
      .map((value): Term => ({ kind: 'span', key: 'type', value: kept(value) })),
    ...[...spans.statuses].map((value): Term => ({ kind: 'span', key: 'status', value })),
  ];
}

/** The value of an assessment as filters compare it: text as itself, all else as JSON. */
export const valueText = (json: string): string => {
  const value = JSON.parse(json) as unknown;
  return typeof value === 'string' ? value : json;
};
