import assert from 'node:assert/strict';
import test from 'node:test';
import { binaryMetrics } from './binary.ts';
import type { Estimates } from './estimate.ts';
import { multiclassMetrics } from './multiclass.ts';
import { random, type Random } from '../../../test/random.ts';
import { regressionMetrics } from './regression.ts';

/**
 * Simulations with known truth: of 95 % intervals about 95 % hold it. Seeded, so that they say the same every time; the truth of a
 * population is what the metric says of a very large sample of it.
 */
const REPEATS = Number(process.env['TREADLE_COVERAGE'] ?? 400);
const TRUTH = 250 * REPEATS;
/** Beside the percent that an interval may be off, the noise of so few repeats: 93–97 % of the 2,000 that `npm run test:deep` takes. */
const SLACK = 0.01 + 2 * Math.sqrt((0.95 * 0.05) / REPEATS);

type Population = { name: string; sizes: readonly number[]; draw: (r: Random, n: number) => Estimates };

const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

/** A logistic model of one strong feature, with calibrated probabilities; the intercept sets the share of label 1. */
function binary(r: Random, n: number, intercept: number, slope: number): Estimates {
  const score = new Float64Array(n);
  const label = new Uint8Array(n);
  const said = new Uint8Array(n);
  const cut = logistic(intercept);
  for (let i = 0; i < n; i++) {
    score[i] = logistic(intercept + slope * r.normal());
    label[i] = Number(r.uniform() < score[i]!);
    said[i] = Number(score[i]! > cut);
  }
  return binaryMetrics(label, { score, probable: true, said }).metrics;
}

function multiclass(r: Random, n: number, weights: readonly number[]): Estimates {
  const k = weights.length;
  const label = new Uint32Array(n);
  const said = new Uint32Array(n);
  const probabilities = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    const raw = weights.map((w) => w * Math.exp(1.5 * r.normal()));
    const sum = raw.reduce((a, b) => a + b, 0);
    let left = r.uniform() * sum;
    label[i] = Math.max(
      0,
      raw.findIndex((one) => (left -= one) < 0),
    );
    said[i] = raw.indexOf(Math.max(...raw));
    raw.forEach((one, c) => (probabilities[i * k + c] = one / sum));
  }
  return multiclassMetrics(label, { probabilities, said }, weights.map(String));
}

function regression(r: Random, n: number, tail: boolean): Estimates {
  const label = new Float64Array(n);
  const said = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    said[i] = 60 + 5 * r.normal();
    const noise = tail ? r.normal() * (0.5 + 1.5 * Math.abs(r.normal())) : r.normal();
    label[i] = said[i]! + 2.5 * noise;
  }
  return regressionMetrics(label, said);
}

const POPULATIONS: readonly Population[] = [
  { name: 'binary, half 1', sizes: [100, 1000, 5000], draw: (r, n) => binary(r, n, 0, 1.5) },
  { name: 'binary, a fifth 1', sizes: [200, 1000], draw: (r, n) => binary(r, n, -1.8, 1.3) },
  { name: 'binary, a twentieth 1', sizes: [1000, 5000], draw: (r, n) => binary(r, n, -3.3, 1.2) },
  { name: 'binary, well separated', sizes: [120, 500], draw: (r, n) => binary(r, n, 0, 5) },
  { name: 'three classes', sizes: [200, 1000], draw: (r, n) => multiclass(r, n, [1, 1, 1]) },
  { name: 'five uneven classes', sizes: [500], draw: (r, n) => multiclass(r, n, [4, 2, 1, 1, 0.5]) },
  { name: 'regression', sizes: [100, 1000], draw: (r, n) => regression(r, n, false) },
  { name: 'regression, heavy tails', sizes: [300, 2000], draw: (r, n) => regression(r, n, true) },
];

for (const { name, sizes, draw } of POPULATIONS) {
  test(`95 % intervals hold the truth 95 % of the time: ${name}`, { timeout: 600_000 }, () => {
    const truth = draw(random(7), TRUTH);
    for (const n of sizes) {
      const r = random(n);
      const hits = new Map<string, { in: number; of: number }>();
      for (let i = 0; i < REPEATS; i++) {
        for (const [metric, found] of draw(r, n)) {
          const known = truth.get(metric);
          if (typeof found !== 'object' || typeof known !== 'object' || found.low === undefined) continue;
          const count = hits.get(metric) ?? { in: 0, of: 0 };
          count.of++;
          if (found.low <= known.value && known.value <= found.high!) count.in++;
          hits.set(metric, count);
        }
      }
      const shares = [...hits].map(([metric, count]) => [metric, count.in / count.of] as const);
      console.log(
        `${name}, ${n} rows: ${shares.map(([metric, share]) => `${metric} ${(100 * share).toFixed(1)}`).join(', ')}`,
      );
      assert.ok(shares.length >= 6);
      for (const [metric, share] of shares)
        assert.ok(Math.abs(share - 0.95) <= SLACK, `${metric} at ${n} rows: ${share}`);
    }
  });
}
