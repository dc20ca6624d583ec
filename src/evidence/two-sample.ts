/** How much was seen on one side: answers, and how many of them were bad (an error, too slow). */
export interface Side {
  count: number;
  bad: number;
}

/**
 * ln of an e-value for one batch against "the share of bad answers left is at most that right plus `margin`", which favours shares of q left and p right
 * (q > p + margin): the likelihood ratio of (q, p) to the closest pair (u, v) of the null,
 *
 *   e = Π left (bad: q / u, good: (1 − q) / (1 − u)) · Π right (bad: p / v, good: (1 − p) / (1 − v)),   u = v + margin.
 *
 * E[e] ≤ 1 whatever the two shares of the null are in this batch: ln E[e] is concave along u = v + margin and has its summit 0 at the closest pair; off that line
 * it only falls. So both sides may get worse or better together at any time. This is the safe test of Turner, Ly and Grünwald (2024) with batches
 * for blocks, and a margin. q and p must come from what was seen before the batch.
 */
export function ratioLog(
  left: Side,
  right: Side,
  { q, p, margin }: { q: number; p: number; margin: number },
): number {
  if (left.count === 0 || right.count === 0 || q <= p + margin) return 0;
  const v = closest({ q, p }, { n: left.count, m: right.count, margin });
  const u = v + margin;
  if (!(u > 0 && u < 1 && v > 0 && v < 1)) return 0;
  return (
    left.bad * Math.log(q / u) +
    (left.count - left.bad) * Math.log((1 - q) / (1 - u)) +
    right.bad * Math.log(p / v) +
    (right.count - right.bad) * Math.log((1 - p) / (1 - v))
  );
}

/** v of the pair for which n·KL(q ‖ v + margin) + m·KL(p ‖ v) is least: where its slope, which rises, is 0. */
function closest(
  { q, p }: { q: number; p: number },
  { n, m, margin }: { n: number; m: number; margin: number },
): number {
  let low = Math.max(0, -margin);
  let high = Math.min(1, 1 - margin);
  for (let i = 0; i < 50; i++) {
    const v = (low + high) / 2;
    const u = v + margin;
    const slope = (n * (u - q)) / (u * (1 - u)) + (m * (v - p)) / (v * (1 - v));
    if (slope < 0) low = v;
    else high = v;
  }
  return (low + high) / 2;
}

/**
 * The same for means of losses in [0, 1], against "left's mean ≤ right's mean + margin":
 *
 *   e = Π left (1 + λ(x − v − margin)) · Π right (1 − λ(n / m)(y − v))
 *
 * with any v and λ fixed before the batch. ln E[e] is concave in the right mean along the edge of the null and has slope 0 at v.
 */
export function meanLog(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  { v, stake, margin }: { v: number; stake: number; margin: number },
): number {
  if (left.length === 0 || right.length === 0) return 0;
  const times = left.length / right.length;
  // No factor below one tenth.
  const most = Math.min(0.9 / Math.max(1e-9, v + margin), 0.9 / (times * Math.max(1e-9, 1 - v)));
  const bet = Math.min(stake, most);
  let log = 0;
  for (let i = 0; i < left.length; i++) log += Math.log1p(bet * (left[i]! - v - margin));
  for (let i = 0; i < right.length; i++) log += Math.log1p(-bet * times * (right[i]! - v));
  return log;
}
