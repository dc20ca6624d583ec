import assert from 'node:assert/strict';
import { test } from 'node:test';
import path from 'node:path';
import { openTest } from '../../test/harness.ts';
import { unavailable } from '../platform/errors/index.ts';
import type { ModelPlace } from '../runtimes/index.ts';
import type { Variant } from './contract.ts';
import { createMend } from './mend.ts';
import { addRevision } from './new-revision.ts';
import type { TableEndpoint } from './plane/protocol.ts';
import { storedPlaces, tableEntry } from './table.ts';

test('what broke beneath a model is made anew, once for all who tell of it; a model that is whole is left to its faults', async () => {
  await using server = await openTest();
  const { ctx, data } = server;
  const place: ModelPlace = {
    key: 'key',
    folder: path.join(data, 'runtimes', 'models', 'of-1'),
    runtime: 'python',
    python: path.join(data, 'runtimes', 'envs', 'of-1', 'bin', 'python'),
    limits: { load: 1, predict: 1, memory: 1, batch: 1, threads: 1, hosts: 1 },
  };
  const variant: Variant = {
    role: 'champion',
    model: 'm',
    version: 1,
    version_ref: 'model_version:m/1',
    percent: 100,
    runtime: 'python',
  };
  const { row } = await ctx.write((tx) =>
    addRevision(
      tx,
      {
        endpoint: 'a',
        cause: 'deploy',
        variants: [variant],
        wishes: [{ runtime: 'python' }],
        places: storedPlaces([place], data),
        sticky: true,
        strict: false,
      },
      true,
      [],
    ),
  );
  const entry: TableEndpoint = tableEntry(row, undefined, { recording: 'none' });
  const asked: unknown[] = [];
  let whole = true;
  let works = true;
  const mend = createMend(
    () => ({
      data,
      planes: {
        entries: () => [entry].values(),
        place: (key) => (key === place.key ? place : undefined),
      },
      runtimes: {
        isWhole: async () => whole,
        async prepare(_ctx, which, options) {
          asked.push([which, options]);
          if (!works) throw unavailable('the index is away');
          whole = true;
          return place;
        },
      },
    }),
    (workspace) => ctx.as({ workspace }),
  );
  assert.equal(await mend('key'), false);
  assert.equal(await mend('another'), false);
  assert.deepEqual(asked, []);
  whole = false;
  assert.deepEqual(await Promise.all([mend('key'), mend('key')]), [true, true]);
  assert.deepEqual(asked, [[{ model: 'm', version: 1 }, { runtime: 'python' }]]);
  assert.deepEqual(server.errors, []);
  // Then it is for whoever watches over the endpoint, and the next time it is tried again.
  [whole, works] = [false, false];
  assert.equal(await mend('key'), false);
  assert.equal(server.errors.length, 1);
  assert.match(server.errors[0]!, /could not be made anew.*the index is away/);
  works = true;
  assert.equal(await mend('key'), true);
});
