import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../../test/random.ts';
import { estimatePerformance, fitCbpe, type Estimated } from './cbpe.ts';
import { applyIsotonic, calibrateIfBetter, calibrationError, fitIsotonic } from './isotonic.ts';
import { poissonBinomial } from './poisson-binomial.ts';

test('a rising curve pools what falls, and is flat outside', () => {
  const curve = fitIsotonic([0.1, 0.2, 0.3, 0.4, 0.5, 0.5], [0, 1, 0, 0, 1, 1]);
  const at = (score: number): number => applyIsotonic(curve, score);
  assert.deepEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 1].map(at), [0, 0, 1 / 3, 1 / 3, 1 / 3, 1, 1]);
  assert.ok(Math.abs(at(0.45) - 2 / 3) < 1e-12);
  // Against all rising step functions on a grid: none is closer.
  const r = random(2);
  const scores = [0.1, 0.2, 0.3, 0.4];
  for (let run = 0; run < 20; run++) {
    const labels = scores.map(() => r.integer(2));
    const fitted = fitIsotonic(scores, labels);
    const loss = (of: (k: number) => number): number =>
      labels.reduce((sum, one, k) => sum + (one - of(k)) ** 2, 0);
    const best = loss((k) => applyIsotonic(fitted, scores[k]!));
    const grid = Array.from({ length: 7 }, (_one, i) => i / 6);
    for (const a of grid)
      for (const b of grid)
        for (const c of grid)
          for (const d of grid)
            if (a <= b && b <= c && c <= d) assert.ok(best <= loss((k) => [a, b, c, d][k]!) + 1e-12);
  }
});

test('scores are calibrated only where that pays', () => {
  const r = random(3);
  const p = Float64Array.from({ length: 2000 }, () => r.uniform());
  const labels = p.map((one) => Number(r.uniform() < one));
  assert.equal(calibrateIfBetter(p, labels).curve, null);
  const skewed = p.map((one) => one ** 3);
  const { curve, raw, calibrated } = calibrateIfBetter(skewed, labels);
  assert.ok(curve && raw > 0.2 && calibrated! < 0.03, `${raw} ${calibrated}`);
  assert.equal(calibrateIfBetter(p.slice(0, 50), labels.slice(0, 50)).curve, null);
  assert.equal(calibrationError([0.2, 0.2], [0, 0], 1), 0.2);
});

test('the Poisson-binomial: exact ends against all outcomes, and the large form against the exact', () => {
  const p = [0.1, 0.5, 0.7, 0.9, 0.3];
  const mass = new Float64Array(6);
  for (let bits = 0; bits < 32; bits++) {
    let chance = 1;
    let hits = 0;
    p.forEach((one, k) => {
      const hit = (bits >> k) & 1;
      chance *= hit ? one : 1 - one;
      hits += hit;
    });
    mass[hits]! += chance;
  }
  const { low, high, mean } = poissonBinomial(p);
  const share = (from: number, to: number): number => mass.slice(from, to + 1).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(mean - 2.5) < 1e-12);
  assert.ok(share(0, low - 1) < 0.025 && share(0, low) >= 0.025);
  assert.ok(share(high + 1, 5) < 0.025 && share(high, 5) >= 0.025);
  const r = random(4);
  const many = Float64Array.from({ length: 1000 }, () => r.uniform() ** 3);
  const exact = poissonBinomial(many);
  const twice = poissonBinomial(Float64Array.from([...many, 0]));
  assert.ok(Math.abs(exact.low - twice.low) <= 1 && Math.abs(exact.high - twice.high) <= 1);
});

/** Two classes: a true probability, and a score that is some rising function of it. */
function binary(r: Random, n: number, { shift = 0, bend = 1 } = {}) {
  const truth = Float64Array.from({ length: n }, () => 1 / (1 + Math.exp(-(1.5 * r.normal() + shift))));
  return { scores: truth.map((p) => p ** bend), labels: truth.map((p) => Number(r.uniform() < p)) };
}

const realised = ({ scores, labels }: ReturnType<typeof binary>) => {
  let [tp, fp, fn, right, pairs] = [0, 0, 0, 0, 0];
  const [ones, zeros]: [number[], number[]] = [[], []];
  scores.forEach((score, i) => {
    const said = Number(score > 0.5);
    right += Number(said === labels[i]);
    tp += said * labels[i]!;
    fp += said * (1 - labels[i]!);
    fn += (1 - said) * labels[i]!;
    (labels[i] === 1 ? ones : zeros).push(score);
  });
  for (const one of ones) for (const zero of zeros) pairs += one > zero ? 1 : one === zero ? 0.5 : 0;
  return {
    accuracy: right / scores.length,
    precision: tp / (tp + fp),
    recall: tp / (tp + fn),
    f1: (2 * tp) / (2 * tp + fp + fn),
    auc: pairs / (ones.length * zeros.length),
  };
};

