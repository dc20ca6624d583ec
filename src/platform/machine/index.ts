import { availableParallelism, totalmem } from 'node:os';

/** Cores that this process may use: Node counts those of its affinity, and a container's quota where there is one. */
export const machineCores = (): number => availableParallelism();

/** Bytes of memory that this process and what it starts may use together: the container's limit, or all that the machine has. */
export function machineMemory(): number {
  // 0 where no limit is known, and a number beyond all memory where there is none.
  const limit = process.constrainedMemory();
  const all = totalmem();
  return limit > 0 && limit < all ? limit : all;
}
