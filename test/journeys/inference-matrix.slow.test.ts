import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { createAside } from '../../src/faces/inference/aside/index.ts';
import type { InferenceRequest, Protocol } from '../../src/faces/inference/exchange.ts';
import { createGrpc } from '../../src/faces/inference/grpc/index.ts';
import { Reader, Writer } from '../../src/faces/inference/grpc/protobuf.ts';
import { createMlflow } from '../../src/faces/inference/mlflow/index.ts';
import { createOip } from '../../src/faces/inference/oip/index.ts';
import { createSagemaker } from '../../src/faces/inference/sagemaker/index.ts';
import { parseJson } from '../../src/faces/inference/shared/json.ts';
import { fromRaw, toRaw } from '../../src/faces/inference/shared/raw.ts';
import { createTfServing } from '../../src/faces/inference/tfserving/index.ts';
import { silentLog } from '../../src/platform/log/index.ts';
import { createProcesses } from '../../src/platform/processes/index.ts';
import { openModel, type Datatype, type Tensor } from '../../src/runtimes/index.ts';
import type { CallerVerdict } from '../../src/serving/plane/protocol.ts';
import { createPlane } from '../../src/serving/plane/create-plane.ts';
import { makeIds } from '../../src/serving/prediction-id.ts';
import { copyKept } from '../kept.ts';
import { placeOf } from '../packaged-models.ts';
import { script, skipModels } from './inference/server.ts';
import { python } from './mlflow-servers.ts';

/** A cell: one value kind, in one form, over one protocol; it is answered as the model answers when Python asks it directly. */

interface Expected {
  answers: Array<{ form: string; kind: string; text: string; own: boolean }>;
  requests: Array<{
    column: string;
    kind: string;
    form: string;
    media: string;
    body: string;
    status: number;
    text?: string;
  }>;
  free: Array<{ media: string; body: string; text: string }>;
}

interface Got {
  status: number;
  body: Buffer;
  headers: Readonly<Record<string, string>>;
}

const ALLOWED: CallerVerdict = { ok: true, workspace: 'default', may: true, name: 'ada' };

/** A tensor of an answer as a client reads it: values of JSON, exact. */
interface Out {
  name: string;
  datatype: Datatype;
  shape: number[];
  values: unknown[];
  content: string | undefined;
}

/** JSON with every digit; its form is what the check then looks at. */
const read = <T = unknown>(text: string | Buffer): T => parseJson(Buffer.from(text), true) as T;
const predictions = ({ body }: Got): unknown => read<{ predictions?: unknown }>(body).predictions;

