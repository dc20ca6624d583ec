import assert from 'node:assert/strict';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { unavailable } from '../../../platform/errors/index.ts';
import { Budget } from '../../../platform/limits/index.ts';
import { ModelFault, type ModelSpec } from '../../../runtimes/index.ts';
import type { PlaneDoor, Question, Served } from '../../../serving/index.ts';
import { createAside, type Aside } from '../aside/index.ts';
import { createGrpc, type GrpcOptions } from './index.ts';
import { Reader, Writer } from './protobuf.ts';

const io = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 2] }) as const;
const spec: ModelSpec = {
  platform: 'onnxruntime_onnx',
  inputs: [io('x')],
  outputs: [io('y')],
  params: [{ name: 'k', type: 'long' }],
  batchable: true,
};

/** A door behind which the one endpoint `m` answers with what it was given, once `wait` is over. */
async function open(predict: PlaneDoor['predict'], more: GrpcOptions = {}) {
  const state = { ready: true, epoch: 0, revoked: false };
  const served = {
    endpoint: { name: 'm' },
    model: { ready: true },
    spec,
    versions: [3],
    full: false,
  } as unknown as Served; // what the face looks at, and no more
  const door: PlaneDoor = {
    get ready() {
      return state.ready;
    },
    get callersEpoch() {
      return state.epoch;
    },
    find: (_workspace, name, version) => (name === 'm' && (version ?? '3') === '3' ? served : undefined),
    list: () => [served],
    predict,
    predictJson: (_question, done) => done(new Error('not here')),
    authenticate: ({ authorization, proxied }, done) =>
      done(
        authorization === 'Bearer bad' || proxied || state.revoked
          ? { ok: false, status: 401, message: 'no such token' }
          : { ok: true, workspace: 'default', may: authorization !== 'Bearer reader', name: 'reader' },
      ),
  };
  const server = createGrpc(door, { hosts: ['127.0.0.1'], ...more });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const session = connect(`http://127.0.0.1:${port}`);
  const stop = () => new Promise((resolve) => server.close(resolve));
  return {
    port,
    session,
    state,
    stop,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await stop();
    },
  };
}

const echo: PlaneDoor['predict'] = (question, done) =>
  done(undefined, {
    outputs: question.inputs.map((tensor) => ({ ...tensor, name: 'y' })),
    prediction: 'p1',
    endpoint: 'm',
    revision: 1,
    model: 'm',
    version: 3,
  });

const message = (model = 'm'): Buffer =>
  new Writer()
    .text(1, model)
    .text(3, 'mine')
    .chunk(
      4,
      new Writer()
        .text(1, 'k')
        .message(2, (value) => value.uint(2, 7))
        .finish()
        .subarray(5),
    )
    .message(5, (tensor) => tensor.text(1, 'x').text(2, 'FP32').numbers(3, [1, 2]))
    .chunk(7, Buffer.from(Float32Array.of(1.5, -2).buffer))
    .finish();

async function call(
  session: ClientHttp2Session,
  pieces: readonly Uint8Array[],
  headers: Record<string, string> = {},
): Promise<{ code: string; said: string; body: Buffer }> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ModelInfer',
    'content-type': 'application/grpc',
    ...headers,
  });
  let trailers: Record<string, unknown> = {};
  stream.on('response', (given) => (trailers = { ...trailers, ...given }));
  stream.on('trailers', (given) => (trailers = { ...trailers, ...given }));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise((resolve) => stream.on('close', resolve));
  for (const piece of pieces) {
    stream.write(piece);
    if (pieces.length > 1) await pause(1);
  }
  stream.end();
  await closed;
  const { 'grpc-status': code, 'grpc-message': said } = trailers;
  return {
    code: typeof code === 'string' ? code : '',
    said: typeof said === 'string' ? decodeURIComponent(said) : '',
    body: Buffer.concat(chunks),
  };
}

