import assert from 'node:assert/strict';
import test from 'node:test';
import type { Policy } from '../../../src/governance/contract.ts';
import { guardsAlias } from './guards-alias.ts';

const policy = (...covers: Policy['terms']['covers']): Pick<Policy, 'terms'> => ({
  terms: {
    covers,
    checks: [],
    approvers: [{ role: 'approver', count: 1 }],
    expires_h: 168,
    going_back: true,
    break_glass: true,
  },
});

test('an alias is guarded as its policies say, by pattern and whatever its letters', () => {
  const about = { model: 'flights.eu', alias: 'Champion' };
  assert.equal(guardsAlias([], about), false);
  assert.equal(guardsAlias([policy({ alias: 'champion' })], about), true);
  assert.equal(guardsAlias([policy({ alias: 'champion', model: 'flights*' })], about), true);
  assert.equal(guardsAlias([policy({ alias: 'champion', model: 'flights?eu' })], about), false);
  assert.equal(guardsAlias([policy({ alias: 'challenger' }, { endpoint: '*' })], about), false);
});
