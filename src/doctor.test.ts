import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointFindings, walled } from './doctor.ts';
import type { Revision } from './serving/contract.ts';

test('that no wall holds cannot be read as good news', () => {
  const none = walled({ level: 'none', namespaces: false });
  assert.equal(none.holds, false);
  assert.match(none.says, /^no wall holds, and so editor = the server’s user/);
  assert.deepEqual(walled({ level: 'userns', namespaces: true }), {
    what: 'walls',
    holds: true,
    says: 'code of steps and models runs apart, by userns',
  });
});

test('endpoints that cannot be loaded are named, and that nothing answers for models is said', () => {
  const current = { revision: 2 } as Revision; // of the rest nothing is asked
  const unloadable = { problem: 'const v2: it is gone', hint: 'deploy another', since: 0 };
  const broken = { name: 'broken', current: { ...current, unloadable } };
  const said = (...endpoints: Parameters<typeof endpointFindings>[0]) =>
    endpointFindings(endpoints).map(({ what, holds, says }) => `${holds} ${what}: ${says}`);
  assert.deepEqual(said(), []);
  assert.deepEqual(said({ name: 'empty' }), []);
  assert.deepEqual(said({ name: 'whole', current }, broken), [
    'false endpoint broken: revision 2 cannot be loaded: const v2: it is gone; deploy another',
    'true inference: 1 of 2 live endpoints can be loaded',
  ]);
  assert.equal(
    said(broken).at(-1),
    'false inference: no live endpoint can be loaded: the port of the inference protocols is shut',
  );
});
