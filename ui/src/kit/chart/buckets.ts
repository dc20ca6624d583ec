/**
 * Cuts a line into equal pieces of x and keeps of each what may not be lost. Pure. Every nth point, or a mean alone, would hide the one
 * spike that somebody looks for: least and greatest keep it, first and last keep the line joined to its neighbours.
 */

export interface Buckets {
  /** Where the last point of each bucket stands. */
  x: number[];
  first: number[];
  min: number[];
  max: number[];
  last: number[];
  mean: number[];
  count: number[];
}

/** Non-finite values are left out; empty buckets too. Points must be in the order of x. */
export function bucketize(xs: readonly number[], ys: readonly (number | null)[], buckets: number): Buckets {
  const out: Buckets = { x: [], first: [], min: [], max: [], last: [], mean: [], count: [] };
  const start = xs[0] ?? 0;
  const width = ((xs.at(-1) ?? 0) - start) / Math.max(1, buckets) || 1;
  let open = -1;
  let at = -1;
  for (let i = 0; i < xs.length; i++) {
    const y = ys[i];
    if (y === null || y === undefined || !Number.isFinite(y)) continue;
    const bucket = Math.min(buckets - 1, Math.floor((xs[i]! - start) / width));
    if (bucket !== open) {
      open = bucket;
      at++;
      out.first[at] = y;
      out.min[at] = y;
      out.max[at] = y;
      out.mean[at] = 0;
      out.count[at] = 0;
    }
    out.x[at] = xs[i]!;
    out.last[at] = y;
    out.min[at] = Math.min(out.min[at]!, y);
    out.max[at] = Math.max(out.max[at]!, y);
    out.count[at]!++;
    out.mean[at]! += (y - out.mean[at]!) / out.count[at]!;
  }
  return out;
}
