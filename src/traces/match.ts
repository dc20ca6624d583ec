import vm from 'node:vm';
import { invalid } from '../platform/errors/index.ts';
import type { Comparison, Filter } from '../platform/search/index.ts';
import { typeOf } from './conventions.ts';
import { isLeaf, isOfSpan, type Leaf } from './filter.ts';
import { plain, type Span, type Value } from './span.ts';
import type { AssessmentRow } from './store/assessments.ts';
import type { TraceRow } from './store/traces.ts';
import { ownOf, RUN_METADATA, SESSION_METADATA, USER_METADATA, valueText, type Described } from './terms.ts';

/** A trace that a filter is tried on. Its spans are read only where the filter asks of them. */
export interface Candidate {
  row: TraceRow;
  said: Described;
  assessments: readonly AssessmentRow[];
  spans(): readonly Span[];
}

/**
 * Whether a trace passes. What is asked of spans within one AND is asked of one span together; everything else holds or does not.
 */
export function passes(filter: Filter, candidate: Candidate): boolean {
  if (isLeaf(filter))
    return isOfSpan(filter)
      ? candidate.spans().some((span) => holdsOfSpan(filter, span))
      : holds(filter, candidate);
  if (filter.kind === 'not') return !passes(filter.part, candidate);
  if (filter.kind === 'or') return filter.parts.some((part) => passes(part, candidate));
  const parts = filter.parts.flatMap(flat);
  const ofSpan = parts.filter((part): part is Leaf => isLeaf(part) && isOfSpan(part));
  const others = parts.filter((part) => !(isLeaf(part) && isOfSpan(part)));
  return (
    others.every((part) => passes(part, candidate)) &&
    (ofSpan.length === 0 || candidate.spans().some((span) => ofSpan.every((leaf) => holdsOfSpan(leaf, span))))
  );
}

const flat = (filter: Filter): Filter[] => (filter.kind === 'and' ? filter.parts.flatMap(flat) : [filter]);

function holds(leaf: Leaf, candidate: Candidate): boolean {
  const { entity, key } = leaf.left;
  const { row, said } = candidate;
  if (entity === 'feedback' || entity === 'expectation' || entity === 'issue') {
    const own = candidate.assessments.filter(
      ({ kind, name, valid }) =>
        kind === entity &&
        valid === 1 &&
        (entity === 'issue' ? leaf.kind === 'compare' && name === leaf.value : name === key),
    );
    if (entity === 'issue') return own.length > 0;
    if (leaf.kind === 'null') return leaf.negated === own.length > 0;
    return own.some(({ value }) => holdsOfAssessment(leaf, value));
  }
  if (entity === 'attribute' && key === 'run_id') {
    const run = said.metadata[RUN_METADATA];
    return anyOf(leaf, [...said.links.runs, ...(run === undefined ? [] : [run])]);
  }
  if (entity === 'attribute' && key === 'prompt') return anyOf(leaf, said.links.prompts);
  const value =
    entity === 'attribute'
      ? attribute(key, row, said)
      : ownOf(entity === 'tag' ? said.tags : said.metadata, key);
  const there = entity === 'tag' && key === 'mlflow.traceName' ? (row.name ?? undefined) : value;
  if (leaf.kind === 'null') return leaf.negated === (there !== undefined && there !== null);
  return there !== undefined && there !== null && compares(leaf, there);
}

const anyOf = (leaf: Leaf, values: readonly string[]): boolean =>
  leaf.kind === 'null' ? leaf.negated === values.length > 0 : values.some((value) => compares(leaf, value));

function attribute(key: string, row: TraceRow, said: Described): string | number | null | undefined {
  switch (key) {
    case 'status':
      return row.status;
    case 'name':
      return row.name;
    case 'timestamp_ms':
      return row.started_at;
    case 'execution_time_ms':
      return row.execution_ms;
    case 'end_time_ms':
      return row.started_at + (row.execution_ms ?? 0);
    case 'request_id':
      return row.id;
    case 'client_request_id':
      return row.client_request_id;
    case 'experiment_id':
      return row.experiment_id;
    case 'tokens':
      return row.total_tokens;
    case 'cost':
      return row.total_cost;
    case 'spans':
      return row.spans;
    case 'session':
      return said.metadata[SESSION_METADATA];
    case 'user':
      return said.metadata[USER_METADATA];
    default:
      return undefined;
  }
}

