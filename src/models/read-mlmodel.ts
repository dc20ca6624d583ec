import { plainValue, readYamlAside, valueOf, type YamlNode } from '../platform/yaml/index.ts';
import type { Field, ModelFacts, Signature } from './contract.ts';

type Read = Pick<
  ModelFacts,
  'flavors' | 'signature' | 'input_example' | 'mlflow_version' | 'python_version' | 'problem'
>;

/** An MLmodel file is text by a stranger: past this size it is not read. A signature of thousands of columns is one long text in it. */
export const LARGEST_MLMODEL = 512 * 1024;
/** A real file has some hundreds. */
const LIMITS = { length: LARGEST_MLMODEL, parts: 10_000 };
const MOST_FIELDS = 10_000;

/** What an MLmodel file says. Never throws: what cannot be understood is said in `problem`. Read aside, since its author is a stranger. */
export async function readMlmodel(text: string): Promise<Read> {
  if (text.length > LARGEST_MLMODEL)
    return { flavors: {}, problem: `the MLmodel file is larger than ${LARGEST_MLMODEL / 1024} KiB` };
  const read = await readYamlAside(text, LIMITS);
  if ('fault' in read)
    return { flavors: {}, problem: `the MLmodel file cannot be read: ${read.fault.message}` };
  const value = plainValue(read.root);
  if (!isMap(value)) return { flavors: {}, problem: 'the MLmodel file is no map' };
  const flavors = Object.fromEntries(
    Object.entries(isMap(value['flavors']) ? value['flavors'] : {})
      .filter(
        (entry): entry is [string, Record<string, unknown>] => entry[0] !== '__proto__' && isMap(entry[1]),
      )
      .slice(0, 50),
  );
  const example = isMap(value['saved_input_example_info'])
    ? value['saved_input_example_info']['artifact_path']
    : undefined;
  // `3.10` is a version and no number, whoever wrote it without quotes.
  const python = spelled(
    valueOf(valueOf(valueOf(read.root, 'flavors'), 'python_function'), 'python_version'),
  );
  const mlflow = spelled(valueOf(read.root, 'mlflow_version'));
  const { signature, problem } = readSignature(value['signature']);
  return {
    flavors,
    ...(signature === undefined ? {} : { signature }),
    ...(typeof example === 'string' ? { input_example: example } : {}),
    ...(mlflow === undefined ? {} : { mlflow_version: mlflow }),
    ...(python === undefined ? {} : { python_version: python }),
    ...(problem === undefined ? {} : { problem }),
  };
}

const spelled = (node: YamlNode | undefined): string | undefined =>
  node?.kind === 'scalar' && (typeof node.value === 'string' || typeof node.value === 'number')
    ? node.text
    : undefined;

function readSignature(value: unknown): { signature?: Signature; problem?: string } {
  if (!isMap(value)) return {};
  const signature: Signature = {};
  for (const part of ['inputs', 'outputs', 'params'] as const) {
    const text = value[part];
    if (typeof text !== 'string') continue;
    try {
      const list: unknown = JSON.parse(text);
      if (!Array.isArray(list) || list.length > MOST_FIELDS)
        return { problem: `the signature's ${part} are no list of at most ${MOST_FIELDS}` };
      signature[part] = list.filter(isMap).map(readField);
    } catch {
      return { problem: `the signature's ${part} are not JSON` };
    }
  }
  return { signature };
}

/** MLflow writes `{type, name, required}` for columns, `{type: tensor, tensor-spec: {dtype, shape}}` for tensors, and nested types. */
function readField(field: Record<string, unknown>): Field {
  const { name, required } = field;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    type: typeName(field, 0),
    ...(typeof required === 'boolean' ? { required } : {}),
    ...(field['default'] === undefined || field['default'] === null ? {} : { default: field['default'] }),
  };
}

function typeName(field: Record<string, unknown>, depth: number): string {
  const { type, items, properties } = field;
  const tensor = field['tensor-spec'];
  if (isMap(tensor))
    return `tensor(${String(tensor['dtype'])})[${Array.isArray(tensor['shape']) ? tensor['shape'].join(',') : ''}]`;
  if (depth > 8) return '…';
  if (type === 'array' && isMap(items)) return `array<${typeName(items, depth + 1)}>`;
  if (type === 'map' && isMap(field['values'])) return `map<${typeName(field['values'], depth + 1)}>`;
  if (type === 'object' && isMap(properties)) {
    const inner = Object.entries(properties).map(
      ([key, one]) => `${key}: ${isMap(one) ? typeName(one, depth + 1) : '?'}`,
    );
    return `object{${inner.join(', ')}}`;
  }
  return typeof type === 'string' ? type : 'unknown';
}

/** The packages a requirements.txt names: one a line, without comments and options. */
export function readRequirements(text: string): string[] {
  return text
    .slice(0, 64 * 1024)
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('-'))
    .slice(0, 1000);
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
