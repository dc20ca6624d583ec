// From the schemas of a contract to Python's types: a TypedDict for each object, Literal for words to choose from.
import { block, camel, docstring } from './text.mjs';

/** Schemas as plain JSON, without TypeBox's own marks: what is equal here is the same noun. */
export const keyOf = (schema) => JSON.stringify(schema);

const isObject = (schema) => schema.type === 'object' && Object.keys(schema.properties ?? {}).length > 0;
const isChoice = (schema) => schema.anyOf?.every((option) => 'const' in option) ?? false;

/** The frame of a list: `items` and `next`, and nothing besides. */
export function itemOfPage(schema) {
  if (typeof schema === 'string' || !isObject(schema)) return undefined;
  const names = Object.keys(schema.properties).sort().join();
  if (names !== 'items,next' || schema.required?.join() !== 'items') return undefined;
  return schema.properties.items.items;
}

/** The types of one room's module, in the order in which Python must read them. */
export class Types {
  /** Nouns of this room that are written: `key of a schema` → name. */
  #named = new Map();
  /** All names, each with the key of what it names. */
  #taken = new Map();
  #below;
  #exported;
  imports = new Map();
  typing = new Set();
  classes = [];

  /** @param exported the schemas that the contract exports, by name. @param below names in rooms that this one may know. */
  constructor(exported, below) {
    this.#below = below;
    this.#exported = new Map(
      Object.entries(exported)
        .filter(([, schema]) => isObject(schema) || isChoice(schema) || schema.allOf)
        .map(([name, schema]) => [keyOf(schema), name]),
    );
  }

  /** The nouns: what rooms above may take from here. Parts that only got a name from where they stand are nobody else's. */
  names() {
    return this.#named;
  }

  /** Python's type of a schema; `proposed` is the name that an object without one gets. */
  of(schema, proposed) {
    if (schema.anyOf) return this.#choice(schema);
    if (schema.allOf || isObject(schema)) return this.#class(schema, proposed);
    if ('const' in schema) return this.#literal([schema.const]);
    switch (schema.type) {
      case 'string':
        return 'str';
      case 'integer':
        return 'int';
      case 'number':
        return 'float';
      case 'boolean':
        return 'bool';
      case 'null':
        return 'None';
      case 'array':
        return `list[${this.of(schema.items, proposed)}]`;
      case 'object': {
        const [values] = Object.values(schema.patternProperties ?? {});
        return `dict[str, ${values ? this.of(values, proposed) : this.use('Any')}]`;
      }
      case undefined:
        if (Object.keys(schema).every((key) => key === 'description')) return this.use('Any');
    }
    throw new Error(`no Python type is known for ${keyOf(schema)}`);
  }

  use(name) {
    this.typing.add(name);
    return name;
  }

  /** The name of a schema that has one already, in this room or below. */
  #known(key) {
    const here = this.#named.get(key);
    if (here !== undefined || this.#exported.has(key)) return here;
    const there = this.#below.get(key);
    if (there === undefined) return undefined;
    if (!this.imports.has(there.module)) this.imports.set(there.module, new Set());
    this.imports.get(there.module).add(there.name);
    return there.name;
  }

  #literal(values) {
    const words = values.map((value) =>
      typeof value === 'string' ? `'${value}'` : value ? 'True' : 'False',
    );
    return `${this.use('Literal')}[${words.join(', ')}]`;
  }

  #choice(schema) {
    const key = keyOf(schema);
    const known = this.#known(key);
    if (known !== undefined) return known;
    const literals = schema.anyOf.filter((option) => 'const' in option).map((option) => option.const);
    const rest = schema.anyOf.filter((option) => !('const' in option)).map((option) => this.of(option));
    const type = [...rest, ...(literals.length > 0 ? [this.#literal(literals)] : [])].join(' | ');
    const name = this.#exported.get(key);
    if (name === undefined) return type;
    this.#take(key, name);
    this.classes.push(block([`${name} = ${type}`, ...docstring(schema.description, '')]));
    return name;
  }

  #take(key, name) {
    if (this.#taken.has(name))
      throw new Error(`two types want to be called ${name}: export one from the contract`);
    this.#taken.set(name, key);
    if (this.#exported.get(key) === name) this.#named.set(key, name);
  }

  #class(schema, proposed) {
    const key = keyOf(schema);
    const known = this.#known(key);
    if (known !== undefined) return known;
    const name = this.#exported.get(key) ?? proposed;
    if (this.#taken.get(name) === key) return name;
    // Of parts that are put together, those with a name are what it is made from.
    const parts = schema.allOf ?? [schema];
    const bases = parts.slice(0, -1).map((part) => this.#class(part, undefined));
    const own = parts.at(-1);
    const required = new Set(own.required);
    const fields = Object.entries(own.properties).map(([field, value]) => {
      const type = this.of(value, name + camel(field));
      // What has a name of its own says there what it is.
      const doc =
        this.#named.has(keyOf(value)) || this.#below.has(keyOf(value)) ? undefined : value.description;
      return { field, type: required.has(field) ? type : `${this.#optional()}[${type}]`, doc };
    });
    this.#take(key, name);
    const doc = docstring(schema.description, '    ');
    this.use('TypedDict');
    if (fields.every(({ field }) => /^[a-z_][a-z0-9_]*$/i.test(field) && !KEYWORDS.has(field)))
      this.classes.push(
        block([
          `class ${name}(${[...bases, ...(bases.length === 0 ? ['TypedDict'] : [])].join(', ')}):`,
          ...doc,
          ...fields.flatMap((f) => [`    ${f.field}: ${f.type}`, ...docstring(f.doc, '    ')]),
        ]),
      );
    // A key that is a word of Python's own can only be written as a text.
    else
      this.classes.push(
        block([
          `${name} = TypedDict(`,
          `    '${name}',`,
          '    {',
          ...fields.flatMap((f) => [
            ...(f.doc ? [`        # ${f.doc}`] : []),
            `        '${f.field}': ${f.type},`,
          ]),
          '    },',
          ')',
          ...docstring(schema.description, ''),
        ]),
      );
    return name;
  }

  #optional() {
    this.optional = true;
    return 'NotRequired';
  }
}

/** Words that are no names in Python. */
export const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);
