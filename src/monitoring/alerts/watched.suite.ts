import assert from 'node:assert/strict';
import type { TestServer } from '../../../test/harness.ts';
import { apiOf } from '../../../test/journeys/serving/api.ts';
import { constantOnnx, registerOnnx } from '../../../test/onnx-model.ts';
import type { MonitoringTables } from '../schema.ts';

/** An endpoint with a monitor. */
export async function watched(server: TestServer): Promise<void> {
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  await apiOf(server.url).deploy('const', '1');
  const set = await fetch(`${server.url}/api/v1/endpoints/const/monitor`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ owner: 'ana', runbook: 'https://wiki.example/const' }),
  });
  assert.equal(set.status, 200, await set.text());
}

/** As if the monitor had been set so long ago, and no job had run since. */
export async function backdate(server: TestServer, days: number): Promise<void> {
  await server.ctx.write(async (tx) => {
    await tx.db
      .$extendTables<MonitoringTables>()
      .updateTable('monitor')
      .set({ updated_at: Date.now() - days * 86_400_000 })
      .execute();
  });
}
