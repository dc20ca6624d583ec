import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import test from 'node:test';
import { sql } from 'kysely';
import { openTest } from '../../test/harness.ts';
import type { Role } from '../platform/ctx/index.ts';
import { authenticate } from './authenticate.ts';
import { createToken } from './create-token.ts';
import { createWorkspace } from './create-workspace.ts';
import { decide, whatOpens } from './decide.ts';
import { prolongToken, revokeLeftTokens, revokeToken } from './revoke-token.ts';
import { looksLikeSecret, newSecret } from './secret.ts';
import { selectTokens } from './store.ts';

test('a guest is told of the grant that would open it, where one does', () => {
  const guest = {
    kind: 'user' as const,
    id: 'g',
    name: 'gil',
    role: 'guest' as const,
    grants: { on: () => [], patterns: () => [] },
  };
  for (const [action, says] of [
    ['endpoint:write', /grant add NAME editor endpoint:NAME/],
    ['run:read', /grant add NAME editor experiment:NAME/],
    ['secret:read', /ask an admin for a role; a grant opens single/],
    ['server:admin', /ask an owner/],
  ] as const)
    assert.match(whatOpens(guest, action), says);
});

test('the whole policy: roles by actions', () => {
  const may = (
    role: Role,
    action: 'run:read' | 'run:write' | 'token:admin' | 'server:admin' | 'public',
  ): boolean => decide({ kind: 'token', id: 't', name: 't', role }, action).allowed;
  const table = [
    ['viewer', [true, false, false, false, true]],
    ['editor', [true, true, false, false, true]],
    ['approver', [true, false, false, false, true]],
    ['admin', [true, true, true, false, true]],
    ['owner', [true, true, true, true, true]],
  ] as const;
  for (const [role, expected] of table) {
    assert.deepEqual(
      (['run:read', 'run:write', 'token:admin', 'server:admin', 'public'] as const).map((action) =>
        may(role, action),
      ),
      expected,
    );
  }
});

