import * as models from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import * as tracking from '../../tracking/index.ts';
import { call } from './call.ts';
import { double, int, list, message, need, text, type Read } from './message.ts';
import { keyValue, millis, pairs, runId } from './wire.ts';

const point = {
  key: need(text),
  value: need(double),
  timestamp: need(millis),
  step: int,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
};
const metric = message(point);
const oneMetric = message({ run_id: runId, ...point });
const oneParam = message({ run_id: runId, key: need(text), value: text });
const batch = message({ run_id: runId, metrics: list(metric), params: list(keyValue), tags: list(keyValue) });

type Metric = Read<typeof metric>;

const write = { version: '2.0', method: 'POST', action: 'run:write', older: { run_uuid: 'run_id' } } as const;

/** A metric that names a logged model is filed under both, or under neither. */
async function log(
  ctx: Ctx,
  run: string,
  metrics: readonly Metric[],
  rest: Omit<tracking.Batch, 'metrics'>,
  single: boolean,
): Promise<void> {
  const points = metrics.map(({ key, value, timestamp, step = 0 }) => ({
    key,
    value,
    time: timestamp,
    step,
  }));
  const ofModels = metrics.flatMap(
    ({ key, value, timestamp, step = 0, model_id, dataset_name, dataset_digest }) => {
      if (model_id === undefined || model_id === '') return [];
      const dataset = {
        ...(dataset_name === undefined ? {} : { dataset_name }),
        ...(dataset_digest === undefined ? {} : { dataset_digest }),
      };
      return [
        {
          key,
          value: Number.isNaN(value) ? ('NaN' as const) : clamped(value),
          timestamp,
          step,
          run_id: run,
          model_id,
          ...dataset,
        },
      ];
    },
  );
  const logged = (to: Ctx) => tracking.logBatch(to, run, { metrics: points, ...rest }, { single });
  if (ofModels.length === 0) return logged(ctx);
  await ctx.write(async (tx) => {
    await logged(tx);
    await models.logModelMetrics(tx, ofModels);
  });
}

const clamped = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

const dataset = message({
  name: need(text),
  digest: need(text),
  source_type: text,
  source: text,
  schema: text,
  profile: text,
});
const datasetInput = message({ tags: list(keyValue), dataset });
const inputs = message({
  run_id: runId,
  datasets: list(datasetInput),
  models: list(message({ model_id: need(text) })),
});
const outputs = message({ run_id: runId, models: list(message({ model_id: need(text), step: int })) });

const model = message({ run_id: runId, model_json: need(text) });
const MANDATORY = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'] as const;

/** What older clients look for of a packaged model, out of its MLmodel as JSON. */
function packaged(text: string): object {
  const wrong = (what: string) =>
    invalid(what, { field: 'model_json', hint: 'send the MLmodel file as JSON' });
  let model: unknown;
  try {
    model = JSON.parse(text);
  } catch {
    throw wrong('Malformed model info: model_json is not a valid JSON.');
  }
  if (typeof model !== 'object' || model === null || Array.isArray(model))
    throw wrong('model_json must hold a JSON object');
  const fields = model as Record<string, unknown>;
  const lacking = MANDATORY.filter((name) => !Object.hasOwn(fields, name));
  if (lacking.length > 0) throw wrong(`Model json is missing mandatory fields: ${lacking.join(', ')}`);
  const { run_id, artifact_path, utc_time_created, model_uuid = null, flavors } = fields;
  const plain = Object.entries(flavors ?? {}).map(([name, one]: [string, unknown]): [string, unknown] => {
    if (typeof one !== 'object' || one === null) return [name, one];
    const { config: _own, ...rest } = one as Record<string, unknown>;
    return [name, rest];
  });
  return { run_id, artifact_path, utc_time_created, model_uuid, flavors: Object.fromEntries(plain) };
}

export const loggingRoutes = (findVersion: tracking.FindVersion) => [
  ...call({
    ...write,
    path: '/mlflow/runs/log-metric',
    about: [
      { kind: 'run', in: 'message', field: 'run_id' },
      { kind: 'logged_model', in: 'message', field: 'model_id', optional: true },
    ],
    summary: 'Log one point of a metric',
    request: oneMetric,
    answer: (ctx, { run_id, ...one }) => log(ctx, run_id, [one], {}, true),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/log-parameter',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Log a param',
    request: oneParam,
    answer: (ctx, { run_id, key, value = '' }) =>
      tracking.logBatch(ctx, run_id, { params: [[key, value]] }, { single: true }),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/log-batch',
    about: [
      { kind: 'run', in: 'message', field: 'run_id' },
      { kind: 'logged_model', in: 'message', field: 'metrics.model_id', optional: true },
    ],
    summary: 'Log metrics, params and tags together',
    request: batch,
    answer: (ctx, { run_id, metrics, params, tags }) =>
      log(ctx, run_id, metrics, { params: pairs(params), tags: pairs(tags) }, false),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/log-inputs',
    about: [
      { kind: 'run', in: 'message', field: 'run_id' },
      { kind: 'logged_model', in: 'message', field: 'models.model_id', verb: 'read', optional: true },
    ],
    summary: 'Note the datasets and models that a run read',
    request: inputs,
    maxBody: 64 * 1024 * 1024,
    answer(ctx, { run_id, datasets, models: read }, host) {
      const reads = datasets.map(
        ({ tags, dataset: { name, digest, source_type = '', source = '', schema, profile } }) => ({
          name,
          digest,
          sourceType: source_type,
          source,
          schema,
          profile,
          tags: pairs(tags),
        }),
      );
      return tracking.logInputs(
        ctx,
        run_id,
        { datasets: reads, models: read.map(({ model_id }) => model_id) },
        findVersion,
        host,
      );
    },
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/outputs',
    about: [
      { kind: 'run', in: 'message', field: 'run_id' },
      { kind: 'logged_model', in: 'message', field: 'models.model_id', verb: 'read', optional: true },
    ],
    summary: 'Note the models that a run made',
    request: outputs,
    answer: (ctx, { run_id, models: made }) =>
      tracking.logOutputs(
        ctx,
        run_id,
        made.map(({ model_id, step = 0 }) => ({ model: model_id, step })),
      ),
  }),
  ...call({
    ...write,
    path: '/mlflow/runs/log-model',
    about: [{ kind: 'run', in: 'message', field: 'run_id' }],
    summary: 'Note a model that an older client packaged',
    request: model,
    answer: (ctx, { run_id, model_json }) => tracking.noteModel(ctx, run_id, packaged(model_json)),
  }),
];
