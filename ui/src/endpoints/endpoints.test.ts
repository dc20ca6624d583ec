import assert from 'node:assert/strict';
import test from 'node:test';
import type { LiveSecond, LiveVariant, Revision, Variant } from '../../../src/serving/contract.ts';
import type { Signal } from '../../../src/monitoring/contract.ts';
import { columnRows } from './column-rows.ts';
import { figuresOf, latencyOf, linesOf, shadowsOf, troubleOf, withSeconds } from './live-window.ts';
import { everyMinute, pieces } from './past-window.ts';
import { snippet } from './snippets.ts';
import { causeWords, deployBody, deployed, trafficWords } from './traffic-words.ts';
import { fieldsOf, filled, jsonOf, requestOf, sampleRows, type Spec } from './try-form.ts';

const variant = (role: Variant['role'], version: number, percent: number, model = 'late'): Variant => ({
  role,
  model,
  version,
  version_ref: `model_version:${model}/${version}`,
  percent,
  runtime: 'onnx',
});
const revision = (variants: Variant[]): Revision => ({
  ref: 'revision:1',
  id: '1',
  endpoint: 'late',
  revision: 1,
  cause: 'deploy',
  variants,
  sticky: false,
  strict: false,
  state: 'live',
  created_at: 1,
  created_by: 'me',
});

test('traffic is said in words, models by name where there are several', () => {
  assert.equal(trafficWords([variant('champion', 2, 100)]), 'v2 answers');
  assert.equal(
    trafficWords([variant('champion', 2, 90), variant('canary', 3, 10), variant('shadow', 4, 100)]),
    'v2 answers 90 %, v3 answers 10 %, copies of all go to v4',
  );
  assert.equal(
    trafficWords([variant('champion', 2, 100), variant('shadow', 1, 25, 'other')]),
    'late v2 answers, copies of 25 % go to other v1',
  );
  assert.equal(causeWords({ cause: 'rollback', restores: 3 }), 'rollback to revision 3');
  assert.equal(causeWords({ cause: 'automatic-rollback' }), 'automatic rollback');
});

test('a canary and a shadow leave the primary where it is; all of the traffic does not', () => {
  const choice = {
    model: 'late',
    version: '3',
    percent: 10,
    runtime: '' as const,
    sticky: true,
    note: ' try ',
  };
  const now = revision([variant('champion', 2, 100)]);
  assert.deepEqual(deployBody({ ...choice, way: 'all' }, now, false), {
    model: 'late',
    version: '3',
    note: 'try',
  });
  assert.deepEqual(
    [
      deployBody({ ...choice, way: 'all' }, now, true),
      deployBody({ ...choice, way: 'all' }, undefined, true),
    ].map(({ expects }) => expects),
    [1, 0],
    'what the dialog showed is what is meant to be replaced',
  );
  assert.equal(deployBody({ ...choice, way: 'all', replace: 'early' }, now, true).replace, 'early');
  assert.deepEqual(deployBody({ ...choice, way: 'canary', note: '' }, now, false), {
    model: 'late',
    version: '2',
    runtime: 'onnx',
    canary: { model: 'late', version: '3', percent: 10 },
    sticky: true,
  });
  assert.deepEqual(
    deployBody({ ...choice, way: 'shadow', percent: 100, runtime: 'python', note: '' }, now, false),
    {
      model: 'late',
      version: '2',
      runtime: 'onnx',
      shadow: { model: 'late', version: '3', runtime: 'python', percent: 100 },
    },
  );
  assert.deepEqual(
    deployBody({ ...choice, way: 'canary', note: '' }, undefined, false),
    { model: 'late', version: '3' },
    'where nothing answers yet, there is nothing to share with',
  );
  assert.deepEqual(
    deployed({ ...choice, way: 'canary' }, now).map((each) => [each.role, each.version, each.percent]),
    [
      ['champion', 2, 90],
      ['canary', 3, 10],
    ],
  );
});

const asked = (
  role: LiveVariant['role'],
  version: number,
  requests: number,
  more: Partial<LiveVariant> = {},
): LiveVariant => ({
  revision: 1,
  role,
  model: 'late',
  version,
  requests,
  rows: requests,
  batches: 1,
  bad: 0,
  errors: 0,
  refused: 0,
  waiting: 0,
  ...more,
});

test('seconds are kept once each, five minutes of them', () => {
  const second = (at: number): LiveSecond => ({ at, variants: [] });
  const five = withSeconds([second(1000), second(2000)], [second(2000), second(3000)]);
  assert.deepEqual(
    five.map(({ at }) => at),
    [1000, 2000, 3000],
  );
  assert.deepEqual(
    withSeconds(five, [second(302_500)]).map(({ at }) => at),
    [3000, 302_500],
  );
  assert.deepEqual(withSeconds(five, []), five);
});

