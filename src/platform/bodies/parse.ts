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
  const validator = validatorOf(schema);
  const candidate: unknown = options.convert === true ? convert(schema, { ...(value as object) }) : value;
  // Checked against this very schema, so it has its static type.
  if (validator.Check(candidate)) return candidate as Static<S>;
  const meant = chosen(schema, candidate);
  const { field, what, hint } = explain(meant, faultsOf(meant, candidate), candidate);
  const place = where === 'body' ? '' : ` (${where})`;
  throw invalid(`${field || 'the request'}${place} ${what}`, {
    field: field || where,
    hint: hint ?? 'see /docs for what this endpoint takes',
  });
}

/** The schemas before: each is compiled in a turn of its own. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Resolves once these schemas are compiled; undefined where they are. It takes some milliseconds each, and the first callers of many
 * endpoints come together.
 */
export function compiled(...schemas: readonly TSchema[]): Promise<void> | undefined {
  if (schemas.every((schema) => validators.has(schema))) return undefined;
  const mine = before.then(async () => {
    for (const schema of schemas) {
      if (validators.has(schema)) continue;
      validatorOf(schema);
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  });
  before = mine.catch(() => undefined);
  return mine;
}

function validatorOf(schema: TSchema): ReturnType<typeof Compile> {
  let validator = validators.get(schema);
  if (!validator) validators.set(schema, (validator = Compile(schema)));
  return validator;
}

/**
 * Of alternatives that a constant tells apart, such as `kind`, the one that the value names takes their place: its faults are worth
 * telling, and not those of the others. The schema itself where there are none.
 */
function chosen(schema: TSchema, value: unknown): TSchema {
  const { anyOf } = schema as { anyOf?: TSchema[] };
  if (anyOf) {
    const [meant, ...others] = anyOf.filter((one) => isMeant(one, value));
    return meant && others.length === 0 ? chosen(meant, value) : schema;
  }
  if (typeof value !== 'object' || value === null) return schema;
  const properties = propertiesOf(schema);
  const changed = Object.entries(value as Record<string, unknown>).flatMap(([key, own]) => {
    const before = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const after = before === undefined ? undefined : chosen(before, own);
    return after === before || after === undefined ? [] : [[key, after] as const];
  });
  return changed.length === 0
    ? schema
    : { ...schema, properties: { ...properties, ...Object.fromEntries(changed) } };
}

function isMeant(schema: TSchema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const constants = Object.entries(propertiesOf(schema)).filter(([, one]) => 'const' in one);
  return (
    constants.length > 0 &&
    constants.every(
      ([key, one]) => (value as Record<string, unknown>)[key] === (one as { const?: unknown }).const,
    )
  );
}

/** A list of more items is looked through for its first wrong one alone. */
const LONG = 100;

/**
 * What is wrong with a value. TypeBox goes on to the end of a list whatever it has found, and for each wrong item it takes as long as
 * for a hundred right ones: of a long list it sees the first that is wrong, or some that are right.
 */
function faultsOf(schema: TSchema, value: unknown): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return errorsOf(schema, value);
  const short: Record<string, unknown> = { ...value };
  const firsts = new Map<string, number>();
  for (const [key, list] of Object.entries(value) as Array<[string, unknown]>) {
    const { items, maxItems } = (propertiesOf(schema)[key] ?? {}) as { items?: TSchema; maxItems?: number };
    if (!Array.isArray(list) || list.length <= LONG || !items) continue;
    if (maxItems !== undefined && list.length > maxItems)
      return [
        {
          keyword: 'maxItems',
          instancePath: pointerTo(key),
          message: `must not have more than ${maxItems} items`,
          params: { limit: maxItems },
        },
      ];
    const first = list.findIndex((item) => !validatorOf(items).Check(item));
    short[key] = first < 0 ? list.slice(0, LONG) : [list[first]];
    if (first >= 0) firsts.set(pointerTo(key), first);
  }
  const moved = (path: string): string => {
    for (const [key, first] of firsts)
      if (path === `${key}/0` || path.startsWith(`${key}/0/`))
        return `${key}/${first}${path.slice(key.length + 2)}`;
    return path;
  };
  return errorsOf(schema, short).map((fault) => ({
    ...fault,
    instancePath: moved(fault.instancePath),
  }));
}

