import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { apiOf } from '../../test/journeys/serving/api.ts';
import { constantOnnx, registerOnnx } from '../../test/onnx-model.ts';
import { until } from '../../test/until.ts';
import { deleteVersion } from '../models/index.ts';
import type { Endpoint, EndpointDetail } from './contract.ts';

test('what cannot be loaded after a start is told: a live revision, and one that a rollback would go back to', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-unloadable-'));
  try {
    {
      await using server = await openTest({ data });
      const api = apiOf(server.url);
      for (const answer of [1, 2, 3]) await registerOnnx(server.ctx, 'const', constantOnnx(answer));
      for (const version of ['1', '3']) await api.deploy('whole', version);
      for (const version of ['1', '2']) await api.deploy('broken', version);
      for (const version of [1, 2])
        await deleteVersion(server.ctx, 'const', version, { force: true }, [], []);
      const { endpoint, previous } = await api.get<EndpointDetail>('/api/v1/endpoints/whole');
      assert.deepEqual(
        [endpoint.current?.unloadable, previous?.revision, previous?.unloadable],
        [undefined, 1, undefined],
        'what is loaded can be gone back to still',
      );
      assert.deepEqual(server.errors, []);
    }
    rmSync(path.join(data, 'runtimes', 'models'), { recursive: true });

    await using server = await openTest({ data });
    const api = apiOf(server.url);
    const show = (name: string): Promise<EndpointDetail> => api.get(`/api/v1/endpoints/${name}`);
    const broken = await until(
      'the live one tells',
      async () => (await show('broken')).endpoint.current?.unloadable,
    );
    assert.match(broken.problem, /^const v2: model 'const' has no version 2/);
    assert.match(broken.hint, /treadle deploy MODEL@VERSION --to broken/);
    const back = await until('the one before tells', async () => (await show('whole')).previous?.unloadable);
    assert.match(back.problem, /^const v1: model 'const' has no version 1/);
    assert.match(back.hint, /a rollback to it fails/);
    const none = await until('neither way is open', async () => (await show('broken')).previous?.unloadable);
    assert.match(none.problem, /^const v1: /);
    const { items } = await api.get<{ items: Endpoint[] }>('/api/v1/endpoints');
    assert.deepEqual(
      items.map(({ name, current }) => [name, current?.state, current?.unloadable !== undefined]),
      [
        ['broken', 'live', true],
        ['whole', 'live', false],
      ],
    );
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^treadle_endpoint_unloadable\{workspace="default",endpoint="broken"\} 1$/m);
    assert.match(metrics, /^treadle_endpoint_unloadable\{workspace="default",endpoint="whole"\} 0$/m);
    assert.equal((await api.ask('whole')).value, 3);
    // Of one that answers no error is logged, and that what it gave way to is gone is none.
    assert.deepEqual(
      server.errors.map((line) => {
        const { message, endpoint, revision } = JSON.parse(line) as Record<string, unknown>;
        return [message, endpoint, revision];
      }),
      [['a live revision could not be taken up again; it is tried again all the time', 'broken', 2]],
    );
    await api.deploy('broken', '3');
    assert.equal((await api.ask('broken')).value, 3);
    assert.equal((await show('broken')).endpoint.current?.unloadable, undefined);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
