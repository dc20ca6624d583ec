import type { Ctx } from '../src/platform/ctx/index.ts';
import {
  createLoggedModel,
  createVersion,
  finalizeLoggedModel,
  type ModelVersion,
} from '../src/models/index.ts';
import { createRun, putArtifact } from '../src/tracking/index.ts';

/** Small ONNX files, written by hand: a test needs no Python for them. Field numbers are those of onnx.proto. */

const FLOAT = 1;
const STRING = 8;
type Field = [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const message = (...fields: Field[]): Uint8Array =>
  Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
    }),
  );

const floats = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  message(
    ...dims.map((dim): Field => [1, dim]),
    [2, FLOAT],
    [8, name],
    [9, new Uint8Array(Float32Array.from(values).buffer)],
  );

/** A value of `columns` floats, or of another type, a row; any number of rows. */
const rows = (name: string, columns: number, type = FLOAT): Uint8Array => {
  const shape = message([1, message([2, 'rows'])], [1, message([1, columns])]);
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
};

/** y = x · weights + bias, for rows of as many floats as there are weights, and of texts that it does not look at. */
export function linearOnnx(
  weights: readonly number[],
  bias: number,
  texts: readonly string[] = [],
): Uint8Array {
  const node = message([1, 'x'], [1, 'w'], [1, 'b'], [2, 'y'], [3, 'linear'], [4, 'Gemm']);
  const graph = message(
    [1, node],
    [2, 'linear'],
    [5, floats('w', [weights.length, 1], weights)],
    [5, floats('b', [1], [bias])],
    [11, rows('x', weights.length)],
    ...texts.map((name): Field => [11, rows(name, 1, STRING)]),
    [12, rows('y', 1)],
  );
  return message([1, 8], [2, 'treadle-test'], [7, graph], [8, message([1, ''], [2, 17])]);
}

/** score = 1 where the text `review` is `good`, else 0; light = the mean of the image `photo` of 8 × 8 RGB. */
export function mixedOnnx(): Uint8Array {
  const of = (name: string, type: number, ...row: number[]): Uint8Array => {
    const dims = row.map((length): Field => [1, message([1, length])]);
    const shape = message([1, message([2, 'rows'])], ...dims);
    return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
  };
  const known = message(
    [1, 'review'],
    [2, 'score'],
    [3, 'known'],
    [4, 'LabelEncoder'],
    [5, message([1, 'keys_strings'], [9, 'good'], [20, 8])],
    [5, message([1, 'values_floats'], [7, new Uint8Array(Float32Array.of(1).buffer)], [20, 6])],
    [7, 'ai.onnx.ml'],
  );
  const mean = message(
    [1, 'photo'],
    [2, 'light'],
    [3, 'mean'],
    [4, 'ReduceMean'],
    [5, message([1, 'axes'], [8, 1], [8, 2], [8, 3], [20, 7])],
    [5, message([1, 'keepdims'], [3, 0], [20, 2])],
  );
  const graph = message(
    [1, known],
    [1, mean],
    [2, 'mixed'],
    [11, of('review', STRING)],
    [11, of('photo', FLOAT, 8, 8, 3)],
    [12, of('score', FLOAT)],
    [12, of('light', FLOAT)],
  );
  const opsets: Field[] = [
    [8, message([1, ''], [2, 17])],
    [8, message([1, 'ai.onnx.ml'], [2, 2])],
  ];
  return message([1, 8], [2, 'treadle-test'], [7, graph], ...opsets);
}

/** Its MLmodel file and sample. */
export const MIXED_MODEL = {
  MLmodel: `
flavors:
  onnx: {onnx_version: 1.19.0, data: model.onnx, providers: [CPUExecutionProvider]}
  python_function: {loader_module: mlflow.onnx, data: model.onnx, python_version: 3.11.2}
mlflow_version: 3.17.2
saved_input_example_info: {artifact_path: input_example.json, type: ndarray, format: tf-serving}
signature:
  inputs: '[{"name": "review", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1]}},
    {"name": "photo", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 8, 8, 3]}}]'
  outputs: '[{"name": "score", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}},
    {"name": "light", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]'
`,
  'input_example.json': JSON.stringify({
    inputs: {
      review: ['good'],
      photo: [Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => [1, 2, 3]))],
    },
  }),
};

/** The same answer to every row of two floats. */
export const constantOnnx = (answer: number): Uint8Array => linearOnnx([0, 0], answer);

const MLMODEL = (id: string): string => `
artifact_path: model
flavors:
  onnx: {onnx_version: 1.19.0, data: model.onnx, providers: [CPUExecutionProvider]}
  python_function: {loader_module: mlflow.onnx, data: model.onnx, python_version: 3.11.2}
mlflow_version: 3.17.2
model_id: ${id}
saved_input_example_info: {artifact_path: input_example.json, type: ndarray, format: tf-serving}
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  outputs: '[{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`;

/** Registers a version whose only file besides MLmodel and the sample is this ONNX file; of a new run unless one is named. */
export async function registerOnnx(
  ctx: Ctx,
  model: string,
  onnx: Uint8Array,
  more: Record<string, string> = {},
  run?: string,
): Promise<ModelVersion> {
  run ??= await createRun(ctx, { experiment: '0' });
  const { id } = await createLoggedModel(ctx, { experiment: '0', name: 'onnx', run });
  const files: Record<string, Uint8Array | string> = {
    MLmodel: MLMODEL(id),
    'model.onnx': onnx,
    'input_example.json': JSON.stringify({ inputs: [[1, 2]] }),
    ...more,
  };
  for (const [path, content] of Object.entries(files))
    await putArtifact(ctx, `0/models/${id}/artifacts/${path}`, { source: Buffer.from(content) });
  await finalizeLoggedModel(ctx, id, 'ready');
  return createVersion(ctx, { model, source: `models:/${id}`, makeModel: true });
}