async function open(folder: string) {
  const processes = createProcesses();
  const plane = createPlane({
    open: (place) => openModel(place, { processes, log: silentLog }),
    ids: makeIds('key'),
    report: () => undefined,
  });
  const aside = createAside();
  const oip = createOip(plane, { version: '1', aside });
  const protocols: Protocol[] = [
    oip,
    createSagemaker(plane, oip, aside),
    createMlflow(plane, aside),
    createTfServing(plane, aside),
  ];
  const names = ['columns', 'tensors', 'anything'];
  for (const name of names) plane.command({ type: 'load', place: placeOf(path.join(folder, name)) });
  plane.command({
    type: 'table',
    sequence: 1,
    keep: [],
    endpoints: names.map((name, serial) => ({
      id: name,
      workspace: 'default',
      name,
      revision: 1,
      serial,
      sticky: false,
      strict: false,
      queue: { most: 100, deadline: 240_000 },
      variants: [{ role: 'champion', percent: 100, model: name, version: 1, key: name }],
    })),
  });
  while (!plane.ready) await new Promise((resolve) => setTimeout(resolve, 20));
  const door = Object.create(plane, {
    authenticate: { value: (_who: unknown, done: (verdict: CallerVerdict) => void) => done(ALLOWED) },
  }) as typeof plane;
  const server = createGrpc(door, { hosts: ['127.0.0.1'], version: '1' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const session = connect(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);

  const http = (where: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Got> =>
    new Promise((resolve) => {
      const request: InferenceRequest = {
        method: 'POST',
        path: where,
        query: '',
        header: (name) => headers[name],
        body: Buffer.from(body),
        workspace: 'default',
        at: performance.now(),
      };
      const reply = {
        gone: false,
        send: (status: number, _type: string, sent: string | Uint8Array, more = {}) =>
          resolve({ status, body: Buffer.from(sent), headers: more }),
      };
      assert.ok(protocols.some((protocol) => protocol(request, reply)));
    });

  const grpc = async (
    model: string,
    inputs: readonly Tensor[],
  ): Promise<{ code: string; outputs: Out[] }> => {
    const message = new Writer().text(1, model);
    for (const { name, datatype, shape } of inputs)
      message.message(5, (input) => input.text(1, name).text(2, datatype).numbers(3, shape));
    for (const input of inputs) message.chunk(7, toRaw(input));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
    });
    let code = '';
    stream.on('trailers', (given) => (code = String(given['grpc-status'])));
    stream.on('response', (given) => (code ||= String(given['grpc-status'] ?? '')));
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.end(message.finish());
    await new Promise((resolve) => stream.on('close', resolve));
    return { code, outputs: code === '0' ? grpcOutputs(Buffer.concat(chunks).subarray(5)) : [] };
  };

  return {
    http,
    grpc,
    async [Symbol.asyncDispose]() {
      session.destroy();
      server.close();
      await plane.close();
      await processes.close();
    },
  };
}

function grpcOutputs(bytes: Buffer): Out[] {
  const heads: Array<Pick<Out, 'name' | 'datatype' | 'shape' | 'content'>> = [];
  const raws: Buffer[] = [];
  for (const reader = new Reader(bytes); !reader.done;) {
    const field = reader.tag() >>> 3;
    if (field === 6) raws.push(reader.chunk());
    else if (field === 5) heads.push(grpcHead(reader.inner()));
    else reader.chunk();
  }
  return heads.map((head, at) => outOf(head, raws[at]!));
}

function grpcHead(reader: Reader): Pick<Out, 'name' | 'datatype' | 'shape' | 'content'> {
  const head = {
    name: '',
    datatype: 'BYTES' as Datatype,
    shape: [] as number[],
    content: undefined as string | undefined,
  };
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) head.name = reader.text();
    else if (tag >>> 3 === 2) head.datatype = reader.text() as Datatype;
    else if (tag >>> 3 === 3) reader.repeated(tag & 7, 0, () => void head.shape.push(reader.signed()));
    else head.content = /content_type.*(json)/s.exec(reader.chunk().toString('latin1'))?.[1];
  }
  return head;
}

/** Values of a tensor's bytes: numbers, texts, bytes, or what their JSON says. */
function outOf(head: Pick<Out, 'name' | 'datatype' | 'shape' | 'content'>, raw: Buffer): Out {
  const count = head.shape.reduce((product, one) => product * one, 1);
  const data = fromRaw(head.name, head.datatype, count, raw, head.datatype === 'BYTES');
  if (data instanceof Uint16Array && head.datatype === 'FP16')
    return { ...head, values: [...new Float16Array(Uint16Array.from(data).buffer)] };
  const values = Array.from<unknown, unknown>(data, (one) => {
    if (one instanceof Uint8Array) return head.content === 'json' ? read(Buffer.from(one)) : Buffer.from(one);
    return head.datatype === 'BOOL' ? one === 1 : one;
  });
  return { ...head, values };
}

type Named = Partial<Record<'predictions' | 'outputs', Record<string, unknown>>>;

interface Sent extends Pick<Out, 'name' | 'datatype' | 'shape'> {
  data?: unknown[];
  parameters?: { content_type?: string; binary_data_size?: number };
}

