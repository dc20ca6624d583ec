import { isUtf8 } from 'node:buffer';
import { invalid } from '../../../platform/errors/index.ts';
import type { TensorSpec } from '../../../runtimes/index.ts';
import { isObject } from '../shared/json.ts';

const DEEPEST = 34;

/**
 * Replaces `{"b64": "…"}` by what it stands for: text where the model takes text, and base64 as it is where it takes bytes.
 * `inside`: the input that a value belongs to, once its name was seen.
 */
export function decodeB64(value: unknown, specs: readonly TensorSpec[], field: string): unknown {
  const only = specs.length === 1 ? specs[0] : undefined;
  return walk(value, only, specs, field, 0);
}

function walk(
  value: unknown,
  spec: TensorSpec | undefined,
  specs: readonly TensorSpec[],
  field: string,
  depth: number,
): unknown {
  if (depth > DEEPEST) throw invalid(`${field} is nested deeper than ${DEEPEST} levels`, { field });
  if (Array.isArray(value)) {
    // Numbers need no walk, and they are most of what comes.
    if (typeof value[0] === 'number' && value.every((one) => typeof one === 'number')) return value;
    return value.map((one) => walk(one, spec, specs, field, depth + 1));
  }
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const encoded = value['b64'];
  if (keys.length === 1 && typeof encoded === 'string') return decode(encoded, spec, field);
  return Object.fromEntries(
    keys.map((key) => [
      key,
      walk(value[key], specs.find(({ name }) => name === key) ?? spec, specs, `${field}.${key}`, depth + 1),
    ]),
  );
}

function decode(text: string, spec: TensorSpec | undefined, field: string): string {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw invalid(`${field}: "b64" is not valid base64`, { field });
  if (spec?.column === 'binary') return text.replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Buffer.from(text, 'base64');
  if (!isUtf8(bytes))
    throw invalid(`${field}: the bytes of "b64" are not valid UTF-8, and the model takes text`, { field });
  return bytes.toString('utf8');
}
