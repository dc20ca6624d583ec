import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../../test/random.ts';
import { binaryMetrics } from '../../validation/metrics/binary.ts';
import { multiclassMetrics } from '../../validation/metrics/multiclass.ts';
import { estimatePerformance, fitCbpe, type LabelledScores } from './cbpe.ts';

const TIMES = Number(process.env['TREADLE_DETECTORS'] ?? 1);
const RUNS = TIMES > 1 ? 400 : 60;

/** Two classes by one feature whose mean moves; `bend` makes the scores wrong, `turn` what the feature means. */
function two(r: Random, n: number, { shift = 0, bend = 1, turn = 0 }): LabelledScores {
  const x = Float64Array.from({ length: n }, () => r.normal() + shift);
  const chance = (z: number): number => 1 / (1 + Math.exp(-z));
  return {
    scores: x.map((one) => chance(1.5 * one) ** bend),
    labels: x.map((one) => Number(r.uniform() < chance(1.5 * one + turn))),
  };
}

function three(r: Random, n: number, { shift = 0, bend = 1 }): LabelledScores {
  const scores = new Float64Array(3 * n);
  const labels = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const raw = [shift, 0, 0].map((by) => Math.exp(1.3 * (r.normal() + by)));
    const all = raw.reduce((a, b) => a + b, 0);
    const u = r.uniform() * all;
    labels[i] = u < raw[0]! ? 0 : u < raw[0]! + raw[1]! ? 1 : 2;
    const bent = raw.map((one) => (one / all) ** bend);
    const sum = bent.reduce((a, b) => a + b, 0);
    bent.forEach((one, k) => (scores[3 * i + k] = one / sum));
  }
  return { scores, labels };
}

/** The metrics that labels give, by the room that judges models. */
function realised({ scores, labels }: LabelledScores, classes: number): Map<string, number> {
  const n = labels.length;
  const score = Float64Array.from(scores);
  const said = Uint32Array.from({ length: n }, (_one, i) => {
    if (classes === 2) return Number(score[i]! > 0.5);
    const own = [...score.subarray(3 * i, 3 * i + 3)];
    return own.indexOf(Math.max(...own));
  });
  const found =
    classes === 2
      ? binaryMetrics(Uint8Array.from(labels), { score, probable: true, said: Uint8Array.from(said) }).metrics
      : multiclassMetrics(Uint32Array.from(labels), { probabilities: score, said }, ['a', 'b', 'c']);
  return new Map(
    [...found].flatMap(([name, one]) => (typeof one === 'string' ? [] : [[name, one.value] as const])),
  );
}

function trial(
  draw: (r: Random, n: number, change: { shift?: number; turn?: number }) => LabelledScores,
  classes: number,
  change: { shift?: number; turn?: number },
) {
  const r = random(31);
  const sums = new Map<string, { held: number; off: number; constant: number; of: number }>();
  let trusted = 0;
  let model = fitCbpe(draw(r, 3000, {}), classes);
  let before = new Map<string, number>();
  for (let run = 0; run < RUNS; run++) {
    // The constant says that nothing has changed: what the reference's own labels gave.
    if (run % 4 === 0) {
      const reference = draw(r, 3000, {});
      model = fitCbpe(reference, classes);
      before = realised(reference, classes);
    }
    const window = draw(r, 1000, change);
    const { metrics, trust } = estimatePerformance(model, window.scores);
    trusted += Number(trust.level === 'good');
    const truth = realised(window, classes);
    for (const [name, found] of Object.entries(metrics)) {
      const real = truth.get(name);
      if (typeof found === 'string' || real === undefined) continue;
      const sum = sums.get(name) ?? { held: 0, off: 0, constant: 0, of: 0 };
      sums.set(name, {
        held: sum.held + Number(found.low <= real && real <= found.high),
        off: sum.off + Math.abs(found.value - real),
        constant: sum.constant + Math.abs(before.get(name)! - real),
        of: sum.of + 1,
      });
    }
  }
  return { sums, trusted };
}

test('performance without labels: 95 % intervals, and the error beside that of saying that nothing has changed', () => {
  const cases = [
    ['two classes, same rows', 2, (r: Random, n: number, c: object) => two(r, n, { bend: 2, ...c }), {}],
    [
      'two classes, rows moved by 1 σ',
      2,
      (r: Random, n: number, c: object) => two(r, n, { bend: 2, ...c }),
      { shift: 1 },
    ],
    ['two classes, right scores, moved', 2, (r: Random, n: number, c: object) => two(r, n, c), { shift: 1 }],
    ['three classes, same rows', 3, (r: Random, n: number, c: object) => three(r, n, { bend: 2, ...c }), {}],
    [
      'three classes, rows moved by 1 σ',
      3,
      (r: Random, n: number, c: object) => three(r, n, { bend: 2, ...c }),
      { shift: 1 },
    ],
  ] as const;
  for (const [what, classes, draw, change] of cases) {
    const { sums } = trial(draw, classes, change);
    const told = [...sums].map(
      ([name, { held, off, constant, of }]) =>
        `${name} ${((100 * held) / of).toFixed(1)} % held, off by ${(off / of).toFixed(4)} (constant ${(constant / of).toFixed(4)})`,
    );
    console.log(`${what}: ${told.join('; ')}`);
    assert.equal(sums.size, 5);
    for (const [name, { held, off, constant, of }] of sums) {
      if (classes === 2) assert.ok(held >= 0.9 * of, `${what}, ${name}: ${held} of ${of}`);
      if ('shift' in change && name === 'accuracy') assert.ok(off < constant, `${what}: ${off} ${constant}`);
    }
  }
});

test('what rows mean has changed: an estimate without labels does not see it', () => {
  const { sums } = trial((r, n, change) => two(r, n, change), 2, { turn: 1 });
  const { held, off, of } = sums.get('accuracy')!;
  console.log(
    `the meaning turned: accuracy ${((100 * held) / of).toFixed(1)} % held, off by ${(off / of).toFixed(4)}`,
  );
  assert.ok(held < 0.9 * of);
});
