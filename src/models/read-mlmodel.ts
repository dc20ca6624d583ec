import { Lexer, parseDocument } from 'yaml';
import { messageOf } from '../platform/errors/index.ts';
import type { Field, ModelFacts, Signature } from './contract.ts';

type Read = Pick<
  ModelFacts,
  'flavors' | 'signature' | 'input_example' | 'mlflow_version' | 'python_version' | 'problem'
>;

/** An MLmodel file is text by a stranger: past this size it is not read. */
export const LARGEST_MLMODEL = 512 * 1024;
const MOST_FIELDS = 10_000;
/** The parser takes time that grows with the square of keys, anchors and depth; its lexer does not. A real file has some hundreds. */
const MOST_TOKENS = 10_000;
const MOST_ANCHORS = 32;

/**
 * What an MLmodel file says. Never throws: what cannot be understood is said in `problem`. YAML 1.2 core schema, so no tag
 * makes anything but text, numbers, lists and maps; few aliases, so that a small file cannot grow into a large one.
 */
export function readMlmodel(text: string): Read {
  if (text.length > LARGEST_MLMODEL)
    return { flavors: {}, problem: `the MLmodel file is larger than ${LARGEST_MLMODEL / 1024} KiB` };
  let value: unknown;
  try {
    if (!isSmall(text)) return { flavors: {}, problem: 'the MLmodel file has more parts than a model needs' };
    const document = parseDocument(text, { schema: 'core', merge: false, logLevel: 'silent' });
    // An unknown tag is only a warning to the parser; to us it is a file that wants to be more than data.
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault)
      return { flavors: {}, problem: `the MLmodel file is not plain YAML: ${fault.message.split('\n')[0]}` };
    value = document.toJS({ maxAliasCount: 32 });
  } catch (error) {
    // Also a nesting so deep that the parser's stack ends.
    return { flavors: {}, problem: `the MLmodel file is not plain YAML: ${messageOf(error).split('\n')[0]}` };
  }
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
  const python = flavors['python_function']?.['python_version'];
  const { signature, problem } = readSignature(value['signature']);
  return {
    flavors,
    ...(signature === undefined ? {} : { signature }),
    ...(typeof example === 'string' ? { input_example: example } : {}),
    ...(typeof value['mlflow_version'] === 'string' ? { mlflow_version: value['mlflow_version'] } : {}),
    ...(typeof python === 'string' ? { python_version: python } : {}),
    ...(problem === undefined ? {} : { problem }),
  };
}

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

/** Counts the tokens, which is quick, before the parser builds a tree of them. */
function isSmall(text: string): boolean {
  let tokens = 0;
  let anchors = 0;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MOST_TOKENS) return false;
    if ((token.startsWith('&') || token.startsWith('*')) && ++anchors > MOST_ANCHORS) return false;
  }
  return true;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
