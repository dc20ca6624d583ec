import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainValue, readYaml, readYamlAside, valueOf, type YamlNode } from './index.ts';

const LIMITS = { length: 64 * 1024, parts: 10_000 };
const root = (text: string): YamlNode | null => {
  const read = readYaml(text, LIMITS);
  assert.ok('root' in read, 'fault' in read ? read.fault.message : '');
  return read.root;
};

/** A plain scalar, its value by YAML 1.2, and what must stay of its spelling. */
const SCALARS: ReadonlyArray<[string, unknown]> = [
  ['1', 1],
  ['1.0', 1],
  ['9007199254740993', 9007199254740992],
  ['-9007199254740995', -9007199254740996],
  ['1e3', 1000],
  ['0x10', 16],
  ['0o17', 15],
  ['.5', 0.5],
  ['007', 7],
  ['+1', 1],
  ['-0', -0],
  ['.inf', Infinity],
  ['.nan', NaN],
  ['1_000', '1_000'],
  ['0b11', '0b11'],
  ['1:30', '1:30'],
  ['yes', 'yes'],
  ['No', 'No'],
  ['on', 'on'],
  ['True', true],
  ['false', false],
  ['~', null],
  ['null', null],
  ['', null],
  ['2001-12-14', '2001-12-14'],
  ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
  ['1.2.3', '1.2.3'],
  ['"1.0"', '1.0'],
  ["'yes'", 'yes'],
  ['!!str 1.0', '1.0'],
];

void test('a plain scalar is what YAML 1.2 says, and keeps its spelling', () => {
  for (const [written, value] of SCALARS) {
    const node = valueOf(root(`a: ${written}`), 'a');
    assert.ok(node?.kind === 'scalar', written);
    assert.ok(Object.is(node.value, value), `${written}: ${String(node.value)}`);
    assert.equal(node.text, written.replace(/^!!str |^["']|["']$/g, ''), written);
  }
});

void test('lists, maps, block text, anchors and keys are read', () => {
  const text = 'base: &b { n: 1 }\nuse: [*b, *b]\nblock: |\n  a\n  b\n1: one\n__proto__: { x: 2 }\n<<: *b\n';
  assert.deepEqual(Object.entries(plainValue(root(text)) as object), [
    ['1', 'one'],
    ['base', { n: 1 }],
    ['use', [{ n: 1 }, { n: 1 }]],
    ['block', 'a\nb\n'],
    ['__proto__', { x: 2 }],
    ['<<', { n: 1 }],
  ]);
  assert.equal(root(''), null);
});

const laughs = (levels: number, wide: number): string =>
  Array.from({ length: levels }, (_one, i) =>
    i === 0
      ? 'a0: &a0 [x]'
      : `a${i}: &a${i} [${Array(wide)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
  ).join('\n');

/** Small files that a trusting reader takes long over, or takes for more than data; and what is said of each. */
const HOSTILE: ReadonlyArray<[string, string, RegExp]> = [
  ['aliases of aliases', laughs(9, 9), /its aliases unfold to more than 10,000 values/],
  ['aliases of aliases as keys', `${laughs(8, 9)}\n? *a7\n: 1`, /unfold to more than|a key is text/],
  ['many aliases', `a: &a 1\nb: [${'*a, '.repeat(300)}]`, /more than 256 anchors and aliases/],
  ['many anchors', `a: [${'&a 1, '.repeat(300)}]`, /more than 256 anchors and aliases/],
  ['an alias inside what it names', 'a: &a [1, *a]', /'\*a' stands inside what it names/],
  ['an alias before its anchor', 'a: *b\nb: &b 1', /'\*b' names no anchor|not YAML/],
  ['deep brackets', '['.repeat(400), /nested deeper than 32 levels/],
  ['deep braces', '{a: '.repeat(400), /nested deeper than 32 levels/],
  ['deep dashes', '- '.repeat(400), /nested deeper than 32 levels/],
  ['deep questions', '? '.repeat(400), /nested deeper than 32 levels/],
  [
    'deep indentation',
    Array.from({ length: 40 }, (_one, i) => `${' '.repeat(i)}a:`).join('\n'),
    /nested deeper than 32 levels/,
  ],
  [
    'very many keys',
    Array.from({ length: 6000 }, (_one, i) => `k${i}: 1`).join('\n'),
    /more than 10,000 parts/,
  ],
  ['a wide list', `[${'1,'.repeat(20_000)}]`, /more than 10,000 parts/],
  ['blank lines', '\n'.repeat(20_000), /more than 10,000 parts/],
  ['a long text', `a: ${'x'.repeat(70_000)}`, /longer than 64 KiB/],
  ['a quote without an end', `"${'\\\n'.repeat(9000)}`, /not YAML/],
  ['a tag', 'a: !!python/object/apply:os.system [x]', /not plain YAML/],
  ['a tag of numbers', 'a: !!int "3"', /not plain YAML/],
  ['another version', '%YAML 1.1\n---\na: yes', /another version than 1\.2/],
  ['two documents', 'a: 1\n---\nb: 2', /a second document begins here/],
  ['a key twice', 'a: 1\n"a": 2', /the key 'a' stands here twice/],
  ['a key that is a list', '? [a]\n: 1', /a key is text/],
];

void test('small files that would take long, or be more than data, are refused by name', () => {
  for (const [what, text, said] of HOSTILE) {
    const read = readYaml(text, LIMITS);
    assert.ok('fault' in read, `${what} was taken`);
    assert.match(read.fault.message, said, what);
    assert.ok(read.fault.message.length < 300 && read.fault.at <= text.length, what);
  }
});

void test('a fault has its place', () => {
  const at = (text: string): number => {
    const read = readYaml(text, LIMITS);
    assert.ok('fault' in read);
    return read.fault.at;
  };
  assert.equal(at('a: 1\nb: 2\na: 3'), 10);
  assert.equal(at(`a: &a [1]\nb: ${'['.repeat(40)}`), 13 + 32);
  assert.equal(at('x: 1\ny: *no'), 8);
});

void test('it is read aside with the same answer, and others are answered meanwhile', async () => {
  // As much as the limits allow, many times over: the thread is busy until the last answer.
  const wide = `[${'1,'.repeat(4900)}]`;
  let open = 0;
  let turns = 0;
  const all = Array.from({ length: 20 }, async () => {
    open++;
    const read = await readYamlAside(wide, LIMITS);
    open--;
    return read;
  });
  while (open > 0) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  for (const read of await Promise.all(all)) assert.deepEqual(read, readYaml(wide, LIMITS));
  assert.ok(turns > 20, `the loop turned ${turns} times`);
  for (const [what, text] of HOSTILE)
    assert.deepEqual(await readYamlAside(text, LIMITS), readYaml(text, LIMITS), what);
});