/** An assessment's value is JSON: a text is compared with texts, a number with numbers, all else by its JSON. */
function holdsOfAssessment(leaf: Comparison, json: string): boolean {
  const { op, value } = leaf;
  if (typeof value === 'number') {
    const number = JSON.parse(json) as unknown;
    return typeof number === 'number' && compares(leaf, number);
  }
  if (op === '=' || op === '!=') {
    const equal = valueText(json) === value || json === value;
    return (op === '=') === equal;
  }
  return compares(leaf, valueText(json));
}

function holdsOfSpan(leaf: Leaf, span: Span): boolean {
  if (leaf.kind === 'null') return false;
  const key = leaf.left.entity === 'attribute' ? 'content' : leaf.left.key;
  if (key === 'name') return compares(leaf, span.name);
  if (key === 'status') return compares(leaf, span.status.toUpperCase());
  if (key === 'type') {
    const type = typeOf(span.attributes);
    return type !== undefined && compares(leaf, type);
  }
  if (key === 'content') return compares(leaf, contentOf(span));
  const value = valueAt(span.attributes, key.slice('attributes.'.length));
  return value !== undefined && compares(leaf, textOf(value));
}

/** An attribute by its name, or a part of one that is an object: `mlflow.spanInputs.question`. */
function valueAt(attributes: { [key: string]: Value }, path: string): Value | undefined {
  if (Object.hasOwn(attributes, path)) return attributes[path];
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const inner = attributes[path.slice(0, dot)];
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      return valueAt(inner, path.slice(dot + 1));
  }
  return undefined;
}

const textOf = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(plain(value)));

/** All that a span says, as a text to look in. */
const contentOf = ({ name, attributes, events, message }: Span): string =>
  `${name}\n${JSON.stringify(plain(attributes))}\n${message ?? ''}\n${events ? JSON.stringify(events) : ''}`;

export function compares({ op, value }: Comparison, left: string | number): boolean {
  if (typeof value === 'object') return value.includes(String(left)) === (op === 'in');
  switch (op) {
    case '=':
      return left === value;
    case '!=':
      return left !== value;
    case '<':
      return left < value;
    case '<=':
      return left <= value;
    case '>':
      return left > value;
    case '>=':
      return left >= value;
    case 'like':
      return isLike(String(left), String(value));
    case 'ilike':
      return isLike(String(left).toLowerCase(), String(value).toLowerCase());
    case 'rlike':
      return matches(String(value), String(left));
    case 'in':
    case 'not in':
      return false;
  }
}

/** LIKE: `%` for any characters, `_` for one. By parts between the `%`, each found as early as it can be: never more steps than length × pattern. */
export function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('%');
  const first = parts[0]!;
  if (parts.length === 1) return text.length === pattern.length && fitsAt(text, 0, pattern);
  if (!fitsAt(text, 0, first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    at = find(text, at, part);
    if (at < 0) return false;
    at += part.length;
  }
  const last = parts.at(-1)!;
  return text.length - at >= last.length && fitsAt(text, text.length - last.length, last);
}

function find(text: string, from: number, part: string): number {
  if (!part.includes('_')) return text.indexOf(part, from);
  for (let at = from; at + part.length <= text.length; at++) if (fitsAt(text, at, part)) return at;
  return -1;
}

function fitsAt(text: string, at: number, part: string): boolean {
  if (at + part.length > text.length) return false;
  if (!part.includes('_')) return text.startsWith(part, at);
  for (let i = 0; i < part.length; i++) if (part[i] !== '_' && part[i] !== text[at + i]) return false;
  return true;
}

/** A regular expression is a stranger's, and may take for ever: it is tried where it can be ended. */
const PATIENCE = 50;
const place = vm.createContext({ pattern: '', text: '' });
const trial = new vm.Script('new RegExp(pattern).test(text)');

function matches(pattern: string, text: string): boolean {
  Object.assign(place, { pattern, text });
  try {
    return trial.runInContext(place, { timeout: PATIENCE }) === true;
  } catch {
    throw invalid(`the regular expression '${pattern}' takes too long`, {
      field: 'filter',
      hint: 'write it without repeats within repeats, or use LIKE',
      code: 'filter',
    });
  }
}
