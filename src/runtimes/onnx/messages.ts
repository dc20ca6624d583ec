import type { ModelPlace } from '../model.ts';
import type { Tensor } from '../tensor.ts';
import type { Findings } from './load.ts';

/** What a thread starts with: the model, and what its trial found. */
export interface WorkerStart {
  place: ModelPlace;
  findings: Findings;
}

/** What a thread that holds a session hears and says. */
export interface ToWorker {
  id: number;
  inputs: ReadonlyArray<Tensor | undefined>;
}

export type FromWorker =
  | { type: 'loaded'; ms: number }
  | { type: 'failed'; problem: string }
  | { type: 'answer'; id: number; outputs: Tensor[] }
  | { type: 'error'; id: number; message: string; invalid?: { field?: string; hint?: string } };

/** The buffers of tensors that leave this thread for good; a view is cut out first, or all of its buffer would go. */
export function packed(tensors: readonly Tensor[]): { tensors: Tensor[]; transfer: ArrayBuffer[] } {
  const transfer: ArrayBuffer[] = [];
  const own = tensors.map((tensor) => {
    if (!ArrayBuffer.isView(tensor.data)) return tensor;
    let data = tensor.data;
    if (data.byteLength !== data.buffer.byteLength || !(data.buffer instanceof ArrayBuffer))
      data = data.slice();
    transfer.push(data.buffer as ArrayBuffer);
    return { ...tensor, data };
  });
  return { tensors: own, transfer };
}

/** The same for what a caller handed over: its data may be a view into what others still read, so it is always copied. */
export function copied(tensors: ReadonlyArray<Tensor | undefined>): {
  tensors: Array<Tensor | undefined>;
  transfer: ArrayBuffer[];
} {
  const transfer: ArrayBuffer[] = [];
  const own = tensors.map((tensor) => {
    if (tensor === undefined || !ArrayBuffer.isView(tensor.data)) return tensor;
    const data = tensor.data.slice();
    transfer.push(data.buffer as ArrayBuffer);
    return { ...tensor, data };
  });
  return { tensors: own, transfer };
}
