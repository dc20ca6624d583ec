import assert from 'node:assert/strict';
import test from 'node:test';
import type { Rollout } from '../../releases/contract.ts';
import { rolloutLines } from './rollouts.ts';

const side = { answers: 4, errors: 0, losses: 0 };
const ROLLOUT: Rollout = {
  stages: [
    { role: 'canary', percent: 5 },
    { role: 'primary', percent: 100 },
  ],
  stage: 0,
  phase: 'preparing',
  percent: 5,
  base: 1,
  revision: 2,
  since: 0,
  every_s: 1,
  within_s: 60,
  undecided: 'hold',
  losses: 'watch',
  seen: { requests: 8, trial: 4 },
  step_seen: { requests: 8, trial: 4 },
  evidence: { harm: 0, proof: {}, words: 'hold: not yet shown', primary: side, trial: side },
  held: { why: 'so said', since: 0 },
};

test('of a rollout that ended nothing is said of what it waits for', () => {
  const going = rolloutLines({ rollout: ROLLOUT }).join('\n');
  assert.match(
    going,
    /^rollout ▶5 % → 100 %, preparing\n {2}held: so said\n {2}hold: not yet shown\n {2}errors/,
  );
  const ended = rolloutLines({ rollout: ROLLOUT, ended_at: 1 }).join('\n');
  assert.match(ended, /^rollout ▶5 % → 100 %, ended\n {2}errors/);
});
