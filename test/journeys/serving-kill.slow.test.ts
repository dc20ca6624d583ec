import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictionLineage } from '../../src/governance/contract.ts';
import type { EndpointDetail, Revision } from '../../src/serving/contract.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { ServerProcess } from './kill/server-process.ts';
import { apiOf } from './serving/api.ts';
import { alive, below, PLANE } from './serving/python-model.ts';

const KILLS = Number(process.env['TREADLE_SERVING_KILLS'] ?? 2);

test(`${KILLS} kills of the server: what was acknowledged answers again, and nothing is left behind`, async (t) => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-serving-kill-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  {
    await using seed = await openTest({ data });
    for (let version = 1; version <= 4; version++)
      await registerOnnx(seed.ctx, 'const', constantOnnx(version));
  }
  const server = await ServerProcess.on(data, { TREADLE_INFERENCE_PORT: '0' });
  t.after(() => server.stop());
  await server.start();
  const api = apiOf(server.url);
  let acknowledged = await api.deploy('const', '1');
  const predictions = new Map<string, number>();
  for (let n = 0; n < KILLS; n++) {
    // Deployments go on, one after the other, until the kill takes one of them.
    let over = false;
    let done = 0;
    const deploying = (async () => {
      for (let i = 0; !over; i++) {
        try {
          const one = await api.deploy('const', String((i % 4) + 1));
          if (one.state === 'live') acknowledged = one;
          done++;
        } catch {
          return; // the server is gone
        }
      }
    })();
    // Each kill meets another moment of a deployment.
    await until('the next deployment', () => done > n % 3);
    await sleep((n * 37) % 200);
    const answer = await api.ask('const');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.value, Number(answer.version));
    predictions.set(answer.prediction, answer.revision);
    const planes = below(server.pid, PLANE);
    assert.ok(planes.length > 0, 'no plane was found');
    await server.kill();
    over = true;
    await deploying;
    await until('the end of its planes', () => !planes.some(alive));

    await server.start();
    // Ready at once; the models are loaded after, and until then it says so.
    const statuses = new Set<number>();
    for (;;) {
      const { status, revision, value, version } = await api.ask('const');
      statuses.add(status);
      assert.ok(status === 200 || status === 503, String(status));
      if (status === 200) {
        // The one that was acknowledged, or a later one whose switch was on disk when the kill came.
        assert.ok(
          revision >= acknowledged.revision,
          `revision ${revision} answers, ${acknowledged.revision} was acknowledged`,
        );
        assert.equal(value, Number(version));
        break;
      }
      await sleep(20);
    }
    t.diagnostic(`after kill ${n + 1}: ${[...statuses].join(', ')}`);
    // What was being prepared goes on, and ends.
    for (;;) {
      const { items } = await api.get<{ items: Revision[] }>('/api/v1/endpoints/const/revisions?limit=500');
      if (items.some(({ state }) => state === 'preparing')) {
        await sleep(100);
        continue;
      }
      assert.equal(items.filter(({ state }) => state === 'live').length, 1);
      acknowledged = items.find(({ state }) => state === 'live')!;
      break;
    }
    assert.equal(
      (await api.get<EndpointDetail>('/api/v1/endpoints/const')).endpoint.current?.revision,
      acknowledged.revision,
    );
  }
  for (const [id, revision] of predictions) {
    const story = await api.get<PredictionLineage>(`/api/v1/predictions/${id}/lineage`);
    assert.equal(story.revision.revision, revision);
  }
  assert.equal((await api.get<{ ok: boolean }>('/api/v1/ledger/verification')).ok, true);
  const planes = below(server.pid, PLANE);
  await server.stop();
  assert.deepEqual(planes.filter(alive), [], 'an orderly stop left a plane');
});