/** Outputs of an answer over HTTP, JSON or binary. */
function oipOutputs({ body, headers }: Got): Out[] {
  const size = headers['Inference-Header-Content-Length'];
  const json = read<{ outputs: Sent[] }>(size === undefined ? body : body.subarray(0, Number(size)));
  let at = Number(size ?? 0);
  return json.outputs.map(({ name, datatype, shape, data = [], parameters }): Out => {
    const head = { name, datatype, shape, content: parameters?.content_type };
    if (parameters?.binary_data_size === undefined)
      return { ...head, values: head.content === 'json' ? data.map((one) => read(String(one))) : data };
    const raw = body.subarray(at, (at += parameters.binary_data_size));
    return outOf(head, raw);
  });
}

/** Whether a value that came is the one that Python says. `strict`: in JSON without NaN and infinity, which are null there. */
function same(wanted: unknown, got: unknown, datatype: Datatype | undefined, strict: boolean): boolean {
  if (typeof wanted === 'number' || typeof wanted === 'bigint') {
    if (strict && !Number.isFinite(Number(wanted))) return got === null;
    if (typeof got !== 'number' && typeof got !== 'bigint') return false;
    if (typeof wanted === 'bigint' || typeof got === 'bigint')
      return (
        Number.isInteger(Number(got)) && Number.isInteger(Number(wanted)) && BigInt(wanted) === BigInt(got)
      );
    if (datatype === 'FP32' || datatype === 'FP16') return Object.is(Math.fround(wanted), Math.fround(got));
    return Object.is(wanted, got);
  }
  if (Buffer.isBuffer(wanted)) return Buffer.isBuffer(got) && got.equals(wanted);
  // Bytes are base64 where JSON has them, in MIME's lines or in one.
  if (typeof wanted === 'string' && Buffer.isBuffer(got))
    return got.equals(Buffer.from(wanted)) || got.toString('base64') === wanted.replaceAll('\n', '');
  if (typeof wanted === 'string' && typeof got === 'string')
    return wanted === got || wanted.replaceAll('\n', '') === got;
  if (Array.isArray(wanted))
    return (
      Array.isArray(got) &&
      wanted.length === got.length &&
      wanted.every((one, i) => same(one, got[i], datatype, strict))
    );
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof got !== 'object' || got === null) return false;
    const [a, b] = [wanted as Record<string, unknown>, got as Record<string, unknown>];
    return (
      Object.keys(a).join('\0') === Object.keys(b).join('\0') &&
      Object.keys(a).every((key) => same(a[key], b[key], datatype, strict))
    );
  }
  return wanted === got;
}

/** An answer of tensors as the JSON that MLflow would have: records, an object, or one array. */
function joined(outputs: readonly Out[], form: string): unknown {
  const nested = ({ values, shape }: Out): unknown => {
    const build = (depth: number, from: number, size: number): unknown =>
      depth === shape.length
        ? values[from]
        : Array.from({ length: shape[depth]! }, (_, i) =>
            build(depth + 1, from + (i * size) / shape[depth]!, size / shape[depth]!),
          );
    return build(0, 0, values.length);
  };
  if (form === 'frame' || form === 'series')
    return Array.from({ length: outputs[0]!.shape[0]! }, (_, row) =>
      Object.fromEntries(outputs.map((one) => [one.name, (nested(one) as unknown[])[row]])),
    );
  if (form === 'dict') return Object.fromEntries(outputs.map((one) => [one.name, nested(one)]));
  return nested(outputs[0]!);
}

const text = (name: string, values: readonly string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [values.length],
  data: values,
});
const inJson = ({ name, datatype, shape, data }: Tensor) => ({
  name,
  datatype,
  shape,
  data: [...(data as readonly unknown[])],
});

