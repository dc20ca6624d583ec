import './quiet.ts';
import { binding, initOrt } from 'onnxruntime-node/dist/binding.js';
import { invalid } from '../../platform/errors/index.ts';
import type { Datatype, TensorData } from '../tensor.ts';
import { isTyped } from '../spec/element.ts';

/** One value of a graph: what it takes or gives. -1: any length. */
export interface GraphValue {
  name: string;
  datatype: Datatype;
  shape: readonly number[];
}

export interface Graph {
  inputs: readonly GraphValue[];
  outputs: readonly GraphValue[];
}

/** What the native side reads of a tensor; a plain object saves the checks of the package's own class. */
export interface OrtValue {
  readonly type: string;
  readonly location: 'cpu';
  data: TensorData;
  dims: readonly number[];
}

/** Like the native session: it answers before it returns. The package's `run` does the same one turn of the loop later. */
export interface Session {
  graph: Graph;
  run(
    feeds: Readonly<Record<string, OrtValue>>,
    fetches: Readonly<Record<string, null>>,
  ): Record<string, OrtValue>;
  close(): void;
}

/** ONNX Runtime's numbering of element types. */
const TYPES: ReadonlyArray<[Datatype, string] | undefined> = [
  undefined,
  ['FP32', 'float32'],
  ['UINT8', 'uint8'],
  ['INT8', 'int8'],
  ['UINT16', 'uint16'],
  ['INT16', 'int16'],
  ['INT32', 'int32'],
  ['INT64', 'int64'],
  ['BYTES', 'string'],
  ['BOOL', 'bool'],
  ['FP16', 'float16'],
  ['FP64', 'float64'],
  ['UINT32', 'uint32'],
  ['UINT64', 'uint64'],
];
export const ORT_NAMES = Object.fromEntries(TYPES.filter((one) => one !== undefined)) as Record<
  Datatype,
  string
>;

/** Blocks the calling thread while the file is read and optimised. */
export function openSession(file: string, threads: number): Session {
  initOrt();
  const native = new binding.InferenceSession();
  native.loadModel(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Spinning threads burn a core each while nothing is asked.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
  type Metadata = (typeof native.inputMetadata)[number];
  const describe =
    (side: 'input' | 'output') =>
    (value: Metadata): GraphValue[] => {
      const type = value.isTensor ? TYPES[value.type] : undefined;
      if (type) return [{ name: value.name, datatype: type[0], shape: [...value.shape] }];
      if (side === 'output') return []; // a sequence or a map: nothing that can be answered with
      throw new Error(
        `input '${value.name}' of the graph is of a kind that cannot be given: only tensors can`,
      );
    };
  const graph = {
    inputs: native.inputMetadata.flatMap(describe('input')),
    outputs: native.outputMetadata.flatMap(describe('output')),
  };
  if (graph.outputs.length === 0)
    throw new Error('no output of the graph is a tensor; convert scikit-learn models with zipmap=False');
  const none = {};
  return {
    graph,
    // The native side takes any object with these fields.
    run: (feeds, fetches) => native.run(feeds as never, fetches, none) as unknown as Record<string, OrtValue>,
    close: () => native.dispose(),
  };
}

/** Values as the native side wants them: text only, and halves as their bits. */
export function toOrt(data: TensorData): TensorData {
  if (isTyped(data)) return data;
  if (data.every((one) => typeof one === 'string')) return data;
  return data.map((one, at) => {
    if (typeof one === 'string') return one;
    if (one instanceof Uint8Array) return Buffer.from(one).toString('utf8');
    throw invalid(
      `value ${at} of a text input is missing, and the ONNX form of the model knows no missing text`,
    );
  });
}

/** What came out, as our arrays: halves may come as Float16Array. */
export function fromOrt(data: unknown, datatype: Datatype): TensorData {
  if (datatype === 'FP16' && ArrayBuffer.isView(data))
    return new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / 2);
  return data as TensorData; // ONNX Runtime made it, of the type that the graph says
}
