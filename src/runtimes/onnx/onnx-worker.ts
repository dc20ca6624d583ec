import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, TreadleError } from '../../platform/errors/index.ts';
import { loadKnown } from './load.ts';
import { stepAside } from './step-aside.ts';
import { packed, type FromWorker, type ToWorker, type WorkerStart } from './messages.ts';

/** A thread of its own for one model: what blocks or fails here does not hold up those who answer. */
const port = parentPort;
if (!port) throw new Error('this file runs as a worker thread');
const say = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const began = performance.now();
try {
  const comeBack = stepAside();
  const { place, findings } = workerData as WorkerStart;
  const run = loadKnown(place, findings);
  comeBack();
  port.on('message', ({ id, inputs }: ToWorker) => {
    try {
      const { tensors, transfer } = packed(run(inputs));
      say({ type: 'answer', id, outputs: tensors }, transfer);
    } catch (error) {
      const known = error instanceof TreadleError && error.kind === 'invalid' ? error : undefined;
      say({
        type: 'error',
        id,
        message: messageOf(error),
        ...(known
          ? {
              invalid: {
                ...(known.field === undefined ? {} : { field: known.field }),
                ...(known.hint === undefined ? {} : { hint: known.hint }),
              },
            }
          : {}),
      });
    }
  });
  say({ type: 'loaded', ms: performance.now() - began });
} catch (error) {
  say({ type: 'failed', problem: messageOf(error) });
}