test('the matrix: model kind × protocol × value kind', { skip: skipModels }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-matrix-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // MLflow's own answers, too: they are the same each time.
  const made = [
    'columns',
    'tensors',
    'anything',
    'run.parquet',
    'rows.parquet',
    'texts.parquet',
    'expected.json',
  ];
  const file = path.join(import.meta.dirname, 'inference', 'matrix.py');
  await copyKept(file, made, folder, (fresh) => script(python!, 'matrix.py', [fresh]));
  const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as Expected;
  await using models = await open(folder);
  let cells = 0;
  const wrong: string[] = [];
  const expect = (cell: string, right: boolean, got: unknown): void => {
    cells++;
    if (!right) wrong.push(`${cell}: ${String(got).slice(0, 300)}`);
  };

  await t.test('answers', async () => {
    for (const { form, kind, text: said } of expected.answers) {
      const wanted = read(said);
      const cell = `${form} of ${kind}`;
      const check = (
        protocol: string,
        got: unknown,
        raw: unknown,
        strict = false,
        datatype?: Datatype,
      ): void =>
        expect(`${cell}, ${protocol}`, same(wanted, got, datatype, strict), `${String(raw)} for ${said}`);

      const rows = Array(3).fill(['answer', form, kind]);
      const split = JSON.stringify({ dataframe_split: { columns: ['op', 'form', 'kind'], data: rows } });
      const plain = await models.http('/endpoints/columns/invocations', split);
      check('/invocations', predictions(plain), plain.body);
      const sage = await models.http('/models/columns/invoke', split);
      check('SageMaker', predictions(sage), sage.body);
      const any = await models.http('/endpoints/anything/invocations', split);
      check('/invocations without a signature', predictions(any), any.body);

      const inputs = [
        text('op', Array(3).fill('answer')),
        text('form', Array(3).fill(form)),
        text('kind', Array(3).fill(kind)),
      ];
      for (const binary of [false, true]) {
        const body = JSON.stringify({
          inputs: inputs.map(inJson),
          parameters: { binary_data_output: binary },
        });
        const got = await models.http('/v2/models/columns/infer', body);
        const outputs = got.status === 200 ? oipOutputs(got) : [];
        const floats = outputs.find(({ datatype }) => datatype.startsWith('FP'))?.datatype;
        const json = outputs.some(({ content }) => content === 'json');
        check(
          binary ? 'OIP binary' : 'OIP JSON',
          outputs.length === 0 ? undefined : joined(outputs, form),
          got.body,
          !binary || json,
          floats,
        );
      }
      const { outputs, code } = await models.grpc('columns', inputs);
      const json = outputs.some(({ content }) => content === 'json');
      check('gRPC', outputs.length === 0 ? undefined : joined(outputs, form), code, json);

      const instances = rows.map(() => ({ op: 'answer', form, kind }));
      const tf = await models.http('/v1/models/columns:predict', JSON.stringify({ instances }));
      // One output goes without its name; bytes are {"b64"}.
      const answered = predictions({
        ...tf,
        body: Buffer.from(tf.body.toString().replaceAll(/\{"b64": ("[^"]*")\}/g, '$1')),
      });
      const named =
        form === 'frame' || form === 'series' ? (answered as unknown[])?.map((v) => ({ v })) : answered;
      check('TF-Serving', named, tf.body);
    }
  });

  await t.test('requests', async () => {
    for (const { column, kind, form, media, body, status, text: said } of expected.requests) {
      const cell = `${column} ${kind}, ${form}`;
      const got = await models.http('/endpoints/columns/invocations', Buffer.from(body, 'latin1'), {
        'content-type': media,
      });
      const different = DIFFERENT.find(([pattern]) => pattern.test(cell));
      if (different)
        expect(
          cell,
          got.status === 200
            ? got.body.toString().includes(different[1])
            : String(got.status) === different[1],
          `${got.body.toString()} for ${said}`,
        );
      else
        expect(
          cell,
          got.status === status && (status !== 200 || same(read(said!), read(got.body), undefined, false)),
          `${got.status} ${got.body.toString()} for ${status} ${said}`,
        );
    }
  });

  await t.test('bodies of models without a signature', async () => {
    for (const { media, body, text: said } of expected.free) {
      const got = await models.http('/endpoints/anything/invocations', body, { 'content-type': media });
      expect(
        `${media} ${body}`,
        got.status === 200 && same(read(said), read(got.body), undefined, false),
        `${got.body.toString()} for ${said}`,
      );
    }
  });

  await t.test('tensors of every type', async () => {
    const all = tensors();
    const binary = all.map((tensor) => Buffer.from(toRaw(tensor)));
    const head = Buffer.from(
      JSON.stringify({
        inputs: all.map(({ name, datatype, shape }, at) => ({
          name,
          datatype,
          shape,
          parameters: { binary_data_size: binary[at]!.length },
        })),
        parameters: { binary_data_output: true },
      }),
    );
    const got = await models.http('/v2/models/tensors/infer', Buffer.concat([head, ...binary]), {
      'inference-header-content-length': String(head.length),
    });
    const outputs = oipOutputs(got);
    const { outputs: called } = await models.grpc('tensors', all);
    for (const [at, tensor] of all.entries()) {
      const wanted = outOf({ ...tensor, shape: [...tensor.shape], content: undefined }, binary[at]!).values;
      expect(`${tensor.name}, OIP binary`, same(wanted, outputs[at]?.values, undefined, false), got.body);
      expect(`${tensor.name}, gRPC`, same(wanted, called[at]?.values, undefined, false), called[at]);
    }
    // In JSON: what it can say.
    const finite = all.map((tensor) =>
      outOf({ ...tensor, shape: [...tensor.shape], content: undefined }, Buffer.from(toRaw(tensor))),
    );
    const said = finite.map(({ name, datatype, values }) => {
      const data = values.map((one) => (typeof one === 'number' && !Number.isFinite(one) ? 0.5 : one));
      return {
        name,
        datatype,
        data,
        text: `[${data.map((one) => (Object.is(one, -0) ? '-0.0' : String(one))).join(', ')}]`,
      };
    });
    const bodies = {
      'OIP JSON': `{"inputs": [${said.map(({ name, datatype, data, text: list }) => `{"name": "${name}", "datatype": "${datatype}", "shape": [${data.length}], "data": ${list}}`).join(', ')}]}`,
      '/invocations': `{"inputs": {${said.map(({ name, text: list }) => `"${name}": ${list}`).join(', ')}}}`,
      'TF-Serving': `{"inputs": {${said.map(({ name, text: list }) => `"${name}": ${list}`).join(', ')}}}`,
    };
    const json = await models.http('/v2/models/tensors/infer', bodies['OIP JSON']);
    const plain = await models.http('/endpoints/tensors/invocations', bodies['/invocations']);
    const tf = await models.http('/v1/models/tensors:predict', bodies['TF-Serving']);
    for (const [at, { name, data, datatype }] of said.entries()) {
      expect(
        `${name}, OIP JSON`,
        same(data, json.status === 200 ? oipOutputs(json)[at]?.values : undefined, datatype, false),
        json.body,
      );
      expect(
        `${name}, /invocations`,
        same(data, read<Named>(plain.body).predictions?.[name], datatype, false),
        plain.body,
      );
      expect(
        `${name}, TF-Serving`,
        same(data, read<Named>(tf.body).outputs?.[name], datatype, false),
        tf.body,
      );
    }
  });

  await t.test(
    'large bodies are read aside, and what unfolds too far is refused before it does',
    async () => {
      const parquet = (file: string): Promise<Got> =>
        models.http('/endpoints/columns/invocations', readFileSync(path.join(folder, file)), {
          'content-type': 'application/vnd.apache.parquet',
        });
      const small = JSON.stringify({ dataframe_records: [{ op: 'echo', form: 'd', d: 1.5 }] });
      const order: string[] = [];
      const ask = (name: string, got: Promise<Got>): Promise<Got> => got.finally(() => order.push(name));
      const [texts, rows, quick] = await Promise.all([
        ask('texts', parquet('texts.parquet')),
        ask('rows', parquet('rows.parquet')),
        ask('quick', models.http('/endpoints/columns/invocations', small)),
      ]);
      assert.deepEqual(order, ['quick', 'texts', 'rows'], 'nobody waits for a body that is read aside');
      assert.deepEqual(predictions(quick), ['float64 1.5']);
      assert.deepEqual([texts.status, rows.status], [413, 413]);
      assert.match(rows.body.toString(), /unfolds to 8000000 values/);
      const run = await parquet('run.parquet');
      assert.equal(run.status, 400);
      assert.match(run.body.toString(), /a run goes on past the end of its page/);

      const count = 200_000;
      const list = Array.from({ length: count }, (_, at) => at / 4);
      const others = tensors().map(({ name, datatype }) => ({
        name,
        datatype,
        data: name === 'float64' ? list : [],
      }));
      const oip = others.map((one) => ({ ...one, shape: [one.data.length] }));
      const inputs = Object.fromEntries(others.map(({ name, data }) => [name, data]));
      const all: Array<[protocol: string, got: Got]> = [
        ['OIP', await models.http('/v2/models/tensors/infer', JSON.stringify({ inputs: oip }))],
        ['/invocations', await models.http('/endpoints/tensors/invocations', JSON.stringify({ inputs }))],
        ['TF-Serving', await models.http('/v1/models/tensors:predict', JSON.stringify({ inputs }))],
      ];
      for (const [protocol, got] of all) {
        assert.equal(got.status, 200, `${protocol} ${got.body.toString().slice(0, 300)}`);
        const values =
          protocol === 'OIP'
            ? oipOutputs(got).find(({ name }) => name === 'float64')?.values
            : (read<Named>(got.body).predictions ?? read<Named>(got.body).outputs)?.['float64'];
        assert.deepEqual(values, list, protocol);
      }
      const deep = await models.http('/endpoints/columns/invocations', `{"inputs": ${'['.repeat(1 << 20)}`);
      assert.match(deep.body.toString(), /nested deeper than 100 levels/);
    },
  );

  t.diagnostic(`${cells} cells`);
  assert.deepEqual(wrong, []);
  assert.ok(cells >= 400, `${cells}`);
});

function tensors(): Tensor[] {
  const of = (
    name: string,
    datatype: Datatype,
    data: Exclude<Tensor['data'], readonly unknown[]>,
  ): Tensor => ({ name, datatype, shape: [data.length], data });
  const halves = Float16Array.of(65504, -0, 6e-8, NaN, Infinity, -Infinity);
  return [
    of('bool', 'BOOL', Uint8Array.of(0, 1)),
    of('int8', 'INT8', Int8Array.of(-128, 127)),
    of('int16', 'INT16', Int16Array.of(-32_768, 32_767)),
    of('int32', 'INT32', Int32Array.of(-2_147_483_648, 2_147_483_647)),
    of('int64', 'INT64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n)),
    of('uint8', 'UINT8', Uint8Array.of(0, 255)),
    of('uint16', 'UINT16', Uint16Array.of(0, 65_535)),
    of('uint32', 'UINT32', Uint32Array.of(0, 4_294_967_295)),
    of('uint64', 'UINT64', BigUint64Array.of(0n, 2n ** 64n - 1n)),
    of('float16', 'FP16', new Uint16Array(halves.buffer)),
    of('float32', 'FP32', Float32Array.of(3.4028234663852886e38, 1e-45, -0, 0.1, NaN, Infinity, -Infinity)),
    of('float64', 'FP64', Float64Array.of(1.7976931348623157e308, 5e-324, -0, 0.1, NaN, Infinity, -Infinity)),
  ];
}

/** Where a request is answered otherwise than by MLflow, as the face's README says: what the answer holds, or its status. */
const DIFFERENT: ReadonlyArray<readonly [cell: RegExp, holds: string]> = [
  [/^boolean (missing|text), (split|records|inputs)/, '400'], // Python calls 'false' true, and nothing false
  [/^boolean missing, parquet/, '400'], // the model would see an object among its booleans
  [/^(integer|long) too large, (split|records|csv)/, '400'], // it would wrap around
  [/^string missing, (inputs|csv)/, 'object None'], // the text 'None' there, NaN in CSV
  [/^string odd, csv/, 'object None'],
  [/^string dictionary, parquet/, "object 'y'"], // a dictionary is how a file is written, and not what it holds
  [/^binary (plain|empty), inputs/, "b'abc"], // base64 is read in every form
  [/^binary text, parquet/, '400'],
  [/^datetime zone, (split|records|parquet)/, '2024-01-01 00:00:00'], // UTC
];
