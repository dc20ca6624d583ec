import type { Comparison, Filter } from '../platform/search/index.ts';
import { conjuncts, isLeaf, isOfSpan, leavesOf, type Leaf } from './filter.ts';
import { isIndexed, MORE, RUN_METADATA, wordOf, type Term } from './terms.ts';

/**
 * How a filter is answered: words that a trace must have (of each list one), conditions on its row, and the rest, which is tried on
 * each trace that has those. What stands in the first two is not asked again.
 */
export interface Plan {
  words: string[][];
  columns: Comparison[];
  rest: Filter | undefined;
  /** The rest where there are traces with more names of spans than are words. */
  restWithMore: Filter | undefined;
}

/** Attributes that are columns, compared by the database. */
const COLUMNS = new Set([
  'timestamp_ms',
  'execution_time_ms',
  'end_time_ms',
  'request_id',
  'client_request_id',
  'experiment_id',
  'tokens',
  'cost',
  'spans',
  'status',
  'name',
]);

export function planOf(filter: Filter | undefined): Plan {
  const plan: Plan = { words: [], columns: [], rest: undefined, restWithMore: undefined };
  const rest: Filter[] = [];
  const named: Filter[] = [];
  const parts = conjuncts(filter);
  const ofSpan = parts.filter((part) => isLeaf(part) && isOfSpan(part));
  for (const part of parts) {
    if (!isLeaf(part)) {
      rest.push(part);
      continue;
    }
    const word = wordsFor(part);
    if (word) {
      plan.words.push(word.words);
      // Two things asked of spans are asked of one span.
      if (word.whole && !(isOfSpan(part) && ofSpan.length > 1)) {
        if (part.left.entity === 'span' && part.left.key === 'name') named.push(part);
        continue;
      }
    } else if (isColumn(part)) {
      plan.columns.push(part);
      continue;
    }
    rest.push(part);
  }
  plan.rest = together(rest);
  plan.restWithMore = together([...rest, ...named]);
  return plan;
}

const together = (parts: Filter[]): Filter | undefined =>
  parts.length > 1 ? { kind: 'and', parts } : parts[0];

/** What has to be read of a trace besides its row to try a filter on it. */
export function needsOf(filter: Filter | undefined): { spans: boolean; assessments: boolean } {
  const all = filter === undefined ? [] : [...leavesOf(filter)];
  return {
    spans: all.some(isOfSpan),
    assessments: all.some(({ left: { entity } }) => ['feedback', 'expectation', 'issue'].includes(entity)),
  };
}

const isColumn = (leaf: Leaf): leaf is Comparison =>
  leaf.kind === 'compare' &&
  leaf.left.entity === 'attribute' &&
  COLUMNS.has(leaf.left.key) &&
  leaf.op !== 'rlike';

/** Words of which a trace has one where a leaf holds; `whole`: and only where it holds. */
function wordsFor(leaf: Leaf): { words: string[]; whole: boolean } | undefined {
  const { entity, key } = leaf.left;
  if (entity === 'feedback' || entity === 'expectation') {
    if (leaf.kind === 'null')
      return leaf.negated ? { words: [hasWord(entity, key)], whole: true } : undefined;
    if (leaf.op === '=' && typeof leaf.value === 'string')
      return { words: [wordOf({ kind: entity, key, value: leaf.value })], whole: true };
    return { words: [hasWord(entity, key)], whole: false };
  }
  if (leaf.kind === 'null') return undefined;
  const values =
    leaf.op === '=' && typeof leaf.value === 'string'
      ? [leaf.value]
      : leaf.op === 'in' && typeof leaf.value === 'object'
        ? leaf.value
        : undefined;
  if (values === undefined || values.length === 0 || values.length > 50) return undefined;
  const of = (kind: Term['kind'], name: string) => values.map((value) => wordOf({ kind, key: name, value }));
  if (entity === 'issue') return { words: [hasWord('issue', values[0]!)], whole: true };
  if (entity === 'tag') {
    if (key === 'mlflow.traceName') return { words: of('attribute', 'name'), whole: true };
    return isIndexed(key) ? { words: of('tag', key), whole: true } : undefined;
  }
  if (entity === 'metadata') {
    if (key === RUN_METADATA) return { words: of('link', 'run'), whole: true };
    return isIndexed(key) ? { words: of('metadata', key), whole: true } : undefined;
  }
  if (entity === 'span' && (key === 'name' || key === 'type' || key === 'status')) {
    const words = of('span', key);
    // Of a trace with very many names of spans not all are words.
    return key === 'name' ? { words: [...words, wordOf(MORE)], whole: true } : { words, whole: true };
  }
  if (entity !== 'attribute') return undefined;
  switch (key) {
    case 'status':
    case 'name':
    case 'client_request_id':
      return { words: of('attribute', key), whole: true };
    case 'run_id':
    case 'prompt':
      return { words: of('link', key === 'run_id' ? 'run' : 'prompt'), whole: true };
    case 'session':
    case 'user':
      return { words: of('metadata', `mlflow.trace.${key}`), whole: true };
    default:
      return undefined;
  }
}

/** A trace that has an assessment of a name has this word, too. */
export const hasWord = (kind: 'feedback' | 'expectation' | 'issue', name: string): string =>
  wordOf({ kind: 'has', key: kind, value: name });
