import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import test from 'node:test';
import { framed } from './inference/bad/kind.ts';
import { deploy, openServing, skipModels, type Serving } from './inference/server.ts';

interface Got {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

async function ask(url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Got> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    ...(body === undefined
      ? {}
      : { method: 'POST', body: raw ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = {};
  }
  return { status: response.status, headers: response.headers, text, json: json as Record<string, unknown> };
}

test('TF-Serving, SageMaker and MLflow, one server', { skip: skipModels }, async (t) => {
  await using serving: Serving = await openServing(
    ['simple', 'simple_identity', 'identity', 'iris-columns'],
    ['identity'],
  );
  const { url, server } = serving;
  const identity = `${url}/v1/models/identity`;

  await t.test('TF-Serving: rows and columns', async () => {
    const rows = await ask(`${identity}:predict`, {
      instances: [
        [1, 2.5],
        [3, 4],
      ],
    });
    assert.equal(rows.text, '{"predictions": [[1.0, 2.5], [3.0, 4.0]]}');
    const columns = await ask(`${identity}:predict`, {
      signature_name: 'serving_default',
      inputs: { INPUT0: [[1, 2.5]] },
    });
    assert.equal(columns.text, '{"outputs": [[1.0, 2.5]]}');
    const named = await ask(`${url}/v1/models/simple:predict`, {
      instances: [{ INPUT0: Array(16).fill(3), INPUT1: Array(16).fill(1) }],
    });
    assert.deepEqual(named.json, {
      predictions: [{ OUTPUT0: Array(16).fill(4), OUTPUT1: Array(16).fill(2) }],
    });
    const special = await ask(`${identity}:predict`, '{"instances": [[NaN, Infinity, -Infinity]]}');
    assert.equal(special.text, '{"predictions": [[NaN, Infinity, -Infinity]]}');
    // Rows of plain lists belong to the columns of a table by place: what KServe's V1 callers send.
    const table = await ask(`${url}/v1/models/iris-columns:predict`, {
      instances: [
        [5.1, 3.5, 1.4, 0.2],
        [6.7, 3, 5.2, 2.3],
      ],
    });
    const labels = (table.json['predictions'] as Array<{ label: number }>).map(({ label }) => label);
    assert.deepEqual(labels, [0, 2]);
  });

  await t.test('TF-Serving: bytes as b64', async () => {
    const b64 = Buffer.from('größer').toString('base64');
    const answer = await ask(`${url}/v1/models/simple_identity:predict`, { instances: [[{ b64 }, 'plain']] });
    assert.equal(answer.text, '{"predictions": [["größer", "plain"]]}');
  });

  await t.test('TF-Serving: status, metadata, versions and labels', async () => {
    await deploy(server, 'identity', {
      model: 'identity',
      version: '1',
      canary: { version: '2', percent: 10 },
    });
    const status = await ask(identity);
    const fine = { error_code: 'OK', error_message: '' };
    const states = status.json['model_version_status'] as Array<{ version: string }>;
    assert.deepEqual(
      states.toSorted((a, b) => a.version.localeCompare(b.version)),
      ['1', '2'].map((version) => ({ version, state: 'AVAILABLE', status: fine })),
    );
    assert.equal(status.json['ready'], true);
    for (const [path, version] of [
      ['/versions/1', '1'],
      ['/versions/2', '2'],
      ['/labels/stable', '1'],
      ['/labels/champion', '1'],
      ['/labels/canary', '2'],
    ] as const) {
      const answer = await ask(`${identity}${path}:predict`, { instances: [[7]] });
      assert.equal(answer.text, '{"predictions": [[7.0]]}', path);
      assert.equal(answer.headers.get('x-treadle-model-version'), version, path);
      const told = (await ask(`${identity}${path}`)).json['model_version_status'] as Array<{
        version: string;
      }>;
      assert.deepEqual(
        told.map((one) => one.version),
        [version],
        path,
      );
    }
    const metadata = await ask(`${identity}/metadata`);
    assert.match(metadata.text, /"serving_default":\{"inputs":\{"INPUT0":\{"dtype":"DT_FLOAT"/);
    const models = (await ask(`${url}/v1/models`)).json['models'] as string[];
    assert.deepEqual(models.toSorted(), ['identity', 'iris-columns', 'simple', 'simple_identity']);
    assert.deepEqual((await ask(`${url}/`)).json, { status: 'alive' });
  });

  await t.test('SageMaker: many models, binary tensors, custom attributes', async () => {
    const attributes = { 'X-Amzn-SageMaker-Custom-Attributes': 'trace=7' };
    const models = (await ask(`${url}/models`)).json['models'] as Array<{ modelName: string }>;
    assert.equal(models.length, 4);
    assert.deepEqual((await ask(`${url}/models/identity`)).json, {
      modelName: 'identity',
      modelUrl: '/models/identity',
    });
    const plain = await ask(`${url}/models/identity/invoke`, { inputs: [[1, 2]] }, attributes);
    assert.equal(plain.text, '{"predictions": {"OUTPUT0": [[1.0, 2.0]]}}');
    assert.equal(plain.headers.get('x-amzn-sagemaker-custom-attributes'), 'trace=7');
    const tensors = { inputs: [{ name: 'INPUT0', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] };
    for (const path of ['/models/identity/invoke', '/endpoints/identity/invocations']) {
      const oip = await ask(`${url}${path}`, tensors, attributes);
      assert.deepEqual((oip.json['outputs'] as Array<{ data: number[] }>)[0]?.data, [1, 2], path);
      assert.equal(oip.headers.get('x-amzn-sagemaker-custom-attributes'), 'trace=7');
    }
    const header = JSON.stringify({
      inputs: [{ name: 'INPUT0', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
      parameters: { binary_data_output: true },
    });
    const body = Buffer.concat([Buffer.from(header), Buffer.from(Float32Array.of(1, 2).buffer)]);
    const response = await fetch(`${url}/models/identity/invoke`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: {
        'content-type': `application/vnd.sagemaker-triton.binary+json;json-header-size=${header.length}`,
      },
    });
    const [, size] = /json-header-size=(\d+)$/.exec(response.headers.get('content-type') ?? '') ?? [];
    const answer = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, 200);
    assert.deepEqual([...new Float32Array(new Uint8Array(answer.subarray(Number(size))).buffer)], [1, 2]);
  });

  await t.test('every answer names itself, and its story is told', async () => {
    const oip = { inputs: [{ name: 'INPUT0', shape: [1, 1], datatype: 'FP32', data: [1] }] };
    const answers = [
      await ask(`${url}/v2/models/identity/infer`, oip),
      await ask(`${url}/endpoints/identity/invocations`, { inputs: [[1]] }),
      await ask(`${identity}:predict`, { instances: [[1]] }),
      await ask(`${url}/models/identity/invoke`, { inputs: [[1]] }),
    ];
    const ids = answers.map(({ headers }) => headers.get('x-treadle-prediction') ?? '');
    ids.push(await overGrpc(serving.address));
    assert.equal(new Set(ids).size, 5);
    for (const { headers } of answers) {
      assert.equal(headers.get('x-treadle-revision'), '2');
      assert.match(headers.get('x-treadle-model-version') ?? '', /^[12]$/);
    }
    for (const id of ids) {
      const story = await ask(`${server.url}/api/v1/predictions/${id}/lineage`);
      assert.equal(story.status, 200, story.text);
      assert.equal((story.json['endpoint'] as { name: string }).name, 'identity');
    }
  });

  await t.test('the main port answers the same paths', async () => {
    for (const [path, body] of [
      [
        '/v2/models/identity/infer',
        { inputs: [{ name: 'INPUT0', shape: [1, 1], datatype: 'FP32', data: [1] }] },
      ],
      ['/v1/models/identity:predict', { instances: [[1]] }],
      ['/endpoints/identity/invocations', { inputs: [[1]] }],
    ] as const) {
      const answer = await ask(`${server.url}${path}`, body);
      assert.equal(answer.status, 200, answer.text);
      assert.ok(answer.headers.get('x-treadle-prediction'), path);
    }
  });

  await t.test('the only endpoint needs no name; of several, the one called default', async () => {
    assert.equal((await ask(`${url}/invocations`, { inputs: [[1]] })).status, 400);
    await deploy(server, 'default', { model: 'identity', version: '1' });
    assert.equal(
      (await ask(`${url}/invocations`, { inputs: [[1]] })).text,
      '{"predictions": {"OUTPUT0": [[1.0]]}}',
    );
  });

  await t.test('strict endpoints refuse casts that change a value', async () => {
    const exact = { inputs: { INPUT0: [Array(16).fill(1)], INPUT1: [Array(16).fill(1)] } };
    const lossy = { inputs: { INPUT0: [Array(16).fill(1.5)], INPUT1: [Array(16).fill(1)] } };
    const path = `${url}/endpoints/simple/invocations`;
    assert.equal((await ask(path, lossy)).status, 200);
    await deploy(server, 'simple', { model: 'simple', version: '1', strict: true });
    assert.equal((await ask(path, exact)).status, 200);
    const refused = await ask(path, lossy);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /INPUT0.*1\.5 is not a whole number.*strict/);
  });
  assert.deepEqual(server.errors, []);
});

/** One call over gRPC to `identity`; returns the prediction's id. */
function overGrpc(address: string): Promise<string> {
  const text = (field: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([field * 8 + 2, value.length]), Buffer.from(value)]);
  const tensor = Buffer.concat([text(1, 'INPUT0'), text(2, 'FP32'), Buffer.from([3 * 8 + 2, 2, 1, 1])]);
  const message = Buffer.concat([
    text(1, 'identity'),
    Buffer.from([5 * 8 + 2, tensor.length]),
    tensor,
    Buffer.from([7 * 8 + 2, 4]),
    Buffer.from(Float32Array.of(1).buffer),
  ]);
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      const whole = Buffer.concat(chunks).toString('latin1');
      const [, id] = /prediction_id[^0-9a-z]+([0-9a-z]+)/.exec(whole) ?? [];
      if (id === undefined) reject(new Error('no prediction id'));
      else resolve(id);
    });
    stream.end(framed(message));
  });
}
