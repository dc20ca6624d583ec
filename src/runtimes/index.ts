export {
  ModelFault,
  mostRows,
  type HostCrash,
  type Body,
  type LoadedModel,
  type ModelPlace,
  type ModelSpec,
  type RuntimeLimits,
} from './model.ts';
export { openModel } from './open-model.ts';
export { modelInterpreter, requirementsOf } from './python/environment.ts';
export { migrations } from './schema.ts';
export { createRuntimes, type Runtimes } from './runtimes.ts';
export { CONVERTED, type PrepareOptions } from './prepare-model.ts';
export { sliceRows } from './spec/element.ts';
export type { Batching } from './spec/batches.ts';
export { Json } from './tensor.ts';
export type { Cell, Datatype, ParamSpec, Tensor, TensorData, TensorSpec } from './tensor.ts';
export { blobUser } from './uses.ts';
export { sweepRuntimes } from './sweep.ts';
