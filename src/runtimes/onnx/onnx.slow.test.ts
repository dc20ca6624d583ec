import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../../../test/property.ts';
import { packagedModels, placeOf } from '../../../test/packaged-models.ts';
import { silentLog } from '../../platform/log/index.ts';
import { createProcesses } from '../../platform/processes/index.ts';
import { openModel, type LoadedModel, type ModelPlace, type Tensor } from '../index.ts';
import { agree } from '../spec/agree.ts';
import { sliceRows } from '../spec/element.ts';
import { knownFindings, probeOnnx } from './probe.ts';

const processes = createProcesses();
after(() => processes.close());
const open = (place: ModelPlace): Promise<LoadedModel> => openModel(place, { processes, log: silentLog });
const folders = await packagedModels('onnx-iris', 'onnx-columns', 'onnx-types', 'onnx-mlp');
// Each is tried once; tests of the trial itself have copies of their own, beside which nothing is kept.
for (const folder of Object.values(folders)) await probeOnnx(placeOf(folder), processes);
const fp32 = (name: string, shape: number[], values: Iterable<number>): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

test('a model says what it takes and gives, and was asked its own example', async () => {
  await using model = disposable(await open(placeOf(folders['onnx-iris'])));
  const { sample, batching, ...rest } = model.spec;
  assert.deepEqual(rest, {
    platform: 'onnxruntime_onnx',
    inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 4] }],
    outputs: [
      { name: 'label', datatype: 'INT64', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
    ],
    params: [],
    returns: 'onnx',
    batchable: true,
  });
  assert.deepEqual(batching?.rows, { example: 3, near: 1, far: 1, missing: 1 });
  assert.deepEqual(sample?.[0]?.shape, [3, 4]);
  assert.ok(model.ready && model.loaded.ms > 0 && model.loaded.sample_ms > 0);
  const [label, probabilities] = await model.run([fp32('X', [1, 4], [5.1, 3.5, 1.4, 0.2])]);
  assert.deepEqual([label?.name, label?.shape, label?.data], ['label', [1], BigInt64Array.of(0n)]);
  assert.deepEqual(probabilities?.shape, [1, 3]);
  assert.ok(Math.abs(Number(probabilities?.data[0]) - 0.98) < 0.01);
});

test('n rows at once answer what n calls answer, in this thread and in the other', async () => {
  for (const [name, input, width] of [
    ['onnx-iris', 'X', 4],
    ['onnx-mlp', 'x', 784],
  ] as const) {
    await using model = disposable(await open(placeOf(folders[name])));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer(), async (rows, seed) => {
        const values = Array.from({ length: rows * width }, (_, i) => Math.sin(seed + i * 1.7) * 5);
        const together = await model.run([fp32(input, [rows, width], values)]);
        for (let row = 0; row < rows; row += 7) {
          const alone = await model.run([
            fp32(input, [1, width], values.slice(row * width, (row + 1) * width)),
          ]);
          for (const [i, output] of together.entries())
            assert.ok(agree(sliceRows(output, row, row + 1), alone[i]!, 1e-4), `${output.name}, row ${row}`);
        }
      }),
      { numRuns: 25 },
    );
  }
});

test('columns of a signature become the table that the graph takes, whatever their width', async () => {
  await using columns = disposable(await open(placeOf(folders['onnx-columns'])));
  await using table = disposable(await open(placeOf(folders['onnx-iris'])));
  assert.deepEqual(
    columns.spec.inputs.map(({ column, shape }) => [column, shape]),
    Array.from({ length: 4 }, () => ['double', [-1]]),
  );
  const rows = [
    [5.1, 3.5, 1.4, 0.2],
    [6.7, 3, 5.2, 2.3],
  ];
  const asked = columns.spec.inputs.map(({ name }, i): Tensor =>
    i === 0
      ? fp32(
          name,
          [2],
          rows.map((row) => row[i]!),
        )
      : { name, datatype: 'FP64', shape: [2], data: Float64Array.from(rows, (row) => row[i]!) },
  );
  assert.deepEqual(await columns.run(asked), await table.run([fp32('X', [2, 4], rows.flat())]));
  await assert.rejects(columns.run([undefined, ...asked.slice(1)]), {
    kind: 'invalid',
    message: "input 'sepal length (cm)' is missing",
  });
});

