import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { invalid, messageOf, missing, unavailable } from '../../../../platform/errors/index.ts';
import type { ArtifactFact, DatasetFact, Point, Unreadable } from '../facts.ts';
import { fields, list, number, pairsOf, parse, text, type Fields } from '../json.ts';
import { statusOf, type MlflowModel, type MlflowRun, type MlflowStore } from './store.ts';

/** A tracking server, asked as MLflow's own client and pages ask it. */
export async function mlflowServer(address: string, env: NodeJS.ProcessEnv): Promise<MlflowStore> {
  const url = new URL(address);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const headers = credentials(url, env);

  const fetched = async (path: string, init: RequestInit = {}): Promise<Response> => {
    for (let attempt = 1; ; attempt++) {
      let answer: Response;
      try {
        answer = await fetch(`${base}${path}`, {
          ...init,
          headers: { ...headers, ...fields(init.headers) } as Record<string, string>,
        });
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        if (attempt < 4) {
          await pause(attempt);
          continue;
        }
        throw unavailable(`no MLflow server answers at ${base}: ${messageOf(cause)}`, {
          hint: 'start it, or name its database or mlruns folder instead',
          cause: error,
        });
      }
      if (![429, 500, 502, 503, 504].includes(answer.status) || attempt === 4) return answer;
      await answer.body?.cancel();
      await pause(attempt);
    }
  };
  /** Nothing where the server knows no such call: it is older. */
  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    body: Readonly<Record<string, unknown>>,
  ): Promise<Fields | undefined> => {
    const query = method === 'GET' ? `?${queryOf(body)}` : '';
    const answer = await fetched(
      `${path}${query}`,
      method === 'GET'
        ? {}
        : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    );
    const said = await answer.text();
    if (answer.ok) return fields(parse(said));
    if (answer.status === 404 || answer.status === 405) return undefined;
    const told = text(fields(parse(said))['message']) ?? said.slice(0, 200);
    throw invalid(`${base} answered ${answer.status} to ${path}: ${told}`, {
      field: 'uri',
      hint:
        answer.status === 401 || answer.status === 403
          ? 'set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, as for MLflow’s own client'
          : 'is it an MLflow tracking server?',
    });
  };
  async function* pages(
    method: 'GET' | 'POST',
    path: string,
    body: Readonly<Record<string, unknown>>,
    name: string,
  ): AsyncIterable<Fields[]> {
    for (let page = ''; ;) {
      const answer = await ask(method, path, { ...body, ...(page === '' ? {} : { page_token: page }) });
      if (answer === undefined) return;
      yield list(answer[name]).map(fields);
      page = text(answer['next_page_token']) ?? '';
      if (page === '') return;
    }
  }

  const first = await ask('POST', `${V2}/experiments/search`, { max_results: 1, view_type: 'ALL' });
  if (first === undefined)
    throw missing(`there is no MLflow server at ${base}`, {
      field: 'uri',
      hint: 'write the address that MLFLOW_TRACKING_URI has',
    });

  async function* filesOf(
    listing: string,
    item: string,
    asked: Record<string, string>,
    folderName: string,
    download: (path: string) => string,
    folder = '',
  ): AsyncIterable<ArtifactFact | Unreadable> {
    let answer: Fields | undefined;
    try {
      answer = await ask('GET', listing, { ...asked, ...(folder === '' ? {} : { [folderName]: folder }) });
    } catch (error) {
      yield {
        kind: 'unreadable',
        where: `${item}/${folder}`,
        why: `files that the server cannot list: ${messageOf(error).slice(0, 160)}`,
      };
      return;
    }
    for (const one of list(answer?.['files']).map(fields)) {
      const path = text(one['path']) ?? '';
      if (one['is_dir'] === true) yield* filesOf(listing, item, asked, folderName, download, path);
      else {
        const size = number(one['file_size']);
        yield {
          kind: 'artifact',
          path,
          ...(size === undefined ? {} : { size }),
          open: async () => {
            const answered = await fetched(download(path));
            if (!answered.ok || answered.body === null)
              throw missing(`the server answered ${answered.status} for ${path}`);
            return Readable.fromWeb(answered.body as ReadableStream<Uint8Array>);
          },
        };
      }
    }
  }

  const toRun = (found: Fields): MlflowRun => {
    const [info, data, inputs, outputs] = [
      fields(found['info']),
      fields(found['data']),
      fields(found['inputs']),
      fields(found['outputs']),
    ];
    const id = text(info['run_id']) ?? text(info['run_uuid']) ?? '';
    const tags = pairsOf(data['tags']);
    const metrics = list(data['metrics']).map(fields);
    return {
      id,
      name: text(info['run_name']) || tags.find(([key]) => key === 'mlflow.runName')?.[1],
      user: text(info['user_id']),
      status: statusOf(text(info['status'])),
      startedAt: number(info['start_time']),
      endedAt: number(info['end_time']),
      deleted: text(info['lifecycle_stage']) === 'deleted',
      artifactUri: text(info['artifact_uri']),
      params: pairsOf(data['params']),
      tags,
      metricsMark: JSON.stringify(metrics),
      async *points() {
        for (const key of new Set(metrics.map((one) => text(one['key']) ?? '')))
          for await (const some of pages(
            'GET',
            `${V2}/metrics/get-history`,
            { run_id: id, metric_key: key, max_results: 25_000 },
            'metrics',
          ))
            yield some.map((one): Point => ({
              key,
              step: number(one['step']) ?? 0,
              time: number(one['timestamp']) ?? 0,
              value: number(one['value']) ?? NaN,
            }));
      },
      datasets: () =>
        Promise.resolve(
          list(inputs['dataset_inputs']).map((one): DatasetFact => {
            const dataset = fields(fields(one)['dataset']);
            const [schema, profile] = [text(dataset['schema']), text(dataset['profile'])];
            return {
              name: text(dataset['name']) ?? '',
              digest: text(dataset['digest']) ?? '',
              sourceType: text(dataset['source_type']) ?? '',
              source: text(dataset['source']) ?? '',
              ...(schema === undefined ? {} : { schema }),
              ...(profile === undefined ? {} : { profile }),
              tags: pairsOf(fields(one)['tags']),
            };
          }),
        ),
      modelInputs: () =>
        Promise.resolve(list(inputs['model_inputs']).map((one) => text(fields(one)['model_id']) ?? '')),
      modelOutputs: () =>
        Promise.resolve(
          list(outputs['model_outputs']).map((one) => ({
            model: text(fields(one)['model_id']) ?? '',
            step: number(fields(one)['step']) ?? 0,
          })),
        ),
      files: () =>
        filesOf(
          `${V2}/artifacts/list`,
          `run ${id}`,
          { run_id: id },
          'path',
          (path) => `/get-artifact?${queryOf({ path, run_uuid: id })}`,
        ),
    };
  };

  return {
    place: base,
    async *experiments() {
      for await (const some of pages(
        'POST',
        `${V2}/experiments/search`,
        { max_results: 1000, view_type: 'ALL' },
        'experiments',
      ))
        for (const one of some)
          yield {
            id: text(one['experiment_id']) ?? '',
            name: text(one['name']) ?? '',
            location: text(one['artifact_location']),
            deleted: text(one['lifecycle_stage']) === 'deleted',
            createdAt: number(one['creation_time']),
            tags: pairsOf(one['tags']),
          };
    },
    async *runsOf({ id }) {
      const asked = {
        experiment_ids: [id],
        run_view_type: 'ALL',
        max_results: 100,
        order_by: ['attributes.start_time ASC'],
      };
      for await (const some of pages('POST', `${V2}/runs/search`, asked, 'runs'))
        for (const one of some) yield toRun(one);
    },
    async *loggedModels({ id: experiment }) {
      for await (const some of pages(
        'POST',
        `${V2}/logged-models/search`,
        { experiment_ids: [experiment], max_results: 50 },
        'models',
      ))
        for (const one of some) {
          const [info, data] = [fields(one['info']), fields(one['data'])];
          const id = text(info['model_id']) ?? '';
          const [type, run] = [text(info['model_type']), text(info['source_run_id'])];
          yield {
            id,
            experiment,
            name: text(info['name']) ?? id,
            ...(type ? { type } : {}),
            ...(run ? { run } : {}),
            params: pairsOf(data['params']),
            tags: pairsOf(info['tags']),
            status: LOGGED[text(info['status']) ?? ''] ?? 'pending',
            files: filesOf(
              `${V2}/logged-models/${id}/artifacts/directories`,
              `model ${id}`,
              {},
              'artifact_directory_path',
              (path) =>
                `/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?${queryOf({ artifact_file_path: path })}`,
            ),
            metrics: list(data['metrics'])
              .map(fields)
              .map((metric) => {
                const [dataset, digest] = [text(metric['dataset_name']), text(metric['dataset_digest'])];
                return {
                  key: text(metric['key']) ?? '',
                  step: number(metric['step']) ?? 0,
                  time: number(metric['timestamp']) ?? 0,
                  value: number(metric['value']) ?? NaN,
                  run: text(metric['run_id']) ?? '',
                  ...(dataset ? { dataset } : {}),
                  ...(digest ? { digest } : {}),
                };
              }),
          };
        }
    },
    async *models() {
      for await (const some of pages(
        'GET',
        `${V2}/registered-models/search`,
        { max_results: 100 },
        'registered_models',
      ))
        for (const one of some) {
          const name = text(one['name']) ?? '';
          const description = text(one['description']);
          const model: MlflowModel = {
            name,
            ...(description ? { description } : {}),
            tags: pairsOf(one['tags']),
            aliases: list(one['aliases']).map((alias) => [
              text(fields(alias)['alias']) ?? '',
              number(fields(alias)['version']) ?? 0,
            ]),
            versions: [],
          };
          const filter = `name='${name.replaceAll("'", "''")}'`;
          for await (const found of pages(
            'GET',
            `${V2}/model-versions/search`,
            { filter, max_results: 200 },
            'model_versions',
          ))
            for (const version of found) model.versions.push(toVersion(version));
          yield model;
        }
    },
    close: () => undefined,
  };
}

