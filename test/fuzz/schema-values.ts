import type { Random } from './random.ts';

/** As much of JSON Schema as the contracts use. */
export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}

/** Values that have made servers stumble, whatever the field is. */
export const ODD: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -1,
  -0,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  2 ** 63,
  '9223372036854775808',
  '-1',
  'NaN',
  'Infinity',
  [],
  {},
  [[]],
  { a: { b: [null] } },
  '\0',
  '\ud800',
  '\u202e\u0000x',
  'é́',
  '%00',
  '%zz',
  '../../etc/passwd',
  "' or 1=1 --",
  'x'.repeat(600),
  'x'.repeat(70_000),
  'constructor',
  '__proto__',
  'toString',
  '{{7*7}}',
  '[[[[[[[[[[[[[[',
  'a: &a [*a, *a]',
  '1970-01-01T00:00:00Z',
  ['x', 1, null],
  Array.from({ length: 300 }, () => 'x'),
  [{ key: 'm', value: 1, timestamp: 1, step: 1e300 }],
];

export interface Values {
  random: Random;
  /** Ids and names that exist. */
  known: readonly string[];
  /** Of this request alone. */
  mark: string;
  /** How often a value is any other one, from 0 to 1. */
  odd: number;
  resolve(ref: string): Schema;
}

/** Mostly what the schema allows; now and then something else. */
export function valueOf(schema: Schema, values: Values, depth = 0): unknown {
  const { random, odd } = values;
  if (random.chance(odd)) return random.pick(ODD);
  if (schema.$ref !== undefined) return valueOf(values.resolve(schema.$ref), values, depth);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum && schema.enum.length > 0) return random.pick(schema.enum);
  if (schema.anyOf && schema.anyOf.length > 0) return valueOf(random.pick(schema.anyOf), values, depth + 1);
  if (depth > 8) return null;
  switch (schema.type) {
    case 'string':
      return textOf(schema, values);
    case 'integer':
    case 'number': {
      const low = schema.minimum ?? (random.chance(0.9) ? 0 : -5);
      const number = low + random.pick([0, 1, 2, 10, 1000, 1_700_000_000_000]);
      const within = Math.min(number, schema.maximum ?? number);
      return schema.type === 'number' && random.chance(0.3) ? within + random.next() : within;
    }
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: random.pick([0, 1, 1, 2, 5]) }, () =>
        valueOf(schema.items ?? {}, values, depth + 1),
      );
    case 'object': {
      const made: Record<string, unknown> = {};
      for (const [name, of] of Object.entries(schema.properties ?? {}))
        if (random.chance(schema.required?.includes(name) ? 1 - odd / 2 : 0.4))
          made[name] = valueOf(of, values, depth + 1);
      const more =
        Object.values(schema.patternProperties ?? {})[0] ??
        (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
      if (more) made[random.pick(['a', 'b', values.mark])] = valueOf(more, values, depth + 1);
      if (random.chance(odd / 2))
        made[random.pick(['unknown', '__proto__x', 'constructor'])] = random.pick(ODD);
      return made;
    }
    default:
      return random.pick(ODD);
  }
}

/** Any of them as text. */
export const oddText = (random: Random): string => {
  const one = random.pick(ODD);
  return typeof one === 'string' ? one : (JSON.stringify(one) ?? '');
};

export function textOf(schema: Schema, { random, known, mark, odd }: Values): string {
  if (random.chance(odd)) return oddText(random);
  if (random.chance(0.5)) return random.pick(known);
  const text = random.pick([
    mark,
    mark.toLowerCase(),
    `${mark}.txt`,
    'main',
    '1',
    'latest',
    'true',
    'a = 1',
    'created_at DESC',
  ]);
  return text.slice(0, schema.maxLength ?? text.length);
}