test('a call is answered raw, with its id and the prediction’s', async () => {
  let asked: Question | undefined;
  await using at = await open((question, done) => {
    asked = question;
    echo(question, done);
  });
  const { code, body } = await call(at.session, [message()], { 'x-treadle-key': 'me' });
  assert.equal(code, '0');
  assert.equal(asked?.key, 'me');
  assert.deepEqual(asked?.params, { k: 7 });
  const reader = new Reader(body.subarray(5));
  const fields = new Map<number, Buffer>();
  while (!reader.done) {
    const tag = reader.tag();
    fields.set(tag >>> 3, reader.chunk());
  }
  assert.deepEqual([fields.get(1), fields.get(2), fields.get(3)].map(String), ['m', '3', 'mine']);
  assert.match(String(fields.get(4)), /prediction_id.*p1/s);
  assert.deepEqual(fields.get(6), Buffer.from(Float32Array.of(1.5, -2).buffer));
});

test('a message may come in any pieces, plain or compressed', async () => {
  await using at = await open(echo);
  const whole = message();
  const packed = gzipSync(whole.subarray(5));
  const prefix = Buffer.alloc(5);
  prefix[0] = 1;
  prefix.writeUInt32BE(packed.length, 1);
  const plain = await call(
    at.session,
    [...whole].map((byte) => Uint8Array.of(byte)),
  );
  const zipped = await call(at.session, [prefix, packed.subarray(0, 9), packed.subarray(9)], {
    'grpc-encoding': 'gzip',
  });
  assert.deepEqual([plain.code, zipped.code], ['0', '0']);
  assert.deepEqual(plain.body, zipped.body);
});

/** Values in `fp32_contents`, packed as every client sends them. */
const typedMessage = (values: Float32Array, count = values.length): Buffer =>
  new Writer()
    .text(1, 'm')
    .text(3, 'mine')
    .message(5, (tensor) =>
      tensor
        .text(1, 'x')
        .text(2, 'FP32')
        .numbers(3, [count / 2, 2])
        .message(5, (contents) => contents.chunk(6, new Uint8Array(values.buffer))),
    )
    .finish();

test('large typed contents are read beside, as one call and in a stream, and mean the same', async () => {
  const beside: string[] = [];
  const aside = createAside();
  const watched: Aside = (face, job, body, done) => {
    beside.push(face);
    aside(face, job, body, done);
  };
  await using at = await open(echo, { aside: watched });
  const values = Float32Array.from({ length: 300_000 }, (_, index) => index / 7);
  const { code, body } = await call(at.session, [typedMessage(values)]);
  assert.equal(code, '0');
  assert.ok(body.includes(Buffer.from(values.buffer)), 'the values come back raw');
  assert.deepEqual(beside, ['grpc']);
  const wrong = await call(at.session, [typedMessage(values, 600_000)]);
  assert.deepEqual([wrong.code, /300000 values in fp32_contents/.test(wrong.said)], ['3', true]);
  const { stream, code: ended } = begin(at.session, typedMessage(values), {}, 'ModelStreamInfer');
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.end();
  assert.equal(await ended, '0');
  assert.ok(Buffer.concat(chunks).includes(Buffer.from(values.buffer)));
  assert.deepEqual(beside, ['grpc', 'grpc', 'grpc']);
  // Raw contents are not read at all, and small ones are read at once.
  const raw = new Writer()
    .text(1, 'm')
    .message(5, (tensor) => tensor.text(1, 'x').text(2, 'FP32').numbers(3, [150_000, 2]))
    .chunk(7, new Uint8Array(values.buffer))
    .finish();
  assert.equal((await call(at.session, [raw])).code, '0');
  assert.equal((await call(at.session, [typedMessage(values.slice(0, 2))])).code, '0');
  assert.equal(beside.length, 3);
});

test('a deadline that passed is called so; what the plane refuses keeps its kind', async () => {
  await using late = await open((_question, done) => {
    setTimeout(() => done(unavailable('waited too long')), 30);
  });
  assert.equal((await call(late.session, [message()], { 'grpc-timeout': '10m' })).code, '4');
  assert.equal((await call(late.session, [message()])).code, '14');
  await using broken = await open((_question, done) => done(new ModelFault('the model raised ü')));
  const answer = await call(broken.session, [message()]);
  assert.deepEqual([answer.code, answer.said], ['13', 'the model raised ü']);
});

