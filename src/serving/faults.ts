/** Why a revision that should be loaded is not, and since when, ms since 1970. */
export interface Fault {
  problem: string;
  since: number;
}

export interface Faults {
  /** Notes it. Whether it is worth a line in the log: it is news, or has gone on for so long since the last one. */
  note(serial: number, problem: string): boolean;
  /** Whether there was one. */
  clear(serial: number): boolean;
  of(serial: number): Fault | undefined;
}

/** A fault that lasts is said once and then rarely, ms. */
export const SAID_AGAIN = 60 * 60_000;

/** The revisions that this server could not load, by serial: it tries again and again, and tells who asks. */
export function createFaults(now: () => number): Faults {
  const known = new Map<number, Fault & { said: number }>();
  return {
    note(serial, problem) {
      const before = known.get(serial);
      const news = before?.problem !== problem || now() - before.said >= SAID_AGAIN;
      known.set(serial, {
        problem,
        since: before?.since ?? now(),
        said: news || !before ? now() : before.said,
      });
      return news;
    },
    clear: (serial) => known.delete(serial),
    of: (serial) => known.get(serial),
  };
}
