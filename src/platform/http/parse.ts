import { Type, type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { invalid } from '../errors/index.ts';

const validators = new WeakMap<TSchema, ReturnType<typeof Compile>>();

interface Fault {
  keyword: string;
  instancePath: string;
  message: string;
  params: object;
}

/**
 * Parses at the door: the value with the schema's type, or an `invalid` error that names the field as the caller
 * spelt it. `convert` turns text into the schema's numbers and booleans (query and path carry only text).
 */
export function parse<S extends TSchema>(
  schema: S,
  value: unknown,
  where: string,
  options: { convert?: boolean } = {},
): Static<S> {
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, (validator = Compile(schema)));
  const candidate: unknown = options.convert === true ? convert(schema, { ...(value as object) }) : value;
  // Checked against this very schema, so it has its static type.
  if (validator.Check(candidate)) return candidate as Static<S>;
  const { field, what } = explain([...validator.Errors(candidate)], candidate);
  const place = where === 'body' ? '' : ` (${where})`;
  throw invalid(`${field || 'the request'}${place} ${what}`, {
    field: field || where,
    hint: 'see /docs for what this endpoint takes',
  });
}

const named = new WeakMap<TSchema, TSchema>();

/** The rest of a path, called `*`, is text already, and TypeBox would read the name as a regular expression. */
function convert(schema: TSchema, { '*': rest, ...value }: Record<string, unknown>): unknown {
  if (rest === undefined) return Value.Convert(schema, value);
  let others = named.get(schema);
  if (!others) {
    const { '*': _, ...properties } = (schema as { properties?: Record<string, TSchema> }).properties ?? {};
    named.set(schema, (others = Type.Object(properties)));
  }
  return { ...(Value.Convert(others, value) as object), '*': rest };
}

/** Refuses text that holds a NUL, however deep it lies: Postgres keeps none, and SQLite's functions stop at it. */
export function refuseNul(value: unknown, where: string): void {
  const open: Array<[pointer: string, value: unknown]> = [['', value]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [pointer, one] = next;
    if (typeof one === 'string' && one.includes('\0')) {
      const field = dotted(pointer);
      throw invalid(
        `${field || 'the request'}${where === 'body' ? '' : ` (${where})`} holds a NUL character`,
        {
          field: field || where,
          hint: 'leave it out; bytes can be stored as an artifact',
        },
      );
    }
    if (typeof one !== 'object' || one === null) continue;
    for (const [key, part] of Object.entries(one))
      open.push([
        `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        key.includes('\0') ? key : part,
      ]);
  }
}

/** The one fault worth telling: what is missing, then what is unknown, then the most specific of the rest. */
function explain(faults: readonly Fault[], value: unknown): { field: string; what: string } {
  const missing = faults.find(({ keyword }) => keyword === 'required');
  const unknown = faults.find(({ keyword }) => keyword === 'boolean');
  const constants = faults.filter(({ keyword }) => keyword === 'const');
  if (missing) {
    const { requiredProperties = [] } = missing.params as { requiredProperties?: string[] };
    return { field: dotted(missing.instancePath, requiredProperties[0]), what: 'is missing' };
  }
  if (unknown) return { field: dotted(unknown.instancePath), what: 'is not a field that is known here' };
  if (constants.length > 0) {
    const path = constants[0]!.instancePath;
    const allowed = constants.map(({ params }) =>
      String((params as { allowedValue?: unknown }).allowedValue),
    );
    return {
      field: dotted(path),
      what: `is ${shown(Value.Pointer.Get(value, path))}; it must be ${allowed.join(', ')}`,
    };
  }
  const [first] = faults;
  if (!first) return { field: '', what: 'is wrong' };
  const given = Value.Pointer.Get(value, first.instancePath);
  return { field: dotted(first.instancePath), what: `is ${shown(given)}; it ${first.message}` };
}

/** A client's value in a message: short, on one line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `/metrics/3/key` → `metrics[3].key`. */
function dotted(pointer: string, last?: string): string {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (last !== undefined) parts.push(last);
  return parts.reduce(
    (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text ? `${text}.${part}` : part),
    '',
  );
}
