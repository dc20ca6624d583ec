import { costOf, inputsOf, outputsOf, previewOf, typeOf, usageOf, type Counts } from './conventions.ts';
import { before, millisOf, plain, textOf, unwrapped, type Span, type Value } from './span.ts';

/** What spans that came together say of their trace. */
export interface SpanSummary {
  /** Milliseconds since 1970. */
  start: number;
  end: number | undefined;
  /** Undefined while the root has not come. */
  status: 'OK' | 'ERROR' | undefined;
  usage: Counts | undefined;
  cost: Counts | undefined;
  session: string | undefined;
  user: string | undefined;
  requestPreview: string | undefined;
  responsePreview: string | undefined;
  /** Tags that the root carries as attributes, since OTLP has no tags. */
  tags: Array<readonly [string, string]>;
  /** What its spans are found by: distinct names, types and statuses. */
  names: Set<string>;
  types: Set<string>;
  statuses: Set<string>;
}

const TAG = 'mlflow.traceTag.';

const wordOf = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(plain(value)));

export function summarise(spans: readonly Span[]): SpanSummary {
  let start = spans[0]!.start;
  let end: string | null = null;
  const summary: SpanSummary = {
    start: 0,
    end: undefined,
    status: undefined,
    usage: totalOf(spans, usageOf, ['input_tokens', 'output_tokens', 'total_tokens']),
    cost: totalOf(spans, costOf, ['input_cost', 'output_cost', 'total_cost']),
    session: undefined,
    user: undefined,
    requestPreview: undefined,
    responsePreview: undefined,
    tags: [],
    names: new Set(),
    types: new Set(),
    statuses: new Set(),
  };
  for (const span of spans) {
    const { attributes } = span;
    if (before(span.start, start)) start = span.start;
    if (span.end !== null && (end === null || before(end, span.end))) end = span.end;
    summary.names.add(span.name);
    summary.statuses.add(span.status.toUpperCase());
    const type = typeOf(attributes);
    if (type !== undefined) summary.types.add(type);
    summary.session ??= textOf(
      unwrapped(attributes['session.id'] ?? attributes['gen_ai.conversation.id'] ?? null),
    );
    summary.user ??= textOf(unwrapped(attributes['user.id'] ?? null));
    if (span.parent !== null) continue;
    summary.status = span.status === 'error' ? 'ERROR' : 'OK';
    summary.requestPreview = previewOf(inputsOf(attributes), 'user');
    summary.responsePreview = previewOf(outputsOf(attributes), 'assistant');
    for (const [key, value] of Object.entries(attributes))
      if (key.startsWith(TAG)) summary.tags.push([key.slice(TAG.length), wordOf(unwrapped(value))]);
  }
  summary.start = millisOf(start);
  summary.end = end === null ? undefined : millisOf(end);
  return summary;
}

/**
 * Counts of a tree of spans. A span that has counts stands for all below it: some libraries log the sum of its calls on the parent, and
 * to add both would count them twice.
 */
export function totalOf(
  spans: readonly Span[],
  counts: (attributes: Span['attributes']) => Counts | undefined,
  always: readonly string[],
): Counts | undefined {
  const own = new Map<string, Counts>();
  for (const span of spans) {
    const found = counts(span.attributes);
    if (found) own.set(span.id, found);
  }
  if (own.size === 0) return undefined;
  const parents = new Map(spans.map(({ id, parent }) => [id, parent]));
  /** Whether somebody above a span has counts; asked once for each span on the way up. */
  const known = new Map<string, boolean>();
  const covered = (span: string): boolean => {
    const way: string[] = [];
    let answer = false;
    for (let at: string | null | undefined = span; ;) {
      const before = known.get(at);
      if (before !== undefined) {
        answer = before;
        break;
      }
      known.set(at, false); // parents in a circle cover nobody
      way.push(at);
      const above: string | null | undefined = parents.get(at);
      if (above === undefined || above === null) break;
      if (own.has(above)) {
        answer = true;
        break;
      }
      at = above;
    }
    for (const one of way) known.set(one, answer);
    return answer;
  };
  const total: Counts = Object.fromEntries(always.map((key) => [key, 0]));
  for (const [span, found] of own) {
    if (covered(span)) continue;
    for (const [key, count] of Object.entries(found))
      total[key] = (Object.hasOwn(total, key) ? total[key]! : 0) + count;
  }
  return total;
}
