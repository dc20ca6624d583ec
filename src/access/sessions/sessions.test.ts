import assert from 'node:assert/strict';
import { request } from 'node:http';
import test from 'node:test';
import { sql } from 'kysely';
import { onDatabases } from '../../../test/on-databases.ts';
import { createWorkspace } from '../create-workspace.ts';
import { addUser } from '../people/add-user.ts';
import { setRoles, updateUser } from '../people/update-user.ts';

const GOOD = 'four words nobody joins';
const HOUR = 3_600_000;
type Headers = Record<string, string>;

/** As a browser sends it, header by header: `fetch` sends no cookie. */
function ask(
  url: string,
  method: string,
  path: string,
  headers: Headers = {},
  body?: object,
): Promise<{ status: number; said: Record<string, unknown>; set: string | undefined }> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/api/v1${path}`,
      {
        method,
        headers: { ...headers, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
        reply.on('end', () =>
          resolve({
            status: reply.statusCode ?? 0,
            said: JSON.parse(text) as Record<string, unknown>,
            set: reply.headers['set-cookie']?.[0],
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(json);
  });
}

const SAME = { 'sec-fetch-site': 'same-origin' };
const cookieOf = (set: string | undefined): string => set?.split(';')[0] ?? '';

onDatabases('sessions were', (on, open) => {
  test(`${on}: a session opens by its cookie what its bearer may, until it ends: unused, old, revoked, replaced, signed out, disabled`, async () => {
    await using server = await open();
    const { ctx, url } = server;
    await createWorkspace(ctx, 'other');
    const lena = await addUser(ctx, { name: 'lena', password: GOOD, roles: ['viewer'] });
    const enter = (headers: Headers = {}) =>
      ask(url, 'POST', '/session', { ...SAME, ...headers }, { name: 'lena', password: GOOD });
    const me = async (cookie: string, headers: Headers = {}): Promise<number> =>
      (await ask(url, 'GET', '/me', { cookie, ...headers })).status;

    const first = await enter();
    assert.equal(first.status, 200, JSON.stringify(first.said));
    assert.match(
      first.set ?? '',
      /^treadle-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
    );
    const cookie = cookieOf(first.set);
    const said = (await ask(url, 'GET', '/me', { cookie })).said;
    assert.deepEqual([said['kind'], said['user'], said['roles']], ['user', lena.id, ['viewer']]);

    // Of what a browser shows, nothing passes for nobody: this machine's owner shows no cookie.
    assert.equal(await me(`${cookie}x`), 401);
    assert.equal(await me(`${cookie}; ${cookie}`), 401);
    assert.equal(await me('treadle-session='), 401);
    assert.equal(await me(cookie, { authorization: 'Bearer nonsense' }), 401);
    // Behind a proxy the browser speaks https, and only the cookie that is bound to it counts.
    const proxied = { 'x-forwarded-proto': 'https' };
    assert.equal(await me(cookie, proxied), 401);
    const outside = await enter(proxied);
    assert.match(outside.set ?? '', /^__Host-treadle-session=[\w-]{43}; Path=\/; .*; Secure$/);
    assert.equal(await me(cookieOf(outside.set), proxied), 200);
    assert.equal((await ask(url, 'GET', '/me', { cookie: cookieOf(outside.set) })).said['kind'], 'owner');

    // A cookie alone changes nothing: the browser has to say that our own page asks.
    const change = (headers: Headers) =>
      ask(url, 'PUT', '/session/workspace', { cookie, ...headers }, { workspace: 'other' });
    assert.equal((await change({})).status, 403);
    assert.equal((await change({ 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await change({ origin: 'http://elsewhere.example' })).status, 403);
    assert.equal((await change(SAME)).status, 403, 'no role there');
    await setRoles(ctx.as({ workspace: 'other' }), 'lena', ['editor']);
    assert.equal((await change(SAME)).status, 200);
    assert.equal((await ask(url, 'GET', '/me', { cookie })).said['workspace'], 'other');
    await setRoles(ctx.as({ workspace: 'other' }), 'lena', []);
    assert.equal(
      (await ask(url, 'GET', '/me', { cookie })).said['workspace'],
      'default',
      'where a role is left',
    );

    // Signing in again replaces it; the list says which is which, and ends others.
    const second = cookieOf((await enter({ cookie })).set);
    assert.deepEqual([await me(cookie), await me(second)], [401, 200]);
    const listed = async () =>
      (await ask(url, 'GET', '/me/sessions', { cookie: second })).said['items'] as Array<{
        id: string;
        current: boolean;
      }>;
    assert.equal((await listed()).length, 2);
    const other = (await listed()).find(({ current }) => !current);
    assert.equal(
      (await ask(url, 'DELETE', `/me/sessions/${other?.id}`, { cookie: second, ...SAME })).status,
      200,
    );
    assert.equal(await me(cookieOf(outside.set), proxied), 401);
    assert.equal((await listed()).length, 1);

    const age = (column: string, ms: number) =>
      ctx.write((tx) => sql`update session set ${sql.ref(column)} = ${Date.now() + ms}`.execute(tx.db));
    await age('used_at', -12 * HOUR - 1000);
    assert.equal(await me(second), 401, 'unused for too long');
    await age('used_at', -11 * HOUR);
    assert.equal(await me(second), 200);
    await age('expires_at', -1);
    assert.equal(await me(second), 401, 'too old, though used');

    const third = cookieOf((await enter()).set);
    const out = await ask(url, 'DELETE', '/session', { cookie: third, ...SAME });
    assert.match(out.set ?? '', /^treadle-session=; .*Max-Age=0$/);
    assert.equal(await me(third), 401);
    const fourth = cookieOf((await enter()).set);
    await updateUser(ctx, 'lena', { disabled: true });
    assert.equal(await me(fourth), 401);
    await updateUser(ctx, 'lena', { disabled: false });
    assert.equal(await me(fourth), 401, 'it does not come back with her');

    // What is kept opens nothing.
    const { rows } = await sql<{ hash: string }>`select hash from session`.execute(ctx.db);
    assert.ok(rows.every(({ hash }) => !first.set?.includes(hash) && hash.length === 64));
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: who may wait, waits: sign-in is limited by name and address, and a new password ends every session`, async () => {
    await using server = await open();
    const { ctx, url } = server;
    await addUser(ctx, { name: 'bea', password: GOOD, owner: true });
    const enter = (password: string, name = 'bea') => ask(url, 'POST', '/session', SAME, { name, password });
    const cookie = cookieOf((await enter(GOOD)).set);
    const as = (method: string, path: string, body?: object) =>
      ask(url, method, path, { cookie, ...SAME }, body);
    const changed = await as('POST', '/me/password', { current: 'not that one', password: `${GOOD} again` });
    assert.deepEqual([changed.status, (changed.said['error'] as { field: string }).field], [400, 'current']);
    assert.equal(
      (await as('POST', '/me/password', { current: GOOD, password: `${GOOD} again` })).status,
      200,
    );
    assert.equal((await as('GET', '/me')).status, 401);
    const statuses: number[] = [];
    for (let turn = 0; turn < 6; turn++) statuses.push((await enter(`${GOOD} ${turn}`)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
    assert.equal(
      (await enter(`${GOOD} again`, 'BEA')).status,
      429,
      'not even the right one, by whatever case',
    );
    assert.equal((await ask(url, 'POST', '/session', { 'sec-fetch-site': 'cross-site' }, {})).status, 403);
  });
});
