import assert from 'node:assert/strict';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { sweepRuntimes, type ModelPlace } from '../runtimes/index.ts';
import type { Variant } from './contract.ts';
import { addRevision } from './new-revision.ts';
import { placesInUse } from './places-in-use.ts';
import { changeEndpoint, changeRevision } from './store.ts';
import { storedPlaces } from './table.ts';

test('gc keeps the model and the environment of what answers and of what a rollback goes back to, and no more', async () => {
  await using server = await openTest();
  const { ctx, data } = server;
  const folderOf = (kind: 'models' | 'envs', version: number): string =>
    path.join(data, 'runtimes', kind, `of-${version}`);
  const placeOf = (version: number): ModelPlace => ({
    key: `key-${version}`,
    folder: folderOf('models', version),
    runtime: 'python',
    python: path.join(folderOf('envs', version), 'bin', 'python'),
    limits: { load: 1, predict: 1, memory: 1, batch: 1, threads: 1, hosts: 1 },
  });
  const old = new Date(Date.now() - 3_600_000);
  for (const version of [1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const kind of ['models', 'envs'] as const) {
      mkdirSync(folderOf(kind, version), { recursive: true });
      writeFileSync(path.join(folderOf(kind, version), 'file'), 'x');
      utimesSync(folderOf(kind, version), old, old);
    }
  const add = (endpoint: string, version: number, state: string, back?: number): Promise<string> =>
    ctx.write(async (tx) => {
      const variant: Variant = {
        role: 'champion',
        model: 'm',
        version,
        version_ref: `model_version:m/${version}`,
        percent: 100,
        runtime: 'python',
      };
      const { row } = await addRevision(
        tx,
        {
          endpoint,
          cause: 'deploy',
          variants: [variant],
          wishes: [{}],
          places: storedPlaces([placeOf(version)], data),
          sticky: true,
          strict: false,
          back,
        },
        true,
        [],
      );
      await changeRevision(tx, row.id, ['preparing'], { state, live_at: state === 'failed' ? null : 1 });
      return row.endpoint_id;
    });
  await add('a', 1, 'superseded');
  await add('a', 2, 'superseded'); // the target of a rollback: the newest with other traffic
  await add('a', 3, 'superseded');
  await add('a', 4, 'failed');
  await add('a', 3, 'live');
  await add('b', 5, 'preparing');
  await add('d', 8, 'superseded'); // what answered before a rollout, and two steps of it
  await add('d', 7, 'superseded', 1);
  await add('d', 9, 'live', 1);
  const gone = await add('c', 6, 'live');
  await ctx.write((tx) => changeEndpoint(tx, gone, { deleted_at: 1 }));

  const moment = Date.now() - 60_000;
  const before = { models: moment, environments: moment };
  const sweep = async (dryRun: boolean) => sweepRuntimes(data, await placesInUse(ctx, data), before, dryRun);
  const swept = { folders: 4, bytes: 4 };
  assert.deepEqual(await sweep(true), { models: swept, environments: swept });
  assert.deepEqual(await sweep(false), { models: swept, environments: swept });
  for (const kind of ['models', 'envs'] as const)
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((version) => existsSync(folderOf(kind, version))),
      [2, 3, 5, 8, 9],
      kind,
    );
});
