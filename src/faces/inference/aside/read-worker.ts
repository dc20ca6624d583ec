import { parentPort } from 'node:worker_threads';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import type { ModelSpec, Tensor } from '../../../runtimes/index.ts';
import { readInfer, type InferRequest as GrpcRequest } from '../grpc/messages.ts';
import { Reader } from '../grpc/protobuf.ts';
import { tensorsOf } from '../grpc/tensors.ts';
import { readAny, type Question, type Task } from '../mlflow/question.ts';
import { readRequest, type InferRequest } from '../oip/request.ts';
import { readPredict, type Form } from '../tfserving/request.ts';

/** The thread of aside.ts: each face's own reader, by the name of the face. */

export interface Jobs {
  mlflow: Omit<Task, 'body'>;
  oip: { spec: ModelSpec };
  tfserving: { spec: ModelSpec };
  grpc: { spec: ModelSpec };
}

export interface Results {
  mlflow: Question;
  oip: InferRequest;
  tfserving: { form: Form; inputs: Tensor[] };
  /** The request without its contents, which are the tensors. */
  grpc: { request: GrpcRequest; inputs: Tensor[] };
}

export interface Asked<Face extends keyof Jobs = keyof Jobs> {
  face: Face;
  job: Jobs[Face];
  body: Uint8Array<ArrayBuffer>;
}

/** An error as it crosses between threads. */
export type Told =
  | { result: Results[keyof Results] }
  | { kind: TreadleError['kind']; message: string; field?: string; hint?: string; code?: string }
  | { fault: string };

const READERS: {
  [Face in keyof Jobs]: (job: Jobs[Face], body: Buffer) => Results[Face] | Promise<Results[Face]>;
} = {
  mlflow: (job, body) => readAny({ ...job, body }),
  oip: ({ spec }, body) => readRequest(body, undefined, spec),
  tfserving: ({ spec }, body) => readPredict(body, spec),
  grpc({ spec }, body) {
    const request = readInfer(new Reader(body));
    return { request: { ...request, inputs: [], raw: [] }, inputs: tensorsOf(request, spec) };
  },
};

parentPort?.on('message', (asked: Asked) => {
  void answer(asked).then(({ told, moved }) => parentPort?.postMessage(told, moved));
});

async function answer<Face extends keyof Jobs>({
  face,
  job,
  body,
}: Asked<Face>): Promise<{ told: Told; moved: ArrayBuffer[] }> {
  try {
    const result = await READERS[face](job, Buffer.from(body.buffer, body.byteOffset, body.length));
    // What lies in a buffer of its own goes over without a copy; pieces of a slab are copied.
    const moved = (result.inputs ?? []).flatMap(({ data }) =>
      ArrayBuffer.isView(data) &&
      data.buffer instanceof ArrayBuffer &&
      data.byteLength === data.buffer.byteLength
        ? [data.buffer]
        : [],
    );
    return { told: { result }, moved };
  } catch (error) {
    if (!(error instanceof TreadleError)) return { told: { fault: messageOf(error) }, moved: [] };
    const { kind, message, field, hint, code } = error;
    const said = { ...(field && { field }), ...(hint && { hint }), ...(code && { code }) };
    return { told: { kind, message, ...said }, moved: [] };
  }
}
