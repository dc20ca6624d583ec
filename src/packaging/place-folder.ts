import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkRequirements, createEnvironments } from '../environments/index.ts';
import { readMlmodel } from '../models/index.ts';
import { invalid } from '../platform/errors/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import {
  CONVERTED,
  modelInterpreter,
  requirementsOf,
  type ModelPlace,
  type RuntimeLimits,
} from '../runtimes/index.ts';

const MiB = 1024 * 1024;
/** A package is the only model of its process: it may take its time to load. */
const LIMITS: RuntimeLimits = {
  load: 120_000,
  predict: 30_000,
  memory: 4096 * MiB,
  batch: 128,
  threads: 1,
  hosts: 1,
};

export interface Around {
  /** Where environments are made and kept. */
  cache: string;
  processes: Processes;
  say: (text: string) => void;
}

/** The exact packages of an environment, and the version of its Python. */
export interface Locked {
  lock: string;
  python: string;
}

/** How the model in a folder is loaded: its ONNX form where it has one, own or converted, else Python in an environment of its own. */
export async function placeFolder(
  folder: string,
  around: Around,
): Promise<{ place: ModelPlace; environment?: Locked }> {
  const names = await readdir(folder, { recursive: true });
  const text = await readFile(path.join(folder, 'MLmodel'), 'utf8').catch(() => undefined);
  const card = text === undefined ? undefined : await readMlmodel(text);
  const data = card?.flavors['onnx']?.['data'];
  const alone = names.filter((name) => name.endsWith('.onnx'));
  const file = card
    ? 'onnx' in card.flavors
      ? typeof data === 'string'
        ? data
        : 'model.onnx'
      : undefined
    : alone.length === 1
      ? alone[0]
      : undefined;
  for (const one of [file, CONVERTED])
    if (one !== undefined && names.includes(one)) return { place: onnxPlace(folder, one) };
  if (!card || !('python_function' in card.flavors))
    throw invalid('the model has neither an ONNX file nor MLflow’s python_function flavour', {
      field: 'model',
      hint: 'log it with one of MLflow’s flavours, or register a folder with one .onnx file',
    });
  const requirements = await requirementsOf(
    (name) => readFile(path.join(folder, name), 'utf8').catch(() => undefined),
    card.mlflow_version,
  );
  const python = await interpreter(requirements, card.python_version, around);
  const lock = await readFile(path.join(path.dirname(path.dirname(python)), 'requirements.lock'), 'utf8');
  return {
    place: pythonPlace(folder, python),
    environment: { lock, python: card.python_version ?? '3' },
  };
}

/** What a package was locked to, made again. */
export async function placeLocked(
  folder: string,
  { lock, python }: Locked,
  around: Around,
): Promise<ModelPlace> {
  checkRequirements(lock, 'treadle/environment.lock');
  return pythonPlace(folder, await interpreter(lock, python, around));
}

export const onnxPlace = (folder: string, file: string): ModelPlace => ({
  key: `${folder}/${file}`,
  folder,
  runtime: 'onnx',
  file,
  limits: LIMITS,
});

const pythonPlace = (folder: string, python: string): ModelPlace => ({
  key: folder,
  folder,
  runtime: 'python',
  python,
  limits: LIMITS,
});

const interpreter = (
  requirements: string,
  python: string | undefined,
  { cache, processes, say }: Around,
): Promise<string> =>
  modelInterpreter(
    createEnvironments({ processes, folder: path.join(cache, 'envs') }),
    requirements,
    python,
    (text) => {
      for (const line of text.split('\n')) if (!CHATTER.test(line)) say(line);
    },
  );

/** What uv says of each package. */
const CHATTER = /^( |Downloading |Prepared |Installed |Resolved |Using Python |$)/;
