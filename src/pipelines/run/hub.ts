/** Who watches which execution. What they look at between two changes is looked at once, however many they are. */
export interface Hub {
  changed(execution: string): void;
  /** Resolves at the next change, or after `ms`, or when the signal aborts. */
  next(execution: string, ms: number, signal: AbortSignal): Promise<void>;
  /** Between `watching` and its end, what `look` gave is shared by all who ask for the same before the next change. */
  watching(execution: string): Disposable;
  look<T>(execution: string, what: string, look: () => Promise<T>): Promise<T>;
}

interface Watched {
  watchers: number;
  looks: Map<string, Promise<unknown>>;
}

export function createHub(): Hub {
  const waiting = new Map<string, Set<() => void>>();
  const watched = new Map<string, Watched>();
  return {
    changed(execution) {
      watched.get(execution)?.looks.clear();
      const all = waiting.get(execution);
      waiting.delete(execution);
      for (const wake of all ?? []) wake();
    },
    next(execution, ms, signal) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          waiting.get(execution)?.delete(done);
          resolve();
        };
        const timer = setTimeout(() => {
          watched.get(execution)?.looks.clear(); // another server may have changed it
          done();
        }, ms);
        signal.addEventListener('abort', done, { once: true });
        if (signal.aborted) return done();
        const all = waiting.get(execution);
        if (all) all.add(done);
        else waiting.set(execution, new Set([done]));
      });
    },
    watching(execution) {
      const one = watched.get(execution) ?? { watchers: 0, looks: new Map() };
      watched.set(execution, one);
      one.watchers++;
      return {
        [Symbol.dispose](): void {
          if (--one.watchers === 0) watched.delete(execution);
        },
      };
    },
    look<T>(execution: string, what: string, look: () => Promise<T>): Promise<T> {
      const looks = watched.get(execution)?.looks;
      // Whoever asks for the same words gives the same look, so what is held is of its type.
      const held = looks?.get(what) as Promise<T> | undefined;
      if (held) return held;
      const made = look();
      looks?.set(what, made);
      made.catch(() => looks?.delete(what));
      return made;
    },
  };
}
