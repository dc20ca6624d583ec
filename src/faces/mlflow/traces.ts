import { invalid, missing } from '../../platform/errors/index.ts';
import { endpoint } from '../../platform/http/contract.ts';
import { route, type Route } from '../../platform/http/index.ts';
import { Type } from 'typebox';
import * as traces from '../../traces/index.ts';
import * as tracking from '../../tracking/index.ts';
import { assessment } from './assessment-words.ts';
import { call } from './call.ts';
import { bool, double, int, list, message, need, oneOf, pageSize, text, type Reader } from './message.ts';
import { duration, map, state, time, toFileSpan, toTrace, toTraceInfo } from './trace-words.ts';

const traceId = need(text);
const ofExperiment = message({ experiment_id: need(text) });
const location = message({
  type: text,
  mlflow_experiment: (value, field) => (value === undefined ? undefined : ofExperiment(value, field)),
});

const traceInfo = message({
  trace_id: traceId,
  client_request_id: text,
  trace_location: need(location),
  request_preview: text,
  response_preview: text,
  request_time: time,
  execution_duration: duration,
  state,
  trace_metadata: map,
  tags: map,
  assessments: list(assessment),
});

const withInfo = message({ trace_info: need(traceInfo) });
const started = message({ trace: need(withInfo) });
const one = message({ trace_id: traceId });
const whole = message({ trace_id: traceId, allow_partial: bool });
const names = need(list(need(text)));
const runLink = message({ trace_ids: names, run_id: need(text) });
const twoFilters = message({
  experiment_ids: names,
  filter_string1: need(text),
  filter_string2: need(text),
  base_filter: text,
});

const ofTrace = { kind: 'trace', in: 'message', field: 'trace_id' } as const;
const read = { version: '3.0', action: 'run:read' } as const;
const write = { version: '3.0', action: 'run:write' } as const;

const search = message({
  locations: list(location),
  filter: text,
  max_results: pageSize(100, 500),
  order_by: list(need(text)),
  page_token: text,
});

export const deletion = message({
  experiment_id: need(text),
  max_timestamp_millis: int,
  max_traces: int,
  request_ids: list(need(text)),
});

export const tag = message({ trace_id: traceId, key: need(text), value: text });
export const tagKey = message({ trace_id: traceId, key: need(text) });

const someTraces = message({ trace_ids: need(list(need(text))), experiment_ids: list(need(text)) });

const promptVersion = message({ name: need(text), version: need(text) });
const promptLink = message({ trace_id: traceId, prompt_versions: need(list(promptVersion)) });

const VIEWS = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const;
const AGGREGATIONS = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const;

/** An enum's word, or its number in the protocol, from 1. */
const wordOf =
  <W extends string>(words: readonly W[]): Reader<W | undefined> =>
  (value, field) =>
    oneOf(...words)(typeof value === 'number' ? words[value - 1] : value, field);

const aggregation = message({ aggregation_type: need(wordOf(AGGREGATIONS)), percentile_value: double });

const measurement = message({
  experiment_ids: need(list(need(text))),
  view_type: need(wordOf(VIEWS)),
  metric_name: need(text),
  aggregations: need(list(aggregation)),
  dimensions: list(need(text)),
  filters: list(need(text)),
  time_interval_seconds: int,
  start_time_ms: int,
  end_time_ms: int,
  max_results: pageSize(1000, 10_000),
  page_token: text,
});

/** Of those asked for, the ones of these experiments. */
const within = <T>(found: readonly T[], experiments: readonly string[], of: (one: T) => string): T[] =>
  experiments.length === 0 ? [...found] : found.filter((one) => experiments.includes(of(one)));

const MOST = 500;

