import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { EndpointDetail, LiveMinute } from '../../src/serving/contract.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { apiOf } from './serving/api.ts';
import { below, PLANE } from './serving/python-model.ts';

const SCRAPES = 100;
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] });

/** Connections of their own, so that the kernel spreads them over the processes. */
class Load {
  readonly ids: string[] = [];
  failed = 0;
  private over = false;
  private readonly all: Promise<void>[];

  constructor(address: string, connections: number) {
    this.all = Array.from({ length: connections }, () =>
      this.run(new URL('/v2/models/const/infer', address)),
    );
  }

  private async run(url: URL): Promise<void> {
    let agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.over) {
      const id = await ask(url, agent);
      if (id !== undefined) this.ids.push(id);
      else {
        this.failed++;
        agent.destroy();
        agent = new Agent({ keepAlive: true, maxSockets: 1 });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    agent.destroy();
  }

  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.all);
  }
}

/** Id of the answer; undefined where there was none. */
const ask = (url: URL, agent: Agent): Promise<string | undefined> =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': BODY.length };
    request(url, { agent, method: 'POST', headers }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        const id = answer.headers['x-treadle-prediction'];
        resolve(answer.statusCode === 200 && typeof id === 'string' ? id : undefined);
      });
      answer.on('error', () => resolve(undefined));
    })
      .on('error', () => resolve(undefined))
      .end(BODY);
  });

/** Values of all counters of serving, by name and labels. */
function countersOf(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, name, value] of text.matchAll(
    /^(treadle_serving_\w+?_(?:total|bucket|count|sum)\{.*\}) (\S+)$/gm,
  ))
    found.set(name!, Number(value));
  return found;
}

/** Each scrape on a connection of its own, on the server's port and the planes' in turn. */
async function scrape(index: number, main: string, planes: string): Promise<Map<string, number>> {
  const answer = await fetch(`${index % 2 === 0 ? main : planes}/metrics`, {
    headers: { connection: 'close' },
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return countersOf(text);
}

const answered = (counters: ReadonlyMap<string, number>): number =>
  [...counters].reduce(
    (sum, [name, value]) => (/requests_total\{.*outcome="ok"/.test(name) ? sum + value : sum),
    0,
  );

/** Of the ids: four letters say which process made one. */
const makers = (ids: readonly string[]): Set<string> => new Set(ids.map((id) => id.slice(16, 20)));

test('two planes under load: counters are exact and never go down, whichever process is scraped', async (t) => {
  await using server = await openTest({ config: { inferenceProcesses: 2 } });
  await registerOnnx(server.ctx, 'const', constantOnnx(1));
  const api = apiOf(server.url);
  await api.deploy('const', '1');
  const { endpoint } = await api.get<EndpointDetail>('/api/v1/endpoints/const');
  while (below(process.pid, PLANE).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));

  let before = await scrape(0, server.url, endpoint.address);
  const follow = async (index: number): Promise<void> => {
    const now = await scrape(index, server.url, endpoint.address);
    for (const [name, value] of before)
      assert.ok(
        (now.get(name) ?? -1) >= value,
        `scrape ${index}: ${name} went from ${value} to ${now.get(name)}`,
      );
    before = now;
  };
  const load = new Load(endpoint.address, 16);
  for (let index = 0; index < SCRAPES; index++) await follow(index);
  while (makers(load.ids).size < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await load.end();
  assert.equal(load.failed, 0);
  for (const index of [0, 1, 2, 3])
    assert.equal(answered(await scrape(index, server.url, endpoint.address)), load.ids.length);
  t.diagnostic(`${load.ids.length} answers of ${makers(load.ids).size} processes`);

  // The last answers are those of both, whichever is asked.
  for (let index = 0; index < 4; index++) {
    const { items } = (await (
      await fetch(`${endpoint.address}/endpoints/const/predictions?limit=200`, {
        headers: { connection: 'close' },
      })
    ).json()) as { items: Array<{ prediction: string }> };
    const shown = items.map(({ prediction }) => prediction);
    assert.equal(new Set(shown).size, Math.min(200, load.ids.length));
    const known = new Set(load.ids);
    assert.ok(shown.every((id) => known.has(id)));
    assert.equal(makers(shown).size, 2);
  }

  // A process that is killed takes at most what it had not said; nothing goes down, and what it did before stays.
  const again = new Load(endpoint.address, 16);
  for (let index = 0; index < 5; index++) await follow(index);
  const [victim] = below(process.pid, PLANE);
  process.kill(victim!, 'SIGKILL');
  for (let index = 0; index < 20; index++) await follow(index * 2);
  await again.end();
  await follow(0);
  const total = answered(before);
  assert.ok(total >= load.ids.length && total <= load.ids.length + again.ids.length + again.failed);
});

test('figures by the minute survive a restart, and go on', async (t) => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-minutes-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const asked = async (server: { url: string }): Promise<number> => {
    const { items } = await apiOf(server.url).get<{ items: LiveMinute[] }>('/api/v1/endpoints/const/minutes');
    for (const { at, variants } of items) {
      assert.equal(at % 60_000, 0);
      for (const { role, model, version, revision, p95_ms = 0 } of variants) {
        assert.deepEqual([role, model, version, revision], ['champion', 'const', 1, 1]);
        assert.ok(p95_ms > 0);
      }
    }
    return items.flatMap(({ variants }) => variants).reduce((sum, { requests }) => sum + requests, 0);
  };
  {
    await using server = await openTest({ data });
    await registerOnnx(server.ctx, 'const', constantOnnx(1));
    const api = apiOf(server.url);
    await api.deploy('const', '1');
    for (let index = 0; index < 7; index++) await api.ask('const');
    assert.equal(await asked(server), 7);
    for (let index = 0; index < 3; index++) await api.ask('const'); // told only as the planes end
  }
  await using server = await openTest({ data });
  assert.equal(await asked(server), 10);
  const api = apiOf(server.url);
  while ((await api.ask('const')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await asked(server), 11);
  const wrong = await fetch(`${server.url}/api/v1/endpoints/const/minutes?from=0`);
  assert.equal(wrong.status, 400);
});
