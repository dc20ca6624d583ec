export {
  ModelFault,
  type HostCrash,
  type LoadedModel,
  type ModelPlace,
  type ModelSpec,
  type RuntimeLimits,
} from './model.ts';
export type { Datatype, ParamSpec, Tensor, TensorData, TensorSpec } from './tensor.ts';
