import { binaryMetrics } from '../metrics/binary.ts';
import type { Estimate } from '../metrics/estimate.ts';
import { random } from '../../../test/random.ts';
import type { Figures, Found } from './compute.ts';
import { decideRule } from './decide.ts';
import { parseRule } from '../../rules/index.ts';

export type Side = Map<string, Estimate | string>;
const look = (side: Side | undefined, name: string): Found => {
  if (!side) return 'no champion';
  const found = side.get(name);
  return typeof found === 'object' ? found : { missing: found ?? 'unknown' };
};
export const figuresOf = (rows: number, candidate: Side, champion?: Side, baseline?: Side): Figures => ({
  rows,
  values: () => ({ missing: 'no columns' }),
  find: (name) =>
    name.kind === 'fact'
      ? name.name === 'rows'
        ? { name: 'rows', value: rows, n: rows }
        : { missing: 'unknown' }
      : look(name.of === 'champion' ? champion : name.of === 'baseline' ? baseline : candidate, name.name),
});

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));
/** Two models of one truth; the second sees it with more noise. */
export function draw(
  seed: number,
  n: number,
  noise = 0.6,
): { candidate: Side; champion: Side; baseline: Side } {
  const r = random(seed);
  const label = new Uint8Array(n);
  const [a, b] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const z = r.normal();
    label[i] = Number(r.uniform() < logistic(1.2 * z));
    a[i] = logistic(1.2 * z);
    b[i] = logistic(1.2 * (z + noise * r.normal()));
  }
  const side = (score: Float64Array): Side =>
    binaryMetrics(label, { score, probable: true, said: Uint8Array.from(score, (p) => Number(p > 0.5)) })
      .metrics;
  return { candidate: side(a), champion: side(b), baseline: side(new Float64Array(n).fill(0.5)) };
}
export const judge = (rule: string, figures: Figures) => decideRule(rule, parseRule(rule), figures);
