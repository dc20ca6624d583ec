import type { Anchor } from '../statistics/anchor.ts';
import { sameAnchor, type Histogram } from '../statistics/histogram.ts';
import type { ReferenceCounts } from './e-detector.ts';

/** A column's reference for the detector, from its anchor and the histogram of the reference; `windows` are the same rows, cut by time. */
export function referenceCounts(
  name: string,
  anchor: Anchor,
  reference: Histogram,
  windows: readonly Histogram[] = [],
): ReferenceCounts {
  for (const window of windows) sameAnchor(reference, window);
  const bins = reference.counts.length;
  return {
    name,
    counts: reference.counts,
    ...(anchor.kind === 'numeric'
      ? {
          order: Array.from({ length: anchor.edges.length + 1 }, (_one, bin) => bin),
          shares: { missing: bins - 1, '−∞': bins - 3, '+∞': bins - 2 },
        }
      : { shares: { missing: bins - 1, unseen: bins - 2 } }),
    windows: windows.map(({ counts }) => counts),
  };
}
