import assert from 'node:assert/strict';
import test from 'node:test';
import { random } from '../../../test/random.ts';
import {
  boundedErrors,
  capOf,
  planHarm,
  startHarm,
  stepHarm,
  type HarmPlan,
  type HarmState,
} from './betting.ts';
import { DAY, quantile } from './streams.suite.ts';

const TIMES = Number(process.env['TREADLE_DETECTORS'] ?? 1);

/** 1,000 outcomes a day in batches of 50: pages in so many days, or outcomes until the first. */
function stream(plan: HarmPlan, seed: number, days: number, draw: (r: ReturnType<typeof random>) => number) {
  const r = random(seed);
  let state: HarmState = startHarm(plan);
  let pages = 0;
  let before = false;
  let first = Infinity;
  for (let batch = 0; batch < days * 20; batch++) {
    const losses = Float64Array.from({ length: 50 }, () => draw(r));
    const step = stepHarm(plan, state, { from: (batch * DAY) / 20, to: ((batch + 1) * DAY) / 20, losses });
    ({ state } = step);
    if (step.result.page && !before) pages++;
    before = step.result.page;
    if (before && first === Infinity) first = (batch + 1) * 50;
  }
  return { pages, first };
}

/** Outcomes from a change after 2,000 of them until the page. */
function delays(
  runs: number,
  plan: HarmPlan,
  good: (r: ReturnType<typeof random>) => number,
  bad: typeof good,
): number[] {
  return Array.from({ length: runs }, (_one, run) => {
    let seen = 0;
    const { first } = stream(plan, 100 + run, 40, (r) => (seen++ < 2000 ? good(r) : bad(r)));
    return first - 2000;
  });
}

const error = (chance: number) => (r: ReturnType<typeof random>) => Number(r.uniform() < chance);

test('no harm, 15 % errors: false pages in simulated years', () => {
  const years = TIMES > 1 ? 100 : 4;
  const count = (baseline: number, chance: number, tolerance?: number): number => {
    const plan = planHarm({ baseline, ...(tolerance === undefined ? {} : { tolerance }) });
    return Array.from(
      { length: years },
      (_one, year) => stream(plan, year + 1, 365, error(chance)).pages,
    ).reduce((a, b) => a + b, 0);
  };
  const calm = count(0.15, 0.15);
  const edge = TIMES > 1 ? count(0.15, 0.16) : 0;
  console.log(
    `no harm, ${years} years of 365,000 outcomes: ${calm} pages${TIMES > 1 ? `; at the bound of 16 %: ${edge}` : ''}`,
  );
  assert.ok(calm <= years && edge <= years);
  assert.ok(calm <= 0.1 * years);
});

test('harm is paged within few outcomes', () => {
  const runs = TIMES > 1 ? 500 : 30;
  const plan = planHarm({ baseline: 0.15 });
  const told = (what: string, of: number[]): { median: number; most: number } => {
    const [median, most] = [quantile(of, 0.5), quantile(of, 0.9)];
    console.log(`${what}: median ${median}, p90 ${most} outcomes (${runs} runs)`);
    return { median, most };
  };
  const five = told('errors 15 → 20 %', delays(runs, plan, error(0.15), error(0.2)));
  assert.ok(five.median <= 1300 && five.most <= 2500);
  assert.ok(told('errors 15 → 25 %', delays(runs, plan, error(0.15), error(0.25))).median <= 500);
  assert.ok(
    told('errors 5 → 10 %', delays(runs, planHarm({ baseline: 0.05 }), error(0.05), error(0.1))).median <=
      900,
  );
  if (TIMES > 1) told('errors 15 → 18 %', delays(runs, plan, error(0.15), error(0.18)));
  // A regression with heavy tails, whose errors grow by a fifth.
  const draw = (scale: number) => (r: ReturnType<typeof random>) =>
    scale * r.normal() * (r.uniform() < 0.05 ? 8 : 1);
  const r = random(1);
  const errors = Array.from({ length: 20_000 }, () => draw(1)(r));
  const cap = capOf(errors);
  const losses = boundedErrors(errors, new Float64Array(errors.length), cap);
  const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
  const variance = losses.reduce((sum, one) => sum + (one - mean) ** 2, 0) / losses.length;
  const loss = (scale: number) => (from: ReturnType<typeof random>) =>
    Math.min(1, Math.abs(draw(scale)(from)) / cap);
  const worse = delays(runs, planHarm({ baseline: mean, variance, rows: losses.length }), loss(1), loss(1.2));
  assert.ok(told('absolute errors of a heavy-tailed regression × 1.2', worse).median <= 1300);
});
