import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../../test/harness.ts';
import { apiOf } from '../../../test/journeys/serving/api.ts';
import { constantOnnx, registerOnnx } from '../../../test/onnx-model.ts';
import { until } from '../../../test/until.ts';
import type { ReleaseDetail } from '../../releases/contract.ts';

test('a version that answers as fast, and wrong, is rolled back by the outcomes of its predictions', async () => {
  await using server = await openTest();
  const api = apiOf(server.url);
  // What never comes true, said never and always.
  for (const answer of [0, 1]) await registerOnnx(server.ctx, 'const', constantOnnx(answer));
  await api.deploy('const', '1', { records: 'all' });
  const { id } = await api.post<ReleaseDetail>('/api/v1/releases', {
    model: 'const',
    version: '2',
    deploy: { endpoint: 'const', rollout: { steps: [50], every_s: 3600, within_s: 7200 } },
  });
  const state = async (): Promise<ReleaseDetail> => api.get(`/api/v1/releases/${id}`);
  await until('a canary', async () => (await state()).state === 'rolling_out');
  const outcomes: Array<{ prediction: string; value: number }> = [];
  for (let i = 0; i < 60; i++) outcomes.push({ prediction: (await api.ask('const')).prediction, value: 0 });
  await api.post('/api/v1/endpoints/const/outcomes', { outcomes });
  await until('the end of the rollout', async () => (await state()).ended_at !== undefined);
  const { state: end, reason = '', rollout } = await state();
  assert.equal(end, 'rolled_back', reason);
  assert.match(reason, /^roll back: mean loss 100\.00 %, primary 0\.00 %/);
  const { primary, trial } = rollout!.evidence;
  assert.deepEqual([primary.losses + trial.losses, trial.loss, primary.loss], [60, 1, 0]);
  assert.equal((await api.ask('const')).version, '1');
  assert.deepEqual(server.errors, []);
});
