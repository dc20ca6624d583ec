import type { Datatype, TensorSpec } from '../../../runtimes/index.ts';
import type { Served } from '../../../serving/index.ts';

const TYPES: Readonly<Record<Datatype, string>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
};

/** TensorFlow Serving's status of versions, and KServe's `ready` beside it. */
export function statusOf({ endpoint, model, versions }: Served, version: string | undefined) {
  const asked = version === undefined ? versions : versions.filter((one) => String(one) === version);
  return {
    model_version_status: asked.map((one) => ({
      version: String(one),
      state: model.ready ? 'AVAILABLE' : 'LOADING',
      status: { error_code: 'OK', error_message: '' },
    })),
    name: endpoint.name,
    ready: model.ready,
  };
}

export function metadataOf({ endpoint, spec, versions }: Served, version: string | undefined) {
  return {
    model_spec: {
      name: endpoint.name,
      signature_name: '',
      version: version ?? String(versions[0] ?? ''),
    },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: tensors(spec.inputs),
            outputs: tensors(spec.outputs),
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  };
}

const tensors = (specs: readonly TensorSpec[]) =>
  Object.fromEntries(
    specs.map(({ name, datatype, shape }) => [
      name,
      {
        dtype: TYPES[datatype],
        tensor_shape: { dim: shape.map((size) => ({ size: String(size), name: '' })), unknown_rank: false },
        name: `${name}:0`,
      },
    ]),
  );
