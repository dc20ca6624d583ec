import './quiet.ts';
import { Worker } from 'node:worker_threads';
import { programFile } from '../../platform/aside/index.ts';
import { invalid, messageOf } from '../../platform/errors/index.ts';
import type { Host } from '../host.ts';
import { ModelFault, type ModelPlace } from '../model.ts';
import type { Tensor } from '../tensor.ts';
import type { Findings } from './load.ts';
import { copied, type FromWorker, type ToWorker, type WorkerStart } from './messages.ts';

const FILE = programFile('onnx-worker', import.meta.url);

interface Waiting {
  resolve(outputs: Tensor[]): void;
  reject(error: Error): void;
}

/** Loads the model in a thread of its own. Rejects with a ModelFault when it cannot be loaded within its limit. */
export async function startWorker(
  place: ModelPlace,
  findings: Findings,
): Promise<{ host: Host; ms: number }> {
  const worker = new Worker(FILE, {
    workerData: { place, findings } satisfies WorkerStart,
    name: 'treadle-onnx',
    stdin: false,
  });
  const waiting = new Map<number, Waiting>();
  const lost = Promise.withResolvers<string>();
  const loaded = Promise.withResolvers<{ ms: number }>();
  let next = 0;
  let ended: string | undefined;
  let closing: (() => void) | undefined;

  const end = (reason: string): void => {
    if (ended !== undefined) return;
    ended = reason;
    loaded.reject(new ModelFault(reason));
    for (const { reject } of waiting.values()) reject(new ModelFault(reason, { retriable: true }));
    waiting.clear();
    if (!closing) lost.resolve(reason);
    closing?.();
    // A thread inside native code ends only when that returns: nobody waits for it.
    void worker.terminate().catch(() => undefined);
  };
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'loaded') return loaded.resolve(message);
    if (message.type === 'failed') return end(message.problem);
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'answer') asked?.resolve(message.outputs);
    else
      asked?.reject(message.invalid ? invalid(message.message, message.invalid) : refusal(message.message));
    if (waiting.size > 0) return;
    worker.unref();
    closing?.();
  });
  worker.on('error', (error) => end(`its thread ended: ${messageOf(error)}`));
  worker.on('exit', (code) => end(`its thread ended with code ${code}`));

  const late = setTimeout(
    () => end(`loading took longer than its limit of ${place.limits.load / 1000} s`),
    place.limits.load,
  );
  const host: Host = {
    run(inputs) {
      if (ended !== undefined) return Promise.reject(new ModelFault(ended, { retriable: true }));
      const id = next++;
      const answer = Promise.withResolvers<Tensor[]>();
      waiting.set(id, answer);
      worker.ref(); // an idle model keeps no process alive, an answer that is awaited does
      const { tensors, transfer } = copied(inputs);
      worker.postMessage({ id, inputs: tensors } satisfies ToWorker, transfer);
      return answer.promise;
    },
    lost: lost.promise,
    kill: end,
    async close() {
      if (ended !== undefined) return;
      if (waiting.size > 0) await new Promise<void>((resolve) => void (closing = resolve));
      closing ??= () => undefined;
      end('it was closed');
    },
  };
  try {
    const { ms } = await loaded.promise;
    worker.unref();
    return { host, ms };
  } finally {
    clearTimeout(late);
  }
}

/** What ONNX Runtime says of a failed call is long; its last part says what was wrong, and whether the request was. */
export function refusal(message: string): Error {
  const short = message.replace(/^.*?Status Message: /s, '').slice(0, 1000);
  if (!/invalid dimensions|invalid rank for input|unexpected input data type/i.test(message))
    return new ModelFault(short);
  const field = /input:? '?([^\s',]+)/i.exec(short)?.[1];
  return invalid(short, {
    ...(field === undefined ? {} : { field }),
    hint: 'send the shape and datatype that the model metadata says',
  });
}
