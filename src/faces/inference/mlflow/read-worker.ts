import { parentPort } from 'node:worker_threads';
import { messageOf, TreadleError } from '../../../platform/errors/index.ts';
import { readAny, type Question, type Task } from './question.ts';

/** A thread that reads bodies which would hold up everybody else: see aside.ts. */

export interface Asked extends Omit<Task, 'body'> {
  body: Uint8Array<ArrayBuffer>;
}

/** An error as it crosses between threads. */
export type Told =
  | { question: Question }
  | { kind: TreadleError['kind']; message: string; field?: string; hint?: string; code?: string }
  | { fault: string };

parentPort?.on('message', (asked: Asked) => {
  void answer(asked).then(({ told, moved }) => parentPort?.postMessage(told, moved));
});

async function answer(asked: Asked): Promise<{ told: Told; moved: ArrayBuffer[] }> {
  try {
    const { body } = asked;
    const question = await readAny({
      ...asked,
      body: Buffer.from(body.buffer, body.byteOffset, body.length),
    });
    const buffers = (question.inputs ?? []).flatMap(({ data }) =>
      ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [],
    );
    return { told: { question }, moved: [...new Set(buffers)] };
  } catch (error) {
    if (!(error instanceof TreadleError)) return { told: { fault: messageOf(error) }, moved: [] };
    const { kind, message, field, hint, code } = error;
    const said = { ...(field && { field }), ...(hint && { hint }), ...(code && { code }) };
    return { told: { kind, message, ...said }, moved: [] };
  }
}
