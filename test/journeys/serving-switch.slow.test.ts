import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import type { Revision } from '../../src/serving/contract.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { apiOf } from './serving/api.ts';
import { quantile, spoken, startLoad } from './serving/load.ts';

// As `bin/treadle` does: compiled code is kept, and a thread that loads a model takes a tenth of the time.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, '..', '..', '.setup', 'compile-cache');

/** `npm run test:deep` takes more of each, with pauses. */
const SWITCHES = Number(process.env['TREADLE_SWITCHES'] ?? 15);
const ROLLBACKS = Math.max(1, Math.round(SWITCHES / 5));
/** Between two switches, ms. */
const PAUSE = Number(process.env['TREADLE_SWITCH_PAUSE'] ?? 0);
/** How long nothing happens before and after, to compare with, ms. */
const STEADY = Math.max(500, (SWITCHES * PAUSE) / 5);
const RATE = Number(process.env['TREADLE_SWITCH_RATE'] ?? 100);

test(`${SWITCHES} switches and ${ROLLBACKS} rollbacks under constant load: nothing fails, nothing is mixed`, async (t) => {
  await using server = await openTest();
  // Each always answers with its own version's number. Four of them, so that a switch really loads: the one before is kept.
  for (let version = 1; version <= 4; version++)
    await registerOnnx(server.ctx, 'const', constantOnnx(version));
  const api = apiOf(server.url);
  const versionOf = new Map<number, number>();
  const note = (revision: Revision) => {
    assert.equal(revision.state, 'live', revision.problem ?? '');
    versionOf.set(revision.revision, revision.variants[0]!.version);
  };
  note(await api.deploy('const', '1'));
  const { endpoint } = await api.get<{ endpoint: { address: string } }>('/api/v1/endpoints/const');
  assert.notEqual(endpoint.address, server.url);

  using load = await startLoad({ url: endpoint.address, path: '/v2/models/const/infer', rate: RATE });
  const pause = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));
  /** A switch is over when the load has met it. */
  const answers = (revision: Revision): Promise<void> => {
    note(revision);
    return load.met(revision.revision);
  };
  await load.met(1);
  await pause(STEADY);
  // Files that were never here are fetched and tried first; from then on a switch only loads.
  load.phase('first time');
  for (let version = 2; version <= 4; version++) await answers(await api.deploy('const', String(version)));
  load.phase('steady');
  await pause(STEADY);
  load.phase('switching');
  const took: number[] = [];
  for (let n = 1; n <= SWITCHES; n++) {
    const began = performance.now();
    const revision = await api.deploy('const', String((n % 4) + 1));
    took.push(performance.now() - began);
    await answers(revision);
    await pause(PAUSE);
  }
  load.phase('rolling back');
  const back: number[] = [];
  for (let n = 0; n < ROLLBACKS; n++) {
    const began = performance.now();
    const revision = await api.rollback('const');
    back.push(performance.now() - began);
    await answers(revision);
    await pause(PAUSE);
  }
  load.phase('steady');
  await pause(STEADY);
  const phases = await load.end();

  for (const [name, phase] of Object.entries(phases)) t.diagnostic(spoken(name, phase));
  t.diagnostic(
    `a switch takes ${quantile(took, 0.5).toFixed(0)} ms (longest ${quantile(took, 1).toFixed(0)}), a rollback ${quantile(back, 0.5).toFixed(0)} ms (longest ${quantile(back, 1).toFixed(0)})`,
  );
  const ratio = quantile(phases['switching']!.latency, 0.99) / quantile(phases['steady']!.latency, 0.99);
  t.diagnostic(`p99 while switching / steady: ${ratio.toFixed(2)}`);

  const seen = new Set<number>();
  for (const phase of Object.values(phases)) {
    assert.deepEqual(phase.failed, []);
    for (const key of Object.keys(phase.answers)) {
      const [revision, version, value] = key.split(' ').map(Number);
      seen.add(revision!);
      assert.equal(version, versionOf.get(revision!), key);
      assert.equal(value, version, key);
    }
  }
  assert.equal(seen.size, SWITCHES + ROLLBACKS + 4, 'the load met each of them');
  const { items } = await api.get<{ items: Array<{ state: string }> }>(
    '/api/v1/endpoints/const/revisions?limit=500',
  );
  assert.equal(items.length, SWITCHES + ROLLBACKS + 4);
  assert.equal(items.filter(({ state }) => state === 'live').length, 1);
  assert.equal(items.filter(({ state }) => state === 'superseded').length, SWITCHES + ROLLBACKS + 3);
  assert.deepEqual(server.errors, []);
});
