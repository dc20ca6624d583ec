import assert from 'node:assert/strict';
import test from 'node:test';
import { turnsDuring } from '../../../test/turns.ts';
import { TreadleError } from '../errors/index.ts';
import { readJson, readJsonAside, writeJson } from './index.ts';

const refusal = async (work: () => unknown): Promise<Pick<TreadleError, 'kind' | 'message' | 'field'>> => {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof TreadleError, String(error));
    return { kind: error.kind, message: error.message, field: error.field };
  }
  throw new Error('nothing was refused');
};

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
const bytes = (value: unknown): Buffer[] => {
  const text = Buffer.from(JSON.stringify(value));
  return [text.subarray(0, 1000), text.subarray(1000)];
};

test('a body that is read beside the loop is the same as one that is read at once, and comes in pieces', async () => {
  const body = {
    name: 'ü',
    hashes: Array.from({ length: 60_000 }, (_, i) => `hash ${i}`),
    none: [],
    few: [1, { a: [null, true] }],
    files: Array.from({ length: 20_000 }, (_, i) => ({ path: `p/${i}`, size: i, tags: [i, 'x'] })),
    nested: { list: [1, 2, 3] },
  };
  const { value, turns } = await turnsDuring(() => readJsonAside(bytes(body)));
  assert.deepEqual(value, body);
  // 60,000 values and 120,000, in pieces of 10,000 values and the last of each.
  assert.ok(turns >= 18, `${turns} turns`);
  assert.deepEqual(await readJsonAside(bytes([1, [2]])), [1, [2]]);
  assert.equal(await readJsonAside([Buffer.from('"a"')]), 'a');
  // Two at once do not get into each other's way.
  const other = { ...body, name: 'other', hashes: body.hashes.toReversed() };
  assert.deepEqual(await Promise.all([readJsonAside(bytes(body)), readJsonAside(bytes(other))]), [
    body,
    other,
  ]);
});

test('what is wrong with a body is told in the same words, wherever it is read', async () => {
  for (const text of [
    '{"a": 1',
    '{"a": {"__proto__": 1}}',
    '{"\\u005f_proto__": 1}',
    '{"a": ["x\\u0000"]}',
  ]) {
    const here = await refusal(() => readJson(text));
    assert.equal(here.kind, 'invalid');
    assert.deepEqual(await refusal(() => readJsonAside([Buffer.from(text)])), here);
  }
  // An escaped letter alone is no fault.
  assert.deepEqual(readJson('{"\\u0061": "\\u005f"}'), { a: '_' });
});

test('a body of more values than one may hold is refused, as a whole and in one field', async () => {
  const many = await refusal(() => readJsonAside(bytes({ a: zeros(1_000_001) })));
  assert.deepEqual([many.kind, many.field], ['too-large', 'body']);
  const deep = await refusal(() => readJsonAside(bytes({ a: { b: zeros(100_001) } })));
  assert.equal(deep.kind, 'too-large');
  const item = await refusal(() => readJsonAside(bytes({ a: [zeros(100_001)] })));
  assert.equal(item.kind, 'too-large');
  // Afterwards it goes on.
  assert.deepEqual(await readJsonAside(bytes({ a: 1 })), { a: 1 });
});

test('an answer with long lists is written as JSON has it', async () => {
  const long = Array.from({ length: 200 }, (_, i) => i);
  for (const answer of [
    { items: long, next: undefined, text: 'ü"', none: null },
    { items: long.map((i) => ({ i, gone: undefined })), more: { deep: long } },
    { items: [undefined, ...long, null, 'x'] },
    { items: [...long, () => 1] },
    { run: { inputs: { datasets: long.map((i) => ({ dataset: { i }, tags: [{}, []] })) }, at: new Date(0) } },
    { items: [{ edges: long, empty: {} }, { edges: long.map(() => null) }, [], long] },
    [long, [long]],
    {},
    [1, 2],
    'text',
  ])
    assert.equal(await writeJson(answer), JSON.stringify(answer));
});

test('a long answer comes in pieces, each with its turn, and makes the same text', async () => {
  const answer = {
    run: { datasets: Array.from({ length: 40 }, (_, i) => ({ i, profile: `ü${'x'.repeat(300_000)}` })) },
    hashes: Array.from({ length: 100_000 }, (_, i) => `hash ${i}`),
  };
  const written = await writeJson(answer);
  assert.ok(Array.isArray(written), 'it is written in pieces');
  assert.ok(Math.max(...written.map(({ length }) => length)) < 1024 * 1024, 'no piece is large');
  assert.ok(written.length >= 40, `${written.length} pieces`);
  assert.equal(Buffer.concat(written).toString(), JSON.stringify(answer));
});
