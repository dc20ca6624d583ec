import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../../test/harness.ts';
import { ensureExperiment } from './tracker.ts';

test('first executions of a pipeline that begin at once share one experiment', async () => {
  await using server = await openTest();
  const ids = await Promise.all(Array.from({ length: 5 }, () => ensureExperiment(server.ctx, 'forecast')));
  assert.equal(new Set(ids).size, 1);
  assert.deepEqual(server.errors, []);
});
