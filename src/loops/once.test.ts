import assert from 'node:assert/strict';
import test from 'node:test';
import { openSqliteTest } from '../platform/db/databases.suite.ts';
import { assertOnce, simulate } from './simulation.suite.ts';

/** Worlds of so many schedules; `npm run test:deep` takes a thousand in all. */
const worlds = Number(process.env['TREADLE_LOOP_WORLDS'] ?? 2);
const SCHEDULES = 20;

test('every planned time turns its loop exactly once, whatever dies, sleeps, jumps or comes twice', async () => {
  const sum = { planned: 0, turns: 0, trained: 0, kills: 0, jumps: 0 };
  for (let seed = 1; seed <= worlds; seed++) {
    await using opened = await openSqliteTest();
    const outcome = await simulate(opened.database, {
      seed,
      schedules: worlds === 2 ? 6 : SCHEDULES,
      steps: worlds === 2 ? 12 : 40,
      servers: 2,
      deadly: 0.02,
    });
    assertOnce(outcome, seed);
    for (const key of ['planned', 'turns', 'trained', 'kills', 'jumps'] as const) sum[key] += outcome[key];
  }
  if (worlds > 2) console.log(JSON.stringify({ schedules: worlds * SCHEDULES, lost: 0, doubled: 0, ...sum }));
  assert.ok(sum.planned > 40 && sum.kills > 2 && sum.jumps > 2, JSON.stringify(sum));
});
