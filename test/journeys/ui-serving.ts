import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DatasetVersion } from '../../src/data/contract.ts';
import type { Evaluation } from '../../src/validation/contract.ts';
import type { Revision } from '../../src/serving/contract.ts';
import * as tracking from '../../src/tracking/index.ts';
import type { TestServer } from '../harness.ts';
import { copyKept } from '../kept.ts';
import { ask, commitFiles } from './ui-data.ts';

/** What journeys of serving and evaluation need: real ONNX models, trained for this, with the data they read and did not read. */

const root = path.join(import.meta.dirname, '..', '..');
const python = path.join(root, '.venv', 'bin', 'python');

export const noPython: string | undefined = existsSync(python)
  ? undefined
  : 'no Python environment here: run npm start once';

export const MODEL = 'flight-delay';

/** A fresh folder with train.csv, holdout.csv and leaky.csv, and the packages `first` and `second`; the caller removes it. */
export async function makeModels(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-ui-model-'));
  const script = path.join(import.meta.dirname, 'ui-model.py');
  const made = ['train.csv', 'holdout.csv', 'leaky.csv', 'first', 'second'];
  await copyKept(script, made, folder, (fresh) => promisify(execFile)(python, [script, fresh]));
  return folder;
}

/** Two versions of a model, each trained by a run on flights@v1; unseen@v1 was read by nobody, leaky@v1 holds 100 rows of it. */
export async function seedModels(server: TestServer): Promise<void> {
  const folder = await makeModels();
  try {
    const text = (name: string) => readFileSync(path.join(folder, name), 'utf8');
    const { url } = server;
    const flights = await commitFiles(
      url,
      'flights',
      { 'train.csv': text('train.csv') },
      { message: 'January' },
    );
    await commitFiles(url, 'unseen', { 'holdout.csv': text('holdout.csv') });
    await commitFiles(url, 'leaky', { 'leaky.csv': text('leaky.csv') });
    for (const name of ['first', 'second']) await register(server, flights, path.join(folder, name), name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function register(
  server: TestServer,
  flights: DatasetVersion,
  folder: string,
  name: string,
): Promise<void> {
  const { url, ctx } = server;
  const { id } = await ask<{ id: string }>(url, 'POST', '/api/v1/runs', {
    experiment: '0',
    name: `${name}-try`,
    code: {
      commit: '3f9a1c7d5e2b4a6890c1d2e3f4a5b6c7d8e9f0a1',
      branch: 'main',
      dirty: false,
      command: `python train.py --only ${name}`,
    },
  });
  await tracking.logVersionRead(ctx, id, {
    name: 'flights',
    version: { id: flights.id, ref: `flights@${flights.name}` },
    digest: flights.hash.slice(0, 12),
    context: 'training',
  });
  await ask(url, 'POST', `/api/v1/runs/${id}/log`, {
    metrics: [{ key: 'train_auc', value: name === 'first' ? 0.62 : 0.81 }],
    params: { solver: 'lbfgs' },
  });
  for (const file of readdirSync(folder))
    await ask(
      url,
      'PUT',
      `/api/v1/runs/${id}/artifacts/model/${file}`,
      readFileSync(path.join(folder, file)),
    );
  await ask(url, 'PATCH', `/api/v1/runs/${id}`, { status: 'finished' });
  await ask(url, 'POST', `/api/v1/models/${MODEL}/versions`, { source: `runs:/${id}/model`, run_id: id });
}

export async function deployed(url: string, body: object, endpoint = MODEL): Promise<Revision> {
  const revision = await ask<Revision>(url, 'POST', `/api/v1/endpoints/${endpoint}/revisions`, {
    model: MODEL,
    wait_s: 240,
    load_timeout_s: 600,
    ...body,
  });
  assert.equal(revision.state, 'live', revision.problem ?? '');
  return revision;
}

export async function evaluated(url: string, body: object): Promise<Evaluation> {
  const evaluation = await ask<Evaluation>(url, 'POST', '/api/v1/evaluations', {
    model: MODEL,
    label: 'late',
    wait_s: 240,
    ...body,
  });
  assert.equal(evaluation.state, 'done', evaluation.problem ?? '');
  return evaluation;
}

/** One answer of an endpoint; its prediction's id. */
export async function predicted(
  url: string,
  row: { distance: number; hour: number },
  key?: string,
): Promise<string> {
  const column = (name: 'distance' | 'hour') => ({ name, datatype: 'FP64', shape: [1], data: [row[name]] });
  const reply = await fetch(`${url}/v2/models/${MODEL}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-treadle-key': key }) },
    body: JSON.stringify({ inputs: [column('distance'), column('hour')] }),
  });
  assert.ok(reply.ok, `${reply.status} ${await reply.clone().text()}`);
  const id = reply.headers.get('x-treadle-prediction');
  assert.ok(id, 'an answer carries its id');
  return id;
}
