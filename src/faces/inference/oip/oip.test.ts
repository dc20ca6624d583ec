import assert from 'node:assert/strict';
import test from 'node:test';
import { invalid, limited } from '../../../platform/errors/index.ts';
import { ModelFault, type LoadedModel, type Tensor } from '../../../runtimes/index.ts';
import type { PlaneDoor, Question, Served } from '../../../serving/index.ts';
import type { InferenceRequest } from '../exchange.ts';
import { createOip } from './index.ts';

const spec: LoadedModel['spec'] = {
  platform: 'onnxruntime_onnx',
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'name', datatype: 'BYTES', shape: [-1], optional: true },
  ],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1, 2] },
    { name: 'label', datatype: 'BYTES', shape: [-1] },
  ],
  params: [],
  returns: 'onnx',
  batchable: true,
};
const outputs: Tensor[] = [
  { name: 'y', datatype: 'FP32', shape: [1, 2], data: new Float32Array([0.1, Number.NaN]) },
  { name: 'label', datatype: 'BYTES', shape: [1], data: ['"ö"'] },
];

interface Heard {
  status: number;
  type: string;
  body: Buffer;
  headers: Record<string, string>;
}

/** The protocol before a door whose one endpoint, `m`, has version 3 and answers with `outputs`, or fails with `error`. */
function bench(more: { error?: Error; full?: boolean; ready?: boolean; spec?: LoadedModel['spec'] } = {}) {
  const asked: Question[] = [];
  let refused = 0;
  const served = {
    endpoint: { name: 'm' },
    model: { ready: more.ready ?? true, place: { limits: { batch: 8 } } },
    spec: more.spec ?? spec,
    versions: [3],
    full: more.full ?? false,
    refused: () => refused++,
    counts: { ok: 5, failed: 1, rows: 9, batches: 2, ms: 4, last: 1000 },
  } as unknown as Served;
  const door: PlaneDoor = {
    callersEpoch: 0,
    find: (workspace, endpoint, version) =>
      workspace === 'w' && endpoint === 'm' && (version === undefined || version === '3')
        ? served
        : undefined,
    list: (workspace) => (workspace === 'w' ? [served] : []),
    predict(question, done) {
      asked.push(question);
      if (more.error) return done(more.error);
      done(undefined, { outputs, prediction: 'p1', endpoint: 'm', revision: 7, model: 'model', version: 3 });
    },
    predictJson: () => assert.fail('no tensors'),
    authenticate: () => assert.fail('the front asks'),
    ready: more.ready ?? true,
  };
  const oip = createOip(door, { version: '1.2.3', aside: () => assert.fail('no body is large') });
  const ask = (
    method: string,
    path: string,
    body: string | Buffer = '',
    headers: Record<string, string> = {},
  ): Heard | undefined => {
    let heard: Heard | undefined;
    const request: InferenceRequest = {
      method,
      path,
      query: 'ignored=1',
      header: (name) => headers[name],
      body: Buffer.from(body),
      workspace: 'w',
      at: 5,
    };
    const own = oip(request, {
      gone: false,
      send(status, type, content, sent) {
        assert.equal(heard, undefined, 'answered once');
        heard = { status, type, body: Buffer.from(content), headers: { ...sent } };
      },
    });
    assert.equal(own, heard !== undefined);
    return heard;
  };
  return { ask, asked, refused: () => refused };
}

const json = (heard: Heard | undefined): Record<string, unknown> =>
  JSON.parse(heard!.body.toString()) as Record<string, unknown>;
const body = (input: object, more: object = {}): string =>
  JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2], ...input }],
    ...more,
  });
const INFER = '/v2/models/m/infer';

test('what it says of itself and of a model, with and without a version', () => {
  const { ask } = bench();
  assert.deepEqual(json(ask('GET', '/v2/health/live')), { live: true, ready: true });
  assert.deepEqual(json(ask('GET', '/v2/health/ready')), { live: true, ready: true });
  assert.equal(json(ask('GET', '/v2'))['version'], '1.2.3');
  for (const path of ['/v2/models/m', '/v2/models/m/versions/3', '/v2/models/%6d/']) {
    const { name, versions, inputs } = json(ask('GET', path));
    assert.deepEqual([name, versions], ['m', ['3']]);
    assert.deepEqual((inputs as unknown[])[0], { name: 'x', datatype: 'FP32', shape: [-1, 2] });
  }
  assert.deepEqual(json(ask('GET', '/v2/models/m/versions/3/ready')), { name: 'm', ready: true });
  assert.deepEqual(json(ask('GET', '/v2/models')), { models: ['m'] });
  assert.deepEqual(JSON.parse(ask('POST', '/v2/repository/index')!.body.toString()), [
    { name: 'm', version: '3', state: 'READY', reason: '' },
  ]);
  const { model_stats: stats } = json(ask('GET', '/v2/models/m/stats'));
  assert.equal((stats as Array<{ inference_count: number }>)[0]!.inference_count, 9);
  assert.equal(ask('GET', '/v2/models/m/config')!.status, 200);
});

