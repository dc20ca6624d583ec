import assert from 'node:assert/strict';
import test from 'node:test';
import { sql } from 'kysely';
import type { TestServer } from '../../../test/harness.ts';
import { onDatabases } from '../../../test/on-databases.ts';
import type { Entry } from '../../ledger/contract.ts';
import type { Ctx, Role } from '../../platform/ctx/index.ts';
import { createToken } from '../create-token.ts';
import { createWorkspace } from '../create-workspace.ts';
import { listTokens } from '../list-tokens.ts';
import { within } from '../roles.ts';
import { addService, addUser } from './add-user.ts';
import { hashPassword, passwordMatches } from './password.ts';
import { Attempts } from './attempts.ts';
import { personByIdentity } from './enter-by-identity.ts';
import { removeUser } from './remove-user.ts';
import { personOf, rightsOf } from './rights.ts';
import { updateUser } from './update-user.ts';

const rolesOf = async (ctx: Ctx, id: string) => (await rightsOf(ctx, id))?.roles ?? [];
const GOOD = 'four words nobody joins';
const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** One call as a program makes it: the status, and what it said. */
async function ask(
  server: TestServer,
  authorization: string,
  path: string,
  options: { method?: string; body?: object; workspace?: string } = {},
): Promise<{ status: number; said: Record<string, unknown>; headers: Headers }> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, workspace } = options;
  const reply = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization,
      ...(workspace === undefined ? {} : { 'x-treadle-workspace': workspace }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: reply.status,
    said: (await reply.json()) as Record<string, unknown>,
    headers: reply.headers,
  };
}

test('what a token opens is what it says and its owner may, whichever is less', () => {
  const cases: Array<[Role, Role[], Role[]]> = [
    ['editor', ['viewer'], ['viewer']],
    ['editor', ['admin'], ['editor']],
    ['editor', ['approver'], ['viewer']],
    ['approver', ['editor', 'approver'], ['approver']],
    ['admin', ['editor', 'approver'], ['editor', 'approver']],
    ['owner', ['owner', 'admin'], ['owner']],
    ['viewer', ['owner'], ['viewer']],
    ['admin', [], []],
  ];
  for (const [most, roles, expected] of cases)
    assert.deepEqual(within(most, roles), expected, `${most} within ${roles.join()}`);
});

test('a password is kept as argon2id alone, and is its characters, whoever typed them', async () => {
  const kept = await hashPassword('café au lait, twice');
  assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.ok(await passwordMatches('cafe\u0301 au lait, twice', kept));
  assert.ok(!(await passwordMatches('café au lait, Twice', kept)));
  await assert.rejects(passwordMatches('x', 'plain'), /no known form/);
});

test('a flood of names pushes out what was wrong longest ago; a new password ends the wait of its bearer alone', () => {
  const waits = (attempts: Attempts, name: string, address: string): boolean => {
    try {
      attempts.begin(name, address, 1000);
      return false;
    } catch {
      return true;
    }
  };
  const wrong = (attempts: Attempts, name: string, address: string): void => {
    for (let i = 0; i < 5; i++) attempts.begin(name, address, 1000);
    assert.ok(waits(attempts, name, address), name);
  };
  const flooded = new Attempts();
  wrong(flooded, 'ann', 'a');
  wrong(flooded, 'ben', 'b');
  for (let i = 0; i < 16_665; i++) flooded.begin(`name ${i}`, `of ${i}`, 1000);
  assert.deepEqual([waits(flooded, 'ben', 'b'), waits(flooded, 'ann', 'a')], [true, false]);

  const attempts = new Attempts();
  wrong(attempts, 'ann', 'a');
  wrong(attempts, 'ben', 'b');
  attempts.forget('ben');
  assert.deepEqual([waits(attempts, 'ben', 'b'), waits(attempts, 'ann', 'a')], [false, true]);
});

