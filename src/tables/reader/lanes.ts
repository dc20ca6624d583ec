import { machineCores, machineMemory } from '../../platform/machine/index.ts';

/** Who waits for an answer, the first first: a person who looks; a job that somebody waits for; nobody. */
export const LANES = ['look', 'work', 'background'] as const;
export type Lane = (typeof LANES)[number];

/** What one question may take. */
export interface Room {
  /** Questions at once. */
  most: number;
  threads: number;
  /** Bytes that DuckDB may hold. */
  memory: number;
  /** Bytes that the whole process may hold, which is what counts in the sum. */
  resident: number;
  /** Whether what does not fit into memory goes to the disk. */
  spills: boolean;
  /** Behind all others that want the processor. */
  aside: boolean;
}

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
/** Millions of rows are compared beside a server that goes on serving: less than a third of the machine, also of a large one. */
const LARGE = Math.min(4 * GiB, Math.floor(machineMemory() * 0.3));
/** `resident` is more than `memory`: DuckDB counts neither the engine around it nor all of what it holds while it decodes a file. */
const SMALL = { threads: 2, memory: 1_000_000_000, resident: 1536 * MiB, spills: false };

export const ROOM: Readonly<Record<Lane, Room>> = {
  // Nothing spills: a look that goes to the disk takes longer than anybody looks, and whoever waits had better hear that it is too large.
  look: { ...SMALL, most: 3, aside: false },
  work: {
    most: 2,
    threads: Math.max(2, Math.min(8, machineCores())),
    memory: LARGE,
    resident: LARGE + 1536 * MiB,
    spills: true,
    aside: false,
  },
  background: { ...SMALL, most: 1, aside: true },
};

/**
 * Questions at once, of all lanes; so many of them are never taken by what no person waits for. Two, since one long look would
 * otherwise keep out the next.
 */
export const PLACES = { all: 4, forLooks: 2 };
/** Bytes of all looks together, and as many of all else. One question is always let in, whatever it may take. */
export const SHARE = machineMemory() / 2;
/** Questions of one lane that wait; more are turned away. */
export const MOST_WAITING = 64;