export const traceRoutes: Route[] = [
  ...call({
    ...write,
    method: 'POST',
    path: '/mlflow/traces',
    about: [
      {
        kind: 'experiment',
        in: 'message',
        field: 'trace.trace_info.trace_location.mlflow_experiment.experiment_id',
      },
    ],
    summary: 'Begin a trace, or say of one what it is as a whole',
    request: started,
    async answer(ctx, { trace: { trace_info: info } }) {
      const experiment = info.trace_location.mlflow_experiment?.experiment_id;
      if (experiment === undefined)
        throw invalid("Missing value for required parameter 'trace_location.mlflow_experiment'", {
          field: 'trace.trace_info.trace_location',
          hint: 'say the experiment of the trace',
        });
      const row = await traces.startTrace(ctx, {
        id: info.trace_id,
        experiment,
        startedAt: info.request_time ?? 0,
        executionMs: info.execution_duration,
        status: info.state ?? 'STATE_UNSPECIFIED',
        clientRequestId: info.client_request_id,
        requestPreview: info.request_preview,
        responsePreview: info.response_preview,
        tags: info.tags,
        metadata: info.trace_metadata,
        assessments: info.assessments,
      });
      const [told] = await traces.toInfos(ctx, [row]);
      return { trace: { trace_info: toTraceInfo(told!) } };
    },
  }),
  ...call({
    ...read,
    method: 'GET',
    path: '/mlflow/traces/get',
    about: [ofTrace],
    summary: 'Show a trace with its spans',
    request: whole,
    async answer(ctx, { trace_id, allow_partial }) {
      const found = await traces.getTrace(ctx, trace_id);
      if (!found.complete && allow_partial !== true)
        throw missing(`Trace with ID ${trace_id} is not fully exported yet, please try again later.`, {
          field: 'trace_id',
        });
      return { trace: toTrace(found) };
    },
  }),
  ...call({
    ...read,
    method: 'GET',
    path: '/mlflow/traces/batchGet',
    about: [{ kind: 'trace', in: 'message', field: 'trace_ids' }],
    summary: 'Show traces with their spans',
    request: someTraces,
    async answer(ctx, { trace_ids, experiment_ids }) {
      requireFew(trace_ids);
      const found = await traces.readTraces(ctx, trace_ids);
      return {
        traces: within(found, experiment_ids, ({ info }) => info.experiment)
          .filter(({ complete }) => complete)
          .map(toTrace),
      };
    },
  }),
  ...call({
    ...read,
    method: 'POST',
    path: '/mlflow/traces/batchGetInfos',
    about: [{ kind: 'trace', in: 'message', field: 'trace_ids' }],
    summary: 'Show traces without their spans',
    request: someTraces,
    async answer(ctx, { trace_ids, experiment_ids }) {
      requireFew(trace_ids);
      const found = await traces.getTraceInfos(ctx, trace_ids);
      return { trace_infos: within(found, experiment_ids, ({ experiment }) => experiment).map(toTraceInfo) };
    },
  }),
  ...call({
    ...read,
    method: 'POST',
    path: '/mlflow/traces/search',
    about: [{ kind: 'experiment', in: 'message', field: 'locations.mlflow_experiment.experiment_id' }],
    summary: 'Search traces',
    request: search,
    async answer(ctx, { locations, filter, max_results, order_by, page_token }) {
      if (locations.length === 0)
        throw invalid("Missing value for required parameter 'locations'.", {
          field: 'locations',
          hint: 'say the experiments to search',
        });
      const experiments = locations.flatMap(
        ({ mlflow_experiment }) => mlflow_experiment?.experiment_id ?? [],
      );
      const { rows, next } = await traces.searchTraces(ctx, {
        experiments,
        filter,
        order: order_by,
        limit: max_results,
        page: page_token,
      });
      return { traces: (await traces.toInfos(ctx, rows)).map(toTraceInfo), next_page_token: next };
    },
  }),
  ...call({
    ...read,
    method: 'GET',
    path: '/mlflow/traces/:trace_id',
    about: [ofTrace],
    summary: 'Show a trace without its spans',
    request: one,
    answer: async (ctx, { trace_id }) => ({
      trace: { trace_info: toTraceInfo(await traces.getTraceInfo(ctx, trace_id)) },
    }),
  }),
  ...(['2.0', '3.0'] as const).flatMap((version) => [
    ...call({
      version,
      method: 'POST',
      path: '/mlflow/traces/delete-traces',
      action: 'run:write',
      about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
      summary: 'Delete traces for good',
      request: deletion,
      answer: async (ctx, { experiment_id, max_timestamp_millis, max_traces, request_ids }) => ({
        traces_deleted: await traces.deleteTraces(ctx, experiment_id, {
          until: max_timestamp_millis,
          most: max_traces,
          ids: request_ids.length === 0 ? undefined : request_ids,
        }),
      }),
    }),
    ...call({
      version,
      method: 'PATCH',
      path: '/mlflow/traces/:trace_id/tags',
      action: 'run:write',
      about: [ofTrace],
      summary: 'Set a tag of a trace',
      request: tag,
      async answer(ctx, { trace_id, key, value = '' }) {
        await traces.setTags(ctx, trace_id, [[key, value]]);
      },
    }),
    ...call({
      version,
      method: 'DELETE',
      path: '/mlflow/traces/:trace_id/tags',
      action: 'run:write',
      about: [ofTrace],
      summary: 'Remove a tag of a trace',
      request: tagKey,
      async answer(ctx, { trace_id, key }) {
        await traces.removeTag(ctx, trace_id, key);
      },
    }),
    ...call({
      version,
      method: 'POST',
      path: '/mlflow/traces/link-to-run',
      action: 'run:write',
      about: [{ kind: 'run', in: 'message', field: 'run_id' }],
      summary: 'Say that traces belong to a run',
      request: runLink,
      answer: (ctx, { trace_ids, run_id }) => traces.linkToRun(ctx, trace_ids, run_id),
    }),
    ...call({
      version,
      method: 'POST',
      path: '/mlflow/traces/link-prompts',
      action: 'run:write',
      about: [ofTrace],
      summary: 'Say which versions of prompts a trace used',
      request: promptLink,
      answer: (ctx, { trace_id, prompt_versions }) =>
        traces.linkPrompts(
          ctx,
          trace_id,
          prompt_versions.map(({ name, version: number }) => `${name}/${number}`),
        ),
    }),
  ]),
  ...call({
    ...read,
    method: 'POST',
    path: '/mlflow/traces/calculate-filter-correlation',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_ids' }],
    summary: 'Say how far two filters on traces go together',
    request: twoFilters,
    async answer(ctx, { experiment_ids, filter_string1, filter_string2, base_filter }) {
      const found = await traces.correlate(ctx, experiment_ids, filter_string1, filter_string2, base_filter);
      return {
        npmi: Number.isNaN(found.npmi) ? 'NaN' : found.npmi,
        npmi_smoothed: Number.isNaN(found.smoothed) ? 'NaN' : found.smoothed,
        filter1_count: found.first,
        filter2_count: found.second,
        joint_count: found.both,
        total_count: found.all,
      };
    },
  }),
  ...call({
    ...read,
    method: 'POST',
    path: '/mlflow/traces/metrics',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_ids' }],
    summary: 'Count and measure traces, spans and assessments over time',
    request: measurement,
    async answer(ctx, asked) {
      const points = await traces.measureTraces(ctx, {
        experiments: asked.experiment_ids,
        view: asked.view_type,
        metric: asked.metric_name,
        aggregations: asked.aggregations.map(({ aggregation_type, percentile_value }) => ({
          type: aggregation_type,
          percentile: percentile_value,
        })),
        dimensions: asked.dimensions,
        filters: asked.filters,
        interval: asked.time_interval_seconds,
        from: asked.start_time_ms,
        to: asked.end_time_ms,
        limit: asked.max_results,
      });
      return {
        data_points: points.map(({ dimensions, values }) => ({
          metric_name: asked.metric_name,
          dimensions,
          values,
        })),
      };
    },
  }),
  ...file(),
];

