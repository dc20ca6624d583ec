// Every transition of a release, killed just before and just after its commit: nothing is lost, nothing is done twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { listEntries } from '../../src/ledger/index.ts';
import { getRelease, listReleases } from '../../src/releases/contract.ts';
import { listRevisions } from '../../src/serving/contract.ts';
import { listEvaluations } from '../../src/validation/contract.ts';
import { openTest } from '../harness.ts';
import { gated } from './pipelines/gated.ts';
import type { KillOrder } from './releases/kill-child.ts';

const CHILD = path.join(import.meta.dirname, 'releases', 'kill-child.ts');

/** Starts the server; `ended` resolves with the signal that ended it. Nothing of it outlives the test. */
async function start(
  t: TestContext,
  order: KillOrder,
): Promise<{ ended: Promise<string | null>; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<string | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

const WAY = ['requested', 'judging', 'judged', 'promoted', 'deploying', 'succeeded'];

test('a release killed at each of its transitions, before and after the commit, comes to its end once', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-release-kill-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const port = await freePort();
  using p = gated(`http://127.0.0.1:${port}`, 'killed');
  let kills = 0;
  let execution: string | undefined;
  for (const _state of WAY)
    for (const at of ['before', 'after'] as const) {
      const { ended } = await start(t, { data, port, at });
      // The first one is asked for the execution; it may die before it can say that it heard.
      execution ??= (await p.start()).id;
      assert.equal(await ended, 'SIGKILL');
      kills++;
    }
  const last = await start(t, { data, port, at: 'never' });
  const found = await p.ended(execution!);
  assert.equal(kills, 2 * WAY.length);
  assert.equal(found.state, 'succeeded', String(found.reason));
  assert.deepEqual([found.gate?.verdict, found.deployment?.state], ['pass', 'live']);
  const { items } = await p.client.call(listReleases, { query: {} });
  assert.equal(items.length, 1, 'one execution, one release');
  const release = await p.client.call(getRelease, { params: { release: items[0]!.id } });
  assert.deepEqual(
    release.transitions.map(({ state }) => state),
    WAY,
  );
  const evaluations = (await p.client.call(listEvaluations, { query: {} })).items;
  assert.deepEqual(
    evaluations.map(({ id, state }) => [id, state]),
    [[found.gate?.evaluation, 'done']],
  );
  const revisions = (await p.client.call(listRevisions, { params: { endpoint: 'killed' }, query: {} })).items;
  assert.deepEqual(
    revisions.map(({ revision, state }) => [revision, state]),
    [[1, 'live']],
  );
  await last.stop();

  await using house = await openTest({ data });
  const entries = (await listEntries(house.ctx, { limit: 1000 })).items;
  const times = (action: string): number => entries.filter((entry) => entry.action === action).length;
  for (const action of [
    ...WAY.map((state) => `release.${state}`),
    'model.alias_set',
    'evaluation.created',
    'evaluation.done',
    'revision.requested',
    'revision.started',
    'execution.registered',
    'execution.succeeded',
  ])
    assert.equal(times(action), 1, action);
});