test('a secret knows its own typos', () => {
  const secret = newSecret();
  assert.ok(looksLikeSecret(secret));
  assert.equal(looksLikeSecret(secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'))), false);
  assert.notEqual(newSecret(), secret);
});

test('a token opens its own workspace until it is revoked or expires', async () => {
  await using server = await openTest();
  const { ctx } = server;
  await createWorkspace(ctx, 'other');
  const { token, secret } = await createToken(ctx, { name: 'ci', role: 'editor', days: 1 });
  const as = (
    authorization: string | undefined,
    workspace?: string,
    owner = false,
    proxied = false,
  ): ReturnType<typeof authenticate> => authenticate(ctx, { authorization, workspace, proxied }, owner);

  const bearer = await as(`Bearer ${secret}`);
  assert.deepEqual([bearer.actor.name, bearer.actor.role, bearer.workspace], ['ci', 'editor', 'default']);
  assert.equal((await as(`Basic ${Buffer.from(`anyone:${secret}`).toString('base64')}`)).actor.id, token.id);
  await assert.rejects(as(`Bearer ${secret}`, 'other'), { kind: 'forbidden' });

  // What is present but wrong is refused, also where nothing would be needed.
  const wrong = [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${secret}x`,
    `Bearer ${secret} junk`,
    `Bearer ${secret},`,
    `Bearer ${secret} ${secret}`,
    ` Bearer ${secret}`,
    `Basic ${Buffer.from(`anyone:${secret}`).toString('base64')} junk`,
    `Bearer ${newSecret()}`,
    `Digest ${secret}`,
    secret,
    'Basic !!!',
    "Bearer ' or 1=1 --",
    `Bearer ${secret.slice(0, 20)}`,
  ];
  for (const header of wrong)
    await assert.rejects(as(header, undefined, true), { kind: 'unauthenticated' }, header);

  assert.equal((await as(undefined, undefined, true)).actor.kind, 'owner');
  // A proxy on the same machine brings callers of anywhere; a token says who they are, whoever brought it.
  await assert.rejects(as(undefined, undefined, true, true), /came through a proxy/);
  assert.equal((await as(`Bearer ${secret}`, undefined, true, true)).actor.id, token.id);
  await assert.rejects(as(undefined), { kind: 'unauthenticated' });
  await assert.rejects(as(undefined, 'nowhere', true), { kind: 'missing' });

  const later = { ...ctx, clock: { now: () => token.expires_at } };
  await assert.rejects(
    authenticate(later, { authorization: `Bearer ${secret}`, workspace: undefined, proxied: false }, false),
    /has expired/,
  );
  await revokeToken(ctx, token.id);
  await assert.rejects(as(`Bearer ${secret}`), { kind: 'unauthenticated' });

  // The wall: the other workspace sees and revokes nothing of it.
  const other = ctx.as({ workspace: 'other' });
  assert.deepEqual(await selectTokens(other), []);
  await assert.rejects(revokeToken(other, token.id), { kind: 'missing' });
  // The secret itself is nowhere.
  const dump = JSON.stringify(
    await ctx.db
      .$extendTables<{ token: Record<string, unknown> }>()
      .selectFrom('token')
      .selectAll()
      .execute(),
  );
  assert.ok(!dump.includes(secret));
});

test('a step’s token ends by itself, is prolonged while its step runs, and what a crash left ends at the next start', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const MINUTE = 60_000;
  const make = () => createToken(ctx, { name: 'step', role: 'editor', execution: 'e', life: MINUTE });
  const [kept, left] = [await make(), await make()];
  const { secret: usual } = await createToken(ctx, { name: 'usual', role: 'viewer' });
  const status = async (secret: string, after = 0): Promise<string> => {
    const later = { ...ctx, clock: { now: () => ctx.clock.now() + after } };
    const asks = { authorization: `Bearer ${secret}`, workspace: undefined, proxied: false };
    return authenticate(later, asks, false).then(
      () => 'in',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
  };
  assert.equal(await status(kept.secret), 'in');
  assert.match(await status(kept.secret, 2 * MINUTE), /has expired/);
  await ctx.write((tx) => prolongToken(tx, kept.token.id, ctx.clock.now() + 5 * MINUTE));
  assert.equal(await status(kept.secret, 2 * MINUTE), 'in');
  await revokeLeftTokens(ctx, new Set([kept.token.id]));
  assert.deepEqual(
    [await status(kept.secret), await status(left.secret), await status(usual)],
    ['in', 'the token is not known here', 'in'],
  );
  await ctx.write((tx) => prolongToken(tx, left.token.id, ctx.clock.now() + 5 * MINUTE));
  assert.equal(await status(left.secret), 'the token is not known here', 'what was revoked stays so');
  // Steps that ended are no part of the list: there is one for each try.
  assert.deepEqual((await selectTokens(ctx)).map(({ id }) => id).includes(left.token.id), false);
});

test('an admin is one of a single workspace; an owner of all', async () => {
  await using server = await openTest();
  const { ctx } = server;
  await createWorkspace(ctx, 'other');
  const caller = async (secret: string, workspace?: string) => {
    const { actor, workspace: entered } = await authenticate(
      ctx,
      { authorization: `Bearer ${secret}`, workspace, proxied: false },
      false,
    );
    return ctx.as({ actor, workspace: entered });
  };
  const admin = await caller((await createToken(ctx, { name: 'a', role: 'admin' })).secret);
  const { token: owners, secret } = await createToken(ctx, { name: 'o', role: 'owner' });

  await assert.rejects(createToken(admin, { name: 'x', role: 'viewer', workspace: 'other' }), {
    kind: 'forbidden',
    field: 'workspace',
  });
  await assert.rejects(createToken(admin, { name: 'x', role: 'owner' }), {
    kind: 'forbidden',
    field: 'role',
  });
  await assert.rejects(revokeToken(admin, owners.id), { kind: 'forbidden' });
  assert.equal(decide(admin.actor, 'server:admin').allowed, false, 'nor does one make workspaces');
  assert.deepEqual(
    (await selectTokens(ctx)).map(({ name, revoked_at }) => [name, revoked_at]),
    [
      ['o', undefined],
      ['a', undefined],
    ],
  );
  assert.equal(
    (await createToken(admin, { name: 'x', role: 'admin', workspace: 'default' })).token.workspace,
    'default',
  );

  const abroad = await caller(secret, 'other');
  assert.equal(abroad.workspace, 'other');
  assert.equal((await createToken(abroad, { name: 'y', role: 'editor' })).token.workspace, 'other');
  await assert.rejects(caller(secret, 'nowhere'), { kind: 'missing' });
  assert.equal((await caller(secret)).workspace, 'default');
});

test('a live stream ends with the token that opened it: revoked or expired', async () => {
  await using server = await openTest();
  const { ctx } = server;
  const follow = async (secret: string) => {
    const live = await fetch(`${server.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (what: string | undefined): Promise<boolean> => {
      while (what === undefined || !text.includes(what)) {
        const { value, done } = await reader.read();
        if (done) return what === undefined;
        text += value;
      }
      return true;
    };
    assert.ok(await until('event: ready'));
    return until;
  };
  const revoked = await createToken(ctx, { name: 'r', role: 'viewer' });
  const expiring = await createToken(ctx, { name: 'e', role: 'viewer' });
  const other = await createToken(ctx, { name: 'o', role: 'viewer' });
  const [first, third] = [await follow(revoked.secret), await follow(other.secret)];
  const lives = async (ms: number): Promise<Awaited<ReturnType<typeof follow>>> => {
    const end = Date.now() + ms;
    await ctx.write((tx) =>
      sql`update token set expires_at = ${end} where id = ${expiring.token.id}`.execute(tx.db),
    );
    return follow(expiring.secret).catch((error: unknown) => {
      if (ms > 60_000) throw error;
      return lives(ms * 4); // a busy machine met it when it had ended already
    });
  };
  const second = await lives(300);
  await revokeToken(ctx, revoked.token.id);
  assert.ok(await first(undefined), 'the stream of the revoked token ends');
  assert.ok(await second(undefined), 'the stream of the expired token ends');
  await ctx.write((tx) => tx.emit({ type: 'thing.made', subject: 'thing:1' }));
  assert.ok(await third('thing:1'), 'the others go on');
});

test('through a proxy, or where every caller needs a token, nobody is the owner', async () => {
  const first = await openTest();
  await assert.rejects(openTest({ data: first.data, config: { requireToken: true } }));
  const { secret } = await createToken(first.ctx, { name: 'o', role: 'owner' });
  const me = (url: string, headers: Record<string, string>) =>
    fetch(`${url}/api/v1/me`, { headers }).then(({ status }) => status);
  for (const name of [
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-real-ip',
    'via',
    'cf-connecting-ip',
  ]) {
    assert.equal(await me(first.url, { [name]: '127.0.0.1' }), 401, name);
    assert.equal(await me(first.url, { [name]: '', authorization: `Bearer ${secret}` }), 200, name);
  }
  assert.equal(await me(first.url, {}), 200);
  await first.close();
  await using second = await openTest({ data: first.data, config: { requireToken: true } });
  assert.equal(await me(second.url, {}), 401);
  assert.equal(await me(second.url, { authorization: `Bearer ${secret}` }), 200);
  rmSync(first.data, { recursive: true });
});
