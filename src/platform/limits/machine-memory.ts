import { totalmem } from 'node:os';

/** Bytes of memory that there are for us: the machine's, or what the container that we run in may use of them. */
export function machineMemory(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 && allowed < totalmem() ? allowed : totalmem();
}