onDatabases('the last owner were', (on, open) => {
  test(`${on}: the only owner who can sign in stays one, whoever else asks than the machine's own`, async () => {
    await using server = await open();
    const { ctx } = server;
    const ana = await addUser(ctx, { name: 'ana', password: GOOD, owner: true });
    await addUser(ctx, { name: 'silent', owner: true });
    const directory = ctx.as({ actor: { kind: 'token', id: 't', name: 'scim', role: 'owner' } });
    for (const change of [{ disabled: true }, { owner: false }])
      await assert.rejects(
        updateUser(directory, ana.id, change),
        /the only owner of the server who can sign in/,
      );
    await assert.rejects(removeUser(directory, ana.id), { kind: 'conflict' });
    await updateUser(directory, 'silent', { owner: false });
    await addUser(ctx, { name: 'bea', password: GOOD, owner: true });
    await updateUser(directory, ana.id, { disabled: true });
    await assert.rejects(removeUser(directory, 'bea'), { kind: 'conflict' });
    const machine = ctx.as({ actor: { kind: 'owner', id: 'owner', name: 'local owner', role: 'owner' } });
    await removeUser(machine, 'bea');
    assert.deepEqual(server.errors, []);
  });
});

onDatabases('names in the ledger were', (on, open) => {
  test(`${on}: what a token of somebody does is theirs, whatever the token is called; no token of nobody has somebody's name`, async () => {
    await using server = await open();
    const { ctx } = server;
    const ann = await addUser(ctx, { name: 'ann', password: GOOD, roles: ['editor'] });
    await addUser(ctx, { name: 'ben', roles: ['editor'] });
    const made = await ask(server, basic('ann', GOOD), '/me/tokens', {
      body: { name: 'ben', role: 'editor' },
    });
    const secret = `Bearer ${String(made.said['secret'])}`;
    assert.partialDeepStrictEqual((await ask(server, secret, '/me')).said, {
      name: 'ann',
      user: ann.id,
      token: 'ben',
    });
    for (const authorization of [secret, basic('ann', GOOD)])
      assert.equal(
        (await ask(server, authorization, '/experiments', { body: { name: `by ${authorization.length}` } }))
          .status,
        200,
      );
    const entries = async (actor: string) => {
      const { said } = await ask(server, secret, `/ledger/entries?actor=${actor}`);
      const all = (said['items'] as Entry[]).map(({ action, actor: who }) => [action, who.person, who.token]);
      // The first experiment comes with the one that each workspace has.
      return all.filter((one, i) => String(one) !== String(all[i - 1]));
    };
    assert.deepEqual(await entries('ann'), [
      ['experiment.created', 'ann', undefined],
      ['experiment.created', 'ann', 'ben'],
      ['token.created', 'ann', undefined],
    ]);
    assert.deepEqual([await entries(ann.id), await entries('ben')], [await entries('ann'), []]);

    for (const name of ['ben', 'Local Owner', ' treadle', 'a'.repeat(32)])
      await assert.rejects(createToken(ctx, { name, role: 'editor' }), /it would act in that name/, name);
    await createToken(ctx, { name: 'ci', role: 'viewer' });
    await updateUser(ctx, 'ann', { disabled: true });
    const listed = async () => (await listTokens(ctx)).items.map(({ name, of, shut }) => [name, of, shut]);
    assert.deepEqual(await listed(), [
      ['ci', undefined, undefined],
      ['ben', 'ann', 'disabled'],
    ]);
    await removeUser(ctx, ann.id);
    assert.deepEqual((await listed())[1], ['ben', undefined, 'removed']);
    assert.deepEqual(server.errors, []);
  });
});