test('not ready is 503, unknown 404 in the words that clients look for, a wrong method 405', () => {
  const { ask } = bench({ ready: false });
  assert.equal(ask('GET', '/v2/health/live')!.status, 200);
  assert.equal(ask('GET', '/v2/health/ready')!.status, 503);
  assert.equal(ask('GET', '/v2/models/m/ready')!.status, 503);
  for (const path of ['/v2/models/other', '/v2/models/m/versions/4', '/v2/models/other/ready']) {
    const heard = ask('GET', path);
    assert.equal(heard!.status, 404);
    assert.match(String(json(heard)['error']), /Request for unknown model/);
  }
  assert.equal(ask('GET', INFER)!.status, 405);
  assert.equal(ask('POST', '/v2/repository/models/m/load')!.status, 400);
  for (const path of ['/v2x', '/v2/nothing', '/v2/models/m/infer/more', '/other'])
    assert.equal(ask('POST', path), undefined, path);
  const broken = ask('POST', '/v2/models/%zz/infer');
  assert.equal(broken!.status, 400);
  assert.equal(json(broken)['error'], 'the path has a broken percent-encoding');
});

test('JSON in, JSON out: the id comes back, the prediction is named, NaN is null', () => {
  const { ask, asked } = bench();
  const heard = ask('POST', INFER, body({}, { id: 'é', parameters: { timeout: 5000 } }), {
    'x-treadle-key': 'k',
  });
  assert.deepEqual([heard!.status, heard!.type], [200, 'application/json']);
  assert.deepEqual(json(heard), {
    model_name: 'm',
    model_version: '3',
    id: 'é',
    parameters: { prediction_id: 'p1' },
    outputs: [
      { name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.1, null] },
      { name: 'label', datatype: 'BYTES', shape: [1], data: ['"ö"'] },
    ],
  });
  assert.deepEqual(heard!.headers, {
    'X-Treadle-Prediction': 'p1',
    'X-Treadle-Revision': '7',
    'X-Treadle-Model-Version': '3',
  });
  const { deadline, key, workspace, at } = asked[0]!;
  assert.deepEqual({ deadline, key, workspace, at }, { deadline: 5, key: 'k', workspace: 'w', at: 5 });
});

test('binary both ways, mixed with JSON, and as each output wants it', () => {
  const { ask, asked } = bench();
  const header = JSON.stringify({
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
      { name: 'name', datatype: 'BYTES', shape: [1], data: ['ada'] },
    ],
    outputs: [{ name: 'label', parameters: { binary_data: true } }, { name: 'y' }],
  });
  const tensor = Buffer.from(new Float32Array([1.5, -2]).buffer);
  const heard = ask('POST', INFER, Buffer.concat([Buffer.from(header), tensor]), {
    'inference-header-content-length': String(header.length),
  });
  assert.deepEqual(asked[0]!.inputs[0]!.data, new Float32Array([1.5, -2]));
  assert.deepEqual(asked[0]!.inputs[1]!.data, ['ada']);
  const size = Number(heard!.headers['Inference-Header-Content-Length']);
  const said = JSON.parse(heard!.body.toString('utf8', 0, size)) as { outputs: unknown[] };
  assert.deepEqual(said.outputs, [
    { name: 'label', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 8 } },
    { name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.1, null] },
  ]);
  assert.deepEqual(heard!.body.subarray(size), Buffer.from([4, 0, 0, 0, ...Buffer.from('"ö"')]));
  const all = ask('POST', INFER, body({}, { parameters: { binary_data_output: true } }));
  assert.equal(all!.type, 'application/octet-stream');
  const one = bench({ spec: { ...spec, inputs: [spec.inputs[0]!] } });
  assert.equal(one.ask('POST', INFER, tensor, { 'inference-header-content-length': '0' })!.status, 200);
  assert.deepEqual(one.asked[0]!.inputs[0]!.shape, [1, 2]);
});

