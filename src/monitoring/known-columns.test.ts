import assert from 'node:assert/strict';
import test from 'node:test';
import { TreadleError } from '../platform/errors/index.ts';
import type { MonitorSettings } from './contract.ts';
import { requireColumns } from './known-columns.ts';

const SPEC = {
  platform: 'onnxruntime_onnx',
  inputs: [
    { name: 'origin', datatype: 'BYTES', shape: [-1, 1] },
    { name: 'x', datatype: 'FP32', shape: [-1, 3] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  params: [],
};

test('settings may name columns of the log and tensors; an unknown one is refused by its field, with those that there are', () => {
  const refused = (settings: MonitorSettings, before?: MonitorSettings): string | undefined => {
    try {
      requireColumns(settings, SPEC, before);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof TreadleError);
      return `${error.field}: ${error.hint}`;
    }
  };
  const has = 'it has in_origin, in_x[0] … in_x[2], out_y';
  assert.equal(refused({ kinds: { in_nix: 'text' } }), `kinds.in_nix: ${has}`);
  assert.equal(refused({ ignore: ['in_origin', 'in_nix'] }), `ignore[1]: ${has}`);
  assert.equal(refused({ slices: ['in_x[3]'] }), `slices[0]: ${has}`);
  assert.equal(refused({ score: 'out_z' }), 'score: it has out_y');
  assert.equal(
    refused({
      score: 'out_y',
      slices: ['in_origin', 'version'],
      ignore: ['in_x[2]', 'in_origin · words'],
      kinds: { in_x: 'vector' },
    }),
    undefined,
  );
  assert.equal(refused({ ignore: ['in_nix'] }, { ignore: ['in_nix'] }), undefined, 'it was there before');
  const python = { ...SPEC, platform: 'mlflow_pyfunc' };
  requireColumns({ score: 'out_z', ignore: ['out_more[3]'] }, python, undefined);
});
