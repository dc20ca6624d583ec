import type { Readable } from 'node:stream';
import type { Client } from '../client.ts';
import { invalid, TreadleError, type ErrorKind, unavailable } from '../../../platform/errors/index.ts';
import type { RunStatus } from '../../../tracking/contract.ts';
import type { DatasetFact, Pairs, Point } from './facts.ts';
import { fields, list, number, parse, text, type Fields } from './json.ts';

/**
 * What the writer asks of the server beyond its own contracts: to make a run that began long ago, what it read and made, and every point
 * of a metric. That is what MLflow's clients ask for, and so these are their calls, which the server answers as its public API, too.
 */
export interface Target {
  createRun(run: NewRun): Promise<string>;
  endRun(run: string, status: RunStatus, endedAt?: number): Promise<void>;
  log(run: string, batch: { points?: readonly Point[]; params?: Pairs; tags?: Pairs }): Promise<void>;
  logDataset(run: string, dataset: DatasetFact): Promise<void>;
  linkModels(
    run: string,
    inputs: readonly string[],
    outputs: ReadonlyArray<{ model: string; step: number }>,
  ): Promise<void>;
  history(run: string, key: string): AsyncIterable<Point[]>;
  findLoggedModel(experiment: string, foreign: string): Promise<string | undefined>;
  createLoggedModel(model: {
    experiment: string;
    name: string;
    type: string | undefined;
    run: string | undefined;
    params: Pairs;
    tags: Pairs;
  }): Promise<{ id: string; location: string }>;
  /** The end of its address under the server's own artifacts. */
  upload(location: string, path: string, body: Readable, type: string | undefined): Promise<void>;
  finishLoggedModel(id: string, status: 'pending' | 'ready' | 'failed'): Promise<void>;
  logModelMetric(
    run: string,
    model: string,
    point: Point & { dataset?: string; digest?: string },
  ): Promise<void>;
  createVersion(version: {
    model: string;
    source: string;
    run: string | undefined;
    loggedModel: string | undefined;
    description: string | undefined;
    tags: Pairs;
  }): Promise<number>;
}

export interface NewRun {
  experiment: string;
  name: string | undefined;
  user: string | undefined;
  startedAt: number | undefined;
  tags: Pairs;
}

const API = '/api/2.0/mlflow';
/** Points of one page. */
const PAGE = 25_000;
const TRIES = 8;

