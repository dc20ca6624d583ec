import { invalid } from '../../platform/errors/index.ts';
import type { Route } from '../../platform/http/index.ts';
import * as traces from '../../traces/index.ts';
import { call } from './call.ts';
import { int, list, message, need, pageSize, text } from './message.ts';
import { state, toTraceInfoV2 } from './trace-words.ts';
import { keyValue, pairs } from './wire.ts';

/** Traces as clients of before 3.0 ask for them. */

const v2 = { version: '2.0', older: { request_id: 'trace_id' } } as const;
const about = [{ kind: 'trace', in: 'message', field: 'trace_id' }] as const;

const search = message({
  experiment_ids: list(need(text)),
  filter: text,
  max_results: pageSize(100, 500),
  order_by: list(need(text)),
  page_token: text,
});

const beginning = message({
  experiment_id: need(text),
  timestamp_ms: need(int),
  request_metadata: list(keyValue),
  tags: list(keyValue),
});
const end = message({
  trace_id: need(text),
  timestamp_ms: need(int),
  status: state,
  request_metadata: list(keyValue),
  tags: list(keyValue),
});
const one = message({ trace_id: need(text) });

export const legacyTraceRoutes: Route[] = [
  ...call({
    ...v2,
    method: 'POST',
    path: '/mlflow/traces',
    action: 'run:write',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_id' }],
    summary: 'Begin a trace',
    request: beginning,
    async answer(ctx, { experiment_id, timestamp_ms, request_metadata, tags }) {
      const row = await traces.startUnnamedTrace(ctx, {
        experiment: experiment_id,
        startedAt: timestamp_ms,
        metadata: Object.fromEntries(pairs(request_metadata)),
        tags: Object.fromEntries(pairs(tags)),
      });
      return { trace_info: toTraceInfoV2((await traces.toInfos(ctx, [row]))[0]!) };
    },
  }),
  ...call({
    ...v2,
    method: 'PATCH',
    path: '/mlflow/traces/:trace_id',
    action: 'run:write',
    about,
    summary: 'End a trace',
    request: end,
    async answer(ctx, { trace_id, timestamp_ms, status, request_metadata, tags }) {
      const row = await traces.endTrace(ctx, trace_id, {
        at: timestamp_ms,
        status: status ?? 'STATE_UNSPECIFIED',
        metadata: Object.fromEntries(pairs(request_metadata)),
        tags: Object.fromEntries(pairs(tags)),
      });
      return { trace_info: toTraceInfoV2((await traces.toInfos(ctx, [row]))[0]!) };
    },
  }),
  ...call({
    ...v2,
    method: 'GET',
    path: '/mlflow/traces/:trace_id/info',
    action: 'run:read',
    about,
    summary: 'Show a trace without its spans',
    request: one,
    answer: async (ctx, { trace_id }) => ({
      trace_info: toTraceInfoV2(await traces.getTraceInfo(ctx, trace_id)),
    }),
  }),
  ...call({
    ...v2,
    method: 'GET',
    path: '/mlflow/traces',
    action: 'run:read',
    about: [{ kind: 'experiment', in: 'message', field: 'experiment_ids' }],
    summary: 'Search traces',
    request: search,
    async answer(ctx, { experiment_ids, filter, max_results, order_by, page_token }) {
      if (experiment_ids.length === 0)
        throw invalid("Missing value for required parameter 'experiment_ids'.", {
          field: 'experiment_ids',
          hint: 'say the experiments to search',
        });
      const { rows, next } = await traces.searchTraces(ctx, {
        experiments: experiment_ids,
        filter,
        order: order_by,
        limit: max_results,
        page: page_token,
      });
      return { traces: (await traces.toInfos(ctx, rows)).map(toTraceInfoV2), next_page_token: next };
    },
  }),
];
