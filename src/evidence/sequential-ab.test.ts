import assert from 'node:assert/strict';
import test from 'node:test';
import { binomialTerm } from '../platform/mathematics/index.ts';
import { random, type Random } from '../../test/random.ts';
import { LATENCY_BUCKETS } from '../serving/plane/protocol.ts';
import { edgeOfTail, latencyBucket, LATENCY_EDGES, latencyCounts, slower } from './latency.ts';
import {
  answersNeeded,
  planCanary,
  readCanary,
  startCanary,
  stepCanary,
  type Answers,
  type CanaryPlan,
  type CanaryState,
} from './sequential-ab.ts';
import { meanLog, ratioLog } from './two-sample.ts';

test('the expectation of e of a batch is at most 1 for every pair of shares of the null', () => {
  let pairs = 0;
  for (const [n, m] of [
    [3, 9],
    [8, 2],
    [5, 5],
  ] as const)
    for (const margin of [0, 0.05, -0.1])
      for (const favoured of [
        { q: 0.3, p: 0.1 },
        { q: 0.9, p: 0.5 },
        { q: 0.05, p: 0.04 },
      ]) {
        if (favoured.q <= favoured.p + margin) continue;
        const expected = (left: number, right: number): number => {
          let sum = 0;
          for (let a = 0; a <= n; a++)
            for (let b = 0; b <= m; b++)
              sum +=
                binomialTerm(a, n, left) *
                binomialTerm(b, m, right) *
                Math.exp(ratioLog({ count: n, bad: a }, { count: m, bad: b }, { ...favoured, margin }));
          return sum;
        };
        for (let right = 0; right <= 1; right += 0.05)
          for (let left = 0; left <= Math.min(1, right + margin); left += 0.05) {
            pairs++;
            assert.ok(expected(left, right) <= 1 + 1e-9, `${left} ${right}: ${expected(left, right)}`);
          }
        assert.ok(expected(favoured.q, favoured.p) > 1);
      }
  assert.ok(pairs > 3000);
});

test('so it is for means of losses', () => {
  // Losses that are 0, ½ or 1, by an exact product over the independent rows of both sides.
  const expected = (
    left: number,
    right: number,
    how: { v: number; stake: number; margin: number },
  ): number => {
    const values = (mean: number): Array<[number, number]> => [
      [0, 1 - mean - Math.min(mean, 1 - mean) / 2],
      [0.5, Math.min(mean, 1 - mean)],
      [1, mean - Math.min(mean, 1 - mean) / 2],
    ];
    let sum = 0;
    const walk = (x: number[], y: number[], chance: number): void => {
      if (x.length < 2) for (const [value, p] of values(left)) walk([...x, value], y, chance * p);
      else if (y.length < 3) for (const [value, p] of values(right)) walk(x, [...y, value], chance * p);
      else sum += chance * Math.exp(meanLog(x, y, how));
    };
    walk([], [], 1);
    return sum;
  };
  for (const margin of [0, 0.1, -0.1])
    for (const v of [0.2, 0.5])
      for (let right = 0.1; right < 0.9; right += 0.1)
        for (let left = 0.05; left <= right + margin; left += 0.1)
          assert.ok(expected(left, right, { v, stake: 0.4, margin }) <= 1 + 1e-9);
  assert.ok(expected(0.6, 0.2, { v: 0.3, stake: 0.4, margin: 0 }) > 1);
});

/** Answers of one side: errors with a chance, log-normal latencies around 10 ms times `slow`, errors as losses with a chance. */
function side(r: Random, answers: number, { errors = 0.01, slow = 1, loss = 0.15 } = {}): Answers {
  const draw = (chance: number): number => Number(r.uniform() < chance);
  return {
    answers,
    errors: Array.from({ length: answers }, () => draw(errors)).reduce((a, b) => a + b, 0),
    latency: latencyCounts(
      Float64Array.from({ length: answers }, () => slow * 10 * Math.exp(0.5 * r.normal())),
    ),
    losses: Float64Array.from({ length: answers }, () => draw(loss)),
  };
}

