import assert from 'node:assert/strict';
import test from 'node:test';
import { walled } from './doctor.ts';

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
