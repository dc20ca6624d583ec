/** Who waits for what to happen to a revision. Holds nothing: it only wakes readers, who look for themselves. */
export interface Watch {
  changed(revision: string): void;
  /** Resolves at the next change, or after `ms`, or when the signal aborts. */
  next(revision: string, ms: number, signal?: AbortSignal): Promise<void>;
}

export function createWatch(): Watch {
  const waiting = new Map<string, Set<() => void>>();
  return {
    changed(revision) {
      const all = waiting.get(revision);
      waiting.delete(revision);
      for (const wake of all ?? []) wake();
    },
    next: (revision, ms, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          const all = waiting.get(revision);
          if (all?.delete(done) && all.size === 0) waiting.delete(revision);
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal?.addEventListener('abort', done, { once: true });
        if (signal?.aborted) return done();
        const all = waiting.get(revision);
        if (all) all.add(done);
        else waiting.set(revision, new Set([done]));
      }),
  };
}
