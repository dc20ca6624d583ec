import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { authenticate } from './authenticate.ts';
import { createToken } from './create-token.ts';
import { createWorkspace } from './create-workspace.ts';
import { decide } from './decide.ts';
import { revokeToken } from './revoke-token.ts';
import { looksLikeSecret, newSecret } from './secret.ts';
import { selectTokens } from './store.ts';

test('the whole policy: roles by actions', () => {
  const may = (
    role: 'viewer' | 'editor' | 'admin',
    action: 'run:read' | 'run:write' | 'token:admin' | 'public',
  ): boolean => decide({ kind: 'token', id: 't', name: 't', role }, action);
  const table = [
    ['viewer', [true, false, false, true]],
    ['editor', [true, true, false, true]],
    ['admin', [true, true, true, true]],
  ] as const;
  for (const [role, expected] of table) {
    assert.deepEqual(
      [may(role, 'run:read'), may(role, 'run:write'), may(role, 'token:admin'), may(role, 'public')],
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
  ): ReturnType<typeof authenticate> => authenticate(ctx, { authorization, workspace }, owner);

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
  await assert.rejects(as(undefined), { kind: 'unauthenticated' });
  await assert.rejects(as(undefined, 'nowhere', true), { kind: 'missing' });

  const later = { ...ctx, clock: { now: () => token.expires_at } };
  await assert.rejects(
    authenticate(later, { authorization: `Bearer ${secret}`, workspace: undefined }, false),
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