test('a wrong request is 400 and says where', () => {
  const { ask, asked } = bench();
  const wrong: Array<[string, RegExp, Record<string, string>?]> = [
    ['', /not valid JSON/],
    ['[]', /not a JSON object/],
    ['{}', /inputs is missing/],
    ['{"inputs":[]}', /inputs is empty/],
    ['{"inputs":[1]}', /inputs\[0\] is not an object/],
    [body({ name: 5 }), /inputs\[0\]\.name is not text/],
    [body({ datatype: 'FP8' }), /inputs\[0\]\.datatype is 'FP8' \(input 'x'\)/],
    [body({ shape: [1, -2] }), /'x'.*-2/],
    [body({ shape: [1, 2.5] }), /'x'/],
    [body({ shape: 'x' }), /inputs\[0\]\.shape/],
    [body({ data: undefined }), /input 'x' has no data/],
    [body({ data: [1] }), /'x' has 1 values.*says 2/],
    [body({ data: [1, 'a'] }), /value 1 of input 'x' is text/],
    [body({ data: [1, null] }), /value 1 of input 'x' is null/],
    [body({ data: [[1], [2]] }), /'x' is nested in another form/],
    [
      body({}).replace('[1,2],', '[1,2],').replace('"data":[1,2]', '"data":[1,NaN]'),
      /value 1 of input 'x' is NaN/,
    ],
    [body({}).replace('"data":[1,2]', '"data":[1,1e999]'), /value 1 of input 'x' is Infinity/],
    [body({ data: [1, 1e300] }), /value 1 of input 'x' \(1e\+300\) is too large/],
    [body({ datatype: 'INT32', data: [1, 2.5] }), /value 1 of input 'x' is 2.5; INT32 takes whole/],
    [body({ datatype: 'INT8', data: [1, 200] }), /value 1 of input 'x' \(200\) does not fit INT8/],
    [body({ datatype: 'UINT64', data: [1, -1] }), /does not fit UINT64/],
    [body({ datatype: 'BOOL', data: [true, 2] }), /value 1 of input 'x'.*BOOL/],
    [body({}, { id: 5 }), /id is not text/],
    [body({}, { outputs: [{ name: 'z' }] }), /no output 'z'/],
    [body({}, { outputs: [{ name: 'y' }, { name: 'y' }] }), /'y' twice/],
    [body({ parameters: { binary_data_size: 8 } }), /no binary part/],
    [body({}), /Inference-Header-Content-Length/, { 'inference-header-content-length': '9999' }],
    [body({}), /Inference-Header-Content-Length/, { 'inference-header-content-length': '-1' }],
    [
      `${body({})}12`,
      /2 bytes of the body belong to no input/,
      { 'inference-header-content-length': String(body({}).length) },
    ],
    [body({}), /models of one input/, { 'inference-header-content-length': '0' }],
  ];
  for (const [content, words, headers] of wrong) {
    const heard = ask('POST', INFER, content, headers);
    assert.equal(heard!.status, 400, `${content}: ${heard!.body.toString()}`);
    assert.match(String(json(heard)['error']), words, content);
  }
  assert.deepEqual(asked, [], 'none reached the plane');
});

test('whole numbers past 2^53 come through exactly', () => {
  const { ask, asked } = bench();
  const text = body({ datatype: 'INT64' }).replace(
    '"data":[1,2]',
    '"data":[9007199254740993,-9223372036854775808]',
  );
  assert.equal(ask('POST', INFER, text)!.status, 200);
  assert.deepEqual(asked[0]!.inputs[0]!.data, new BigInt64Array([9007199254740993n, -9223372036854775808n]));
});

test('what went wrong behind it has its own status, and a full endpoint does not read the body', () => {
  const status = (error: Error): number => bench({ error }).ask('POST', INFER, body({}))!.status;
  assert.equal(status(invalid('no')), 400);
  assert.equal(status(limited('too many')), 429);
  assert.equal(status(new ModelFault('its code threw')), 500);
  assert.equal(status(new ModelFault('host ended', { retriable: true })), 503);
  const { ask, refused } = bench({ full: true });
  const heard = ask('POST', INFER, 'not even JSON');
  assert.deepEqual([heard!.status, heard!.headers['Retry-After'], refused()], [429, '1', 1]);
});
