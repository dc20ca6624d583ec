import assert from 'node:assert/strict';
import { blake3 } from '@napi-rs/blake-hash';
import type { DatasetVersion } from '../../src/data/contract.ts';
import type { ModelVersion } from '../../src/models/contract.ts';
import { until } from '../until.ts';

/** What journeys put into a house through its own API, as a program of any language would. */

export async function ask<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const raw = body instanceof Uint8Array;
  const reply = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : {
          headers: { 'content-type': raw ? 'application/octet-stream' : 'application/json' },
          body: raw ? new Uint8Array(body) : JSON.stringify(body),
        }),
  });
  const text = await reply.text();
  assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`);
  // The server checks its answers against the contract in tests.
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export interface CommitMore {
  message?: string;
  source?: string;
  meta?: Record<string, string>;
  branch?: string;
}

export async function commitFiles(
  url: string,
  dataset: string,
  files: Record<string, string>,
  more: CommitMore = {},
): Promise<DatasetVersion> {
  const entries = [];
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    const hash = blake3(bytes).toString('hex');
    await ask(url, 'PUT', `/api/v1/data/blobs/${hash}`, bytes);
    entries.push({ path, hash, size: bytes.length });
  }
  const { version } = await ask<{ version: DatasetVersion }>(
    url,
    'POST',
    `/api/v1/datasets/${dataset}/versions`,
    { files: entries, ...more },
  );
  return version;
}

/** Until the job has looked into the tables. */
export async function profiled(url: string, { dataset, name }: DatasetVersion): Promise<void> {
  const address = `/api/v1/datasets/${dataset}/versions/${name}`;
  await until(
    `the profile of ${dataset}@${name}`,
    async () => (await ask<DatasetVersion>(url, 'GET', address)).profile === 'ready',
    50,
  );
}

const MLMODEL = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.12.0
  sklearn:
    sklearn_version: 1.7.0
    serialization_format: skops
mlflow_version: 3.5.0
signature:
  inputs: '[{"type": "double", "name": "distance", "required": true}, {"type": "long", "name": "hour", "required": false}]'
  outputs: '[{"type": "long", "name": "late", "required": true}]'
`;

/** A run that measured something and packaged a model, registered. */
export async function registerModel(
  url: string,
  model: string,
  run: { name: string; metrics: Record<string, number>; params?: Record<string, string>; bytes?: string },
): Promise<ModelVersion> {
  const { id } = await ask<{ id: string }>(url, 'POST', '/api/v1/runs', { experiment: '0', name: run.name });
  await ask(url, 'POST', `/api/v1/runs/${id}/log`, {
    metrics: Object.entries(run.metrics).map(([key, value]) => ({ key, value })),
    params: run.params ?? {},
  });
  const file = (path: string, text: string) =>
    ask(url, 'PUT', `/api/v1/runs/${id}/artifacts/model/${path}`, Buffer.from(text));
  await file('MLmodel', MLMODEL);
  await file('requirements.txt', 'scikit-learn==1.7.0\n');
  await file('model.skops', run.bytes ?? run.name);
  await ask(url, 'PATCH', `/api/v1/runs/${id}`, { status: 'finished' });
  return ask<ModelVersion>(url, 'POST', `/api/v1/models/${model}/versions`, {
    source: `runs:/${id}/model`,
    run_id: id,
  });
}