function requireFew(ids: readonly string[]): void {
  if (ids.length > MOST)
    throw invalid(`at most ${MOST} traces may be asked for at once, not ${ids.length}`, {
      field: 'trace_ids',
      hint: 'ask in several requests',
    });
}

/** The spans of a trace as a file, or an attachment of it: what MLflow's pages ask for. */
function file(): Route[] {
  const declared = endpoint({
    method: 'GET',
    path: '/ajax-api/2.0/mlflow/get-trace-artifact',
    action: 'run:read',
    about: [{ kind: 'trace', in: 'query', field: 'request_id' }],
    summary: 'Download the spans of a trace, or an attachment of it',
    query: Type.Object(
      { request_id: Type.String(), path: Type.Optional(Type.String()) },
      { additionalProperties: true },
    ),
    response: 'bytes',
  });
  return [
    route(declared, async (ctx, { query, headers }) => {
      const { request_id: id, path } = query;
      const { experiment } = await traces.getTraceInfo(ctx, id);
      const folder = `${experiment}/traces/${id}/artifacts`;
      if (path !== undefined && path !== '')
        return tracking.readArtifact(ctx, `${folder}/attachments/${path}`, headers['range']);
      const { spans } = await traces.getTrace(ctx, id);
      // Clients that send no spans by OTLP leave them as a file.
      if (spans.length === 0) return tracking.readArtifact(ctx, `${folder}/traces.json`, headers['range']);
      const bytes = Buffer.from(JSON.stringify({ spans: spans.map((span) => toFileSpan(span, id)) }));
      return { stream: bytes, type: 'application/octet-stream', size: bytes.length, filename: 'traces.json' };
    }),
  ];
}
