import type { SpanView } from '../../../src/traces/contract.ts';

/** The spans of a trace as rows of a waterfall. Pure. */

export interface SpanRow {
  span: SpanView;
  depth: number;
  /** How many lie below it. */
  below: number;
  /** From the begin of the trace, ms. */
  offset: number;
  /** Undefined while it runs. */
  ms: number | undefined;
}

export interface SpanTree {
  rows: SpanRow[];
  /** From the first begin to the last end, ms. */
  total: number;
}

/** Depth first, each by its begin. A span whose parent has not come stands at the top. */
export function spanTree(spans: readonly SpanView[]): SpanTree {
  if (spans.length === 0) return { rows: [], total: 0 };
  const known = new Set(spans.map(({ id }) => id));
  const children = new Map<string, SpanView[]>();
  for (const span of spans) {
    const parent =
      span.parent !== undefined && known.has(span.parent) && span.parent !== span.id ? span.parent : '';
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  let first = BigInt(spans[0]!.start);
  let last = first;
  for (const { start, end } of spans) {
    const [begin, finish] = [BigInt(start), BigInt(end ?? start)];
    if (begin < first) first = begin;
    if (finish > last) last = finish;
  }
  const ms = (from: bigint, to: bigint): number => Number(to - from) / 1e6;
  const rows: SpanRow[] = [];
  const drawn = new Set<string>();
  // A stack of its own: a trace may be thousands of spans deep.
  const open: Array<{ span: SpanView; depth: number; row?: SpanRow; from: number }> = [];
  const push = (list: readonly SpanView[], depth: number): void => {
    const sorted = list.toSorted((a, b) => (BigInt(a.start) < BigInt(b.start) ? 1 : -1));
    for (const span of sorted) open.push({ span, depth, from: 0 });
  };
  const draw = (): void => {
    while (open.length > 0) {
      const { span, depth, row, from } = open.pop()!;
      if (row) {
        row.below = rows.length - from - 1;
        continue;
      }
      if (drawn.has(span.id)) continue;
      drawn.add(span.id);
      const begin = BigInt(span.start);
      const made: SpanRow = {
        span,
        depth,
        below: 0,
        offset: ms(first, begin),
        ms: span.end === undefined ? undefined : ms(begin, BigInt(span.end)),
      };
      open.push({ span, depth, row: made, from: rows.length });
      rows.push(made);
      push(children.get(span.id) ?? [], depth + 1);
    }
  };
  push(children.get('') ?? [], 0);
  draw();
  // Parents in a circle have no top: what is left begins anywhere.
  for (const span of spans)
    if (!drawn.has(span.id)) {
      open.push({ span, depth: 0, from: 0 });
      draw();
    }
  return { rows, total: ms(first, last) };
}

/** Rows that are in sight while some are folded. */
export function unfolded(rows: readonly SpanRow[], folded: ReadonlySet<string>): SpanRow[] {
  const seen: SpanRow[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    seen.push(row);
    if (folded.has(row.span.id)) i += row.below;
  }
  return seen;
}

export interface ChatMessage {
  role: string;
  content: string;
}

/** A chat, where inputs or outputs are one: their messages as text. */
export function messagesIn(value: unknown): ChatMessage[] | undefined {
  const list = Array.isArray(value)
    ? value
    : isObject(value)
      ? (value['messages'] ??
        (Array.isArray(value['choices'])
          ? value['choices'].map((one) => (isObject(one) ? one['message'] : undefined))
          : undefined))
      : undefined;
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const messages: ChatMessage[] = [];
  for (const one of list as unknown[]) {
    if (!isObject(one) || typeof one['role'] !== 'string') return undefined;
    const { content } = one;
    const text =
      typeof content === 'string'
        ? content
        : Array.isArray(content)
          ? content
              .map((part: unknown) =>
                isObject(part) && typeof part['text'] === 'string' ? part['text'] : JSON.stringify(part),
              )
              .join('\n')
          : content === null || content === undefined
            ? ''
            : JSON.stringify(content);
    const calls = one['tool_calls'];
    messages.push({
      role: one['role'],
      content:
        calls === undefined || calls === null
          ? text
          : `${text}${text === '' ? '' : '\n'}${JSON.stringify(calls, null, 2)}`,
    });
  }
  return messages;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** US dollars: small amounts with as many digits as say something. */
export const formatCost = (dollars: number): string =>
  dollars === 0 || Math.abs(dollars) >= 0.01
    ? `$${dollars.toFixed(2)}`
    : `$${Number(dollars.toPrecision(2))}`;

/** A value as people read it: text as it is, all else as JSON. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');

/** What somebody typed for a value: JSON where it is some, else text. */
export function typedValue(text: string): unknown {
  const trimmed = text.trim();
  if (!/^(true|false|null|-?\d|[[{"])/.test(trimmed)) return text;
  try {
    return JSON.parse(trimmed);
  } catch {
    return text;
  }
}
