import { parentPort } from 'node:worker_threads';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import type { Cell, ModelSpec, Tensor } from '../../../runtimes/index.ts';
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
/** The next cells of what was read last. */
export type Next = 'next';

/** Texts that come over at once: a million of them would hold the loop for more than a second. */
const PIECE = 10_000;

/** Cells that follow those that came before, by the place of their input. */
export type Piece = Array<{ of: number; cells: readonly Cell[] }>;

/** An error as it crosses between threads. `pieces`: how many follow, for inputs of text come without their cells when they are many. */
export type Told =
  | { result: Results[keyof Results]; pieces: number }
  | { piece: Piece }
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

/** Of what was read last, the next one at the end. */
let waiting: Piece[] = [];

parentPort?.on('message', (asked: Asked | Next) => {
  if (asked === 'next') {
    parentPort?.postMessage({ piece: waiting.pop() ?? [] } satisfies Told);
    return;
  }
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
    waiting = cutTexts(result.inputs ?? []);
    return { told: { result, pieces: waiting.length }, moved };
  } catch (error) {
    if (!(error instanceof TreadleError)) return { told: { fault: messageOf(error) }, moved: [] };
    const { kind, message, field, hint, code } = error;
    const said = { ...(field && { field }), ...(hint && { hint }), ...(code && { code }) };
    return { told: { kind, message, ...said }, moved: [] };
  }
}

/** Takes the cells out of the inputs where there are many, as pieces to be handed over one by one. */
function cutTexts(inputs: readonly Tensor[]): Piece[] {
  const texts = [...inputs.entries()].flatMap(([of, tensor]) =>
    ArrayBuffer.isView(tensor.data) ? [] : [{ of, tensor, cells: tensor.data }],
  );
  if (texts.reduce((sum, { cells }) => sum + cells.length, 0) <= PIECE) return [];
  const pieces: Piece[] = [];
  let piece: Piece = [];
  let room = PIECE;
  for (const { of, tensor, cells } of texts) {
    tensor.data = [];
    for (let start = 0; start < cells.length;) {
      const some = cells.slice(start, start + room);
      piece.push({ of, cells: some });
      start += some.length;
      room -= some.length;
      if (room > 0) continue;
      pieces.push(piece);
      piece = [];
      room = PIECE;
    }
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces.toReversed();
}
