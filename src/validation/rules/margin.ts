import type { Condition } from '../../rules/index.ts';
import { compute, type Figures, type Linear } from './compute.ts';

/** How far below the champion a rule lets the candidate be, in the units of the metric. */
export interface Margin {
  value: number;
  /** The same in the units of the rule: left minus right, were the candidate as good as the champion. */
  gap: number;
  /** Rule units of one unit of the metric. */
  slope: number;
}

/**
 * A rule asks for non-inferiority where it holds with something to spare for a candidate that scores as the champion does: `auc >= champion.auc
 * - 0.005`, `rmse <= champion.rmse * 1.01`. It must compare one figure with the same figure of the champion, and nothing else.
 */
export function marginOf(
  node: Condition & { kind: 'compare' },
  sampled: Linear['of'],
  figures: Figures,
): Margin | undefined {
  const own = sampled.find(({ name }) => name.kind === 'figure' && name.of === 'candidate');
  const other = sampled.find(({ name }) => name.kind === 'figure' && name.of === 'champion');
  if (sampled.length !== 2 || own?.name.kind !== 'figure' || other?.name.kind !== 'figure') return undefined;
  const [a, b] = [own.name, other.name];
  if (a.name !== b.name || a.slice?.column !== b.slice?.column || a.slice?.value !== b.slice?.value)
    return undefined;
  const asChampion: Figures = {
    ...figures,
    find: (name) =>
      figures.find(
        name.kind === 'figure' && name.of === 'candidate' && name.name === a.name
          ? { ...name, of: 'champion' }
          : name,
      ),
  };
  const gap = compute(node.left, asChampion).value - compute(node.right, asChampion).value;
  const spare = node.op === '>' || node.op === '>=' ? gap : -gap;
  if (!(spare > 0) || !Number.isFinite(gap)) return undefined;
  // 0.005, and not what subtraction leaves of it.
  return { value: Number(Math.abs(gap / own.slope).toPrecision(12)), gap, slope: own.slope };
}
