import type { TSchema } from 'typebox';
import { plainValue, type YamlNode, type YamlScalar } from '../../platform/yaml/index.ts';
import { MOST_PROBLEMS, suggestion, type Problem } from './problem.ts';
import type { Source } from './source.ts';

/** The JSON Schema words that the file's contract uses; `checkShape` knows these and no others. */
interface Shape {
  type?: string;
  description?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  patternProperties?: Record<string, Shape>;
  required?: string[];
  minProperties?: number;
  items?: Shape;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** Keys that people know from other tools, and what to write here. */
const HINTS: Record<string, string> = {
  cmd: "'run' holds the command",
  command: "'run' holds the command",
  deps: 'mention what the step needs as {name} in run; list its files under code',
  needs: 'mention what the step needs as {name} in run, or list steps under after',
  outs: "'out' holds the outputs",
  outputs: "'out' holds the outputs",
  time: "'timeout' stands beside resources: timeout: 2h",
  sweep: 'sweeps are not run by this version',
  matrix: 'a matrix is not run by this version',
  backend: 'this version runs steps on the machine of the server',
  on: 'this version runs steps on the machine of the server',
  stages: "'steps' holds the steps",
};

/**
 * Checks a YAML tree against the contract and returns its plain value, and the numbers whose spelling their value does not give back
 * (`1.0`, `9007199254740993`), by path. Says what is wrong, each with its place. Its own walk rather than a JSON Schema validator,
 * because of the places, and because a failed union says nothing useful.
 */
export function checkShape(
  source: Source,
  root: YamlNode | null,
  schema: TSchema,
): { value: unknown; spelled: ReadonlyMap<string, string>; problems: Problem[] } {
  const problems: Problem[] = [];
  const spelled = new Map<string, string>();
  const say = (path: string, at: 'key' | 'value', message: string, hint?: string): undefined => {
    if (problems.length < MOST_PROBLEMS) problems.push(source.problem('error', path, at, message, hint));
    return undefined;
  };
  const label = (path: string): string => (path === '' ? 'the file' : path);

  function walk(node: YamlNode | null, shape: Shape, path: string): unknown {
    if (shape.anyOf) return walkUnion(node, shape, path);
    if (shape.type === undefined && shape.const === undefined) return plainValue(node);
    if (shape.type === 'object') return walkObject(node, shape, path);
    if (shape.type === 'array') {
      if (node?.kind !== 'list') return wrong(node, shape, path);
      return node.items.map(({ value }, i) => walk(value, shape.items ?? {}, `${path}[${i}]`));
    }
    const value = valueIn(node);
    if (shape.const !== undefined) return value === shape.const ? value : wrong(node, shape, path);
    if (shape.type === 'string' && typeof value === 'string') return walkText(value, shape, path);
    if ((shape.type === 'number' || shape.type === 'integer') && typeof value === 'number')
      return walkNumber(value, node?.kind === 'scalar' ? node.text : String(value), shape, path);
    if (shape.type === 'boolean' && typeof value === 'boolean') return value;
    return wrong(node, shape, path);
  }

  function walkUnion(node: YamlNode | null, shape: Shape, path: string): unknown {
    const fitting = (shape.anyOf ?? []).filter((one) => kindOf(node) === kindWanted(one));
    if (fitting.length === 0) return wrong(node, shape, path);
    if (fitting.length === 1) return walk(node, fitting[0]!, path);
    // Only literals share a kind.
    const value = valueIn(node);
    const literals = fitting.map((one) => one.const);
    if (literals.includes(value)) return value;
    return say(
      path,
      'value',
      `${label(path)} may not be '${String(value)}'`,
      suggestion(String(value), literals.map(String)),
    );
  }

  function walkObject(node: YamlNode | null, shape: Shape, path: string): unknown {
    if (node?.kind !== 'map') return wrong(node, shape, path);
    const known = Object.keys(shape.properties ?? {});
    const patterns = Object.entries(shape.patternProperties ?? {});
    const value: Record<string, unknown> = {};
    for (const { key, value: written } of node.pairs) {
      const child = path === '' ? key : `${path}.${key}`;
      const own = Object.hasOwn(shape.properties ?? {}, key) ? shape.properties?.[key] : undefined;
      const inner = own ?? patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key))?.[1];
      if (inner && key !== '__proto__') {
        value[key] = walk(written, inner, child);
      } else if (patterns.length > 0) {
        say(
          child,
          'key',
          `'${key}' is not a name that may be used here`,
          'a letter or _, then letters, digits, _ and -; 63 characters at most',
        );
      } else {
        say(
          child,
          'key',
          `'${key}' is not a key of ${path === '' ? 'a pipeline file' : label(path)}`,
          HINTS[key] ?? suggestion(key, known),
        );
      }
    }
    for (const key of shape.required ?? []) {
      if (!(key in value) && !source.places.has(path === '' ? key : `${path}.${key}`))
        say(
          path,
          'key',
          `${label(path)} has no '${key}'`,
          `add ${key}: ${shape.properties?.[key]?.description ?? ''}`,
        );
    }
    if (node.pairs.length < (shape.minProperties ?? 0))
      say(path, 'value', `${label(path)} is empty`, `it needs at least ${shape.minProperties} entry`);
    return value;
  }

  function walkText(value: string, shape: Shape, path: string): unknown {
    const fits =
      value.length >= (shape.minLength ?? 0) &&
      value.length <= (shape.maxLength ?? Infinity) &&
      (shape.pattern === undefined || new RegExp(shape.pattern, 'u').test(value));
    return fits
      ? value
      : say(path, 'value', `${label(path)} is '${value.slice(0, 80)}'`, `it must be ${shape.description}`);
  }

  function walkNumber(value: number, text: string, shape: Shape, path: string): unknown {
    if (/^[-+]?0\d/.test(text))
      return say(
        path,
        'value',
        `${label(path)} is ${text}, which some read as a decimal number and some as an octal one`,
        'leave the zeros out, or put it in quotes for text',
      );
    if (!Number.isFinite(value)) return say(path, 'value', `${label(path)} is not a finite number`);
    if (shape.type === 'integer' && !Number.isInteger(value))
      return say(path, 'value', `${label(path)} is ${value}`, 'it must be a whole number');
    const low = shape.minimum ?? -Infinity;
    const high = shape.maximum ?? Infinity;
    if (value < low || value > high || value <= (shape.exclusiveMinimum ?? -Infinity)) {
      const above = shape.exclusiveMinimum === undefined ? `from ${low}` : `above ${shape.exclusiveMinimum}`;
      return say(path, 'value', `${label(path)} is ${value}`, `it must be ${above} to ${high}`);
    }
    if (String(value) !== text) spelled.set(path, text);
    return value;
  }

  function wrong(node: YamlNode | null, shape: Shape, path: string): undefined {
    const wanted = shape.description ?? (shape.anyOf ?? [shape]).map(kindWanted).join(' or ');
    const is = kindOf(node);
    return say(
      path,
      'value',
      `${label(path)} is ${is === 'nothing' ? 'empty' : `a ${is === 'map' ? 'map of keys' : is}`}`,
      path === ''
        ? 'begin with its steps, such as: steps: { hello: { run: echo hello } }'
        : `it must be ${wanted}`,
    );
  }

  const value = walk(root, schema as Shape, '');
  return { value, spelled, problems };
}

function kindOf(node: YamlNode | null): string {
  if (node?.kind === 'map') return 'map';
  if (node?.kind === 'list') return 'list';
  const value = valueIn(node);
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'string'
    ? 'text'
    : typeof value === 'number'
      ? 'number'
      : typeof value === 'boolean'
        ? 'true or false'
        : 'value';
}

function kindWanted({ type, const: literal }: Shape): string {
  if (literal !== undefined) return typeof literal === 'string' ? 'text' : 'value';
  const kinds: Record<string, string> = {
    object: 'map',
    array: 'list',
    string: 'text',
    number: 'number',
    integer: 'number',
    boolean: 'true or false',
  };
  return kinds[type ?? ''] ?? 'value';
}

const valueIn = (node: YamlNode | null): YamlScalar['value'] | undefined =>
  node?.kind === 'scalar' ? node.value : undefined;
