import type { TensorSpec } from '../../../runtimes/index.ts';
import type { PlaneDoor, Served } from '../../../serving/index.ts';

export const EXTENSIONS = [
  'binary_tensor_data',
  'model_repository',
  'model_configuration',
  'statistics',
  'parameters',
];

const tensors = (specs: readonly TensorSpec[]) =>
  specs.map(({ name, datatype, shape }) => ({ name, datatype, shape }));

export const modelMetadata = ({ endpoint, spec, versions }: Served) => ({
  name: endpoint.name,
  versions: versions.map(String),
  platform: spec.platform,
  inputs: spec.inputs.map(({ name, datatype, shape, optional }) => ({
    name,
    datatype,
    shape,
    ...(optional === true ? { parameters: { optional: true } } : {}),
  })),
  outputs: tensors(spec.outputs),
});

/** Triton's ModelConfig. Dimensions include the rows, which is what a largest batch of 0 means there. */
export const modelConfig = ({ endpoint, model, spec }: Served) => ({
  name: endpoint.name,
  platform: spec.platform,
  backend: spec.platform === 'onnxruntime_onnx' ? 'onnxruntime' : 'python',
  max_batch_size: 0,
  input: spec.inputs.map(({ name, datatype, shape, optional }) => ({
    name,
    data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
    dims: shape,
    optional: optional ?? false,
  })),
  output: spec.outputs.map(({ name, datatype, shape }) => ({
    name,
    data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
    dims: shape,
  })),
  parameters: { largest_batch: { string_value: String(model.place.limits.batch) } },
});

export const repositoryIndex = (door: PlaneDoor, workspace: string, onlyReady: boolean) =>
  door.list(workspace).flatMap(({ endpoint, model, versions }) =>
    onlyReady && !model.ready
      ? []
      : versions.map((version) => ({
          name: endpoint.name,
          version: String(version),
          state: model.ready ? 'READY' : 'UNAVAILABLE',
          reason: model.ready ? '' : 'its host is being started again',
        })),
  );

/** Triton's statistics, as far as they are counted here. */
export const modelStats = (served: readonly Served[]) => ({
  model_stats: served.map(({ endpoint, versions, counts }) => {
    const nothing = { count: 0, ns: 0 };
    return {
      name: endpoint.name,
      version: String(versions[0] ?? ''),
      last_inference: counts.last,
      inference_count: counts.rows,
      execution_count: counts.batches,
      inference_stats: {
        success: { count: counts.ok, ns: Math.round(counts.ms * 1e6) },
        fail: { count: counts.failed, ns: 0 },
        queue: nothing,
        compute_input: nothing,
        compute_infer: nothing,
        compute_output: nothing,
        cache_hit: nothing,
        cache_miss: nothing,
      },
      batch_stats: [],
    };
  }),
});
