import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { constantOnnx, registerOnnx } from '../../test/onnx-model.ts';
import { until } from '../../test/until.ts';
import { addGrant, addUser, createToken } from '../access/index.ts';
import { listEntries } from '../ledger/index.ts';
import type { ReleaseDetail } from '../releases/contract.ts';
import type { Revision } from '../serving/contract.ts';
import type { Board, Environment, Promotion } from './contract.ts';

type Refusal = { error: { message: string; hint: string; code?: string } };

test('a version goes through dev, staging and production; nothing comes to one past its rule', async () => {
  await using server = await openTest({ config: { inferenceProcesses: 1 } });
  const ask = async <T>(method: string, path: string, body?: unknown, token?: string) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };
  for (const value of [1, 2, 3]) await registerOnnx(server.ctx, 'const', constantOnnx(value));
  const set = (name: string, terms: object) => ask<Environment>('PUT', `/environments/${name}`, terms);
  assert.equal((await set('dev', {})).body.position, 1);
  await set('staging', {});
  const prod = { endpoints: '{model}', models: { other: 'elsewhere' } };
  assert.deepEqual((await set('production', prod)).body.position, 3);
  assert.equal((await set('second', { endpoints: '{model}' })).status, 409, 'an endpoint would be of both');
  // Two who change it at once: the later of them is told.
  const seen = (await ask<Environment>('GET', '/environments/staging')).body.updated_at;
  assert.equal((await set('staging', { variables: { A: 'b' }, unchanged_since: seen })).status, 200);
  const late = await ask<Refusal>('PUT', '/environments/staging', { unchanged_since: seen });
  assert.equal(late.status, 409);
  assert.match(late.body.error.message, /somebody changed it meanwhile/);
  await set('staging', {});
  // A model that is called as another environment calls its endpoints.
  await registerOnnx(server.ctx, 'const-dev', constantOnnx(1));
  const astray = await ask<Refusal>('POST', '/environments/production/promotions', {
    model: 'const-dev',
    version: '1',
  });
  assert.equal(astray.status, 409);
  assert.match(astray.body.error.message, /const-dev in production, and that is an endpoint of dev/);

  const deploy = (endpoint: string, version: string, more: object = {}) =>
    ask<Revision & Refusal>('POST', `/endpoints/${endpoint}/revisions`, {
      model: 'const',
      version,
      wait_s: 60,
      ...more,
    });
  const promote = (to: string, version: string, more: object = {}) =>
    ask<ReleaseDetail & Refusal>('POST', `/environments/${to}/promotions`, {
      model: 'const',
      version,
      ...more,
    });
  const ended = (id: string, state = 'succeeded') =>
    until(`release ${id} is ${state}`, async () => {
      const { body } = await ask<ReleaseDetail>('GET', `/releases/${id}`);
      return body.state === state ? body : undefined;
    });
  const board = async () => (await ask<Board>('GET', '/environment-board')).body;

  // In their order, by whichever door.
  for (const answer of [await promote('staging', '1'), await deploy('const-staging', '1')]) {
    assert.equal(answer.status, 409);
    assert.match(
      answer.body.error.message,
      /environment staging .*: it never answered in dev, which comes before/,
    );
  }
  assert.equal((await deploy('elsewhere', '1')).status, 409, 'the endpoint of another model is guarded, too');
  await ended((await promote('dev', '1')).body.id);
  await ended((await promote('staging', '1')).body.id);
  await ended((await promote('production', 'v1')).body.id);
  await ended((await promote('dev', '2')).body.id);
  const shadow = await deploy('const', '1', { shadow: { version: '2', percent: 10 } });
  assert.equal(shadow.status, 409, 'a shadow is asked, too');
  assert.deepEqual(
    (await board()).cells.map(({ environment, version, next }) => [
      environment,
      version,
      next?.ok,
      next?.there,
    ]),
    [
      ['production', 1, undefined, undefined],
      ['dev', 2, true, false],
      ['staging', 1, false, true],
    ],
  );

  // A hold, and a freeze: refused with when; a release by hand waits.
  await ended((await promote('staging', '2')).body.id);
  await set('staging', { hold_min: 600 });
  const early = await promote('production', '2');
  assert.deepEqual([early.status, early.body.error.code], [409, 'not-yet']);
  assert.match(early.body.error.message, /answered in staging for 0 of 600 minutes, and has at \d{4}-/);
  await set('staging', {});
  const now = Date.now();
  const freezes = [{ from: now - 1000, to: now + 3_600_000, why: 'holidays' }];
  const frozen = (await set('production', { ...prod, freezes })).body;
  assert.deepEqual([frozen.open, frozen.opens_at], [false, freezes[0]!.to]);
  assert.match((await promote('production', '2')).body.error.message, /it is frozen \(holidays\) until /);
  const waits = await ask<ReleaseDetail>('POST', '/releases', {
    model: 'const',
    version: '2',
    deploy: { endpoint: 'const' },
  });
  const waiting = await ended(waits.body.id, 'awaiting_time');
  assert.match(waiting.transitions.at(-1)?.note ?? '', /it is frozen/);
  assert.deepEqual(
    (await board()).on_the_way.map(({ environment, version, state }) => [environment, version, state]),
    [['production', 2, 'awaiting_time']],
  );
  assert.equal((await promote('production', '1')).status, 409, 'another version is on its way there');
  await ask('POST', `/releases/${waits.body.id}/cancel`);
  await ended(waits.body.id, 'cancelled');

  await set('production', prod);
  await ended((await promote('production', '2')).body.id);
  await set('production', { ...prod, freezes });
  // Back is no question of time.
  await ended((await promote('production', '1')).body.id);
  const { items } = (await ask<{ items: Promotion[] }>('GET', '/environments/production/promotions')).body;
  assert.deepEqual(
    items.map(({ version, how, endpoint }) => [version, how, endpoint]),
    [
      [1, 'going_back', 'const'],
      [2, 'promoted', 'const'],
      [1, 'promoted', 'const'],
    ],
    'what was refused is none',
  );
  const entries = (await listEntries(server.ctx, { action: 'environment.promoted', limit: 100 })).items;
  assert.equal(entries.length, 2 + 2 + 3);

  // An editor promotes and sets nothing; an environment is guarded by its name.
  const { id } = await addUser(server.ctx, { name: 'ann', roles: ['editor'] });
  const ann = server.ctx.as({ actor: { kind: 'user', id, name: 'ann', role: 'editor', user: id } });
  const { secret } = await createToken(ann, { name: 'ann', role: 'editor' });
  assert.equal((await ask('PUT', '/environments/production', prod, secret)).status, 403);
  // Who has a grant on an environment alone sees what is promoted there, and promotes a model that they may see there, and nowhere else.
  const { id: geo } = await addUser(server.ctx, { name: 'geo' });
  await addGrant(server.ctx, { user: 'geo', level: 'editor', kind: 'environment', name: 'dev' });
  const guest = server.ctx.as({
    actor: { kind: 'user', id: geo, name: 'geo', role: 'guest', roles: [], user: geo },
  });
  const { secret: geos } = await createToken(guest, { name: 'geo', role: 'editor' });
  const shown = (await ask<Board>('GET', '/environment-board', undefined, geos)).body;
  assert.deepEqual(
    [
      shown.environments.map(({ name }) => name),
      shown.cells.map(({ environment, next }) => [environment, next]),
    ],
    [['dev'], [['dev', undefined]]],
  );
  assert.deepEqual((await ask<{ items: unknown[] }>('GET', '/gitops', undefined, geos)).body.items, []);
  const asGuest = (to: string, body: object) =>
    ask<Refusal>('POST', `/environments/${to}/promotions`, body, geos);
  assert.equal(
    (await asGuest('dev', { model: 'const', version: '2' })).status,
    403,
    'of a model they do not see',
  );
  await addGrant(server.ctx, { user: 'geo', level: 'viewer', kind: 'model', name: 'const' });
  assert.equal((await asGuest('staging', { model: 'const', version: '2' })).status, 403);
  const came = await ask<ReleaseDetail>(
    'POST',
    '/environments/dev/promotions',
    { model: 'const', version: '2' },
    geos,
  );
  assert.equal(came.status, 200, JSON.stringify(came.body));
  await ended(came.body.id);
  const proposed = await ask<Refusal>('POST', '/gitops/dev/propose', { models: { other: 1 } }, geos);
  assert.equal(proposed.status, 403, 'nor is one proposed');
  assert.equal((await ask<Refusal>('POST', '/gitops/staging/sync', {}, geos)).status, 403);
  assert.equal((await ask<Refusal>('POST', '/gitops/dev/sync', {}, geos)).status, 404, 'it follows nothing');

  await set('production', prod);
  await ask('PUT', '/policies/live', {
    covers: [{ environment: 'prod*' }],
    approvers: [{ role: 'approver', count: 1 }],
  });
  assert.equal((await deploy('const-staging', '1')).status, 200, 'staging is not guarded');
  await ended((await promote('dev', '3')).body.id);
  await ended((await promote('staging', '3')).body.id);
  const unapproved = await deploy('const', '3');
  assert.equal(unapproved.status, 403);
  assert.match(unapproved.body.error.message, /endpoint const is guarded by policy 'live'/);
  const asking = await ask<ReleaseDetail>(
    'POST',
    '/environments/production/promotions',
    { model: 'const', version: '3' },
    secret,
  );
  await ended(asking.body.id, 'awaiting_approval');
  const asked = await ask<{ id: string; target: object }>('POST', '/requests', {
    model: 'const',
    version: '3',
    target: { environment: 'production' },
    why: 'more',
  });
  assert.deepEqual(asked.body.target, { endpoint: 'const' });
  assert.deepEqual(server.errors, []);
});
