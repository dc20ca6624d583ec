import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, type KeyParts } from '../plan/parts.ts';
import { difference } from '../plan/why.ts';
import { paramJson, paramShown, paramText, readNumber, type ParamValue } from './param.ts';
import { readPipelineFile } from './read.ts';

const paramOf = (written: string): ParamValue => {
  const { definition, problems } = readPipelineFile(
    `name: x\nparams: { p: ${written} }\nsteps:\n  a: { run: "echo {p}" }\n`,
  );
  assert.ok(definition, JSON.stringify(problems));
  return definition.params['p']!;
};

/** As written, what a command gets, what the JSON file of the step says. */
const KEPT: ReadonlyArray<[string, string, string]> = [
  ['7', '7', '7'],
  ['0.1', '0.1', '0.1'],
  ['1.0', '1.0', '1.0'],
  ['9007199254740993', '9007199254740993', '9007199254740993'],
  ['-9007199254740995', '-9007199254740995', '-9007199254740995'],
  ['0.1234567890123456789', '0.1234567890123456789', '0.1234567890123456789'],
  ['1e3', '1e3', '1e3'],
  ['1E-3', '1E-3', '1E-3'],
  ['1e-400', '1e-400', '1e-400'],
  ['0x10', '0x10', '16'],
  ['0xFFFFFFFFFFFFFFFF', '0xFFFFFFFFFFFFFFFF', '18446744073709551615'],
  ['0o17', '0o17', '15'],
  ['.5', '.5', '0.5'],
  ['-.5', '-.5', '-0.5'],
  ['5.', '5.', '5.0'],
  ['5.e2', '5.e2', '5.0e2'],
  ['+5', '+5', '5'],
  ['-0', '-0', '-0'],
  ['true', 'true', 'true'],
  ['1_000', '1_000', '"1_000"'],
  ['yes', 'yes', '"yes"'],
  ['no', 'no', '"no"'],
  ['2024-01-02', '2024-01-02', '"2024-01-02"'],
  ['1:30', '1:30', '"1:30"'],
  ['"007"', '007', '"007"'],
  ['"1.0"', '1.0', '"1.0"'],
];

test('a parameter keeps its digits, as text and as a number', () => {
  for (const [written, text, json] of KEPT) {
    const value = paramOf(written);
    assert.equal(paramText(value), text, written);
    assert.equal(paramJson(value), json, written);
    assert.equal(String(paramShown(value)), text, written);
    if (!json.startsWith('"'))
      assert.ok(Number.isFinite(Number(JSON.parse(json))) || json === 'true', written);
  }
});

test('what means different things to different readers is refused with its place', () => {
  for (const [written, said] of [
    ['007', /params\.p is 007, which some read as a decimal number and some as an octal one/],
    ['010', /010/],
    ['-00.5', /-00\.5/],
    ['.inf', /not a finite number/],
    ['.nan', /not a finite number/],
    ['1e999', /not a finite number/],
    ['~', /params\.p is empty/],
    ['null', /params\.p is empty/],
  ] as const) {
    const { definition, problems } = readPipelineFile(
      `name: x\nparams: { p: ${written} }\nsteps:\n  a: { run: "echo {p}" }\n`,
    );
    assert.equal(definition, undefined, written);
    assert.deepEqual([problems[0]?.line, problems[0]?.column], [2, 14], written);
    assert.match(problems[0]!.message, said, written);
  }
  const { problems } = readPipelineFile('name: x\nsteps:\n  a: { run: a, resources: { gpu: 010 } }\n');
  assert.match(problems[0]!.message, /gpu is 010/);
});

test('a number from a command line is read by the same rules', () => {
  for (const [written, text] of KEPT) {
    const read = readNumber(written);
    if (typeof paramOf(written) === 'number' || typeof paramOf(written) === 'object')
      assert.deepEqual(read, paramOf(written), text);
    else assert.equal(read, undefined, written);
  }
  for (const none of ['', ' ', '007', '1e999', 'NaN', 'x', '1,5', '0x', '1 2'])
    assert.equal(readNumber(none), undefined, none);
  assert.equal(readNumber(' 8 '), 8);
});

test('a key sees what the step sees: another spelling is another value, the same one is the same', () => {
  const parts = (value: ParamValue): KeyParts => ({
    version: 1,
    command: 'echo {p}',
    code: '',
    inputs: {},
    params: { p: value },
    environment: { kind: 'system', lock: '', interpreter: '', platform: '', packages: '' },
    outputs: {},
    variables: {},
  });
  const spellings = [
    '1',
    '1.0',
    '1.00',
    '1e0',
    '+1',
    '"1"',
    '"1.0"',
    '9007199254740992',
    '9007199254740993',
    'true',
    '"true"',
  ];
  const keys = spellings.map((one) => keyOf(parts(paramOf(one))));
  assert.equal(new Set(keys).size, spellings.length);
  assert.deepEqual(
    keys,
    spellings.map((one) => keyOf(parts(paramOf(one)))),
  );
  const [reason, ...more] = difference(parts(paramOf('1')), parts(paramOf('1.0')));
  assert.deepEqual(
    [reason, more],
    [{ part: 'param', name: 'p', before: '1', after: '1.0', text: 'parameter p changed: 1 → 1.0' }, []],
  );
});

test('the class that counts as positive is spelled as in the data', () => {
  const gate = (positive: string): string | undefined =>
    readPipelineFile(
      `name: x\nsteps:\n  a: { run: "a {h}", out: { h: h.csv } }\n  b: { run: "b {m}", out: { m: m/ } }\nmodel: { name: m, from: b.m }\ngate: { data: a.h, label: y, positive: ${positive} }\n`,
    ).definition?.gate?.spec.positive;
  assert.deepEqual(['1', '1.0', '9007199254740993', '"01"', 'yes'].map(gate), [
    '1',
    '1.0',
    '9007199254740993',
    '01',
    'yes',
  ]);
});
