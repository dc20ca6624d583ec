import type { Ctx } from '../platform/ctx/index.ts';
import { invalid } from '../platform/errors/index.ts';
import { costOf, modelOf, typeOf } from './conventions.ts';
import { everyTrace } from './search-traces.ts';
import { millisOf, textOf, type Span } from './span.ts';
import { selectAssessments, type AssessmentRow } from './store/assessments.ts';
import { unpackAll } from './store/span-data.ts';
import { selectParts, type TraceRow } from './store/traces.ts';
import { described } from './store/write-trace.ts';
import { SESSION_METADATA, USAGE_METADATA } from './terms.ts';

export type Aggregation = 'COUNT' | 'SUM' | 'AVG' | 'PERCENTILE' | 'MIN' | 'MAX';
export type View = 'TRACES' | 'SPANS' | 'ASSESSMENTS';

export interface Measured {
  experiments: readonly string[];
  view: View;
  metric: string;
  aggregations: ReadonlyArray<{ type: Aggregation; percentile: number | undefined }>;
  dimensions: readonly string[];
  filters: readonly string[];
  /** Seconds of one point in time; one point for all of it where there is none. */
  interval: number | undefined;
  from: number | undefined;
  to: number | undefined;
  limit: number;
}

export interface DataPoint {
  dimensions: Record<string, string>;
  values: Record<string, number>;
}

const NUMBERS: readonly Aggregation[] = ['SUM', 'AVG', 'MIN', 'MAX', 'PERCENTILE'];
const TIMES: readonly Aggregation[] = ['AVG', 'MIN', 'MAX', 'PERCENTILE'];
const TOKENS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
];
const COSTS = ['input_cost', 'output_cost', 'total_cost'];

/** What can be measured, how, and by what it may be told apart: MLflow's list. */
const METRICS: Readonly<
  Record<View, Readonly<Record<string, { how: readonly Aggregation[]; by: readonly string[] }>>>
> = {
  TRACES: {
    trace_count: { how: ['COUNT'], by: ['trace_name', 'trace_status'] },
    session_count: { how: ['COUNT'], by: [] },
    latency: { how: TIMES, by: ['trace_name'] },
    ...Object.fromEntries(TOKENS.map((name) => [name, { how: NUMBERS, by: ['trace_name'] }])),
  },
  SPANS: {
    span_count: {
      how: ['COUNT'],
      by: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
    },
    latency: { how: TIMES, by: ['span_name', 'span_status'] },
    ...Object.fromEntries(
      COSTS.map((name) => [name, { how: NUMBERS, by: ['span_model_name', 'span_model_provider'] }]),
    ),
  },
  ASSESSMENTS: {
    assessment_count: { how: ['COUNT'], by: ['assessment_name', 'assessment_value'] },
    assessment_value: { how: TIMES, by: ['assessment_name'] },
  },
};

