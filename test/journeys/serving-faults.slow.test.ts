import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointDetail, Revision } from '../../src/serving/contract.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { apiOf } from './serving/api.ts';
import { startLoad } from './serving/load.ts';
import { below, fewPackages, HOST, killBelow, PLANE, registerPython } from './serving/python-model.ts';

const detailOf = (api: ReturnType<typeof apiOf>) => api.get<EndpointDetail>('/api/v1/endpoints/const');

test('a broken file and a model that hangs while it loads: the old revision goes on', async () => {
  await using server = await openTest();
  const api = apiOf(server.url);
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  await registerOnnx(server.ctx, 'const', constantOnnx(2).subarray(0, 40));
  await registerPython(server.ctx, 'const', 3, { loads: 3600 });
  await api.deploy('const', '1');
  using load = await startLoad({ url: server.url, path: '/v2/models/const/infer', rate: 25 });
  const broken = await api.deploy('const', '2');
  assert.equal(broken.state, 'failed');
  const hanging = await api.deploy('const', '3', { load_timeout_s: 4, wait_s: 300 });
  assert.equal(hanging.state, 'failed', hanging.stage ?? '');
  // Four seconds of the processor, or ten times as much by the clock for one that only waits.
  assert.match(hanging.problem ?? '', /^const v3: .*limit of (4 s of processor time|40 s by the clock)/);
  await until('the end of the host that hung', () => below(process.pid, HOST).length === 0);
  const phases = await load.end();
  assert.deepEqual(phases['first']?.failed, []);
  assert.deepEqual(Object.keys(phases['first']?.answers ?? {}), ['1 1 1']);
  assert.equal((await detailOf(api)).endpoint.current?.revision, 1);
});

test('a Python host that is killed every second: the revision before answers, and is taken up again', async (t) => {
  await using server = await openTest();
  const api = apiOf(server.url);
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  await registerPython(server.ctx, 'const', 2);
  await api.deploy('const', '1');
  const second = await api.deploy('const', '2', { wait_s: 300 });
  assert.equal(second.state, 'live', second.problem ?? '');
  assert.equal((await api.ask('const')).value, 2);
  using load = await startLoad({ url: server.url, path: '/v2/models/const/infer', rate: 25 });
  let killed = 0;
  const back = await until('the rollback', async () => {
    killed += killBelow(process.pid, HOST);
    await sleep(1000);
    const { endpoint } = await detailOf(api);
    return endpoint.current?.cause === 'automatic-rollback' ? endpoint.current : undefined;
  });
  load.phase('after');
  await sleep(1000);
  const phases = await load.end();
  t.diagnostic(`${killed} hosts killed; ${JSON.stringify(phases['first']?.answers)}`);
  assert.deepEqual([back.restores, back.variants[0]?.version], [1, 1]);
  assert.match(back.note ?? '', /^const v2 crashed 3 times within a minute/);
  assert.deepEqual(phases['first']?.failed, []);
  assert.deepEqual(phases['after']?.failed, []);
  const { items } = await api.get<{ items: Revision[] }>('/api/v1/endpoints/const/revisions');
  assert.deepEqual(
    items.map(({ revision, state }) => [revision, state]),
    [
      [3, 'live'],
      [2, 'failed'],
      [1, 'superseded'],
    ],
  );
  const entries = await api.get<{ items: Array<{ action: string; reason?: string }> }>(
    `/api/v1/ledger/entries?resource=${back.ref}`,
  );
  const entry = entries.items.find(({ action }) => action === 'revision.rolled_back_by_itself');
  assert.match(entry?.reason ?? '', /crashed 3 times/);
  assert.equal((await api.ask('const')).value, 1);
});