const V2 = '/api/2.0/mlflow';
const LOGGED: Readonly<Record<string, 'pending' | 'ready' | 'failed'>> = {
  LOGGED_MODEL_PENDING: 'pending',
  LOGGED_MODEL_READY: 'ready',
  LOGGED_MODEL_UPLOAD_FAILED: 'failed',
};

function toVersion(found: Fields): MlflowModel['versions'][number] {
  const [about, run, stage] = [
    text(found['description']),
    text(found['run_id']),
    text(found['current_stage']),
  ];
  return {
    version: number(found['version']) ?? 0,
    source: text(found['source']) ?? '',
    createdAt: number(found['creation_timestamp']),
    ...(about ? { description: about } : {}),
    ...(run ? { run } : {}),
    ...(stage ? { stage } : {}),
    tags: pairsOf(found['tags']),
  };
}

/** As MLflow's client: user and password, or a token, and a workspace. */
function credentials(url: URL, env: NodeJS.ProcessEnv): Record<string, string> {
  const headers: Record<string, string> = {};
  const user = url.username === '' ? env['MLFLOW_TRACKING_USERNAME'] : decodeURIComponent(url.username);
  const password = url.password === '' ? env['MLFLOW_TRACKING_PASSWORD'] : decodeURIComponent(url.password);
  if (user) headers['authorization'] = `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  else if (env['MLFLOW_TRACKING_TOKEN']) headers['authorization'] = `Bearer ${env['MLFLOW_TRACKING_TOKEN']}`;
  if (env['MLFLOW_WORKSPACE']) headers['x-mlflow-workspace'] = env['MLFLOW_WORKSPACE'];
  return headers;
}

const queryOf = (asked: Readonly<Record<string, unknown>>): string =>
  new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, text(value) ?? ''])).toString();

const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 300 * 2 ** attempt));
