import type { Datatype, TensorSpec } from '../../../runtimes/index.ts';
import type { PlaneDoor, Served } from '../../../serving/index.ts';
import { Writer } from './protobuf.ts';

/** Numbers of Triton's DataType. */
const TYPES: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 2,
  UINT16: 3,
  UINT32: 4,
  UINT64: 5,
  INT8: 6,
  INT16: 7,
  INT32: 8,
  INT64: 9,
  FP16: 10,
  FP32: 11,
  FP64: 12,
  BYTES: 13,
};

export const yes = (answer: boolean): Buffer => new Writer(8).bool(1, answer).finish();

export function serverMetadata(version: string): Buffer {
  const writer = new Writer().text(1, 'treadle').text(2, version);
  for (const extension of ['model_configuration', 'model_repository', 'parameters', 'statistics'])
    writer.entry(3, extension);
  return writer.finish();
}

export function modelMetadata({ endpoint, spec, versions }: Served): Buffer {
  const writer = new Writer(512).text(1, endpoint.name);
  for (const one of versions) writer.entry(2, String(one));
  writer.text(3, spec.platform);
  for (const [field, tensors] of [
    [4, spec.inputs],
    [5, spec.outputs],
  ] as const)
    for (const { name, datatype, shape } of tensors)
      writer.message(field, (tensor) => tensor.text(1, name).text(2, datatype).numbers(3, shape));
  return writer.finish();
}

/** Triton's ModelConfig. Dimensions include the rows, which is what a largest batch of 0 means there. */
export function modelConfig({ endpoint, spec }: Served): Buffer {
  const tensors = (into: Writer, field: number, dims: number, specs: readonly TensorSpec[]): void => {
    for (const { name, datatype, shape, optional } of specs)
      into.message(field, (tensor) => {
        tensor.text(1, name).uint(2, TYPES[datatype]).numbers(dims, shape);
        if (field === 5) tensor.bool(8, optional ?? false);
      });
  };
  return new Writer(512)
    .message(1, (config) => {
      config.text(1, endpoint.name).text(2, spec.platform);
      tensors(config, 5, 4, spec.inputs);
      tensors(config, 6, 3, spec.outputs);
      config.text(17, spec.platform === 'onnxruntime_onnx' ? 'onnxruntime' : 'python');
    })
    .finish();
}

/** Triton's statistics, as far as they are known here: the time is the whole of an answer. */
export function modelStatistics(all: readonly Served[]): Buffer {
  const writer = new Writer(512);
  const duration = (into: Writer, field: number, count: number, ns: number): void =>
    void into.message(field, (one) => one.uint(1, count).uint(2, ns));
  for (const { endpoint, versions, counts } of all)
    writer.message(1, (stats) => {
      stats.text(1, endpoint.name).text(2, String(versions[0] ?? ''));
      stats.uint(3, Math.round(counts.last)).uint(4, counts.rows).uint(5, counts.batches);
      stats.message(6, (inference) => {
        duration(inference, 1, counts.ok, Math.round(counts.ms * 1e6));
        duration(inference, 2, counts.failed, 0);
      });
    });
  return writer.finish();
}

export function repositoryIndex(door: PlaneDoor, workspace: string, onlyReady: boolean): Buffer {
  const writer = new Writer(512);
  for (const { endpoint, model, versions } of door.list(workspace)) {
    if (onlyReady && !model.ready) continue;
    for (const one of versions)
      writer.message(1, (index) =>
        index
          .text(1, endpoint.name)
          .text(2, String(one))
          .text(3, model.ready ? 'READY' : 'UNAVAILABLE')
          .text(4, model.ready ? '' : 'its host is being started again'),
      );
  }
  return writer.finish();
}
