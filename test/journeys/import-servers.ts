import assert from 'node:assert/strict';
import { createClient, type Client } from '../../src/faces/cli/client.ts';
import type { Account } from '../../src/faces/cli/import/account.ts';
import { openMlflow } from '../../src/faces/cli/import/mlflow/index.ts';
import type { Source } from '../../src/faces/cli/import/facts.ts';
import { bring } from '../../src/faces/cli/import/write.ts';
import { getLoggedModel, getModel, listLoggedModels, listVersions } from '../../src/models/contract.ts';
import { getArtifact, getRun, listExperiments, searchRuns, type Run } from '../../src/tracking/contract.ts';
import type { TestServer } from '../harness.ts';

/** What `import-mlflow.py` says that it wrote. */
export interface Written {
  run: string;
  child: string;
  gone: string;
  params: Record<string, string>;
  points: Array<[key: string, value: string, time: number, step: number]>;
  files: Record<string, string>;
  model?: string;
  /** Whether the client of that version knows datasets and aliases. */
  dataset: boolean;
  alias: boolean;
}

export const clientOf = (url: string): Client => createClient({ TREADLE_URL: url });

/** An import without its command: the same reader and writer, no process. */
export async function bringSource(
  url: string,
  source: Source,
  options: { again?: boolean } = {},
): Promise<Account> {
  try {
    return await bring(clientOf(url), source, { run: () => undefined, add: () => undefined }, options);
  } finally {
    await source.close?.();
  }
}

export const bringFrom = async (
  url: string,
  uri: string,
  options: { again?: boolean } = {},
): Promise<Account> => bringSource(url, await openMlflow(uri, undefined, {}), options);

/** All runs, those of deleted experiments too. */
export async function countRuns({ url }: TestServer): Promise<number> {
  const client = clientOf(url);
  const { items } = await client.call(listExperiments, { query: { state: 'all' } });
  const runs = await client.call(searchRuns, {
    body: { experiments: items.map(({ id }) => id), state: 'all', limit: 1000 },
  });
  return runs.items.length;
}

/** The run that was brought from this foreign one. */
export async function broughtRun({ url }: TestServer, foreign: string): Promise<Run> {
  const client = clientOf(url);
  const { items } = await client.call(searchRuns, {
    body: { experiments: [], state: 'all', filter: `tags.\`treadle.import.id\` = '${foreign}'` },
  });
  assert.equal(items.length, 1, `run ${foreign} is here once`);
  return client.call(getRun, { params: { run: items[0]!.id } });
}

/** Every point of a metric: step, time and value, in an order of their own. */
export async function pointsOf(
  { url }: TestServer,
  run: string,
  key: string,
): Promise<Array<[number, number, number]>> {
  const address = `${url}/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=${encodeURIComponent(key)}`;
  const { metrics = [] } = (await (await fetch(address)).json()) as {
    metrics?: Array<{ step: number; timestamp: number; value: number | string }>;
  };
  return metrics
    .map(({ step, timestamp, value }): [number, number, number] => [step, timestamp, Number(value)])
    .toSorted(byAll);
}

export const byAll = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((one, i) => !Object.is(one, b[i]));
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
};

export async function fileOf({ url }: TestServer, run: string, file: string): Promise<string> {
  const bytes = await clientOf(url).call(getArtifact, { params: { run, '*': file } });
  const parts: Buffer[] = [];
  for await (const part of bytes as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

const pythonNumber = (said: string): number =>
  said === 'nan'
    ? NaN
    : said === 'inf'
      ? Number.MAX_VALUE
      : said === '-inf'
        ? -Number.MAX_VALUE
        : Number(said) + 0;

/** Field by field, what the writer was given is here. */
export async function checkHistory(server: TestServer, written: Written): Promise<void> {
  const client = clientOf(server.url);
  const run = await broughtRun(server, written.run);
  assert.deepEqual(
    [run.name, run.user, run.status, run.started_at, run.ended_at, run.state],
    ['one', 'ann', 'finished', 1_600_000_000_123, 1_600_000_005_000, 'active'],
  );
  assert.deepEqual(run.params, written.params);
  assert.equal(run.tags['note'], 'x'.repeat(4000));
  const keys = new Set(written.points.map(([key]) => key));
  assert.deepEqual(new Set(run.metrics.map(({ key }) => key)), keys);
  for (const key of keys) {
    const given = written.points
      .filter(([name]) => name === key)
      .map(([, value, time, step]): [number, number, number] => [step, time, pythonNumber(value)]);
    assert.deepEqual(await pointsOf(server, run.id, key), given.toSorted(byAll), key);
  }
  for (const [file, content] of Object.entries(written.files))
    assert.equal(await fileOf(server, run.id, file), content, file);
  assert.equal(run.inputs.length, written.dataset ? 1 : 0);
  const [dataset] = run.inputs;
  if (dataset)
    assert.deepEqual(
      [dataset.name, dataset.digest, dataset.source, dataset.schema, dataset.profile, dataset.context],
      ['flights', 'abc123', '{"uri": "x.csv"}', '{"a": 1}', '{"rows": 3}', 'training'],
    );
  const child = await broughtRun(server, written.child);
  assert.deepEqual([child.parent, child.status, child.ended_at], [run.id, 'failed', 1_600_000_009_000]);
  const gone = await broughtRun(server, written.gone);
  assert.deepEqual([gone.state, gone.metrics.length], ['deleted', 1]);

  const model = await client.call(getModel, { params: { model: 'flights-late' } });
  assert.deepEqual([model.description, model.tags['a'], model.versions], ['about flights', 'b', 2]);
  const { items } = await client.call(listVersions, { params: { model: 'flights-late' }, query: {} });
  const byNumber = new Map(items.map((one) => [one.version, one]));
  assert.deepEqual(
    [...byNumber.keys()].toSorted((a, b) => a - b),
    [1, 3],
    'versions keep their numbers, and what was deleted its gap',
  );
  assert.deepEqual(
    [
      byNumber.get(1)?.source,
      byNumber.get(1)?.description,
      byNumber.get(1)?.tags['k'],
      byNumber.get(1)?.run_id,
    ],
    [`runs:/${run.id}/model`, 'the first', 'v', run.id],
  );
  assert.equal(byNumber.get(3)?.stage, 'Staging');
  assert.deepEqual(model.aliases, written.alias ? [{ alias: 'champion', version: 1 }] : []);
  if (written.model === undefined) return;
  const found = await client.call(listLoggedModels, { query: { run: run.id } });
  assert.equal(found.items.length, 1);
  const { logged_model, files } = await client.call(getLoggedModel, { params: { id: found.items[0]!.id } });
  assert.deepEqual(
    [
      logged_model.name,
      logged_model.status,
      logged_model.model_type,
      logged_model.params,
      logged_model.tags['t'],
    ],
    ['clf', 'ready', 'x', { p: '1' }, 'v'],
  );
  assert.deepEqual(
    files.map(({ path, size }) => [path, size]),
    [['MLmodel', 25]],
  );
  assert.deepEqual(
    logged_model.metrics.map(({ key, value, step, run_id, dataset_name }) => [
      key,
      value,
      step,
      run_id,
      dataset_name,
    ]),
    [['acc', 0.9, 3, run.id, 'flights']],
  );
  assert.deepEqual(run.outputs, [{ model: logged_model.id, step: 3 }]);
  assert.equal(byNumber.get(3)?.logged_model_id, logged_model.id);
}