export function createTarget(client: Client): Target {
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, body: object): Promise<Fields> => {
    const query =
      method === 'GET' ? `?${new URLSearchParams(Object.entries(body) as string[][]).toString()}` : '';
    for (let attempt = 1; ; attempt++) {
      const { reply, text: answer } = await client.foreign({
        method,
        address: `${API}${path}${query}`,
        headers: {},
        ...(method === 'GET' ? {} : { json: JSON.stringify(body) }),
        signal: undefined,
      });
      const status = reply.statusCode ?? 0;
      if (status < 400) return fields(parse(answer));
      const refused = refusal(status, answer);
      if ((status !== 429 && status !== 503) || attempt === TRIES) throw refused;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  };
  const post = (path: string, body: object) => ask('POST', path, body);

  return {
    async createRun({ experiment, name, user, startedAt, tags }) {
      const { run } = await post('/runs/create', {
        experiment_id: experiment,
        run_name: name,
        user_id: user,
        start_time: startedAt,
        tags: toPairs(tags),
      });
      return needed(fields(fields(run)['info'])['run_id']);
    },
    async endRun(run, status, endedAt) {
      await post('/runs/update', { run_id: run, status: status.toUpperCase(), end_time: endedAt });
    },
    async log(run, { points = [], params = [], tags = [] }) {
      await post('/runs/log-batch', {
        run_id: run,
        metrics: points.map(({ key, step, time, value }) => ({
          key,
          step,
          timestamp: time,
          value: Number.isFinite(value) ? value : String(value),
        })),
        params: toPairs(params),
        tags: toPairs(tags),
      });
    },
    async logDataset(run, { name, digest, sourceType, source, schema, profile, tags }) {
      await post('/runs/log-inputs', {
        run_id: run,
        datasets: [
          {
            tags: toPairs(tags),
            dataset: { name, digest, source_type: sourceType, source, schema, profile },
          },
        ],
      });
    },
    async linkModels(run, inputs, outputs) {
      if (inputs.length > 0)
        await post('/runs/log-inputs', { run_id: run, models: inputs.map((model_id) => ({ model_id })) });
      if (outputs.length > 0)
        await post('/runs/outputs', {
          run_id: run,
          models: outputs.map(({ model, step }) => ({ model_id: model, step })),
        });
    },
    async *history(run, key) {
      for (let page = ''; ;) {
        const answer = await ask('GET', '/metrics/get-history', {
          run_id: run,
          metric_key: key,
          max_results: String(PAGE),
          ...(page === '' ? {} : { page_token: page }),
        });
        yield list(answer['metrics']).map((one) => {
          const { step, timestamp, value } = fields(one);
          return { key, step: number(step) ?? 0, time: number(timestamp) ?? 0, value: number(value) ?? NaN };
        });
        page = text(answer['next_page_token']) ?? '';
        if (page === '') return;
      }
    },
    async findLoggedModel(experiment, foreign) {
      const { models } = await post('/logged-models/search', {
        experiment_ids: [experiment],
        filter: `tags.\`treadle.import.id\` = '${foreign.replaceAll("'", "''")}'`,
        max_results: 1,
      });
      const [found] = list(models);
      return found === undefined ? undefined : text(fields(fields(found)['info'])['model_id']);
    },
    async createLoggedModel({ experiment, name, type, run, params, tags }) {
      const { model } = await post('/logged-models', {
        experiment_id: experiment,
        name,
        model_type: type,
        source_run_id: run,
        params: toPairs(params),
        tags: toPairs(tags),
      });
      const info = fields(fields(model)['info']);
      return { id: needed(info['model_id']), location: needed(info['artifact_uri']) };
    },
    async upload(location, path, body, type) {
      const root = /^mlflow-artifacts:\/+(.*)$/.exec(location)?.[1];
      if (root === undefined)
        throw invalid(`the files of this model lie at ${location}, where only their clients write`, {
          field: 'location',
          hint: 'import into an experiment that has no artifact location of its own',
        });
      const { reply, text: answer } = await client.foreign({
        method: 'PUT',
        address: `/api/2.0/mlflow-artifacts/artifacts/${`${root}/${path}`.split('/').map(encodeURIComponent).join('/')}`,
        headers: type === undefined ? {} : { 'content-type': type },
        bytes: body,
        signal: undefined,
      });
      if ((reply.statusCode ?? 0) >= 400) throw refusal(reply.statusCode ?? 0, answer);
    },
    async finishLoggedModel(id, status) {
      if (status === 'pending') return;
      await ask('PATCH', `/logged-models/${encodeURIComponent(id)}`, {
        model_id: id,
        status: status === 'ready' ? 'LOGGED_MODEL_READY' : 'LOGGED_MODEL_UPLOAD_FAILED',
      });
    },
    async logModelMetric(run, model, { key, step, time, value, dataset, digest }) {
      await post('/runs/log-batch', {
        run_id: run,
        metrics: [
          {
            key,
            step,
            timestamp: time,
            value: Number.isFinite(value) ? value : String(value),
            model_id: model,
            dataset_name: dataset,
            dataset_digest: digest,
          },
        ],
      });
    },
    async createVersion({ model, source, run, loggedModel, description, tags }) {
      const { model_version } = await post('/model-versions/create', {
        name: model,
        source,
        run_id: run,
        model_id: loggedModel,
        description,
        tags: toPairs(tags),
      });
      return Number(needed(fields(model_version)['version']));
    },
  };
}

const toPairs = (pairs: Pairs) => pairs.map(([key, value]) => ({ key, value }));

function needed(value: unknown): string {
  const found = text(value);
  if (found === undefined)
    throw unavailable('the server answered otherwise than it promises', {
      hint: 'is this treadle as new as its server?',
    });
  return found;
}

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  413: 'too-large',
  429: 'limited',
};

function refusal(status: number, answer: string): TreadleError {
  const { message } = fields(parse(answer));
  const kind = KINDS[status] ?? (status >= 500 ? 'unavailable' : 'invalid');
  return new TreadleError(kind, text(message) ?? `the server answered ${status}`);
}
