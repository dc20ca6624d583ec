// Every transition of a release, killed just before and just after its commit: nothing is lost, nothing is done twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { listEntries } from '../../src/ledger/index.ts';
import { listExecutions } from '../../src/pipelines/contract.ts';
import { getRelease, listReleases } from '../../src/releases/contract.ts';
import { listRevisions } from '../../src/serving/contract.ts';
import { listEvaluations } from '../../src/validation/contract.ts';
import { freePort } from '../free-port.ts';
import { openTest } from '../harness.ts';
import { killedFolders, processesNaming } from './kill/left.ts';
import { FILE, gated, model } from './pipelines/gated.ts';
import type { KillOrder } from './releases/kill-child.ts';
import { killRollouts } from './releases/rollout-kills.ts';

const CHILD = path.join(import.meta.dirname, 'releases', 'kill-child.ts');

/** Starts the server; `ended` resolves with the signal that ended it. Nothing of it outlives the test. */
async function start(
  t: TestContext,
  order: KillOrder,
  env: Record<string, string> = {},
): Promise<{ ended: Promise<string | null>; kill(): void; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<string | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    ended,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** `npm run test:deep -- release-kills`: kills at whatever a server writes while releases go their way. */
const KILLS = Number(process.env['TREADLE_RELEASE_KILLS'] ?? 0);

const WAY = ['requested', 'judging', 'judged', 'promoted', 'deploying', 'succeeded'];

test('a release killed at each of its transitions, before the commit or after it, comes to its end once', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-release-kill-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const port = await freePort();
  using p = gated(`http://127.0.0.1:${port}`, 'killed');
  let kills = 0;
  let execution: string | undefined;
  // After each commit; before it of every second one, and of each with the many kills.
  const orders = WAY.map((_state, i) =>
    KILLS > 0 || i % 2 === 1 ? (['before', 'after'] as const) : (['after'] as const),
  );
  for (const order of orders)
    for (const at of order) {
      const { ended } = await start(t, { data, port, at });
      // The first one is asked for the execution; it may die before it can say that it heard.
      execution ??= (await p.start()).id;
      assert.equal(await ended, 'SIGKILL');
      kills++;
    }
  const last = await start(t, { data, port, at: 'never' });
  const found = await p.ended(execution!);
  assert.equal(kills, orders.flat().length);
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

if (KILLS > 0)
  test(`releases are whole after ${KILLS} kills at any fact; no process and no temporary folder is left`, async (t) => {
    const { root, data, temporary } = killedFolders(t, 'release-kills');
    const port = await freePort();
    using p = gated(`http://127.0.0.1:${port}`, 'killed');
    let execution: string | undefined;
    let made = 0;
    for (let kills = 0; ;) {
      const at = kills < KILLS ? (kills % 2 === 0 ? 'before' : 'after') : 'never';
      // The steps of 7 meet every place of a way that has some 30 facts.
      const { ended, kill, stop } = await start(
        t,
        { data, port, at, fact: 1 + ((kills * 7) % 31) },
        { TMPDIR: temporary },
      );
      let died = false;
      const death = ended.then((signal) => {
        died = true;
        assert.equal(signal, 'SIGKILL');
      });
      const finish = async (): Promise<void> => {
        while (!died) {
          // What asks while the server dies is not answered; the next server is asked again.
          execution ??= await p.start().then(
            ({ id }) => id,
            () => undefined,
          );
          const found = execution === undefined ? undefined : await p.get(execution).catch(() => undefined);
          if (found && found.state !== 'queued' && found.state !== 'running') {
            assert.equal(found.state, 'succeeded', String(found.reason));
            return;
          }
          await setTimeout(20);
        }
      };
      const finishing = finish();
      await Promise.race([death, finishing]);
      if (died) {
        kills++;
        await finishing;
        if (kills % 20 === 0) t.diagnostic(`${kills} kills, ${made} releases`);
        continue;
      }
      execution = undefined;
      made++;
      p.write(
        'treadle.yaml',
        FILE.replaceAll('NAME', 'killed').replace('rows: 2000', `rows: ${2000 + made}`),
      );
      p.write('model.onnx', model(1, made / 10_000));
      if (at !== 'never') {
        // It may wait for a fact that never comes.
        kill();
        await death;
        continue;
      }
      const executions = (await p.client.call(listExecutions, { query: { limit: 200 } })).items;
      const releases = (await p.client.call(listReleases, { query: { limit: 200 } })).items;
      assert.ok(releases.length >= made);
      assert.equal(executions.length, releases.length, 'one execution, one release');
      for (const { id } of releases) {
        const release = await p.client.call(getRelease, { params: { release: id } });
        assert.deepEqual(
          release.transitions.map(({ state }) => state),
          WAY,
        );
      }
      const revisions = (
        await p.client.call(listRevisions, { params: { endpoint: 'killed' }, query: { limit: 200 } })
      ).items;
      assert.equal(revisions.length, releases.length, 'one release, one revision');
      assert.equal(revisions.filter(({ state }) => state === 'live').length, 1);
      await stop();
      await using house = await openTest({ data });
      for (const action of [
        ...WAY.map((state) => `release.${state}`),
        'evaluation.created',
        'revision.requested',
        'execution.registered',
      ]) {
        const entries = (await listEntries(house.ctx, { action, limit: 1000 })).items;
        assert.equal(entries.length, releases.length, action);
      }
      t.diagnostic(`${kills} kills, ${releases.length} releases`);
      break;
    }
    assert.deepEqual(readdirSync(temporary), [], 'temporary folders that are left');
    assert.deepEqual(processesNaming(root), [], 'processes that are left');
  });

if (KILLS > 0)
  test(
    'rollouts that are killed before and after each step take it once, and nothing stays on trial',
    killRollouts,
  );
