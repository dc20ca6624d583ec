import type { Batching } from './spec/batches.ts';
import type { ParamSpec, Tensor, TensorSpec } from './tensor.ts';

/** Everything a process needs to load a packaged model: paths on this machine, made by `prepareModel`; plain JSON. */
export interface ModelPlace {
  /** Equal keys are the same files, runtime and settings: loaded once, whoever asks. */
  key: string;
  /** Folder with the model's files, MLmodel at its root. Nobody writes into it. */
  folder: string;
  runtime: 'onnx' | 'python';
  /** The ONNX file in `folder`, for the ONNX runtime. */
  file?: string;
  /** The interpreter of the model's own environment, for the Python runtime. */
  python?: string;
  limits: RuntimeLimits;
}

export interface RuntimeLimits {
  /** Processor time that loading and the sample request may take together, ms; ten times as much by the clock. */
  load: number;
  /** Longest that one batch may take, ms; the host is then ended and started again. */
  predict: number;
  /** Resident memory of a Python host, bytes. */
  memory: number;
  /** Most rows that go into one batch. */
  batch: number;
  /** Threads inside one call of ONNX Runtime, or OMP_NUM_THREADS of a Python host. */
  threads: number;
  /** Python hosts of this model in this process. */
  hosts: number;
}

export interface ModelSpec {
  platform: 'onnxruntime_onnx' | 'mlflow_pyfunc';
  /** What a caller sends, in this order: the signature's columns or tensors, else the graph's inputs. Empty: any JSON (`runJson`). */
  inputs: readonly TensorSpec[];
  /** Named by the signature or the graph; for Python models without an output signature found with the sample. */
  outputs: readonly TensorSpec[];
  params: readonly ParamSpec[];
  /**
   * What MLflow's own `predict` gives, so that `/invocations` answers in its shape: `array` [..], `frame` (a DataFrame: records),
   * `named` (a dict of arrays), `onnx` (MLflow's ONNX flavour: a frame for a frame, else named). Absent: told by `outputs`.
   */
  returns?: 'array' | 'frame' | 'named' | 'onnx';
  /** Rows of different callers may be joined into one batch and split again: a trial showed that each is answered as it is alone. */
  batchable: boolean;
  /** What `batchable` rests on. */
  batching?: Omit<Batching, 'joined'>;
  /** A request the model was loaded with, where it has an input example: one tensor an input. */
  sample?: readonly Tensor[];
}

/** What a caller sent to a model that takes any data: read by Python itself, as MLflow reads it, so that nothing changes on the way. */
export interface Body {
  media: 'json' | 'csv' | 'parquet';
  bytes: Uint8Array;
}

/** A loaded model. Errors that are the caller's fault are `invalid`; those of the model itself are `ModelFault`. */
export interface LoadedModel {
  readonly place: ModelPlace;
  readonly spec: ModelSpec;
  /** How long loading and warming took, ms; what one call of the sample took, ms. */
  readonly loaded: { ms: number; sample_ms: number };
  /** Ready to take a batch now. A Python host that crashed is not, until it is back. */
  readonly ready: boolean;
  /**
   * One batch: `inputs` in the order of `spec.inputs` (an optional one may be undefined). Tensors are handed over: do not touch them again. Their data may be
   * views into a larger buffer that other requests lie in too, so it is copied and never transferred or detached.
   */
  run(
    inputs: ReadonlyArray<Tensor | undefined>,
    options?: { params?: Record<string, unknown>; signal?: AbortSignal },
  ): Promise<Tensor[]>;
  /** Any data in, any JSON out (its text as Python writes it); only Python models without a usable signature. */
  runJson?(body: Body, options?: { params?: Record<string, unknown> }): Promise<string>;
  /** Hears of every crash of a host: its last words and whether it comes back. Returns how to stop listening. */
  onCrash(listen: (crash: HostCrash) => void): () => void;
  /** Ends threads and processes after what runs has answered. */
  close(): Promise<void>;
}

export interface HostCrash {
  reason: string;
  /** Crashes within the last minute, this one included. */
  recent: number;
  /** ms until it is started again; undefined when it was given up. */
  back_in?: number;
}

/** The model itself failed on a well-formed request: an exception in its code, or a host that ended. */
export class ModelFault extends Error {
  override readonly name = 'ModelFault';
  /** Nothing was computed and another host or revision may be asked: the host ended, or is not back yet. */
  readonly retriable: boolean;
  constructor(message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retriable = options.retriable ?? false;
  }
}

/** Most rows in one batch: what the limits let in, and no more than the trial of joined rows held. */
export const mostRows = ({ place, spec }: Pick<LoadedModel, 'place' | 'spec'>): number =>
  Math.max(1, Math.min(place.limits.batch, spec.batching?.most ?? Infinity));