/** Counts and measures traces, spans or assessments, over time and by what they are. */
export async function measureTraces(ctx: Ctx, asked: Measured): Promise<DataPoint[]> {
  const { view, metric, interval, limit } = asked;
  check(asked);
  const { traces, spans, assessments } = filtersOf(asked);
  const groups = new Map<
    string,
    { dimensions: Array<[string, string]>; at: number; values: Array<number | string> }
  >();
  const add = (
    value: number | string | undefined,
    at: number,
    by: Readonly<Record<string, string | undefined>>,
  ): void => {
    if (value === undefined) return;
    const dimensions: Array<[string, string]> = [];
    const bucket = interval === undefined ? 0 : Math.floor(at / (interval * 1000)) * interval * 1000;
    if (interval !== undefined)
      dimensions.push(['time_bucket', new Date(bucket).toISOString().replace('.000Z', '+00:00')]);
    for (const name of asked.dimensions) {
      const one = by[name];
      if (one === undefined) return;
      dimensions.push([name, one]);
    }
    const key = JSON.stringify(dimensions);
    const group = groups.get(key) ?? { dimensions, at: bucket, values: [] };
    group.values.push(value);
    groups.set(key, group);
  };
  for await (const chunk of chunks(everyTrace(ctx, asked.experiments, traces))) {
    if (view === 'TRACES') for (const row of chunk) add(ofTrace(metric, row), row.started_at, ofTraceBy(row));
    else if (view === 'SPANS') {
      const parts = await selectParts(
        ctx,
        chunk.map(({ n }) => n),
      );
      for (const { n } of chunk)
        for (const span of unpackAll(parts.get(n) ?? [])) {
          const by = ofSpanBy(span);
          if (spans.every(([key, value]) => by[key] === value))
            add(ofSpan(metric, span), millisOf(span.start), by);
        }
    } else {
      const all = await selectAssessments(
        ctx,
        chunk.map(({ n }) => n),
      );
      for (const { n, started_at } of chunk)
        for (const one of all.get(n) ?? [])
          if (one.valid === 1 && assessments.every(([key, value]) => one[key] === value))
            add(ofAssessment(metric, one), started_at, {
              assessment_name: one.name,
              assessment_value: one.value,
            });
    }
  }
  return [...groups.values()]
    .toSorted(
      (a, b) => a.at - b.at || compareTexts(JSON.stringify(a.dimensions), JSON.stringify(b.dimensions)),
    )
    .slice(0, limit)
    .map(({ dimensions, values }) => ({
      dimensions: Object.fromEntries(dimensions),
      values: Object.fromEntries(
        asked.aggregations.map(({ type, percentile }) => [
          nameOf(type, percentile),
          aggregate(type, percentile, values),
        ]),
      ),
    }));
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `P50.0`, as Python writes the number. */
const nameOf = (type: Aggregation, percentile = 0): string =>
  type === 'PERCENTILE' ? `P${Number.isInteger(percentile) ? percentile.toFixed(1) : percentile}` : type;

function aggregate(
  type: Aggregation,
  percentile: number | undefined,
  values: ReadonlyArray<number | string>,
): number {
  if (type === 'COUNT')
    return values.some((one) => typeof one === 'string') ? new Set(values).size : values.length;
  const numbers = values.filter((one): one is number => typeof one === 'number');
  if (type === 'SUM' || type === 'AVG') {
    let sum = 0;
    for (const one of numbers) sum += one;
    return type === 'SUM' ? sum : sum / numbers.length;
  }
  const sorted = numbers.toSorted((a, b) => a - b);
  if (type === 'MIN') return sorted[0]!;
  if (type === 'MAX') return sorted.at(-1)!;
  // Between two values, as databases have it.
  const place = ((percentile ?? 50) / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  return low + (high - low) * (place - Math.floor(place));
}

async function* chunks(rows: AsyncIterable<TraceRow>): AsyncGenerator<TraceRow[]> {
  let chunk: TraceRow[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < 100) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** A text is counted by how many different ones there are. */
function ofTrace(metric: string, row: TraceRow): number | string | undefined {
  if (metric === 'trace_count') return 1;
  if (metric === 'latency') return row.execution_ms ?? undefined;
  const { metadata } = described(row);
  if (metric === 'session_count') return metadata[SESSION_METADATA];
  try {
    const usage = JSON.parse(metadata[USAGE_METADATA] ?? '{}') as Record<string, unknown> | null;
    const count = usage?.[metric];
    return typeof count === 'number' ? count : undefined;
  } catch {
    return undefined;
  }
}

const ofTraceBy = ({ name, status }: TraceRow) => ({ trace_name: name ?? undefined, trace_status: status });

function ofSpan(metric: string, { attributes, start, end }: Span): number | undefined {
  if (metric === 'span_count') return 1;
  if (metric === 'latency') return end === null ? undefined : Math.floor((Number(end) - Number(start)) / 1e6);
  return costOf(attributes)?.[metric];
}

const ofSpanBy = ({ name, status, attributes }: Span): Record<string, string | undefined> => ({
  span_name: name,
  span_type: typeOf(attributes),
  span_status: status.toUpperCase(),
  span_model_name: modelOf(attributes),
  span_model_provider: textOf(attributes['mlflow.llm.provider'] ?? attributes['gen_ai.provider.name']),
});

function ofAssessment(metric: string, { value }: AssessmentRow): number | undefined {
  if (metric === 'assessment_count') return 1;
  const said = JSON.parse(value) as unknown;
  if (typeof said === 'number') return said;
  if (typeof said === 'boolean') return said ? 1 : 0;
  const word = typeof said === 'string' ? said.trim().toLowerCase() : '';
  return word === 'yes' ? 1 : word === 'no' ? 0 : undefined;
}

function check({ view, metric, aggregations, dimensions, interval, from, to }: Measured): void {
  const known = METRICS[view];
  const found = Object.hasOwn(known, metric) ? known[metric] : undefined;
  if (!found)
    throw invalid(`metric_name must be one of ${Object.keys(known).join(', ')}, got '${metric}'`, {
      field: 'metric_name',
    });
  for (const { type, percentile } of aggregations) {
    if (!found.how.includes(type))
      throw invalid(
        `Found invalid aggregation_type(s): ${type}. Supported aggregation types: ${found.how.join(', ')}`,
        {
          field: 'aggregations',
        },
      );
    if (
      type === 'PERCENTILE'
        ? percentile === undefined || percentile < 0 || percentile > 100
        : percentile !== undefined
    )
      throw invalid('a PERCENTILE has a percentile_value from 0 to 100, and nothing else has one', {
        field: 'aggregations',
      });
  }
  const odd = dimensions.find((one) => !found.by.includes(one));
  if (odd !== undefined)
    throw invalid(`Found invalid dimension(s): ${odd}. Supported dimensions: ${found.by.join(', ')}`, {
      field: 'dimensions',
    });
  if (interval !== undefined && interval < 1)
    throw invalid('time_interval_seconds must be at least 1', { field: 'time_interval_seconds' });
  if (interval !== undefined && (from === undefined || to === undefined))
    throw invalid('start_time_ms and end_time_ms are required if time_interval_seconds is set', {
      field: 'start_time_ms',
    });
}

type SpanFilter = readonly [key: string, value: string];
type AssessmentFilter = readonly [key: 'name' | 'kind', value: string];

/** `trace.status = 'OK'`, `trace.tag.team = 'ops'`, `span.name = 'x'`, `assessment.name = 'y'`: each alone, and all of them together. */
function filtersOf({ filters, from, to }: Measured): {
  traces: string;
  spans: SpanFilter[];
  assessments: AssessmentFilter[];
} {
  const traces: string[] = [];
  const spans: SpanFilter[] = [];
  const assessments: AssessmentFilter[] = [];
  for (const filter of filters) {
    const match =
      /^\s*(trace|span|assessment)\.(\w+)(?:\.(`[^`]+`|"[^"]+"|[^\s=]+))?\s*=\s*(?:'([^']*)'|"([^"]*)")\s*$/.exec(
        filter,
      );
    const [, view, entity, rawKey, single, double] = match ?? [];
    const key = rawKey?.replaceAll(/^[`"]|[`"]$/g, '');
    const value = single ?? double ?? '';
    if (view === 'trace' && entity === 'status' && key === undefined)
      traces.push(`status = '${quoted(value)}'`);
    else if (view === 'trace' && (entity === 'tag' || entity === 'metadata') && key !== undefined)
      traces.push(`${entity}.\`${key.replaceAll('`', '``')}\` = '${quoted(value)}'`);
    else if (view === 'span' && key === undefined && ['name', 'status', 'type'].includes(entity ?? ''))
      spans.push([`span_${entity}`, value]);
    else if (view === 'assessment' && key === undefined && (entity === 'name' || entity === 'type'))
      assessments.push([entity === 'name' ? 'name' : 'kind', value]);
    else
      throw invalid(`Invalid filter: '${filter}'`, {
        field: 'filters',
        hint: "write trace.status = 'OK', trace.tag.team = 'ops', span.name = 'x' or assessment.name = 'y'",
      });
  }
  if (from !== undefined) traces.push(`timestamp_ms >= ${from}`);
  if (to !== undefined) traces.push(`timestamp_ms <= ${to}`);
  return { traces: traces.join(' AND '), spans, assessments };
}

const quoted = (text: string): string => text.replaceAll("'", "''");