test('text, whole numbers, truth, halves and doubles go through unchanged', async () => {
  await using model = disposable(await open(placeOf(folders['onnx-types'])));
  const inputs: Tensor[] = [
    { name: 'text', datatype: 'BYTES', shape: [3], data: ['a', 'Ünï', ''] },
    {
      name: 'whole',
      datatype: 'INT64',
      shape: [3],
      data: BigInt64Array.of(1n, -(2n ** 63n), 2n ** 63n - 1n),
    },
    { name: 'yes', datatype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
    { name: 'half', datatype: 'FP16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7c00) },
    { name: 'real', datatype: 'FP64', shape: [3], data: Float64Array.of(Math.PI, -0, 1e300) },
    { name: 'byte', datatype: 'UINT8', shape: [3], data: Uint8Array.of(0, 128, 255) },
  ];
  const outputs = await model.run(inputs);
  assert.deepEqual(
    outputs.map(({ datatype, shape, data }) => [datatype, shape, data]),
    inputs.map(({ datatype, shape, data }) => [datatype, shape, data]),
  );
  const bytes = await model.run([{ ...inputs[0]!, data: [Buffer.from('ß'), 'b', 'c'] }, ...inputs.slice(1)]);
  assert.deepEqual(bytes[0]?.data, ['ß', 'b', 'c']);
});

test('a shape that does not fit is the caller’s fault, and the next call is answered', async () => {
  for (const [name, input, width] of [
    ['onnx-iris', 'X', 4],
    ['onnx-mlp', 'x', 784],
  ] as const) {
    await using model = disposable(await open(placeOf(folders[name])));
    await assert.rejects(model.run([fp32(input, [1, 3], [1, 2, 3])]), { kind: 'invalid', field: input });
    assert.equal((await model.run([fp32(input, [2, width], new Float32Array(2 * width))]))[0]?.shape[0], 2);
  }
});

test('what a trial found is kept beside the files, and a model that opens by it answers the same', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'treadle-tried-'));
  after(() => rm(root, { recursive: true, force: true }));
  for (const [name, input, width] of [
    ['onnx-iris', 'X', 4],
    ['onnx-mlp', 'x', 784],
  ] as const) {
    const folder = path.join(root, name);
    await cp(folders[name], folder, { recursive: true });
    const place = placeOf(folder);
    assert.equal(await knownFindings(place), undefined);
    await using before = disposable(await open(place));
    await probeOnnx(place, processes);
    const found = await knownFindings(place);
    assert.deepEqual(found?.spec, before.spec);
    await using then = disposable(await open(place));
    assert.deepEqual(then.spec, before.spec);
    const ask = (model: LoadedModel): Promise<Tensor[]> =>
      model.run([
        fp32(
          input,
          [2, width],
          Float32Array.from({ length: 2 * width }, (_, i) => Math.sin(i)),
        ),
      ]);
    assert.deepEqual(await ask(then), await ask(before));
    // Costs were measured for these settings alone.
    assert.equal(await knownFindings(placeOf(folder, { threads: 2 })), undefined);
  }
});

test('a batch that would hold the thread up is answered by another one', async () => {
  await using model = disposable(await open(placeOf(folders['onnx-iris'])));
  const rows = 200_000;
  const asked = model.run([fp32('X', [rows, 4], new Float32Array(rows * 4).fill(1))]);
  let turns = 0;
  const turn = setInterval(() => turns++, 1);
  const [label] = await asked;
  clearInterval(turn);
  assert.equal(label?.shape[0], rows);
  assert.ok(turns > 0, 'this thread went on meanwhile');
});

test('views into a larger buffer stay as they are', async () => {
  for (const [name, input, width] of [
    ['onnx-iris', 'X', 4],
    ['onnx-mlp', 'x', 784],
  ] as const) {
    await using model = disposable(await open(placeOf(folders[name])));
    const slab = new Float32Array(3 * width).fill(0.5);
    const view = slab.subarray(width, 2 * width);
    await model.run([{ name: input, datatype: 'FP32', shape: [1, width], data: view }]);
    assert.equal(slab.length, 3 * width);
    assert.ok(slab.every((one) => one === 0.5));
  }
});

test('broken files fail with a reason, in the thread and in the trial process', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'treadle-broken-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const cases: Array<[string, (at: string) => Promise<void>]> = [
    ['cut', (at) => truncate(path.join(at, 'model.onnx'), 200)],
    ['empty', (at) => truncate(path.join(at, 'model.onnx'), 0)],
    ['noise', (at) => writeFile(path.join(at, 'model.onnx'), Buffer.alloc(5000, 0xa5))],
    ['gone', (at) => rm(path.join(at, 'model.onnx'))],
  ];
  for (const [name, spoil] of cases) {
    const at = path.join(folder, name);
    await cp(folders['onnx-iris'], at, { recursive: true });
    const place = placeOf(at);
    await spoil(at);
    await assert.rejects(open(place), { name: 'ModelFault' }, name);
    await assert.rejects(probeOnnx(place, processes), { name: 'ModelFault' }, name);
  }
  await cp(folders['onnx-mlp'], path.join(folder, 'late'), { recursive: true });
  const late = placeOf(path.join(folder, 'late'), { load: 1 });
  const limit = /limit of (0.001 s of processor time|0.01 s by the clock)/;
  await assert.rejects(open(late), limit);
  await assert.rejects(
    probeOnnx(late, processes),
    /limit of (0.001 s of processor time|0.01 s by the clock)/,
  );
});

test('a signature that is not the graph’s is said at loading, both sides by name', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'treadle-other-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const signature = JSON.stringify([
    { type: 'double', name: 'p' },
    { type: 'double', name: 'q' },
  ]);
  await cp(path.join(folders['onnx-iris'], 'model.onnx'), path.join(folder, 'model.onnx'));
  await writeFile(
    path.join(folder, 'MLmodel'),
    `flavors: {onnx: {data: model.onnx}}\nsignature: {inputs: '${signature}'}\n`,
  );
  await assert.rejects(
    open(placeOf(folder)),
    /the signature has 2 columns and the graph's input 'X' takes 4/,
  );
});

/** Models hold threads: a test that fails must end them too. */
function disposable(model: LoadedModel): LoadedModel & AsyncDisposable {
  return Object.assign(Object.create(model) as LoadedModel, { [Symbol.asyncDispose]: () => model.close() });
}
