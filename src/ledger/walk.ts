/** Where a walk came, with the steps it took to each node; in the order in which they were reached. */
export interface Walk<Arrow> {
  depths: ReadonlyMap<string, number>;
  arrows: Arrow[];
  /** There is more, further away or beyond the number of nodes. */
  truncated: boolean;
}

/**
 * Breadth first, so that the nearest come first and a graph of any width costs as many questions as it is deep: `ask` gets a whole
 * front at once. `end` is the node that an arrow leads to.
 */
export async function walk<Arrow extends { end: string }>(
  root: string,
  ask: (front: readonly string[]) => Promise<readonly Arrow[]>,
  { depth, most }: { depth: number; most: number },
): Promise<Walk<Arrow>> {
  const depths = new Map([[root, 0]]);
  const arrows: Arrow[] = [];
  let truncated = false;
  let front = [root];
  for (let step = 1; front.length > 0; step++) {
    const found = await ask(front);
    if (step > depth) {
      truncated ||= found.some(({ end }) => !depths.has(end));
      break;
    }
    const next: string[] = [];
    for (const arrow of found) {
      if (!depths.has(arrow.end)) {
        if (depths.size >= most) {
          truncated = true;
          continue;
        }
        depths.set(arrow.end, step);
        next.push(arrow.end);
      }
      arrows.push(arrow);
    }
    front = next;
  }
  return { depths, arrows, truncated };
}
