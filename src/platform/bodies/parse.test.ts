import assert from 'node:assert/strict';
import test from 'node:test';
import { turnsDuring } from '../../../test/turns.ts';
import { Type } from 'typebox';
import { TreadleError } from '../errors/index.ts';
import { Strict } from '../http/contract.ts';
import { compiled, parse, refuseUnknown, refuseUnkept } from './parse.ts';

const Schema = Strict({
  kind: Type.Union([Type.Literal('x'), Type.Literal('y')]),
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  list: Type.Array(Strict({ key: Type.String({ maxLength: 3 }) })),
  few: Type.Optional(Type.Array(Type.Integer(), { maxItems: 3 })),
});

const fault = (value: unknown): { field: string | undefined; message: string } => {
  try {
    parse(Schema, value, 'body');
  } catch (error) {
    assert.ok(error instanceof TreadleError);
    assert.equal(error.kind, 'invalid');
    return { field: error.field, message: error.message };
  }
  throw new Error('nothing was thrown');
};

test('a fault names the field as the caller spelt it', () => {
  assert.deepEqual(fault({ kind: 'z', list: [] }), {
    field: 'kind',
    message: 'kind is "z"; it must be x or y',
  });
  assert.deepEqual(fault({ kind: 'x' }), { field: 'list', message: 'list is missing' });
  assert.deepEqual(fault({ kind: 'x', list: [], extra: 1 }), {
    field: 'extra',
    message: 'extra is not a field that is known here',
  });
  assert.deepEqual(fault({ kind: 'x', list: [{ key: 'abc' }, { key: 'abcd' }] }).field, 'list[1].key');
  assert.deepEqual(fault({ kind: 'x', list: [], count: 0.5 }), {
    field: 'count',
    message: 'count is 0.5; it must be a whole number',
  });
  assert.deepEqual(fault(5).field, 'body');
});

test('a secret is named and never repeated, by itself, in what it lies in, and in alternatives', () => {
  const password = Type.String({ maxLength: 4, pattern: '^[a-z]*$', writeOnly: true });
  const schema = Strict({
    password: Type.Optional(password),
    to: Type.Optional(
      Type.Union([Strict({ kind: Type.Literal('hook') }), Strict({ kind: Type.Literal('mail'), password })]),
    ),
    n: Type.Optional(Type.Integer()),
  });
  for (const value of [
    { password: 'hunter' },
    { password: 'HUNT' },
    { password: ['hunter'] },
    { to: { kind: 'mail', password: 'hunter' } },
    { n: { password: 'hunter' } },
    { to: [{ password: 'hunter' }] },
  ])
    assert.throws(
      () => parse(schema, value, 'body'),
      (error: TreadleError) => !/hunt/i.test(`${error.message} ${error.hint}`) && error.message.length > 12,
    );
  assert.throws(() => parse(schema, { password: 'hunter' }, 'body'), {
    message: 'password must not have more than 4 characters',
  });
});

test('text of a query becomes the numbers of the schema', () => {
  const Query = Strict({ limit: Type.Optional(Type.Integer()), all: Type.Optional(Type.Boolean()) });
  assert.deepEqual(parse(Query, { limit: '20', all: 'true' }, 'query', { convert: true }), {
    limit: 20,
    all: true,
  });
  assert.throws(
    () => parse(Query, { limit: 'twenty' }, 'query', { convert: true }),
    /limit \(query\) is "twenty"/,
  );
});

test('the rest of a path may be called *, as routes write it', () => {
  const schema = Type.Object({ id: Type.Integer(), '*': Type.String() });
  assert.deepEqual(parse(schema, { id: '7', '*': 'a/b.txt' }, 'path', { convert: true }), {
    id: 7,
    '*': 'a/b.txt',
  });
});

test('the hint is what the contract says about the field, or the fields that there are', () => {
  const Described = Strict({
    name: Type.String({ minLength: 1, pattern: '^[a-z]*$', description: 'Lower-case letters.' }),
    days: Type.Optional(Type.Integer({ minimum: 1 })),
  });
  const told = (value: unknown): readonly [string, string | undefined] => {
    try {
      parse(Described, value, 'body');
    } catch (error) {
      assert.ok(error instanceof TreadleError);
      return [error.message, error.hint];
    }
    throw new Error('nothing was thrown');
  };
  assert.deepEqual(told({}), ['name is missing', 'Lower-case letters.']);
  assert.deepEqual(told({ name: '' }), ['name is empty', 'Lower-case letters.']);
  assert.deepEqual(told({ name: 'A' })[1], 'Lower-case letters.');
  assert.deepEqual(told({ name: 'a', dyas: 1 })[1], 'known here: name, days');
  assert.deepEqual(told({ name: 'a', days: 0 }), [
    'days is 0; it must be at least 1',
    'see /docs for what this endpoint takes',
  ]);
});

