import { availableParallelism, totalmem } from 'node:os';

export interface Want {
  cpu: number;
  memory: number;
  gpu: number;
}

export interface Slots {
  readonly total: Want;
  /** Resolves with a function that gives them back. Waits while others hold too much; in order of asking, small ones may pass large ones. */
  take(want: Want, signal: AbortSignal): Promise<() => void>;
}

/** A tenth of the memory is left to the server and the system. */
export const machineTotal = (): Want => ({ cpu: availableParallelism(), memory: totalmem() * 0.9, gpu: 0 });

/** The machine's cores, memory and GPUs, shared out among the steps of all executions. */
export function createSlots(total: Want): Slots {
  const free = { ...total };
  const queue: Array<{ want: Want; go(): void }> = [];
  const fits = (want: Want): boolean =>
    want.cpu <= free.cpu && want.memory <= free.memory && want.gpu <= free.gpu;
  const add = (want: Want, sign: 1 | -1): void => {
    free.cpu += sign * want.cpu;
    free.memory += sign * want.memory;
    free.gpu += sign * want.gpu;
  };
  const serve = (): void => {
    for (let i = 0; i < queue.length && free.cpu > 0;) {
      if (fits(queue[i]!.want)) queue.splice(i, 1)[0]!.go();
      else i++;
    }
  };
  return {
    total,
    take(want, signal) {
      return new Promise((resolve, reject) => {
        const entry = {
          want,
          go(): void {
            signal.removeEventListener('abort', abort);
            add(want, -1);
            let held = true;
            resolve(() => {
              if (!held) return;
              held = false;
              add(want, 1);
              serve();
            });
          },
        };
        const abort = (): void => {
          const at = queue.indexOf(entry);
          if (at >= 0) queue.splice(at, 1);
          reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
        };
        if (signal.aborted) return abort();
        signal.addEventListener('abort', abort, { once: true });
        queue.push(entry);
        serve();
      });
    },
  };
}
