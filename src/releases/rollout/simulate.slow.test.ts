// Rollouts with the shipped defaults, through the very code that drives them, on a database; only planes and callers are simulated.
import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../../test/harness.ts';
import { requireRelease } from '../store.ts';
import { ask, run, twoVersions } from './rollout.suite.ts';
import { World, type Manner } from './world.suite.ts';

/** `npm run test:deep -- rollouts`: so many of each. */
const RUNS = Number(process.env['TREADLE_ROLLOUTS'] ?? 1);
const RATE = 2_000;
/** A look is one second in truth; here ten, which makes batches larger and verdicts no earlier. */
const LOOK = 10_000;

const at = (of: readonly number[], share: number): number =>
  of.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * of.length) - 1)] ?? NaN;

test('rollouts of a version that is no worse, and of worse ones', async (t) => {
  await using server = await openTest();
  await twoVersions(server.ctx);

  async function rollouts(what: string, trial: Partial<Manner>, primary: Partial<Manner> = {}, runs = RUNS) {
    const ends = { succeeded: 0, rolled_back: 0, held: 0 };
    const [shares, answers, minutes]: [number[], number[], number[]] = [[], [], []];
    for (let seed = 1; seed <= runs; seed++) {
      const world = new World({ seed, rate: RATE, look: LOOK, trial: { ...primary, ...trial }, primary });
      const ctx = world.ctx(server);
      const began = world.now;
      const stop = new AbortController();
      const id = await ask(world, ctx, {});
      world.paused = async () => {
        if ((await requireRelease(ctx, id)).state === 'held') stop.abort();
      };
      const done = await run(world, ctx, id, stop.signal).catch(() => undefined);
      const end = done?.state ?? 'held';
      assert.ok(end === 'succeeded' || end === 'rolled_back' || end === 'held', end);
      ends[end]++;
      answers.push(world.met.trial);
      shares.push((100 * world.met.trial) / world.met.all);
      minutes.push((world.now - began) / 60_000);
    }
    const line = `${what}: of ${runs} ${ends.rolled_back} rolled back, ${ends.succeeded} promoted, ${ends.held} held; requests that met it: median ${at(answers, 0.5)}, p90 ${at(answers, 0.9)}, most ${Math.max(...answers)}; share of all requests: median ${at(shares, 0.5).toFixed(2)} %, most ${Math.max(...shares).toFixed(2)} %; minutes at ${RATE}/s: median ${at(minutes, 0.5).toFixed(0)}, most ${Math.max(...minutes).toFixed(0)}`;
    console.log(line);
    return { ends, shares, runs };
  }

  await t.test('no worse: at most one in twenty is rolled back, and most are promoted', async () => {
    const { ends, runs } = await rollouts('A/A', {});
    assert.ok(ends.rolled_back <= 0.05 * runs);
    assert.ok(ends.succeeded >= 0.9 * runs);
  });

  const worse: Array<[string, Partial<Manner>, Partial<Manner>?]> = [
    ['errors 1 → 3 %', { errors: 0.03 }],
    ['errors 0.1 → 2.1 %', { errors: 0.021 }, { errors: 0.001 }],
    ['errors 5 → 7 %', { errors: 0.07 }, { errors: 0.05 }],
    ['p99 + 20 %, spread 0.5', { slow: 1.2 }],
    ['p99 + 20 %, spread 0.3', { slow: 1.2 }, { spread: 0.3 }],
  ];
  // Of each a hundredth may be promoted: the bound is a twentieth.
  for (const [what, trial, primary] of worse)
    await t.test(`${what}: rolled back before one request in a hundred has met it`, async () => {
      const { ends, shares, runs } = await rollouts(what, trial, primary);
      assert.ok(ends.succeeded + ends.held <= 0.01 * runs, JSON.stringify(ends));
      assert.ok(at(shares, 0.99) < 1, `${at(shares, 0.99)} %`);
    });
  assert.deepEqual(server.errors, []);
});