test('a server that stops ends streams that are owed nothing, and answers the others first', async () => {
  let later: (() => void) | undefined;
  const at = await open((question, done) => (later = () => echo(question, done)));
  const streams = [0, 1].map(() =>
    at.session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelStreamInfer',
      'content-type': 'application/grpc',
    }),
  );
  const codes = streams.map(
    (stream) =>
      new Promise((resolve) => {
        stream.on('trailers', (trailers) => resolve(trailers['grpc-status']));
        stream.resume();
      }),
  );
  const [silent, asking] = streams;
  asking?.write(message());
  await Promise.all(
    [silent, asking].map((stream) => new Promise((resolve) => stream?.once('response', resolve))),
  );
  while (!later) await pause(1);
  const stopped = at.stop();
  assert.equal(await codes[0], '14');
  later();
  assert.equal(await codes[1], '14');
  await stopped;
  at.session.destroy();
});

test('callers are asked who they are, and from where', async () => {
  let asked = 0;
  await using at = await open((question, done) => {
    asked++;
    echo(question, done);
  });
  const codes = [];
  for (const headers of [
    { authorization: 'Bearer bad' },
    { authorization: 'Bearer reader' },
    { 'x-forwarded-for': '10.0.0.1' },
    { ':authority': 'evil.example' },
    { origin: 'http://evil.example' },
  ])
    codes.push((await call(at.session, [message()], headers)).code);
  assert.deepEqual(codes, ['16', '7', '16', '7', '7']);
  assert.equal(asked, 0);
});

test('a stream ends with the token that opened it', async () => {
  let asked = 0;
  await using at = await open((question, done) => {
    asked++;
    echo(question, done);
  });
  const stream = at.session.request({
    ':method': 'POST',
    ':path': '/inference.GRPCInferenceService/ModelStreamInfer',
    'content-type': 'application/grpc',
  });
  const code = new Promise((resolve) =>
    stream.on('trailers', (trailers) => resolve(trailers['grpc-status'])),
  );
  const answered = () => new Promise((resolve) => stream.once('data', resolve));
  const first = answered();
  stream.write(message());
  await first;
  at.state.epoch++; // some other token changed
  const second = answered();
  stream.write(message());
  await second;
  at.state.epoch++;
  at.state.revoked = true;
  stream.write(message());
  assert.equal(await code, '16');
  assert.equal(asked, 2);
});

test('the standard health service: of the server and of its one service, checked and watched, without a token', async () => {
  await using at = await open(echo);
  const path = (method: string) => ({
    ':path': `/grpc.health.v1.Health/${method}`,
    authorization: 'Bearer bad',
  });
  const asking = (service: string) => [new Writer().text(1, service).finish()];
  const check = async (service: string) => {
    const { code, body } = await call(at.session, asking(service), path('Check'));
    return [code, body.at(-1)];
  };
  assert.deepEqual(await check(''), ['0', 1]);
  assert.deepEqual(await check('inference.GRPCInferenceService'), ['0', 1]);
  assert.deepEqual(await check('m'), ['5', undefined], 'models are nobody’s business without a token');
  assert.equal((await call(at.session, asking(''), path('List'))).code, '12');
  assert.equal((await call(at.session, [], path('Check'))).code, '3');
  at.state.ready = false;
  assert.deepEqual(await check(''), ['0', 2]);

  const stream = at.session.request({
    ':method': 'POST',
    'content-type': 'application/grpc',
    ...path('Watch'),
  });
  const told: number[] = [];
  let heard = (): void => {};
  stream.on('data', (chunk: Buffer) => {
    told.push(chunk.at(-1)!);
    heard();
  });
  const until = async (count: number) => {
    while (told.length < count) await new Promise<void>((resolve) => (heard = resolve));
  };
  stream.end(asking('')[0]);
  await until(1);
  at.state.ready = true;
  await until(2);
  assert.deepEqual(told, [2, 1]);
  const code = new Promise((resolve) =>
    stream.on('trailers', (trailers) => resolve(trailers['grpc-status'])),
  );
  const stopped = at.stop();
  assert.equal(await code, '14');
  at.session.destroy();
  await stopped;
});

