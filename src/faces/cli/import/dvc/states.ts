import type { Commit } from './history.ts';
import type { Output } from './outputs.ts';

/** A state of an output: from the commit that brought it to those that changed it. */
export interface State {
  output: Output;
  commit: Commit;
  /** The states that it was made from. */
  parents: State[];
}

/** What an output is at a commit; where it is not there, what it was before. */
interface Standing {
  now: State | undefined;
  before: State[];
}

/** Every state of every output, parents first, and which of them hold at the last commit. */
export function statesOf(
  commits: readonly Commit[],
  outputsAt: (commit: Commit) => ReadonlyMap<string, Output>,
): { states: State[]; last: ReadonlyMap<string, State> } {
  const states: State[] = [];
  const at = new Map<string, ReadonlyMap<string, Standing>>();
  let newest: ReadonlyMap<string, Standing> = new Map();
  const known = new Map<string, Commit>();
  for (const commit of commits) {
    known.set(commit.id, commit);
    const parents = commit.parents.flatMap((id) => at.get(id) ?? []);
    const [first] = parents;
    // Most commits change nothing that DVC keeps.
    if (first && parents.length === 1 && known.get(commit.parents[0]!)?.files === commit.files) {
      at.set(commit.id, (newest = first));
      continue;
    }
    const outputs = outputsAt(commit);
    const standings = new Map<string, Standing>();
    for (const path of new Set([...outputs.keys(), ...parents.flatMap((one) => [...one.keys()])])) {
      const before = [...new Set(parents.flatMap((one) => lastOf(one.get(path))))];
      const output = outputs.get(path);
      if (!output) {
        standings.set(path, { now: undefined, before });
        continue;
      }
      const same = parents
        .map((one) => one.get(path)?.now)
        .find((state) => state?.output.oid === output.oid && state.output.layout === output.layout);
      const now = same ?? { output, commit, parents: before };
      if (!same) states.push(now);
      standings.set(path, { now, before: [] });
    }
    at.set(commit.id, (newest = standings));
  }
  const last = new Map([...newest].flatMap(([path, { now }]) => (now ? [[path, now] as const] : [])));
  return { states, last };
}

const lastOf = (standing: Standing | undefined): State[] =>
  standing === undefined ? [] : standing.now ? [standing.now] : standing.before;
