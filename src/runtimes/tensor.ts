/** Types of the Open Inference Protocol v2; `BYTES` is text, or bytes where the model takes binary columns. */
export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BYTES';

/**
 * A value of an answer that is neither text, bytes nor a number of the tensor's type: its JSON text (`true`, `[1, 2]`, `{"a": 1}`),
 * in which `NaN` and `Infinity` stand as Python writes them.
 */
export class Json {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** One value of BYTES; null is a missing one. */
export type Cell = string | Uint8Array | null | Json;

/** Row-major values. BOOL: bytes 0 and 1. FP16: the raw 16 bits. */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly Cell[];

/** One named array. `data.length` is the product of `shape`; no dimension is negative. */
export interface Tensor {
  name: string;
  datatype: Datatype;
  shape: readonly number[];
  data: TensorData;
  /** Of an answer: what the model gave it as (an array, a column of a DataFrame, an entry of a dict), which may differ from call to call. */
  form?: 'array' | 'frame' | 'named';
}

/** What a model takes or gives: -1 stands for any length; the first dimension is the rows where the model is `batchable`. */
export interface TensorSpec {
  name: string;
  datatype: Datatype;
  shape: readonly number[];
  /** An input that may be left out (`required: false` in the signature): the model then sees a missing value. */
  optional?: boolean;
  /** MLflow's column type where the signature has columns: `double`, `long`, `string`, `datetime`, `binary`, … */
  column?: string;
}

/** A setting of a call that is not a row: `params` of an MLflow signature. */
export interface ParamSpec {
  name: string;
  type: string;
  default?: unknown;
}
