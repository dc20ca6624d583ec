import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelSignature } from '../../models/index.ts';
// Not through the room's door: every thread and process that loads a model begins here, and takes no registry with it.
import { readMlmodel } from '../../models/read-mlmodel.ts';
import type { ParamSpec, TensorSpec } from '../tensor.ts';
import { fromColumn, fromNumpy } from './element.ts';

/** What the MLmodel file of a packaged model says, as far as running it goes. */
export interface Description {
  flavors: Readonly<Record<string, Record<string, unknown>>>;
  /** Undefined: there is no signature of inputs. `nested`: it has columns that are no tensors (lists, maps, objects). */
  inputs?: Said;
  outputs?: Said;
  params: readonly ParamSpec[];
  /** Files that may hold an example, best first. */
  examples: readonly string[];
  mlflow?: string;
  python?: string;
  problem?: string;
}

export interface Said {
  kind: 'columns' | 'tensors' | 'nested';
  specs: readonly TensorSpec[];
  /** The signature named them; otherwise the names are ours: `input-0`. */
  named: boolean;
}

type Field = NonNullable<ModelSignature['inputs']>[number];

/** Reads the two small text files of a model's folder. A folder without an MLmodel file describes nothing. */
export async function describeFolder(folder: string): Promise<Description> {
  const text = await readFile(path.join(folder, 'MLmodel'), 'utf8').catch(() => undefined);
  if (text === undefined) return { flavors: {}, params: [], examples: [] };
  const read = await readMlmodel(text);
  const { signature } = read;
  const examples = ['serving_input_example.json', read.input_example, 'input_example.json'];
  return {
    flavors: read.flavors,
    ...(signature?.inputs?.length ? { inputs: sayWhat(signature.inputs, 'input') } : {}),
    ...(signature?.outputs?.length ? { outputs: sayWhat(signature.outputs, 'output') } : {}),
    params: (signature?.params ?? []).map(({ name, type, default: value }) => ({
      name: name ?? '',
      type,
      ...(value === undefined ? {} : { default: value }),
    })),
    examples: [...new Set(examples.filter((one): one is string => one !== undefined && isPlain(one)))],
    ...(read.mlflow_version === undefined ? {} : { mlflow: read.mlflow_version }),
    ...(read.python_version === undefined ? {} : { python: read.python_version }),
    ...(read.problem === undefined ? {} : { problem: read.problem }),
  };
}

/** A path inside the folder, whatever the model's author wrote. */
export const isPlain = (file: string): boolean =>
  file !== '' &&
  !path.isAbsolute(file) &&
  !/[\0\\]/.test(file) &&
  file.split('/').every((part) => part !== '..' && part !== '');

function sayWhat(fields: readonly Field[], side: 'input' | 'output'): Said {
  const named = fields.every(({ name }) => name !== undefined);
  const specs: TensorSpec[] = [];
  let kind: Said['kind'] = 'columns';
  for (const [index, { name = `${side}-${index}`, type, required }] of fields.entries()) {
    const optional = required === false ? { optional: true } : {};
    const tensor = /^tensor\((.+)\)\[([-\d,]*)\]$/.exec(type);
    const datatype = tensor ? fromNumpy(tensor[1] ?? '') : fromColumn(type);
    if (!datatype) return { kind: 'nested', specs: [], named };
    if (tensor) {
      kind = 'tensors';
      const shape = (tensor[2] ?? '') === '' ? [] : (tensor[2] ?? '').split(',').map(Number);
      specs.push({ name, datatype, shape, ...optional });
    } else specs.push({ name, datatype, shape: [-1], column: type, ...optional });
  }
  return { kind, specs, named };
}

export const sizeOf = async (file: string): Promise<number> => (await stat(file)).size;
