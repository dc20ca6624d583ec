import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { TSchema } from 'typebox';
import { suggestion, type Problem } from './problem.ts';
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
 * Checks a YAML tree against the contract and returns its plain value. Says everything that is wrong, each with its place.
 * Its own walk rather than a JSON Schema validator, because of the places, and because a failed union says nothing useful.
 */
export function checkShape(source: Source, schema: TSchema): { value: unknown; problems: Problem[] } {
  const problems: Problem[] = [];
  const say = (path: string, at: 'key' | 'value', message: string, hint?: string): undefined => {
    problems.push(source.problem('error', path, at, message, hint));
    return undefined;
  };
  const label = (path: string): string => (path === '' ? 'the file' : path);

  function walk(node: Node | undefined, shape: Shape, path: string): unknown {
    if (shape.anyOf) return walkUnion(node, shape, path);
    if (shape.type === undefined && shape.const === undefined) return plain(node);
    if (shape.type === 'object') return walkObject(node, shape, path);
    if (shape.type === 'array') {
      if (!isSeq(node)) return wrong(node, shape, path);
      return node.items.map((item, i) => walk(source.resolve(item), shape.items ?? {}, `${path}[${i}]`));
    }
    const value = isScalar(node) ? node.value : undefined;
    if (shape.const !== undefined) return value === shape.const ? value : wrong(node, shape, path);
    if (shape.type === 'string' && typeof value === 'string') return walkText(value, shape, path);
    if ((shape.type === 'number' || shape.type === 'integer') && typeof value === 'number')
      return walkNumber(value, shape, path);
    if (shape.type === 'boolean' && typeof value === 'boolean') return value;
    return wrong(node, shape, path);
  }

  function walkUnion(node: Node | undefined, shape: Shape, path: string): unknown {
    const fitting = (shape.anyOf ?? []).filter((one) => kindOf(node) === kindWanted(one));
    if (fitting.length === 0) return wrong(node, shape, path);
    if (fitting.length === 1) return walk(node, fitting[0]!, path);
    // Only literals share a kind.
    const value = isScalar(node) ? node.value : undefined;
    const literals = fitting.map((one) => one.const);
    if (literals.includes(value)) return value;
    return say(
      path,
      'value',
      `${label(path)} may not be '${String(value)}'`,
      suggestion(String(value), literals.map(String)),
    );
  }

  function walkObject(node: Node | undefined, shape: Shape, path: string): unknown {
    if (!isMap(node)) return wrong(node, shape, path);
    const known = Object.keys(shape.properties ?? {});
    const patterns = Object.entries(shape.patternProperties ?? {});
    const value: Record<string, unknown> = {};
    for (const pair of node.items as Pair[]) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      const child = path === '' ? key : `${path}.${key}`;
      const own = Object.hasOwn(shape.properties ?? {}, key) ? shape.properties?.[key] : undefined;
      const inner = own ?? patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key))?.[1];
      if (inner && key !== '__proto__') {
        value[key] = walk(source.resolve(pair.value), inner, child);
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
    if (node.items.length < (shape.minProperties ?? 0))
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

  function walkNumber(value: number, shape: Shape, path: string): unknown {
    if (!Number.isFinite(value)) return say(path, 'value', `${label(path)} is not a finite number`);
    if (shape.type === 'integer' && !Number.isInteger(value))
      return say(path, 'value', `${label(path)} is ${value}`, 'it must be a whole number');
    const low = shape.minimum ?? -Infinity;
    const high = shape.maximum ?? Infinity;
    if (value < low || value > high || value <= (shape.exclusiveMinimum ?? -Infinity)) {
      const above = shape.exclusiveMinimum === undefined ? `from ${low}` : `above ${shape.exclusiveMinimum}`;
      return say(path, 'value', `${label(path)} is ${value}`, `it must be ${above} to ${high}`);
    }
    return value;
  }

  function wrong(node: Node | undefined, shape: Shape, path: string): undefined {
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

  const value = walk(source.resolve(source.root), schema as Shape, '');
  return { value, problems };
}

function kindOf(node: Node | undefined): string {
  if (isMap(node)) return 'map';
  if (isSeq(node)) return 'list';
  const value = isScalar(node) ? node.value : undefined;
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

/** The value of a part that this version does not read. */
function plain(node: Node | undefined): unknown {
  return node === undefined ? null : (node.toJSON() as unknown);
}