test('a query that names an unknown field is refused', () => {
  const Query = Type.Object({ limit: Type.Optional(Type.Integer()) });
  refuseUnknown(Query, { limit: '1' });
  assert.throws(() => refuseUnknown(Query, { limt: '1' }), {
    message: 'limt (query) is not a field that is known here',
    field: 'limt',
    hint: 'known here: limit',
  });
});

test('text that would not be kept as it came is refused, with its field', () => {
  const refused = (value: unknown): string => {
    try {
      refuseUnkept(value, 'body');
      return '';
    } catch (error) {
      return error instanceof TreadleError ? `${error.field}: ${error.message}` : String(error);
    }
  };
  assert.match(
    refused({ tags: [{ key: 'a', value: 'b\0' }] }),
    /^tags\[0\]\.value: .* holds a NUL character/,
  );
  assert.match(refused({ a: { b: '\ud800' } }), /^a\.b: a\.b holds half of a surrogate pair/);
  assert.match(refused({ 'k\udc00': 1 }), /half of a surrogate pair/);
  assert.equal(refused({ a: ['😀', 'é', 1, null] }), '');
});

test('of alternatives that a word tells apart the one that was meant is spoken of', () => {
  const Hook = Strict({ kind: Type.Literal('hook'), url: Type.String({ pattern: '^https?://' }) });
  const Mail = Strict({ kind: Type.Literal('mail'), host: Type.String(), port: Type.Integer() });
  const Settings = Strict({ name: Type.String(), to: Type.Union([Hook, Mail]) });
  const told = (to: unknown): string | undefined => {
    try {
      return void parse(Settings, { name: 'a', to }, 'body');
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(
    told({ kind: 'hook', url: 'banana' }),
    'to.url is "banana", which has not the form that it must have',
  );
  assert.equal(told({ kind: 'mail', host: 'a' }), 'to.port is missing');
  assert.equal(told({ kind: 'hook', url: 'http://a', port: 1 }), 'to.port is not a field that is known here');
  assert.equal(told({ kind: 'mail', host: 'a', port: 1 }), undefined);
  assert.equal(told({ kind: 'pigeon', wings: 2 }), 'to.kind is "pigeon"; it must be hook or mail');
});

test('of a long list the first wrong item is told, and where it stands', () => {
  const list = Array.from({ length: 5000 }, (_, i) => ({ key: String(i % 1000) }));
  assert.deepEqual(
    fault({ kind: 'x', list: list.with(4321, { key: 'much too long' }).with(4500, { key: '' }) }),
    {
      field: 'list[4321].key',
      message: fault({ kind: 'x', list: [{ key: 'much too long' }] }).message.replace(
        'list[0]',
        'list[4321]',
      ),
    },
  );
  // What is wrong elsewhere is not hidden by it.
  assert.equal(fault({ list }).field, 'kind');
  assert.equal(fault({ kind: 'x', list, more: 1 }).field, 'more');
  assert.deepEqual(fault({ kind: 'x', list, few: Array.from({ length: 200 }, () => 1) }), {
    field: 'few',
    message: 'few is a list of 200 items; it must not have more than 3 items',
  });
  parse(Schema, { kind: 'x', list }, 'body');
});

test('schemas that many ask for at once are compiled in a turn each, and once', async () => {
  const schemas = Array.from({ length: 20 }, (_, i) => Strict({ [`field${i}`]: Type.Integer() }));
  const { turns } = await turnsDuring(() =>
    Promise.all([...schemas, ...schemas].map(async (schema) => compiled(schema))),
  );
  assert.ok(turns >= 20, `${turns} turns`);
  assert.equal(compiled(...schemas), undefined);
  assert.deepEqual(parse(schemas[3]!, { field3: 1 }, 'body'), { field3: 1 });
});