test('a second without a variant is no request, and no latency', () => {
  const seconds: LiveSecond[] = [
    { at: 1000, variants: [asked('champion', 2, 5, { p95_ms: 3 })] },
    { at: 2000, variants: [] },
    {
      at: 3000,
      variants: [
        asked('champion', 2, 2, { p95_ms: 4 }),
        // The next revision took over within the second.
        asked('champion', 2, 3, { revision: 2, p95_ms: 9 }),
        asked('shadow', 3, 5, { p95_ms: 50, errors: 5 }),
      ],
    },
  ];
  const [primary, shadow] = linesOf(seconds, ({ requests }) => requests, 0);
  assert.deepEqual(
    [primary!.x, primary!.y],
    [
      [1000, 2000, 3000],
      [5, 0, 5],
    ],
  );
  assert.equal(shadow!.id, 'shadow late v3');
  const [latency] = linesOf(seconds, latencyOf('p95'));
  assert.deepEqual(
    [latency!.x, latency!.y],
    [
      [1000, 3000],
      [3, 9],
    ],
  );
  const figures = figuresOf(seconds);
  assert.equal(figures.requests, 10, 'a shadow answers nobody');
  assert.equal(figures.errors, 0);
  assert.equal(figures.p95, 9);
  assert.equal(figures.rate, 10 / 3);
  assert.deepEqual(figuresOf([]).rate, 0);
});

test('shadow differences add up over the window, examples once each', () => {
  const shadow = (different: number, prediction: string, at: number) => ({
    pairs: 10,
    different,
    largest: different / 10,
    dropped: 1,
    examples: [{ prediction, at, champion: 1, shadow: 2 }],
  });
  const [found] = shadowsOf([
    { at: 1000, variants: [asked('shadow', 3, 10, { shadow: shadow(1, 'a', 900) })] },
    { at: 2000, variants: [asked('shadow', 3, 10, { shadow: shadow(3, 'b', 1900) })] },
    { at: 3000, variants: [asked('shadow', 3, 10, { shadow: shadow(0, 'a', 900) })] },
  ]);
  assert.deepEqual(
    { ...found, examples: found!.examples.map(({ prediction }) => prediction) },
    { name: 'late v3', pairs: 30, different: 4, largest: 0.3, dropped: 3, examples: ['b', 'a'] },
  );
});

const spec: Spec = {
  platform: 'onnxruntime_onnx',
  inputs: [
    { name: 'distance', datatype: 'FP64', shape: [-1], column: 'double' },
    { name: 'hour', datatype: 'INT64', shape: [-1, 1], column: 'long' },
    { name: 'origin', datatype: 'BYTES', shape: [-1], column: 'string', optional: true },
    { name: 'weekend', datatype: 'BOOL', shape: [-1] },
    { name: 'pixels', datatype: 'FP32', shape: [-1, 2, 2] },
  ],
  outputs: [],
  params: [{ name: 'threshold', type: 'double' }],
  sample: [
    { name: 'distance', datatype: 'FP64', shape: [2], data: [100.5, 200] },
    { name: 'hour', datatype: 'INT64', shape: [2, 1], data: [8, 17] },
    { name: 'origin', datatype: 'BYTES', shape: [2], data: ['SFO', 'JFK'] },
    { name: 'weekend', datatype: 'BOOL', shape: [2], data: [false, true] },
    { name: 'pixels', datatype: 'FP32', shape: [2, 2, 2], data: [1, 2, 3, 4, 5, 6, 7, 8] },
  ],
};

test('a form has one field an input, filled from the sample', () => {
  assert.deepEqual(
    fieldsOf(spec).map(({ name, kind, type, options }) => [name, kind, type, options]),
    [
      ['distance', 'number', 'double', []],
      ['hour', 'whole', 'long', []],
      ['origin', 'text', 'string', ['SFO', 'JFK']],
      ['weekend', 'choice', 'BOOL', ['true', 'false']],
      ['pixels', 'json', 'FP32 [2, 2]', []],
    ],
  );
  assert.equal(sampleRows(spec), 2);
  assert.deepEqual(filled(spec, 1), {
    distance: '200',
    hour: '17',
    origin: 'JFK',
    weekend: 'true',
    pixels: '[5,6,7,8]',
  });
});

