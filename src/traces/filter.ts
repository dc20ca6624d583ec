import { invalid } from '../platform/errors/index.ts';
import { parseFilter, type Comparison, type Filter, type NullTest } from '../platform/search/index.ts';
import { SPAN_KEYS, traceVocabulary } from './vocabulary.ts';

export type Leaf = Comparison | NullTest;

export const isLeaf = (filter: Filter): filter is Leaf => filter.kind === 'compare' || filter.kind === 'null';

/** Reads a filter for traces: MLflow's language, with OR, NOT and parentheses besides. */
export function parseTraceFilter(text: string | undefined): Filter | undefined {
  const filter = parseFilter(text, traceVocabulary);
  if (filter) for (const leaf of leavesOf(filter)) checkLeaf(leaf);
  return filter;
}

export function* leavesOf(filter: Filter): Generator<Leaf> {
  if (isLeaf(filter)) yield filter;
  else if (filter.kind === 'not') yield* leavesOf(filter.part);
  else for (const part of filter.parts) yield* leavesOf(part);
}

function checkLeaf(leaf: Leaf): void {
  const { entity, key } = leaf.left;
  if (entity === 'span') {
    const attribute = key.startsWith('attributes.');
    if (attribute ? key.length === 'attributes.'.length : !SPAN_KEYS.includes(key))
      throw wrong(
        `Invalid span attribute '${key}'. Supported attributes: name, status, type, content, attributes.<attribute_name>.`,
        "write span.name = 'x', or span.attributes.model LIKE '%x%'",
      );
    if (key === 'content' && leaf.kind === 'compare' && leaf.op !== 'like' && leaf.op !== 'ilike')
      throw wrong(
        `span.content comparator '${leaf.op.toUpperCase()}' not one of LIKE, ILIKE`,
        "write span.content LIKE '%x%'",
      );
  }
  if (
    entity === 'attribute' &&
    key === 'prompt' &&
    leaf.kind === 'compare' &&
    String(leaf.value).split('/').length !== 2
  )
    throw wrong(`Invalid prompts filter value '${String(leaf.value)}'`, 'write prompt = "name/version"');
  if (leaf.kind === 'compare' && leaf.op === 'rlike') checkRegex(String(leaf.value));
}

function checkRegex(pattern: string): void {
  if (pattern.length > 500)
    throw wrong('a regular expression is longer than 500 characters', 'look for less of it');
  try {
    new RegExp(pattern, 'u');
  } catch {
    try {
      new RegExp(pattern);
    } catch (error) {
      throw wrong(
        `'${pattern}' is no regular expression: ${(error as Error).message}`,
        'use LIKE for a plain text',
      );
    }
  }
}

const wrong = (what: string, hint: string) =>
  invalid(`Invalid clause(s) in filter string: ${what}`, { field: 'filter', hint, code: 'filter' });

/** What must hold together: the parts of the outermost AND. */
export const conjuncts = (filter: Filter | undefined): Filter[] =>
  filter === undefined ? [] : filter.kind === 'and' ? filter.parts.flatMap(conjuncts) : [filter];

/** Whether a leaf is about one span. */
export const isOfSpan = ({ left: { entity, key } }: Leaf): boolean =>
  entity === 'span' || (entity === 'attribute' && key === 'text');