test('a serving process that is killed comes back with everything; another one answers meanwhile', async (t) => {
  await using server = await openTest({ config: { inferenceProcesses: 2 } });
  const api = apiOf(server.url);
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  await registerOnnx(server.ctx, 'const', constantOnnx(2));
  await api.deploy('const', '1');
  await api.deploy('const', '2');
  const planes = below(process.pid, PLANE);
  assert.equal(planes.length, 2);
  process.kill(planes[0]!, 'SIGKILL');
  // The server has heard of it as soon as it starts another one: what is asked from now on is answered.
  await until('another process', () => below(process.pid, PLANE).some((pid) => !planes.includes(pid)));
  for (let n = 0; n < 50; n++) {
    const { status, value, text } = await api.ask('const');
    assert.deepEqual([status, value], [200, 2], text);
  }
  await until('both processes', async () => {
    const now = below(process.pid, PLANE);
    return now.length === 2 && !now.includes(planes[0]!) ? now : undefined;
  });
  // Both, with nobody there to answer: it says so, and comes back.
  killBelow(process.pid, PLANE);
  const seen = new Set<number>();
  await until('an answer', async () => {
    const { status } = await api.ask('const');
    seen.add(status);
    return status === 200 ? status : undefined;
  });
  t.diagnostic(`answers meanwhile: ${[...seen].join(', ')}`);
  assert.ok([...seen].every((status) => status === 200 || status === 503));
  const { endpoint } = await detailOf(api);
  assert.deepEqual([endpoint.current?.revision, endpoint.current?.state], [2, 'live']);
  const rolled = await until('a rollback', async () => {
    const { state, restores } = await api.rollback('const');
    return state === 'live' ? restores : undefined;
  });
  assert.equal(rolled, 1);
  assert.equal((await api.ask('const')).value, 1);
});

test('a serving process that keeps ending since a switch: the revision before is taken up again, once', async () => {
  await using server = await openTest({ config: { inferenceProcesses: 1 } });
  const api = apiOf(server.url);
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  await registerOnnx(server.ctx, 'const', constantOnnx(2));
  await api.deploy('const', '1');
  await api.deploy('const', '2');
  const answers = () =>
    until('an answer', async () => {
      const { status, value } = await api.ask('const');
      return status === 200 ? value : undefined;
    });
  for (let n = 0; n < 3; n++) {
    assert.equal(await answers(), 2);
    killBelow(process.pid, PLANE);
  }
  const back = await until('the rollback', async () => {
    const { endpoint } = await detailOf(api);
    return endpoint.current?.cause === 'automatic-rollback' ? endpoint.current : undefined;
  });
  assert.equal(back.restores, 1);
  assert.match(back.note ?? '', /the serving process ended 3 times within a minute/);
  assert.equal(await answers(), 1);
  // The restored one is not left again, whatever happens to it.
  killBelow(process.pid, PLANE);
  assert.equal(await answers(), 1);
  assert.equal((await detailOf(api)).endpoint.revisions, 3);
});

test('an environment that broke beneath a live model is made anew: at a start, and when its host cannot start', async () => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-broken-'));
  const config = { modelEnvironments: undefined }; // one of its own, which may be broken
  const envs = path.join(data, 'runtimes', 'envs');
  let python = '';
  const find = (): void => {
    const [made] = readdirSync(envs).filter((name) => /^[0-9a-f]{20}$/.test(name));
    python = path.join(envs, made!, 'bin', 'python');
  };
  const breaks = (): void => {
    rmSync(python);
    writeFileSync(python, 'may not be run', { mode: 0o644 });
  };
  const answers = async (url: string): Promise<void> => {
    await until('the answer', async () => (await apiOf(url).ask('const')).status === 200);
    assert.equal((await apiOf(url).ask('const')).value, 1);
    const { endpoint } = await detailOf(apiOf(url));
    assert.deepEqual([endpoint.current?.revision, endpoint.current?.state], [1, 'live']);
  };
  try {
    {
      await using server = await openTest({ data, config });
      await registerPython(server.ctx, 'const', 1, { packages: fewPackages() });
      const first = await apiOf(server.url).deploy('const', '1', { wait_s: 300 });
      assert.equal(first.state, 'live', first.problem ?? '');
    }
    find();
    breaks();
    await using server = await openTest({ data, config });
    await answers(server.url);
    assert.deepEqual(server.errors, []);
    breaks();
    killBelow(process.pid, HOST);
    await until('the new interpreter', () => lstatSync(python, { throwIfNoEntry: false })?.isSymbolicLink());
    await answers(server.url);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