onDatabases('people were', (on, open) => {
  test(`${on}: people come in by name and password, into the workspaces where they have a role, until they are disabled`, async () => {
    await using server = await open();
    const { ctx } = server;
    await createWorkspace(ctx, 'other');
    for (const [password, why] of [
      ['short', /12 characters/],
      ['aaaaaaaaaaaaaaaaaaaa', /repeats/],
      ['lena-lena', /12 characters/],
    ] as const)
      await assert.rejects(addUser(ctx, { name: 'lena', password }), why);
    const lena = await addUser(ctx, { name: 'Lena', password: GOOD, roles: ['editor'] });
    assert.equal(lena.name, 'lena');
    await assert.rejects(addUser(ctx, { name: 'LENA', password: GOOD }), { kind: 'conflict' });
    const as = (path: string, options = {}) => ask(server, basic('lena', GOOD), path, options);

    const me = await as('/me');
    assert.deepEqual(
      [me.status, me.said['user'], me.said['kind'], me.said['roles'], me.said['workspaces'], me.said['may']],
      [200, lena.id, 'user', ['editor'], ['default'], ['read', 'write', 'own']],
    );
    assert.equal((await as('/me', { workspace: 'other' })).status, 403);
    assert.equal((await as('/me', { workspace: 'nowhere' })).status, 403, 'whether there is one is not said');
    assert.equal((await ask(server, basic('lena', `${GOOD}.`), '/me')).status, 401);
    assert.equal((await as('/users', { body: { name: 'x', password: GOOD } })).status, 403);

    // A token of hers, while she is an editor, and after.
    const made = await as('/me/tokens', { body: { name: 'laptop', role: 'editor' } });
    assert.equal(made.status, 200, JSON.stringify(made.said));
    assert.equal((await as('/me/tokens', { body: { name: 'more', role: 'admin' } })).status, 403);
    const token = `Bearer ${String(made.said['secret'])}`;
    const writes = async () =>
      (await ask(server, token, '/datasets/d/versions', { body: {} })).status === 403 ? 'no' : 'yes';
    assert.equal(await writes(), 'yes');
    assert.equal((await ask(server, token, '/me/tokens')).status, 403, 'a token makes no tokens of hers');

    const owner = ctx.as({ actor: { ...ctx.actor, name: 'local owner' } });
    const { setRoles } = await import('./update-user.ts');
    await setRoles(owner, 'lena', ['viewer']);
    assert.equal(await writes(), 'no');
    await setRoles(owner, 'lena', []);
    assert.equal((await ask(server, token, '/me')).status, 403);
    await setRoles(owner, 'lena', ['editor', 'approver']);
    assert.deepEqual(await rolesOf(ctx, lena.id), ['approver', 'editor']);
    assert.deepEqual((await ask(server, token, '/me')).said['roles'], ['editor']);

    await setRoles(ctx.as({ workspace: 'other' }), 'lena', ['viewer']);
    const several = await as('/me');
    assert.deepEqual(
      [several.status, (several.said['error'] as { field: string }).field],
      [400, 'workspace'],
    );
    assert.equal((await as('/me', { workspace: 'other' })).said['role'], 'viewer');

    assert.equal((await as('/me/workspaces/other', { method: 'DELETE', workspace: 'default' })).status, 200);
    assert.deepEqual((await as('/me')).said['workspaces'], ['default'], 'she left the other');
    assert.equal((await as('/me/workspaces/other', { method: 'DELETE' })).status, 404);

    await updateUser(owner, 'lena', { disabled: true });
    assert.deepEqual([(await as('/me')).status, (await ask(server, token, '/me')).status], [401, 401]);
    assert.deepEqual(await personOf(ctx, lena.id), {
      id: lena.id,
      name: 'lena',
      kind: 'user',
      disabled: true,
    });
    assert.deepEqual(await rolesOf(ctx, lena.id), []);
    assert.equal(await personOf(ctx, 'lena'), undefined, 'by id alone');

    // What the ledger keeps says neither name nor password.
    const { rows } = await sql<{ all: string }>`
    select actor_name || resource || coalesce("before", '') || coalesce("after", '') as "all" from ledger_entry`.execute(
      ctx.db,
    );
    const told = rows.map(({ all }) => all).join('\n');
    assert.ok(told.includes(`user:${lena.id}`) && !told.includes('lena') && !told.includes('argon2'));
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: groups bring roles and take them; a service has tokens alone and approves nothing; why is told by the table that decides`, async () => {
    await using server = await open();
    const { ctx } = server;
    const { addGroup, removeGroup, setGroupRoles, setMembers } = await import('./groups.ts');
    const { createToken } = await import('../create-token.ts');
    const ann = await addUser(ctx, { name: 'ann', password: GOOD });
    const as = (path: string, options = {}) => ask(server, basic('ann', GOOD), path, options);
    assert.equal((await as('/me')).status, 403, 'without a role nobody is in');
    await addGroup(ctx, 'Reviewers');
    await setMembers(ctx, 'Reviewers', ['ann']);
    assert.equal((await as('/me')).status, 403);
    await setGroupRoles(ctx, 'Reviewers', ['approver']);
    assert.deepEqual((await as('/me')).said['may'], ['read', 'approve', 'own']);
    const why = await as('/access/explain', { body: { action: 'model:approve' } });
    assert.deepEqual(
      [why.said['allowed'], why.said['roles']],
      [true, [{ role: 'approver', from: 'group Reviewers' }]],
    );
    const not = await as('/access/explain', { body: { action: 'run:write' } });
    assert.deepEqual(
      [not.said['allowed'], /editor, admin, owner may/.test(String(not.said['because']))],
      [false, true],
    );
    await setMembers(ctx, 'Reviewers', []);
    assert.equal((await as('/me')).status, 403);
    await setMembers(ctx, 'Reviewers', [ann.id]);
    await removeGroup(ctx, 'Reviewers');
    assert.deepEqual(await rolesOf(ctx, ann.id), []);
    await addUser(ctx, { name: 'vic', password: GOOD, roles: ['viewer'] });
    const asVic = (user: string) =>
      ask(server, basic('vic', GOOD), '/access/explain', { body: { user, action: 'run:read' } });
    assert.equal((await asVic('ann')).status, 404, 'who is only elsewhere is not told of');
    assert.equal((await asVic('vic')).status, 200);

    await assert.rejects(addService(ctx, { name: 'ci', roles: ['approver'] }), /approves nothing/);
    const ci = await addService(ctx, { name: 'ci', roles: ['admin'] });
    const { secret } = await createToken(ctx, { name: 'ci token', role: 'owner', service: 'ci' });
    const it = await ask(server, `Bearer ${secret}`, '/me');
    assert.deepEqual(
      [it.said['kind'], it.said['role'], it.said['user'], it.said['may']],
      ['service', 'admin', undefined, ['read', 'write', 'admin']],
    );
    await assert.rejects(createToken(ctx, { name: 'x', role: 'viewer', service: 'ann' }), /is a person/);
    assert.equal((await ask(server, basic('ci', GOOD), '/me')).status, 401, 'it has no password');
    assert.equal((await personOf(ctx, ci.id))?.kind, 'service');
  });

  test(`${on}: whom a provider means is told by its own word alone: not by a name, and by what a directory said of them before`, async () => {
    await using server = await open();
    const { ctx } = server;
    await addUser(ctx, { name: 'ana', password: GOOD, roles: ['admin'] });
    const issuer = 'https://login.example.org';
    const other = await personByIdentity(ctx, { issuer, subject: 's1', called: 'Ana', groups: undefined });
    assert.deepEqual([other.name, await rolesOf(ctx, other.id)], ['ana-2', []]);
    const again = await personByIdentity(ctx, { issuer, subject: 's1', called: 'Anna', groups: undefined });
    assert.equal(again.id, other.id);
    const made = await addUser(ctx, { name: 'ben', external_id: 's2', roles: ['viewer'] });
    const met = await personByIdentity(ctx, { issuer, subject: 's2', called: 'Somebody', groups: undefined });
    assert.deepEqual([met.id, met.name, met.subject], [made.id, 'ben', 's2']);
    // Another provider that uses the same word means somebody else.
    const abroad = { issuer: 'https://other.example.org', subject: 's2', called: 'ben', groups: undefined };
    assert.notEqual((await personByIdentity(ctx, abroad)).id, made.id);
    await removeUser(ctx, 'ben');
    assert.equal(await personOf(ctx, made.id), undefined);
    assert.notEqual(
      (await personByIdentity(ctx, { ...abroad, issuer })).id,
      made.id,
      'who was removed does not come back',
    );
  });

  // Who has to wait is kept in memory: no database decides it.
  if (on !== 'SQLite') return;
  test(`${on}: wrong passwords have to wait, by name and address; a good one that was just used does not`, async () => {
    await using server = await open();
    const { ctx } = server;
    await addUser(ctx, { name: 'bea', password: GOOD, roles: ['viewer'] });
    const as = (password: string, name = 'bea') => ask(server, basic(name, password), '/me');
    assert.equal((await as(GOOD)).status, 200);
    const statuses: number[] = [];
    for (let turn = 0; turn < 7; turn++) statuses.push((await as(`wrong number ${turn}`)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
    const refused = await as('again wrong');
    assert.ok(Number(refused.headers.get('retry-after')) > 5, refused.headers.get('retry-after') ?? '');
    assert.equal((await as(GOOD)).status, 200, 'her client, which was let in before, goes on');
    assert.equal((await as(GOOD, 'nobody')).status, 401, 'others are not kept waiting');

    // Many at once are many; one password that many requests show at once is one.
    await addUser(ctx, { name: 'cid', password: GOOD, roles: ['viewer'] });
    const first = await Promise.all(Array.from({ length: 12 }, () => as(GOOD, 'cid')));
    assert.deepEqual(new Set(first.map(({ status }) => status)), new Set([200]));
    const burst = await Promise.all(Array.from({ length: 12 }, (_, turn) => as(`guess ${turn}`, 'cid')));
    assert.equal(burst.filter(({ status }) => status === 401).length, 5);
    assert.equal(burst.filter(({ status }) => status === 429).length, 7);
  });
});
