/** Milliseconds of work after which everybody else has a turn: far below the 100 that nobody may take (DESIGN §3.2). */
const TURN = 10;

/** Says whether the others are due a turn; then it is awaited. */
export type Turns = () => Promise<void> | undefined;

/**
 * For a loop whose length a caller decides and in which nothing else waits: `const due = turns(); if (due) await due;` between two
 * pieces of work. SQLite's answers come at once, so that an `await` of them lets nobody in.
 */
export function createTurns(): Turns {
  let since = performance.now();
  return () => {
    if (performance.now() - since < TURN) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}

/** The items in portions, with turns in between. */
export async function* inPortions<T>(items: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  const turns = createTurns();
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
    const due = turns();
    if (due) await due;
  }
}

/** As many as are sorted at once. */
const RUN = 2000;

/** `toSorted` of a list of any length, with turns in between. */
export async function sortInTurns<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const turns = createTurns();
  let runs: T[][] = [];
  for await (const portion of inPortions(items, RUN)) runs.push(portion.toSorted(compare));
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(runs[i + 1] ? await merge(runs[i]!, runs[i + 1]!, compare, turns) : runs[i]!);
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
  turns: Turns,
): Promise<T[]> {
  const merged: T[] = [];
  for (let [l, r] = [0, 0]; l < left.length || r < right.length;) {
    // What is equal keeps its order.
    const fromLeft = l < left.length && (r >= right.length || compare(left[l]!, right[r]!) <= 0);
    merged.push(fromLeft ? left[l++]! : right[r++]!);
    if (merged.length % RUN !== 0) continue;
    const due = turns();
    if (due) await due;
  }
  return merged;
}
