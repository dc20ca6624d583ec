/** So many times its limit may work take by the clock: others may have the processor meanwhile. */
const PATIENCE = 10;

export interface TimeLimit {
  /** Milliseconds of processor time; of the clock where the machine does not tell. */
  ms: number;
  /** Milliseconds by the clock at which it ends in any case, as what sleeps for ever does. */
  clock?: number | undefined;
  /** Processor time of the work so far, ms; undefined where the machine does not tell. */
  used(): number | undefined;
}

/**
 * Watches over work that other processes can starve: it has the same processor time on a busy machine as on an idle one. Says once
 * which limit was exceeded. Returns how to stop watching.
 */
export function limitTime(
  { ms, clock = ms * PATIENCE, used }: TimeLimit,
  exceeded: (limit: string) => void,
): () => void {
  const began = performance.now();
  const before = used();
  const timer = setInterval(
    () => {
      const limit = passed();
      if (limit === undefined) return;
      clearInterval(timer);
      exceeded(limit);
    },
    Math.min(500, Math.max(10, ms / 20)),
  );
  function passed(): string | undefined {
    const took = performance.now() - began;
    const now = used();
    if (now === undefined) return took >= ms ? `${ms / 1000} s` : undefined;
    if (now - (before ?? 0) >= ms) return `${ms / 1000} s of processor time`;
    return took >= clock ? `${clock / 1000} s by the clock` : undefined;
  }
  return () => clearInterval(timer);
}
