import assert from 'node:assert/strict';
import test from 'node:test';
import { random, type Random } from '../../test/random.ts';
import { LATENCY_EDGES, latencyCounts } from './latency.ts';
import {
  answersNeeded,
  planCanary,
  startCanary,
  stepCanary,
  type Answers,
  type CanaryPlan,
} from './sequential-ab.ts';

/** The value that so many are at or below. */
const quantile = (of: readonly number[], share: number): number =>
  of.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * of.length) - 1)] ?? NaN;

const TIMES = Number(process.env['TREADLE_DETECTORS'] ?? 1);
const RUNS = TIMES > 1 ? 200 : 40;
/** Of a release, of which a canary gets a tenth; batches of 1,000. */
const REQUESTS = 1_000_000;

interface Harm {
  errors?: number;
  slow?: number;
  loss?: number;
}

/** Latencies are log-normal with deviation `spread`, around 10 ms; drawn once as buckets, and picked from. */
const pools = new Map<string, Int16Array>();
function pool(slow: number, spread: number): Int16Array {
  const key = `${slow} ${spread}`;
  const known = pools.get(key);
  if (known) return known;
  const r = random(77);
  const made = Int16Array.from({ length: TIMES > 1 ? 200_000 : 50_000 }, () =>
    latencyCounts([slow * 10 * Math.exp(spread * r.normal())]).indexOf(1),
  );
  pools.set(key, made);
  return made;
}

function side(
  r: Random,
  answers: number,
  { errors, slow, loss, spread }: Required<Harm> & { spread: number },
): Answers {
  const latency = Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0);
  const from = pool(slow, spread);
  let failed = 0;
  const losses = new Float64Array(answers);
  for (let i = 0; i < answers; i++) {
    latency[from[r.integer(from.length)]!]!++;
    failed += Number(r.uniform() < errors);
    if (loss > 0) losses[i] = Number(r.uniform() < loss);
  }
  return { answers, errors: failed, latency, ...(loss > 0 ? { losses } : {}) };
}

/** Runs until the verdict, or on to the last request if `on`: then a promotion does not end the watch. */
function rollouts(
  plan: CanaryPlan,
  runs: number,
  harm: Harm,
  { spread = 0.5, base = 0.01, loss = 0, requests = REQUESTS, on = false },
) {
  const used: number[] = [];
  const verdicts = { hold: 0, promote: 0, 'roll back': 0 };
  const good = { errors: base, slow: 1, loss, spread };
  for (let run = 0; run < runs; run++) {
    const r = random(run + 1);
    let state = startCanary(plan);
    let answers = 0;
    for (let seen = 0; seen < requests && state.verdict !== 'roll back'; seen += 1000) {
      if (state.verdict === 'promote') {
        if (!on) break;
        state = { ...state, verdict: 'hold' };
      }
      const step = stepCanary(plan, state, {
        primary: side(r, 900, good),
        canary: side(r, 100, { ...good, ...harm }),
      });
      ({ state } = step);
      answers = step.result.used;
    }
    verdicts[state.verdict]++;
    used.push(answers);
  }
  const line = `${verdicts['roll back']} rolled back, ${verdicts.promote} promoted, ${verdicts.hold} undecided of ${runs}; answers of the canary: median ${quantile(used, 0.5)}, p90 ${quantile(used, 0.9)}, most ${Math.max(...used)}`;
  return { used, verdicts, line };
}

const LOSSES = planCanary({ metrics: ['errors', 'latency', 'loss'] });

test('canaries that are no worse: at most one in twenty is ever rolled back', () => {
  const requests = TIMES > 1 ? 300_000 : 20_000;
  const same = rollouts(planCanary(), RUNS, {}, { requests, on: true });
  console.log(`A/A, watched for ${requests} requests: ${same.line}`);
  assert.ok(same.verdicts['roll back'] <= 0.05 * RUNS);
  const losses = rollouts(LOSSES, RUNS, {}, { requests, on: true, loss: 0.15 });
  console.log(`A/A with losses: ${losses.line}`);
  assert.ok(losses.verdicts['roll back'] <= 0.05 * RUNS);
  const real = rollouts(planCanary(), RUNS, {}, { requests: Math.max(requests, 80_000) });
  console.log(`A/A, until the verdict: ${real.line}`);
  assert.ok(real.verdicts['roll back'] <= 0.05 * RUNS && real.verdicts.promote > 0.8 * RUNS);
});

test('canaries that are worse are rolled back before one request in a hundred has seen them', () => {
  const runs = TIMES > 1 ? 500 : 10;
  const limit = REQUESTS / 100;
  const told = (
    what: string,
    harm: Harm,
    how: Parameters<typeof rollouts>[3] = {},
    plan = planCanary(),
  ): void => {
    const { used, verdicts, line } = rollouts(plan, runs, harm, how);
    console.log(`${what}: ${line}`);
    assert.ok(verdicts['roll back'] >= 0.99 * runs, what);
    assert.ok(quantile(used, 0.99) < limit, what);
  };
  told('errors 1 → 3 %', { errors: 0.03 });
  told('errors 0.1 → 2.1 %', { errors: 0.021 }, { base: 0.001 });
  told('errors 5 → 7 %', { errors: 0.07 }, { base: 0.05 });
  told('p99 + 20 %, spread 0.3', { slow: 1.2 }, { spread: 0.3 });
  told('p99 + 20 %, spread 0.5', { slow: 1.2 });
  told('losses 15 → 20 %', { loss: 0.2 }, { loss: 0.15 }, LOSSES);
  const plan = planCanary();
  console.log(
    `answers of a canary by the formula: errors 1 → 3 % ${answersNeeded(plan, { base: 0.01, worse: 0.03, metric: 'errors' })}, 5 → 7 % ${answersNeeded(plan, { base: 0.05, worse: 0.07, metric: 'errors' })}, 15 → 17 % ${answersNeeded(plan, { base: 0.15, worse: 0.17, metric: 'errors' })}; slow answers 1 → 2 % ${answersNeeded(plan, { base: 0.01, worse: 0.02, metric: 'latency' })}`,
  );
});
