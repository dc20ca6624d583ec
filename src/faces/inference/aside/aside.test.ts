import assert from 'node:assert/strict';
import test from 'node:test';
import { turnsDuring } from '../../../../test/turns.ts';
import type { ModelSpec } from '../../../runtimes/index.ts';
import { readRequest, type InferRequest } from '../oip/request.ts';
import { createAside } from './index.ts';

const spec: ModelSpec = {
  platform: 'mlflow_pyfunc',
  inputs: ['a', 'b', 'c'].map((name) => ({ name, datatype: name === 'c' ? 'FP64' : 'BYTES', shape: [-1] })),
  outputs: [],
  params: [],
  batchable: true,
};

const bodyOf = (rows: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      inputs: [
        {
          name: 'a',
          datatype: 'BYTES',
          shape: [rows],
          data: Array.from({ length: rows }, (_, i) => `a ${i}`),
        },
        {
          name: 'b',
          datatype: 'BYTES',
          shape: [rows],
          data: Array.from({ length: rows }, (_, i) => `ü${i}`),
        },
        { name: 'c', datatype: 'FP64', shape: [rows], data: Array.from({ length: rows }, (_, i) => i / 7) },
      ],
    }),
  );

test('texts come over piece by piece, and are those of the body', async () => {
  const aside = createAside();
  const read = (body: Buffer): Promise<InferRequest> =>
    new Promise((resolve, reject) => {
      aside('oip', { spec }, body, (error, result) => (result ? resolve(result) : reject(error!)));
    });
  for (const rows of [10, 33_333]) {
    const body = bodyOf(rows);
    const { value: got, turns } = await turnsDuring(() => read(body));
    assert.deepEqual(got, readRequest(body, undefined, spec));
    // Seven pieces of 10,000 texts hold 66,666.
    if (rows > 10) assert.ok(turns >= 7, `${turns} turns`);
  }
  // What waits behind a long one is read as well, and neither gets the other's texts.
  const both = await Promise.all([read(bodyOf(20_000)), read(bodyOf(6_000))]);
  assert.deepEqual(
    both.map(({ inputs }) => inputs.map(({ data }) => data.length)),
    [
      [20_000, 20_000, 20_000],
      [6_000, 6_000, 6_000],
    ],
  );
});