test('what is typed becomes a request, or says what is wrong with which field', () => {
  const good = requestOf(spec, { ...filled(spec), origin: '' }, { threshold: '0.4' });
  assert.deepEqual(good, {
    value: {
      inputs: [
        { name: 'distance', datatype: 'FP64', shape: [1], data: [100.5] },
        { name: 'hour', datatype: 'INT64', shape: [1, 1], data: [8] },
        { name: 'weekend', datatype: 'BOOL', shape: [1], data: [false] },
        { name: 'pixels', datatype: 'FP32', shape: [1, 2, 2], data: [1, 2, 3, 4] },
      ],
      parameters: { threshold: 0.4 },
    },
  });
  const bad = requestOf(spec, { distance: 'far', hour: '8.5', weekend: '', pixels: '[1, 2]' });
  assert.deepEqual(bad, {
    problems: {
      distance: 'a number is needed, not “far”',
      hour: 'a whole number is needed',
      weekend: 'a value is needed',
      pixels: '4 values are needed, here are 2',
    },
  });
  assert.equal(
    jsonOf({ a: [1, 2], b: [{ c: 1 }] }),
    '{\n  "a": [1, 2],\n  "b": [\n    {\n      "c": 1\n    }\n  ]\n}',
  );
});

test('snippets ask the same, quoted for their language', () => {
  const asking = {
    address: 'http://127.0.0.1:5001',
    endpoint: 'late',
    body: { inputs: [{ name: 'who', datatype: 'BYTES', shape: [1], data: ["O'Hare"] }], flag: true },
    token: false,
    anyJson: false,
  };
  assert.match(snippet('curl', asking), /^curl http:\/\/127\.0\.0\.1:5001\/v2\/models\/late\/infer/);
  assert.ok(snippet('curl', asking).includes(`["O'\\''Hare"]`), 'a quote inside quotes');
  assert.match(snippet('python', asking), /"flag": True/);
  assert.match(snippet('triton', asking), /np\.array\(\["O'Hare"\], dtype=np\.object_\)\.reshape\(\[1\]\)/);
  assert.match(
    snippet('mlflow', asking),
    /endpoints\/late\/invocations[\s\S]*"dataframe_split":\{"columns":\["who"\],"data":\[\["O/,
  );
  assert.match(snippet('curl', { ...asking, token: true }), /Bearer \$TREADLE_TOKEN/);
  assert.doesNotMatch(snippet('curl', asking), /authorization/);
});

test('trouble of versions that began at different times is summed by the time', () => {
  const seconds: LiveSecond[] = [
    { at: 1000, variants: [asked('champion', 1, 1, { bad: 1 })] },
    { at: 2000, variants: [asked('champion', 1, 1, { bad: 2 }), asked('champion', 2, 1, { bad: 40 })] },
    { at: 3000, variants: [asked('champion', 2, 1, { bad: 50 }), asked('shadow', 1, 1, { bad: 9 })] },
  ];
  const bad = troubleOf(seconds)[0]!;
  assert.deepEqual([bad.id, bad.x, bad.y], ['bad', [1000, 2000, 3000], [1, 42, 50]]);
  assert.deepEqual(troubleOf([]), []);
});

test('the past is asked a day at a time, and minutes without a request lie at zero', () => {
  const [minute, day] = [60_000, 86_400_000];
  const now = 20 * day + 5;
  const week = pieces(now, 'week');
  assert.equal(week.at(-1)!.to, 20 * day + minute, 'the minute that goes on is whole');
  assert.equal(week[0]!.from, 13 * day + minute);
  assert.equal(week.length, 7);
  for (const [i, { from, to }] of week.entries()) {
    assert.ok(to > from && to - from <= day);
    if (i > 0) assert.equal(from, week[i - 1]!.to, 'no minute is left out or asked twice');
  }
  const found = everyMinute(
    [0, minute, 3 * minute, 9 * minute].map((at) => ({ at, variants: [asked('champion', 1, 1)] })),
  );
  assert.deepEqual(
    found.map(({ at, variants }) => [at / minute, variants.length]),
    [
      [0, 1],
      [1, 1],
      [2, 0],
      [3, 1],
      [4, 0],
      [8, 0],
      [9, 1],
    ],
  );
});

test('changed columns come first, and what is made of a column stands below it', () => {
  const drift = (column: string, state: Signal['state'] = 'ok', evidence = 0): Signal => ({
    signal: 'drift',
    column,
    state,
    reason: '',
    evidence: { evidence },
  });
  const signals = [
    drift('in_a', 'ok', 0.4),
    drift('in_note · words', 'ok', 0.1),
    drift('in_note · language', 'alert', 40),
    drift('in_note'),
    drift('in_b', 'alert', 2),
  ];
  assert.deepEqual(
    columnRows({ signals }).map(({ column }) => column),
    ['in_note', 'in_note · language', 'in_note · words', 'in_b', 'in_a'],
  );
});