test('two classes: the estimate follows the mix of rows, and 95 % intervals hold what is realised', () => {
  const r = random(5);
  let model = fitCbpe(binary(r, 2000, { bend: 2 }), 2);
  assert.ok(model.curves[0]);
  const held: Record<string, number> = {};
  const runs = 200;
  for (let run = 0; run < runs; run++) {
    // Intervals hold over references, too: of one alone all windows would be off together.
    if (run % 8 === 0) model = fitCbpe(binary(r, 2000, { bend: 2 }), 2);
    const window = binary(r, 400, { bend: 2, shift: run % 2 ? 1 : 0 });
    const { metrics } = estimatePerformance(model, window.scores);
    for (const [name, truth] of Object.entries(realised(window))) {
      const found = metrics[name];
      assert.ok(typeof found === 'object', name);
      held[name] = (held[name] ?? 0) + Number(found.low <= truth && truth <= found.high);
    }
  }
  for (const [name, count] of Object.entries(held))
    assert.ok(count >= 0.9 * runs, `${name}: ${count} of ${runs}`);
});

test('what has changed its meaning is not seen, and what speaks against an estimate is named', () => {
  const r = random(6);
  const model = fitCbpe(binary(r, 5000), 2);
  const { scores } = binary(r, 1000);
  const good = estimatePerformance(model, scores);
  assert.equal(good.trust.level, 'good');
  assert.match(
    good.words,
    /^accuracy is estimated at \d\d\.\d % \(.*\) on 1000 rows without labels, trust good$/,
  );
  const past = Array.from({ length: 6 }, () => ({ value: 0.8, low: 0.75, high: 0.85, realised: 0.6 }));
  const poor = estimatePerformance(model, scores, { overlapAuc: 0.97, past });
  assert.equal(poor.trust.level, 'poor');
  assert.match(poor.words, /AUC of 0\.97; 0 of 6 earlier estimates held, off by 20\.0 % on average$/);
  const narrow = fitCbpe({ labels: [0, 1, 1, 0], scores: [0.4, 0.6, 0.5, 0.5] }, 2);
  const { reasons } = estimatePerformance(narrow, scores).trust;
  assert.ok(reasons.some((one) => one.startsWith('the reference has 4 labelled rows only')));
  assert.ok(reasons.some((one) => one.includes('lie outside')));
});

test('three classes: figures equal those of the expected confusion matrix', () => {
  const r = random(7);
  const draw = (n: number) => {
    const scores = new Float64Array(3 * n);
    const labels = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      const raw = [0, 1, 2].map(() => Math.exp(1.5 * r.normal()));
      const all = raw.reduce((a, b) => a + b, 0);
      raw.forEach((one, k) => (scores[3 * i + k] = one / all));
      const u = r.uniform();
      labels[i] = u < raw[0]! / all ? 0 : u < (raw[0]! + raw[1]!) / all ? 1 : 2;
    }
    return { scores, labels };
  };
  // So few rows that nothing is calibrated.
  const model = fitCbpe(draw(90), 3);
  assert.deepEqual(model.curves, [null, null, null]);
  const window = draw(500);
  const { metrics } = estimatePerformance(model, window.scores);
  const said = Array.from(window.labels, (_one, i) => {
    const own = [...window.scores.subarray(3 * i, 3 * i + 3)];
    return own.indexOf(Math.max(...own));
  });
  const right = said.reduce((sum, k, i) => sum + Number(k === window.labels[i]), 0) / 500;
  const accuracy = metrics['accuracy'] as Estimated;
  assert.ok(
    Math.abs(accuracy.value - said.reduce((sum, k, i) => sum + window.scores[3 * i + k]!, 0) / 500) < 1e-12,
  );
  assert.ok(accuracy.low <= right && right <= accuracy.high);
  assert.deepEqual(Object.keys(metrics), ['accuracy', 'macro_precision', 'macro_recall', 'macro_f1', 'auc']);
  for (const one of Object.values(metrics)) {
    assert.ok(typeof one === 'object');
    assert.ok(one.low < one.value && one.value < one.high && one.high - one.low < 0.5);
  }
});

test('degenerate windows say why, and what is no probability names its place', () => {
  const model = fitCbpe({ labels: [0, 1], scores: [0.2, 0.8] }, 2);
  const nobody = estimatePerformance(model, [0, 0, 0]);
  assert.equal(nobody.metrics['precision'], 'no row is predicted to be of class 1');
  assert.equal(nobody.metrics['f1'], 'no row is expected to be of class 1');
  assert.equal(nobody.metrics['auc'], 'all rows are expected to be on one side of class 1');
  assert.deepEqual(nobody.metrics['accuracy'], { value: 1, low: 1, high: 1 });
  assert.deepEqual(estimatePerformance(model, []).metrics, {});
  assert.throws(() => estimatePerformance(model, [0.5, NaN]), /scores\[1\] is NaN/);
  assert.throws(() => estimatePerformance(model, [0.5], { said: [] }), /said has 0 rows and scores 1/);
  assert.throws(() => fitCbpe({ labels: [2], scores: [0.5] }, 2), /labels\[0\] is 2: classes are 0 to 1/);
  assert.throws(() => fitCbpe({ labels: [], scores: [] }, 2), /labels is empty/);
  assert.throws(() => fitCbpe({ labels: [0], scores: [0.5] }, 1), /classes is 1/);
});
