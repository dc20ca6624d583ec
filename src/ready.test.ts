import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { sql } from 'kysely';
import { openTest } from '../test/harness.ts';
import { until } from '../test/until.ts';
import { createModel } from './models/index.ts';
import { createReadiness } from './ready.ts';

const ask = async (url: string, method = 'GET'): Promise<{ status: number; text: string }> => {
  const answer = await fetch(url, { method });
  return { status: answer.status, text: await answer.text() };
};

// That it says no without its database: test/journeys/postgres-restart.slow.test.ts.
test('/ready says no, and why, while disk or ledger takes no write; /health only that the process lives', async () => {
  await using server = await openTest();
  const { database } = server.parts;
  const ledger = server.parts.ledger as unknown as Parameters<typeof createReadiness>[2];
  /** Asked anew each time: an answer of the server is good for a second. */
  const now = (): Promise<string | undefined> => createReadiness(server.ctx, database, ledger)();
  assert.deepEqual(await ask(`${server.url}/ready`), { status: 200, text: 'OK' });
  assert.equal(await now(), undefined);

  await createModel(server.ctx, { name: 'first' });
  const temp = path.join(server.data, 'blobs', 'temp');
  renameSync(temp, `${temp}-away`);
  assert.equal(await now(), 'data folder: it cannot be written');
  assert.equal((await ask(`${server.url}/health`)).status, 200);
  // It may still hold an answer of before.
  const answer = await until('/ready says no', async () => {
    const told = await ask(`${server.url}/ready`);
    return told.status !== 200 && told;
  });
  assert.equal(answer.status, 503);
  assert.match(answer.text, /not every write can be taken now: data folder/);
  assert.ok(!answer.text.includes(server.data), 'no path is told to whoever asks');
  renameSync(`${temp}-away`, temp);

  // Only large blobs end there: what would refuse one of them says no, too.
  const files = path.join(server.data, 'blobs', 'files');
  assert.equal(await now(), undefined);
  renameSync(files, `${files}-away`);
  writeFileSync(files, 'in the way');
  await assert.rejects(server.ctx.blobs.put(randomBytes(4 * 1024 * 1024)));
  assert.equal(await now(), 'data folder: it cannot be written');
  rmSync(files);
  renameSync(`${files}-away`, files);
  assert.equal(await now(), undefined);
  for (const folder of ['files', 'packs', 'temp'])
    assert.ok(!readdirSync(path.join(server.data, 'blobs', folder)).some((name) => name.endsWith('.probe')));

  await database.write((db) => sql`update ledger_head set size = size + 1`.execute(db));
  assert.match((await now()) ?? '', /^ledger: the ledger cannot be written/);
  await database.write((db) => sql`update ledger_head set size = size - 1`.execute(db));
  assert.equal(await now(), undefined);
});

test('HEAD answers on every GET route as GET does, without a body', async () => {
  await using server = await openTest();
  await server.ctx.blobs.put(Buffer.from('x'));
  let asked = 0;
  for (const { endpoint } of server.routes) {
    if (endpoint.method !== 'GET') continue;
    const url = server.url + endpoint.path.replaceAll(/:\w+|\*/g, 'none');
    const head = await ask(url, 'HEAD');
    assert.equal(head.text, '');
    asked++;
    if (endpoint.response === 'events') continue; // GET would not end
    assert.equal(head.status, (await ask(url)).status, endpoint.path);
  }
  assert.ok(asked > 60, `only ${asked} routes were asked`);
  for (const name of ['/health', '/ready', '/api/v1/models', '/openapi.json']) {
    const answer = await fetch(server.url + name, { method: 'HEAD' });
    assert.equal(answer.status, 200, name);
    assert.ok(Number(answer.headers.get('content-length')) > 0, `${name} says how long its body would be`);
  }
  assert.deepEqual(server.errors, []);
});
