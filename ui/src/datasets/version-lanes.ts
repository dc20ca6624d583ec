/** Where each version stands in the drawing of a dataset's history, newest first, and which lines run between the rows. Pure. */

export interface LaneRow {
  /** The lane of the version's dot, from the left, 0 first. */
  lane: number;
  /** Lines from this row down to the next one. */
  lines: { from: number; to: number }[];
}

export interface Lanes {
  rows: LaneRow[];
  /** How many lanes the drawing needs. */
  width: number;
}

export interface Versioned {
  id: string;
  /** The first is the one it was committed onto. Parents that are not in the list end in a line that leaves the drawing. */
  parents: readonly string[];
}

export function layoutLanes(versions: readonly Versioned[]): Lanes {
  /** Which version each lane waits for. */
  const waiting: (string | undefined)[] = [];
  const rows: LaneRow[] = [];
  let width = 0;
  const free = () => {
    const at = waiting.indexOf(undefined);
    return at < 0 ? waiting.length : at;
  };
  versions.forEach((version, i) => {
    const found = waiting.indexOf(version.id);
    const lane = found < 0 ? free() : found;
    for (let l = 0; l < waiting.length; l++) if (waiting[l] === version.id) waiting[l] = undefined;
    // Lanes that only pass keep their place; those that this version opens start at its dot.
    const start = waiting.map((_id, l) => l);
    waiting[lane] = undefined;
    const joined: { from: number; to: number }[] = [];
    version.parents.forEach((parent, nth) => {
      // The first parent keeps the lane, also where another waits for it too: they meet at its dot.
      const shared = nth === 0 ? -1 : waiting.indexOf(parent);
      if (shared >= 0) {
        joined.push({ from: lane, to: shared });
        return;
      }
      const target = nth === 0 ? lane : free();
      waiting[target] = parent;
      start[target] = lane;
    });
    width = Math.max(width, lane + 1, waiting.length);
    const next = versions[i + 1];
    const nextLane = next === undefined ? -1 : waiting.indexOf(next.id);
    const arrive = (l: number) => (next !== undefined && waiting[l] === next.id ? nextLane : l);
    const lines = waiting.flatMap((id, l) =>
      id === undefined ? [] : [{ from: start[l] ?? l, to: arrive(l) }],
    );
    rows.push({ lane, lines: [...lines, ...joined.map(({ from, to }) => ({ from, to: arrive(to) }))] });
    while (waiting.length > 0 && waiting.at(-1) === undefined) waiting.pop();
  });
  return { rows, width };
}
