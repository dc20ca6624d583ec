// A rollout killed at its transitions, before and after their commit, while callers ask: each step is taken once, and nothing stays on trial.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { listEntries } from '../../../src/ledger/index.ts';
import type { Release, ReleaseDetail } from '../../../src/releases/contract.ts';
import type { Revision } from '../../../src/serving/contract.ts';
import { freePort } from '../../free-port.ts';
import { openTest } from '../../harness.ts';
import { constantOnnx, linearOnnx, registerOnnx } from '../../onnx-model.ts';
import { apiOf } from '../serving/api.ts';
import type { KillOrder } from './kill-child.ts';

const CHILD = path.join(import.meta.dirname, 'kill-child.ts');

async function start(
  t: TestContext,
  order: KillOrder,
): Promise<{ ended: Promise<unknown>; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Callers of an endpoint, who ask again and again whatever becomes of the server. */
function callers(base: string, endpoint: string): { met: Map<string, number>; end(): Promise<void> } {
  const api = apiOf(base);
  const met = new Map<string, number>();
  let over = false;
  const one = async (): Promise<void> => {
    while (!over) {
      const { status, version } = await api
        .ask(endpoint, base)
        .catch(() => ({ status: 0, version: undefined }));
      const name = status === 200 ? `v${version}` : String(status);
      met.set(name, (met.get(name) ?? 0) + 1);
      await setTimeout(status === 0 ? 50 : 4);
    }
  };
  const all = [one(), one()];
  return {
    met,
    async end() {
      over = true;
      await Promise.all(all);
    },
  };
}

const MLMODEL = `
artifact_path: model
flavors:
  onnx: {onnx_version: 1.19.0, data: model.onnx, providers: [CPUExecutionProvider]}
  python_function: {loader_module: mlflow.onnx, data: model.onnx, python_version: 3.11.2}
saved_input_example_info: {artifact_path: input_example.json, type: ndarray, format: tf-serving}
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
  outputs: '[{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`;
const WAY = ['requested', 'deploying', 'rolling_out', 'rolling_out', 'rolling_out', 'succeeded'];
const BACK = ['requested', 'deploying', 'rolling_out', 'rolling_out', 'rolled_back'];

const BOTH = ['before', 'after'] as const;

/** Callers ask while the server dies at each transition of two rollouts: of a version that answers, and of one that cannot. */
export async function killRollouts(t: TestContext): Promise<void> {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-rollout-kill-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  {
    await using house = await openTest({ data });
    for (const answer of [1, 2]) await registerOnnx(house.ctx, 'const', constantOnnx(answer));
    // It takes other inputs than callers send, which is known only when they ask.
    const example = JSON.stringify({ inputs: [[1, 2, 3]] });
    const files = { MLmodel: MLMODEL, 'input_example.json': example };
    await registerOnnx(house.ctx, 'const', linearOnnx([1, 1, 1], 0), files);
    await apiOf(house.url).deploy('const', '1');
  }
  const api = apiOf(`http://127.0.0.1:${port}`);
  const users = callers(`http://127.0.0.1:${port}`, 'const');
  t.after(() => users.end());

  const rollout = { steps: [20, 60], every_s: 0, requests: 40, undecided: 'promote' };
  const way = async (version: string, kills: ReadonlyArray<KillOrder['at']>): Promise<ReleaseDetail> => {
    const mine = async (): Promise<Release | undefined> =>
      (await api.get<{ items: Release[] }>('/api/v1/releases')).items.find(
        (one) => String(one.version) === version,
      );
    const ask = async (): Promise<void> => {
      if (await mine()) return;
      await api.post('/api/v1/releases', {
        model: 'const',
        version,
        deploy: { endpoint: 'const', rollout },
      });
    };
    for (const at of kills) {
      const { ended } = await start(t, { data, port, at });
      await ask().catch(() => undefined); // it may die while it is asked
      await ended;
    }
    const last = await start(t, { data, port, at: 'never' });
    await ask();
    for (;;) {
      const found = await mine();
      if (found?.ended_at !== undefined) {
        const done = await api.get<ReleaseDetail>(`/api/v1/releases/${found.id}`);
        await last.stop();
        return done;
      }
      await setTimeout(50);
    }
  };

  const good = await way(
    '2',
    WAY.flatMap(() => BOTH),
  );
  const bad = await way(
    '3',
    BACK.flatMap(() => BOTH),
  );
  assert.deepEqual([good.state, bad.state], ['succeeded', 'rolled_back'], good.reason ?? bad.reason ?? '');
  for (const [{ transitions }, way] of [
    [good, WAY],
    [bad, BACK],
  ] as const)
    assert.deepEqual(
      transitions.map(({ state }) => state),
      way,
    );
  await users.end();
  t.diagnostic(`${[...users.met].map(([who, n]) => `${n} × ${who}`).join(', ')}; ${bad.reason}`);

  await using house = await openTest({ data });
  const { items } = await apiOf(house.url).get<{ items: Revision[] }>('/api/v1/endpoints/const/revisions');
  const shares = items
    .toReversed()
    .map(({ variants, restores }) => [
      ...variants.map(({ version, percent }) => `v${version} ${percent}`),
      ...(restores === undefined ? [] : [`as ${restores}`]),
    ]);
  assert.deepEqual(shares, [
    ['v1 100'],
    ['v1 80', 'v2 20'],
    ['v1 40', 'v2 60'],
    ['v2 100'],
    ['v2 80', 'v3 20'],
    ['v2 100', 'as 4'],
  ]);
  const entries = (await listEntries(house.ctx, { limit: 1000 })).items;
  const counted = (action: string): number => entries.filter((entry) => entry.action === action).length;
  for (const [action, count] of [
    ['release.requested', 2],
    ['release.rolling_out', 5],
    ['release.succeeded', 1],
    ['release.rolled_back', 1],
    ['revision.requested', 6],
  ] as const)
    assert.equal(counted(action), count, action);
  assert.deepEqual(house.errors, []);
}
