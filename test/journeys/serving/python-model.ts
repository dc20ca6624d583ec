import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Ctx } from '../../../src/platform/ctx/index.ts';
import type { ModelVersion } from '../../../src/models/index.ts';
import { systemCode } from '../../../src/platform/errors/index.ts';
import { registerOnnx } from '../../onnx-model.ts';

const VENV = path.join(import.meta.dirname, '..', '..', '..', '.venv', 'lib');

/** The versions that the set-up installed, so that the model's environment is made without a network. */
function pinned(...names: string[]): string {
  const python = readdirSync(VENV).find((name) => name.startsWith('python'))!;
  const entries = readdirSync(path.join(VENV, python, 'site-packages'));
  return names
    .map((name) => {
      const prefix = `${name.replaceAll('-', '_')}-`;
      const found = entries.find((entry) => entry.startsWith(prefix) && entry.endsWith('.dist-info'));
      if (found === undefined) throw new Error(`${name} is not in .venv`);
      return `${name}==${found.slice(prefix.length, -'.dist-info'.length)}\n`;
    })
    .join('');
}

/** What the models of all journeys name, more than some need, so that one environment does for them all: the set-up of the tests makes it. */
export const modelPackages = (): string =>
  pinned('mlflow-skinny', 'numpy', 'pandas', 'scikit-learn', 'skops');

/** What it takes to answer at all, for an environment that a test makes, and breaks, for itself. */
export const fewPackages = (): string => pinned('mlflow-skinny', 'numpy', 'pandas');

const CODE = (answer: number, loads: number, atLoad: string): string => `
import time
import numpy as np

class Model:
    def predict(self, data, params=None):
        rows = data["x"] if isinstance(data, dict) else data
        return np.full((len(rows), 1), ${answer}, dtype="float32")

def _load_pyfunc(path):
    time.sleep(${loads})${atLoad}
    return Model()
`;

const MLMODEL = `
flavors:
  python_function: {loader_module: constant_model, code: code, data: model.onnx, python_version: 3.11.2}
mlflow_version: 3.17.2
saved_input_example_info: {artifact_path: input_example.json, type: ndarray, format: tf-serving}
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  outputs: '[{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`;

/** A model of its own Python code that always answers the same, takes its time to load, and does `atLoad` with its file at `path`. */
export const registerPython = (
  ctx: Ctx,
  model: string,
  answer: number,
  { loads = 0, atLoad = '', packages = modelPackages() } = {},
): Promise<ModelVersion> =>
  registerOnnx(ctx, model, Buffer.from('not looked at'), {
    MLmodel: MLMODEL,
    'code/constant_model.py': CODE(answer, loads, atLoad),
    'requirements.txt': packages,
  });

interface Process {
  pid: number;
  parent: number;
  command: string;
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return fields[0] === 'Z' ? [] : [{ pid: Number(name), parent: Number(fields[1]), command }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

/** Processes below `root` whose program and arguments match; the shells that watch over them are left out. */
export function below(root: number, pattern: RegExp): number[] {
  const all = processes();
  const found: number[] = [];
  const todo = [root];
  for (let pid = todo.pop(); pid !== undefined; pid = todo.pop()) {
    for (const child of all) {
      if (child.parent !== pid) continue;
      todo.push(child.pid);
      if (pattern.test(child.command) && !child.command.startsWith('/bin/sh')) found.push(child.pid);
    }
  }
  return found;
}

/** Kills those of `below` that are still there by then, and returns how many these were. */
export function killBelow(root: number, pattern: RegExp): number {
  let killed = 0;
  for (const pid of below(root, pattern)) {
    try {
      process.kill(pid, 'SIGKILL');
      killed++;
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error; // it ended by itself meanwhile
    }
  }
  return killed;
}

export const alive = (pid: number): boolean => processes().some((one) => one.pid === pid);

export const PLANE = /plane\.(ts|js)/;
export const HOST = /treadle\/host\.py|\/host\.py/;