/** A schema that was made for one value is not worth compiling. */
const errorsOf = (schema: TSchema, value: unknown): Fault[] =>
  validators.has(schema) ? [...validatorOf(schema).Errors(value)] : [...Value.Errors(schema, value)];

const pointerTo = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Refuses a query that names what the endpoint does not take: a misspelt filter must not answer with everything. */
export function refuseUnknown(schema: TSchema, query: object): void {
  const known = propertiesOf(schema);
  for (const field of Object.keys(query)) {
    if (Object.hasOwn(known, field)) continue;
    throw invalid(`${field} (query) is not a field that is known here`, { field, hint: knownHere(known) });
  }
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

/**
 * Refuses text that would not be kept as it came, however deep it lies: a NUL, which Postgres does not take and SQLite's functions
 * stop at, and half of a surrogate pair, which UTF-8 has no bytes for.
 */
export function refuseUnkept(value: unknown, where: string): void {
  const open: Array<[pointer: string, value: unknown]> = [['', value]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [pointer, one] = next;
    const what = typeof one === 'string' ? unkept(one) : undefined;
    if (what !== undefined) {
      const field = dotted(pointer);
      throw invalid(`${field || 'the request'}${where === 'body' ? '' : ` (${where})`} holds ${what}`, {
        field: field || where,
        hint: 'leave it out; bytes can be stored as an artifact',
      });
    }
    if (typeof one !== 'object' || one === null) continue;
    for (const [key, part] of Object.entries(one))
      open.push([
        `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        unkept(key) === undefined ? part : key,
      ]);
  }
}

/** What a text holds that no store keeps; undefined where all of it is kept. */
const unkept = (text: string): string | undefined =>
  text.includes('\0')
    ? 'a NUL character'
    : text.isWellFormed()
      ? undefined
      : 'half of a surrogate pair, which UTF-8 cannot hold';

interface Explained {
  field: string;
  what: string;
  hint?: string | undefined;
}

/**
 * The one fault worth telling; what a schema calls `writeOnly`, a secret, is named and never repeated: what is missing, then what is unknown, then the most specific of the rest.
 */
function explain(schema: TSchema, faults: readonly Fault[], value: unknown): Explained {
  const secrets = secretsOf(schema);
  const constants = faults.filter(({ keyword }) => keyword === 'const');
  // What is missing, or too much, beside a word that means no alternative is so of one that nobody asked for.
  const asked = faults.filter(
    ({ instancePath }) =>
      !constants.some(
        (one) =>
          around(one.instancePath) === instancePath || around(one.instancePath) === around(instancePath),
      ),
  );
  // Where one alternative fits by its fields and only a value in it is wrong, that is told, not what others would want.
  const within = asked.find(
    ({ keyword, instancePath }) =>
      !['required', 'boolean', 'anyOf'].includes(keyword) &&
      faults.some((one) => one.keyword === 'anyOf' && one.instancePath === around(instancePath)),
  );
  if (within) return faultIn(schema, within, value, secrets);
  const missing = asked.find(({ keyword }) => keyword === 'required');
  const unknown = asked.find(({ keyword }) => keyword === 'boolean');
  if (missing) {
    const { requiredProperties = [] } = missing.params as { requiredProperties?: string[] };
    const pointer = `${missing.instancePath}/${requiredProperties[0] ?? ''}`;
    return { field: dotted(pointer), what: 'is missing', hint: described(schema, pointer) };
  }
  if (unknown) {
    const owner = schemaAt(schema, around(unknown.instancePath));
    const known = owner === undefined ? {} : propertiesOf(owner);
    return {
      field: dotted(unknown.instancePath),
      what: 'is not a field that is known here',
      hint: Object.keys(known).length === 0 ? undefined : knownHere(known),
    };
  }
  if (constants.length > 0) {
    const path = constants[0]!.instancePath;
    const allowed = constants.map(({ params }) =>
      String((params as { allowedValue?: unknown }).allowedValue),
    );
    const choice = [allowed.slice(0, -1).join(', '), allowed.at(-1)].filter(Boolean).join(' or ');
    return {
      field: dotted(path),
      what: said(shown(path, Value.Pointer.Get(value, path), secrets), `it must be ${choice}`),
      hint: described(schema, path),
    };
  }
  const [first] = faults;
  if (!first) return { field: '', what: 'is wrong' };
  return faultIn(
    schema,
    // What is too short for its form says little.
    faults.find(
      ({ keyword, instancePath }) => keyword === 'pattern' && instancePath === first.instancePath,
    ) ?? first,
    value,
    secrets,
  );
}

function faultIn(schema: TSchema, fault: Fault, value: unknown, secrets: ReadonlySet<string>): Explained {
  return {
    field: dotted(fault.instancePath),
    what: wrong(fault, shown(fault.instancePath, Value.Pointer.Get(value, fault.instancePath), secrets)),
    hint:
      described(schema, fault.instancePath) ??
      (fault.keyword === 'pattern' ? `it ${fault.message}` : undefined),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function wrong({ keyword, params, message }: Fault, given: string | undefined): string {
  const { type, limit } = params as { type?: unknown; limit?: unknown };
  if (keyword === 'type') {
    const types = (Array.isArray(type) ? type : [type]).map((one) => TYPES[String(one)] ?? String(one));
    return said(given, `it must be ${types.join(' or ')}`);
  }
  if ((keyword === 'minLength' || keyword === 'minItems') && limit === 1) return 'is empty';
  if (keyword === 'minLength') return said(given, `it must have ${String(limit)} characters or more`);
  if (keyword === 'minimum') return said(given, `it must be at least ${String(limit)}`);
  if (keyword === 'maximum') return said(given, `it must be at most ${String(limit)}`);
  // A regular expression says little to most people; what the contract says of the field comes as the hint.
  if (keyword === 'pattern')
    return given === undefined
      ? 'has not the form that it must have'
      : `is ${given}, which has not the form that it must have`;
  return said(given, `it ${message}`);
}

const propertiesOf = (schema: TSchema): Record<string, TSchema> =>
  (schema as { properties?: Record<string, TSchema> }).properties ?? {};

const knownHere = (known: object): string =>
  Object.keys(known).length === 0 ? 'leave it out' : `known here: ${Object.keys(known).join(', ')}`;

/** The part of a schema that holds for this place of a value; nothing where alternatives leave it open. */
function schemaAt(schema: TSchema, pointer: string): TSchema | undefined {
  let at: TSchema | undefined = schema;
  for (const part of partsOf(pointer)) {
    const { items } = (at ?? {}) as { items?: TSchema };
    const own: Record<string, TSchema> = at === undefined ? {} : propertiesOf(at);
    at = Object.hasOwn(own, part) ? own[part] : /^\d+$/.test(part) ? items : undefined;
  }
  return at;
}

/** What the contract says about a field is the best advice that there is. */
const described = (schema: TSchema, pointer: string): string | undefined =>
  pointer === ''
    ? undefined
    : (schemaAt(schema, pointer) as { description?: string } | undefined)?.description;

/** What is there, where it is shown, and what should be. */
const said = (given: string | undefined, must: string): string =>
  given === undefined ? must.replace(/^it /, '') : `is ${given}; ${must}`;

/** Names of the fields that hold secrets, wherever in a schema. */
function secretsOf(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [name, part] of Object.entries(schema)) {
    if (name === 'properties' && typeof part === 'object' && part !== null)
      for (const [field, own] of Object.entries(part as Record<string, { writeOnly?: boolean }>))
        if (own.writeOnly === true) found.add(field);
    secretsOf(part, found);
  }
  return found;
}

/** A client's value in a message: short, on one line. Undefined for a secret, and without those in it. */
function shown(pointer: string, value: unknown, secrets: ReadonlySet<string>): string | undefined {
  if (partsOf(pointer).some((part) => secrets.has(part))) return undefined;
  if (Array.isArray(value) && value.length > LONG) return `a list of ${value.length} items`;
  const text = JSON.stringify(value, (key, inner: unknown) => (secrets.has(key) ? '…' : inner)) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The pointer to what a value lies in. */
const around = (pointer: string): string => pointer.replace(/\/[^/]*$/, '');

const partsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

/** `/metrics/3/key` → `metrics[3].key`. */
const dotted = (pointer: string): string =>
  partsOf(pointer).reduce(
    (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text ? `${text}.${part}` : part),
    '',
  );