function roll(plan: CanaryPlan, seed: number, canary: Parameters<typeof side>[2]) {
  const r = random(seed);
  let state = startCanary(plan);
  for (let batch = 0; batch < 400; batch++) {
    const step = stepCanary(plan, state, { primary: side(r, 900), canary: side(r, 100, canary) });
    ({ state } = step);
    if (step.result.verdict !== 'hold') return { state, result: step.result };
  }
  return { state, result: readCanary(plan, state) };
}

test('a canary that is as good is promoted, one that errs more, is slower or is wrong more often is rolled back, and each says why', () => {
  const plan = planCanary();
  const good = roll(plan, 1, {}).result;
  assert.equal(good.verdict, 'promote', good.words);
  assert.match(
    good.words,
    /^promote: shown to be good enough in errors, latency \(\d+ answers of the canary; errors /,
  );
  const errs = roll(plan, 2, { errors: 0.03 }).result;
  assert.match(
    errs.words,
    /^roll back: errors \d\.\d\d %, primary \d\.\d\d % \(\d+ answers of the canary\)$/,
  );
  assert.ok(errs.used < 3000);
  const slow = roll(plan, 3, { slow: 1.2 }).result;
  assert.match(slow.words, /^roll back: slower than [\d.]+ ms \d\.\d\d %, primary \d\.\d\d %/);
  const losses = planCanary({ metrics: ['errors', 'latency', 'loss'] });
  const wrong = roll(losses, 4, { loss: 0.2 }).result;
  assert.match(wrong.words, /^roll back: mean loss \d+\.\d\d %, primary /);
  const right = roll(losses, 5, {}).result;
  assert.equal(right.verdict, 'promote', right.words);
  const first = readCanary(plan, startCanary(plan));
  assert.match(
    first.words,
    /^hold: not yet shown to be good enough in errors, latency \(0 answers of the canary; errors –, primary –; no latency seen\)/,
  );
});

test('a metric that is watched and not required keeps no canary from its promotion, and still rolls it back', () => {
  const plan = planCanary({ metrics: ['errors', 'latency', 'loss'], required: ['errors', 'latency'] });
  const { result } = roll(plan, 1, {});
  assert.equal(result.verdict, 'promote', result.words);
  assert.ok(result.proof.loss! < 1);
  assert.equal(roll(plan, 4, { loss: 0.4 }).result.verdict, 'roll back');
});

test('a verdict is final, and the state goes through JSON', () => {
  const plan = planCanary();
  const { state } = roll(plan, 2, { errors: 0.03 });
  const r = random(9);
  const again = stepCanary(plan, JSON.parse(JSON.stringify(state)) as CanaryState, {
    primary: side(r, 9000),
    canary: side(r, 1000),
  });
  assert.equal(again.result.verdict, 'roll back');
  assert.equal(again.state.batches, state.batches + 1);
});

test('both sides may get worse together, and a canary that goes bad late is seen', () => {
  const plan = planCanary({ metrics: ['errors'] });
  const r = random(6);
  let state = startCanary(plan);
  let harm = 0;
  for (let batch = 0; batch < 60; batch++) {
    const errors = batch % 2 ? 0.2 : 0.01;
    const step = stepCanary(plan, state, {
      primary: side(r, 450, { errors }),
      canary: side(r, 50, { errors }),
    });
    ({ state } = step);
    harm = Math.max(harm, step.result.harm);
  }
  assert.ok(harm < 1, `${harm}`);
  state = { ...state, verdict: 'hold' };
  let bad = 0;
  while (state.verdict === 'hold' && bad < 100) {
    bad++;
    ({ state } = stepCanary(plan, state, { primary: side(r, 450), canary: side(r, 50, { errors: 0.1 }) }));
    state = { ...state, verdict: state.verdict === 'promote' ? 'hold' : state.verdict };
  }
  assert.equal(state.verdict, 'roll back');
  assert.ok(bad < 60, `${bad}`);
});

test('what was not counted right names its field, and the state is as before', () => {
  const plan = planCanary();
  const r = random(8);
  const [good, state] = [side(r, 100), startCanary(plan)];
  const step = (canary: Partial<Answers>) => () =>
    stepCanary(plan, state, { primary: good, canary: { ...good, ...canary } });
  assert.throws(step({ errors: 101 }), /canary.errors is 101 of 100 answers/);
  assert.throws(step({ answers: NaN }), /canary.answers is NaN/);
  assert.throws(step({ latency: [1, 2] }), /canary.latency has 2 buckets, where 300 edges make 301/);
  assert.throws(step({ losses: [0.5, NaN] }), /canary.losses\[1\] is NaN: a loss lies in \[0, 1\]/);
  assert.throws(() => planCanary({ metrics: [] }), /nothing would be compared/);
  assert.throws(
    () => planCanary({ required: ['loss'] }),
    /required is loss: it names one or more of metrics/,
  );
  assert.throws(() => planCanary({ alpha: 1 }), /alpha is 1: it lies between 0 and 1/);
  assert.throws(() => planCanary({ margin: { loss: 0 } }), /tolerance and margin of loss are 0.005 and 0/);
  assert.deepEqual(state, startCanary(plan));
});

test('some tenths of a millisecond are no harm, however large their share; of what takes long they are', () => {
  const verdict = (median: number): string => {
    const plan = planCanary({ metrics: ['latency'] });
    const r = random(21);
    const of = (answers: number, slow: number): Answers => ({
      answers,
      errors: 0,
      latency: latencyCounts(
        Float64Array.from({ length: answers }, () => slow * median * Math.exp(0.3 * r.normal())),
      ),
    });
    let state = startCanary(plan);
    for (let batch = 0; batch < 200 && state.verdict === 'hold'; batch++)
      ({ state } = stepCanary(plan, state, { primary: of(900, 1), canary: of(100, 1.3) }));
    return state.verdict;
  };
  assert.equal(verdict(0.15), 'promote');
  assert.equal(verdict(15), 'roll back');
});

test('with the few buckets that an endpoint counts in, a slow canary is rolled back too, and a good one promoted', () => {
  const plan = planCanary({ metrics: ['latency'], edges: LATENCY_BUCKETS });
  const coarse = (r: Random, answers: number, slow: number): Answers => ({
    answers,
    errors: 0,
    latency: latencyCounts(
      Float64Array.from({ length: answers }, () => slow * 10 * Math.exp(0.5 * r.normal())),
      LATENCY_BUCKETS,
    ),
  });
  const verdict = (slow: number) => {
    const r = random(12);
    let state = startCanary(plan);
    for (let batch = 0; batch < 300 && state.verdict === 'hold'; batch++)
      ({ state } = stepCanary(plan, state, { primary: coarse(r, 900, 1), canary: coarse(r, 100, slow) }));
    return readCanary(plan, state);
  };
  assert.equal(verdict(1).verdict, 'promote');
  const slow = verdict(1.3);
  assert.match(slow.words, /^roll back: slower than 30\.0 ms /);
});

test('buckets of latency: where a value falls, the tail beyond an edge, and answers that a rollback takes', () => {
  for (let ms = 0.01; ms < 200_000; ms *= 1.0173)
    assert.equal(latencyCounts([ms]).indexOf(1), latencyBucket(ms), `${ms}`);
  const counts = latencyCounts([0.01, LATENCY_EDGES[10]!, LATENCY_EDGES[10]! + 1e-9, 1e9]);
  assert.deepEqual([counts[0], counts[10], counts[11], counts[300]], [1, 1, 1, 1]);
  assert.equal(slower(counts, 10), 2);
  const many = latencyCounts(Float64Array.from({ length: 1000 }, (_one, i) => 1 + i / 100));
  const edge = LATENCY_EDGES[edgeOfTail(many, 0.01)]!;
  assert.ok(edge > 10.3 && edge < 11, `${edge}`);
  const plan = planCanary();
  assert.ok(answersNeeded(plan, { base: 0.01, worse: 0.03, metric: 'errors' }) < 1000);
  assert.equal(answersNeeded(plan, { base: 0.01, worse: 0.01, metric: 'errors' }), Infinity);
});
