import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import type { Ctx } from '../src/platform/ctx/index.ts';
import {
  createLoggedModel,
  createVersion,
  finalizeLoggedModel,
  type ModelVersion,
} from '../src/models/index.ts';
import type { ModelPlace } from '../src/runtimes/index.ts';
import { createRun, putArtifact } from '../src/tracking/index.ts';
import { copyKept } from './kept.ts';

const ROOT = path.join(import.meta.dirname, '..');
/** The Python of the checkout, with mlflow and scikit-learn. */
export const PYTHON = path.join(ROOT, '.venv', 'bin', 'python');

/** Folders of real models, made by the real libraries; they go when the test file ends. For its top level: inside a hook `after` means that hook. */
export async function packagedModels<Name extends string>(...names: Name[]): Promise<Record<Name, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-models-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const script = path.join(import.meta.dirname, 'packaged-models.py');
  await copyKept(script, names, folder, (fresh, missing) =>
    promisify(execFile)(PYTHON, [script, fresh, ...missing], { cwd: fresh }),
  );
  return Object.fromEntries(names.map((name) => [name, path.join(folder, name)])) as Record<Name, string>;
}

/** A place for a folder as it is, with the checkout's own Python. */
export function placeOf(folder: string, limits: Partial<ModelPlace['limits']> = {}): ModelPlace {
  const file = existsSync(path.join(folder, 'model.onnx')) ? 'model.onnx' : undefined;
  return {
    key: path.basename(folder),
    folder,
    ...(file === undefined ? { runtime: 'python', python: PYTHON } : { runtime: 'onnx', file }),
    limits: { load: 240_000, predict: 240_000, memory: 1 << 30, batch: 64, threads: 1, hosts: 1, ...limits },
  };
}

/** Logs the files of a folder with a run and registers them, as MLflow's client would. */
export async function registerFolder(ctx: Ctx, model: string, folder: string): Promise<ModelVersion> {
  const run = await createRun(ctx, { experiment: '0' });
  const { id } = await createLoggedModel(ctx, { experiment: '0', name: 'model', run });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    await putArtifact(ctx, `0/models/${id}/artifacts/${path.relative(folder, file)}`, {
      source: readFileSync(file),
    });
  }
  await finalizeLoggedModel(ctx, id, 'ready');
  return createVersion(ctx, { model, source: `models:/${id}`, makeModel: true });
}
