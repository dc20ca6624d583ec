/** Upper edges of latency buckets in ms, each 5 % above the last, from 0.05 ms to about 110 s; what is beyond is in one more bucket. */
export const LATENCY_EDGES: readonly number[] = Array.from({ length: 300 }, (_one, k) => 0.05 * 1.05 ** k);

const FIRST = LATENCY_EDGES[0]!;
const STEP = Math.log(1.05);

/** The bucket of one latency by arithmetic: as `latencyCounts` finds it, but for what lies on an edge to the last digits. */
export const latencyBucket = (ms: number): number =>
  ms <= FIRST ? 0 : Math.min(LATENCY_EDGES.length, Math.ceil(Math.log(ms / FIRST) / STEP - 1e-9));

/** Latencies in ms as counts in buckets: bucket k holds what lies above edge k − 1 and up to edge k. */
export function latencyCounts(ms: ArrayLike<number>, edges: readonly number[] = LATENCY_EDGES): number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (let i = 0; i < ms.length; i++) {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (edges[middle]! < ms[i]!) low = middle + 1;
      else high = middle;
    }
    counts[low]!++;
  }
  return counts;
}

/** Answers slower than edge k. */
export function slower(counts: readonly number[], edge: number): number {
  let sum = 0;
  for (let bucket = edge + 1; bucket < counts.length; bucket++) sum += counts[bucket]!;
  return sum;
}

/** The edge that comes closest to having a share of `tail` beyond it, in ratio. */
export function edgeOfTail(counts: readonly number[], tail: number): number {
  const all = counts.reduce((sum, one) => sum + one, 0);
  let beyond = 0;
  let best = counts.length - 2;
  let least = Infinity;
  for (let edge = counts.length - 2; edge >= 0; edge--) {
    beyond += counts[edge + 1]!;
    const off = Math.abs(Math.log((beyond + 0.5) / (all + 1) / tail));
    if (off < least) [least, best] = [off, edge];
    else if (beyond > 4 * tail * all) break;
  }
  return best;
}