/** A call of which only so much is sent; resolves with its code when the server ends it. */
function begin(
  session: ClientHttp2Session,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
  method = 'ModelInfer',
) {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/inference.GRPCInferenceService/${method}`,
    'content-type': 'application/grpc',
    ...headers,
  });
  stream.on('error', () => undefined);
  stream.write(bytes);
  const code = new Promise<unknown>((resolve) => {
    stream.on('response', (given) => 'grpc-status' in given && resolve(given['grpc-status']));
    stream.on('trailers', (given) => resolve(given['grpc-status']));
    stream.on('close', () => resolve(undefined));
    stream.resume();
  });
  return { stream, code };
}
const announced = (length: number): Buffer => {
  const bytes = Buffer.alloc(5 + 100);
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

test('who asks comes before how much, and a call without a token is a small one', async () => {
  await using at = await open(echo);
  for (const [headers, code] of [
    [{ authorization: 'Bearer bad' }, '16'],
    [{ authorization: 'Bearer reader' }, '7'],
    [{ origin: 'http://evil.example' }, '7'],
  ] as const)
    assert.equal(await begin(at.session, announced(60_000_000), headers).code, code);
  assert.equal(await begin(at.session, announced(70_000), {}, 'ServerLive').code, '8');
});

test('messages under way have a sum, and one for each caller', async () => {
  const budget = new Budget(250_000, 150_000);
  await using at = await open(echo, { budget });
  const ada = begin(at.session, announced(90_000));
  while (budget.bytes < 90_000) await pause(1);
  assert.equal(await begin(at.session, announced(90_000)).code, '8');
  ada.stream.destroy();
  while (budget.bytes > 0) await pause(1);
  budget.take('others', 200_000);
  assert.equal(await begin(at.session, announced(90_000)).code, '14');
  budget.give('others', 200_000);
  assert.equal((await call(at.session, [message()])).code, '0');
  const zip = gzipSync(Buffer.alloc(200_000));
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeUInt32BE(zip.length, 1);
  budget.take('default/reader', 1);
  const bomb = await call(at.session, [Buffer.concat([head, zip])], { 'grpc-encoding': 'gzip' });
  assert.equal(bomb.code, '8', 'what is inflated counts as it grows');
  budget.give('default/reader', 1);
  while (budget.bytes > 0) await pause(1);
});

test('a stream gives back what its messages held, each with its answer', async () => {
  const budget = new Budget(1_000_000, 500_000);
  await using at = await open(echo, { budget });
  const wide = new Writer()
    .text(1, 'm')
    .message(5, (tensor) => tensor.text(1, 'x').text(2, 'FP32').numbers(3, [12_500, 2]))
    .chunk(7, Buffer.alloc(100_000))
    .finish();
  const { stream, code } = begin(at.session, wide, {}, 'ModelStreamInfer');
  for (let n = 0; n < 20; n++) stream.write(wide);
  stream.end();
  assert.equal(await code, '0');
  while (budget.bytes > 0) await pause(1);
});

test('streams that are opened to be reset, and floods of frames, end their connection and nothing else', async () => {
  await using at = await open(echo);
  const flood = connect(`http://127.0.0.1:${at.port}`);
  flood.on('error', () => undefined);
  let over = false;
  flood.on('close', () => (over = true));
  while (!over) {
    for (let n = 0; n < 200 && !over && !flood.destroyed && !flood.closed; n++) {
      const { stream } = begin(flood, announced(10));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await pause(1);
  }
  const frame = (type: number, flags: number, body: Buffer): Buffer => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(body.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    return Buffer.concat([head, body]);
  };
  for (const [type, body] of [
    [6, Buffer.alloc(8)], // PING
    [4, Buffer.alloc(0)], // SETTINGS
  ] as const) {
    const deaf = connectSocket(at.port, '127.0.0.1');
    deaf.on('error', () => undefined);
    deaf.pause();
    const many = Buffer.concat(Array.from({ length: 5000 }, () => frame(type, 0, body)));
    deaf.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    deaf.write(frame(4, 0, Buffer.alloc(0)));
    let open = true;
    deaf.on('close', () => (open = false));
    for (let n = 0; open && n < 2000; n++) {
      deaf.write(many);
      await pause(1);
      if (deaf.writableLength > 50_000_000) break; // it no longer reads: that holds nothing
    }
    deaf.destroy();
  }
  assert.equal((await call(at.session, [message()])).code, '0');
});
