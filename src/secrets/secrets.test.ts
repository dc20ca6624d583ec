import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { sql } from 'kysely';
import { openValue, sealValue, wrapAnew } from './envelope.ts';
import { openMasters, readMasters } from './master.ts';

const of = { workspace: 'w', environment: '', id: '1', version: 1 };

test('what is sealed opens only as what it is, with its key, and unchanged', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-secrets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'secrets.key');
  const [masters, beside] = [openMasters(file), openMasters(file)];
  assert.equal(masters.newest().name, beside.newest().name, 'of two that begin together one key wins');
  const { name, key } = masters.newest();
  assert.equal(masters.newest().name, name, 'it is made once');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const sealed = sealValue(key, 'postgres://ann:pw@db', of);
  assert.equal(openValue(key, sealed, of), 'postgres://ann:pw@db');
  for (const other of [{ workspace: 'x' }, { environment: 'staging' }, { id: '2' }, { version: 2 }])
    assert.throws(() => openValue(key, sealed, { ...of, ...other }), JSON.stringify(other));
  for (const part of ['wrapped', 'sealed'] as const)
    for (const at of [0, 15, -1]) {
      const bytes = Buffer.from(sealed[part], 'base64');
      bytes[at < 0 ? bytes.length + at : at]! ^= 1;
      assert.throws(() => openValue(key, { ...sealed, [part]: bytes.toString('base64') }, of));
    }
  const next = masters.add();
  assert.deepEqual(masters.find(name), key, 'both are there until it is done');
  const wrapped = wrapAnew(key, next.key, sealed.wrapped, of);
  assert.equal(openValue(next.key, { ...sealed, wrapped }, of), 'postgres://ann:pw@db');
  assert.throws(() => openValue(key, { ...sealed, wrapped }, of));
  masters.prune();
  assert.equal(openMasters(file).find(name), undefined);
  assert.equal(openMasters(file).newest().name, next.name);
  chmodSync(file, 0o644);
  assert.throws(() => readMasters(file), /can be read by others/);
});

test('a secret is taken and never shown; its key is rotated; without it no server starts', async (t) => {
  const data = mkdtempSync(path.join(tmpdir(), 'treadle-secrets-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const value = 'canary-7e1c-of-the-secret';
  const file = path.join(data, 'secrets.key');
  let before = '';
  {
    await using server = await openTest({ data });
    const ask = async (method: string, where: string, body?: unknown) => {
      const answer = await fetch(`${server.url}/api/v1${where}`, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    assert.equal(
      statSync(file, { throwIfNoEntry: false }),
      undefined,
      'the key is made with the first secret',
    );
    for (const where of ['/secrets/DB_URL', '/secrets/DB_URL?environment=staging', '/secrets/DB_URL'])
      assert.equal((await ask('PUT', where, { value, pipelines: ['fl*'] })).status, 200);
    assert.equal((await ask('PUT', '/secrets/SHORT', { value: 'short' })).status, 400);
    assert.match((await ask('PUT', '/secrets/db_url', { value })).text, /'db_url' is no name of a secret/);
    assert.match(
      (await ask('PUT', '/secrets/TREADLE_TOKEN', { value })).text,
      /a step has TREADLE_TOKEN of its own/,
    );
    const list = await ask('GET', '/secrets');
    assert.deepEqual(
      (JSON.parse(list.text) as { items: Array<Record<string, unknown>> }).items.map((one) => [
        one['name'],
        one['environment'],
        one['version'],
      ]),
      [
        ['DB_URL', undefined, 2],
        ['DB_URL', 'staging', 1],
      ],
    );
    const events = await ask('GET', '/ledger/entries?limit=100');
    assert.ok(!list.text.includes(value) && !events.text.includes(value), 'nothing shows it');
    before = readFileSync(file, 'utf8');
    const rotated = await ask('POST', '/secrets-key/rotate');
    assert.match(rotated.text, /"secrets":2/);
    assert.notEqual(readFileSync(file, 'utf8'), before);
    assert.equal((await ask('DELETE', '/secrets/DB_URL?environment=staging')).status, 200);
    const dump = await sql<object>`select * from secret`.execute(server.ctx.db);
    assert.ok(!JSON.stringify(dump.rows).includes(value), 'it is sealed in the database');
    assert.deepEqual(server.errors, []);
  }
  const key = readFileSync(file);
  rmSync(file);
  await assert.rejects(openTest({ data }), { code: 'wrong-secrets-key', field: 'secrets-key-file' });
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, before, { mode: 0o600 });
  await assert.rejects(openTest({ data }), /is not in/, 'the key before opens nothing');
  const apart = path.join(data, 'elsewhere.key');
  writeFileSync(apart, key, { mode: 0o600 });
  await using again = await openTest({ data, config: { secretsKeyFile: apart } });
  assert.equal((await fetch(`${again.url}/health`)).status, 200);
});
