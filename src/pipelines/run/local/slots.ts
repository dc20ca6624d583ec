import { machineCores, machineMemory } from '../../../platform/machine/index.ts';

export interface Want {
  cpu: number;
  memory: number;
  gpu: number;
}

export interface Slots {
  readonly total: Want;
  /**
   * Resolves with a function that gives them back. Waits while others hold too much. In order of asking; small ones pass a large one
   * for which too little is free, but only so many of them: what is free then is kept for it.
   */
  take(want: Want, signal: AbortSignal): Promise<() => void>;
  /** Takes them whether they are free or not: what is asked for runs already. */
  hold(want: Want): () => void;
}

/** How many may pass one that waits. */
export const PASSES = 16;

/** A tenth of the memory is left to the server and the system. */
export const machineTotal = (): Want => ({ cpu: machineCores(), memory: machineMemory() * 0.9, gpu: 0 });

interface Waiting {
  want: Want;
  passed: number;
  go(): void;
}

/** The machine's cores, memory and GPUs, shared out among the steps of all executions. */
export function createSlots(total: Want): Slots {
  const free = { ...total };
  const queue: Waiting[] = [];
  const fits = (want: Want): boolean =>
    want.cpu <= free.cpu && want.memory <= free.memory && want.gpu <= free.gpu;
  const add = (want: Want, sign: 1 | -1): void => {
    free.cpu += sign * want.cpu;
    free.memory += sign * want.memory;
    free.gpu += sign * want.gpu;
  };
  const serve = (): void => {
    for (let i = 0; i < queue.length && free.cpu > 0;) {
      const one = queue[i]!;
      if (fits(one.want)) {
        for (let older = 0; older < i; older++) queue[older]!.passed++;
        queue.splice(i, 1);
        one.go();
      } else if (one.passed >= PASSES) return;
      else i++;
    }
  };
  const hold = (want: Want): (() => void) => {
    add(want, -1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      add(want, 1);
      serve();
    };
  };
  return {
    total,
    hold,
    take(want, signal) {
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          want,
          passed: 0,
          go(): void {
            signal.removeEventListener('abort', abort);
            resolve(hold(want));
          },
        };
        const abort = (): void => {
          const at = queue.indexOf(entry);
          if (at >= 0) queue.splice(at, 1);
          serve(); // what was kept for it is free again
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
