import assert from 'node:assert/strict';
import test from 'node:test';
import { readMlmodel, readRequirements } from './read-mlmodel.ts';

test('a long signature is read', async () => {
  const columns = Array.from({ length: 3000 }, (_one, i) => ({
    type: 'double',
    name: `column ${i}`,
    required: true,
  }));
  const { signature, problem } = await readMlmodel(`signature:\n  inputs: '${JSON.stringify(columns)}'\n`);
  assert.equal(problem, undefined);
  assert.equal(signature?.inputs?.length, 3000);
});

test('nested types are written out', async () => {
  const inputs = JSON.stringify([
    {
      name: 'x',
      type: 'object',
      properties: {
        a: { type: 'long' },
        b: { type: 'array', items: { type: 'map', values: { type: 'string' } } },
      },
    },
  ]);
  assert.equal(
    (await readMlmodel(`signature: {inputs: '${inputs}'}`)).signature?.inputs?.[0]?.type,
    'object{a: long, b: array<map<string>>}',
  );
});

/** Each would make a trusting reader run code, or fill its memory or its day. */
const HOSTILE: Record<string, string> = {
  'a tag for JavaScript': 'a: !!js/function "function(){}"',
  'a tag for Python': '!!python/object/apply:os.system ["x"]',
  'a billion laughs': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
    .join('\n')}`,
  'deep brackets': '['.repeat(500_000),
  'deep braces': `a: ${'{a: '.repeat(120_000)}`,
  'deep dashes': '- '.repeat(250_000),
  'deep questions': '? '.repeat(200_000),
  'many keys': Array.from({ length: 40_000 }, (_one, i) => `k${i}: 1`).join('\n'),
  'many anchors': Array.from({ length: 15_000 }, (_one, i) => `k${i}: &a${i} [1]`).join('\n'),
  'anchors alone': '&a '.repeat(150_000),
  'a wide list': `k: [${'1,'.repeat(250_000)}]`,
  'an endless string': `a: "${'\\'.repeat(500_000)}`,
  'too long': `a: ${'x'.repeat(600_000)}`,
  'a key twice': 'a: 1\na: 2',
  'no map': '- a',
  nothing: '',
  'a broken signature': "signature: {inputs: '[{'}",
  'a signature that is no list': "signature: {inputs: '{}'}",
};

for (const [what, text] of Object.entries(HOSTILE)) {
  test(`an MLmodel file with ${what} is a problem, told by name`, async () => {
    const { problem } = await readMlmodel(text);
    assert.ok(problem !== undefined, 'it was taken for good');
    assert.ok(problem.length < 300);
  });
}

test('a version that looks like a number keeps its digits', async () => {
  const read = await readMlmodel(
    'mlflow_version: 3.10\nflavors: { python_function: { python_version: 3.10 } }',
  );
  assert.deepEqual([read.mlflow_version, read.python_version], ['3.10', '3.10']);
});

test('keys that mean something to JavaScript are only keys', async () => {
  const { flavors } = await readMlmodel(
    'flavors: {__proto__: {polluted: 1}, constructor: {a: 1}, python_function: {python_version: 3.11.1}}',
  );
  assert.deepEqual(Object.keys(flavors), ['constructor', 'python_function']);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('requirements are read a line each, without remarks and options', () => {
  assert.deepEqual(
    readRequirements(
      '# all\nmlflow==3.17.2\n\n  numpy>=2 # why\n-r other.txt\n--index-url x\npkg @ https://host/x#egg=y\n',
    ),
    ['mlflow==3.17.2', 'numpy>=2', 'pkg @ https://host/x#egg=y'],
  );
});
