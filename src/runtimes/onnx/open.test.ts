import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { linearOnnx } from '../../../test/onnx-model.ts';
import { placeOf } from '../../../test/packaged-models.ts';
import { silentLog } from '../../platform/log/index.ts';
import { createProcesses } from '../../platform/processes/index.ts';
import { openModel, type Tensor } from '../index.ts';

test('a file without anything beside it is loaded by what its graph says, and many calls at once are answered in order', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'treadle-onnx-'));
  const processes = createProcesses();
  try {
    await writeFile(path.join(folder, 'model.onnx'), linearOnnx([1, 10], 0.5));
    const model = await openModel(placeOf(folder), { processes, log: silentLog });
    assert.deepEqual(model.spec, {
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
      params: [],
      returns: 'onnx',
      batchable: false,
      batching: {
        why: 'it brought no input example that fits its signature, and rows that are made up prove nothing',
      },
    });
    const ask = (a: number, b: number): Promise<Tensor[]> =>
      model.run([{ name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(a, b) }]);
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(i, 1)));
    assert.deepEqual(
      answers.map(([y]) => y?.data[0]),
      Array.from({ length: 200 }, (_, i) => i + 10.5),
    );
    await model.close();
    await assert.rejects(ask(1, 1), { name: 'ModelFault', retriable: true });
  } finally {
    await processes.close();
    await rm(folder, { recursive: true, force: true });
  }
});
