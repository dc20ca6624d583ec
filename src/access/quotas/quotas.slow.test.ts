import assert from 'node:assert/strict';
import test from 'node:test';
import { blake3 } from '@napi-rs/blake-hash';
import { sql } from 'kysely';
import type { TestServer } from '../../../test/harness.ts';
import { onDatabases } from '../../../test/on-databases.ts';
import { fc, runs } from '../../../test/property.ts';
import { createModel } from '../../models/index.ts';
import { deleteRun, purgeDeleted } from '../../tracking/index.ts';
import { storeRooms } from '../../rooms.ts';
import { takeNumber } from '../../serving/store.ts';
import { createToken } from '../create-token.ts';
import { createWorkspace } from '../create-workspace.ts';
import type { Quota } from '../contract.ts';
import { Requests } from './requests.ts';

interface Answer {
  status: number;
  headers: Headers;
  said: {
    items?: Quota[];
    error?: { kind: string; code?: string; message: string; hint?: string; field?: string };
    error_code?: string;
    message?: string;
    run?: { info: { run_id: string } };
  };
}

const talker =
  (server: TestServer, bearer: string, workspace?: string) =>
  async (
    path: string,
    { method, json, bytes }: { method?: string; json?: object; bytes?: Uint8Array } = {},
  ): Promise<Answer> => {
    const reply = await fetch(`${server.url}/api/${path}`, {
      method: method ?? (json ? 'POST' : bytes ? 'PUT' : 'GET'),
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(workspace === undefined ? {} : { 'x-treadle-workspace': workspace }),
        ...(json ? { 'content-type': 'application/json' } : {}),
      },
      ...(json ? { body: JSON.stringify(json) } : bytes ? { body: new Uint8Array(bytes) } : {}),
    });
    const text = await reply.text();
    return {
      status: reply.status,
      headers: reply.headers,
      said: text === '' ? {} : (JSON.parse(text) as Answer['said']),
    };
  };

async function house(server: TestServer) {
  const { ctx } = server;
  const secretOf = async (name: string, role: 'owner' | 'admin' | 'editor', workspace = 'default') =>
    (await createToken(ctx, { name, role, workspace })).secret;
  const owner = talker(server, await secretOf('root', 'owner'));
  const editor = talker(server, await secretOf('nightly', 'editor'));
  const admin = talker(server, await secretOf('lead', 'admin'));
  const set = async (json: Record<string, number | null>) => {
    const { status, said } = await owner('v1/quotas', { method: 'PATCH', json });
    assert.equal(status, 200, JSON.stringify(said));
  };
  const used = async (quota: string) =>
    (await admin('v1/quotas')).said.items?.find((one) => one.quota === quota);
  return { ctx, owner, editor, admin, set, used };
}

onDatabases('quotas were', (on, open) => {
  test(`${on}: writers who would pass a quota together are refused at the limit, in words that say what to do`, async () => {
    await using server = await open();
    const { ctx, editor, admin, set, used } = await house(server);
    await set({ runs: 3 });
    const tries = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        n % 2 === 0
          ? editor('v1/runs', { json: { experiment: '0' } })
          : editor('2.0/mlflow/runs/create', { json: { experiment_id: '0' } }),
      ),
    );
    const through = tries.filter(({ status }) => status === 200);
    assert.equal(through.length, 3);
    for (const { status, said, headers } of tries.filter((one) => !through.includes(one))) {
      assert.equal(status, 403, `nothing that a client asks again for minutes: ${JSON.stringify(said)}`);
      assert.equal(headers.get('retry-after'), null);
      const [code, text] = said.error
        ? [said.error.code, `${said.error.message}; ${said.error.hint}`]
        : [said.error_code, said.message];
      assert.ok(code === 'quota' || code === 'RESOURCE_LIMIT_EXCEEDED', String(code));
      assert.match(text ?? '', /quota of runs is used up: workspace 'default' may keep 3 runs, and has 3/);
      assert.match(
        text ?? '',
        /treadle gc\), or ask an owner of the server for more: treadle workspace quota --runs N/,
      );
    }
    assert.deepEqual(await used('runs'), { quota: 'runs', limit: 3, used: 3 });
    const { rows } = await sql<{ n: unknown }>`select count(*) as n from run`.execute(ctx.db);
    assert.equal(Number(rows[0]?.n), 3, 'what was refused left nothing');

    // A deleted run counts until gc takes it.
    const { rows: first } = await sql<{ id: string }>`select id from run limit 1`.execute(ctx.db);
    await deleteRun(ctx, first[0]!.id);
    assert.equal((await editor('v1/runs', { json: { experiment: '0' } })).status, 403);
    const none = { run: () => false, folder: () => false };
    await purgeDeleted(ctx, Date.now() + 1000, none, false);
    assert.equal((await editor('v1/runs', { json: { experiment: '0' } })).status, 200);
    assert.equal((await editor('v1/runs', { json: { experiment: '0' } })).status, 403);

    // Each workspace has its own, and only an owner says how much.
    await createWorkspace(ctx, 'other');
    const other = talker(
      server,
      (await createToken(ctx, { name: 'o', role: 'editor', workspace: 'other' })).secret,
    );
    assert.equal((await other('v1/runs', { json: { experiment: '0' } })).status, 200);
    assert.equal((await admin('v1/quotas', { method: 'PATCH', json: { runs: null } })).status, 403);
    assert.equal((await editor('v1/quotas')).status, 403);
    await set({ runs: 1 });
    assert.equal((await editor('v1/runs', { json: { experiment: '0' } })).status, 403, 'less than there is');
    await set({ runs: null });
    assert.equal((await editor('v1/runs', { json: { experiment: '0' } })).status, 200);
    assert.deepEqual(await used('runs'), { quota: 'runs', used: 4 });
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: bytes are those of files that are there, each content of a dataset once, whatever is done to them`, async () => {
    await using server = await open();
    const { ctx, editor, set, used } = await house(server);
    const recount = async (): Promise<number> => {
      let sum = 0;
      for (const table of ['artifact', 'dataset_blob', 'code_blob']) {
        const { rows } = await sql<{ n: unknown }>`
          select coalesce(sum(size), 0) as n from ${sql.table(table)} where workspace = 'default'`.execute(
          ctx.db,
        );
        sum += Number(rows[0]?.n);
      }
      return sum;
    };
    const put = (path: string, size: number) =>
      editor(`2.0/mlflow-artifacts/artifacts/${path}`, { bytes: new Uint8Array(size).fill(size % 251) });
    const send = (size: number) => {
      const content = Buffer.alloc(size, size % 251);
      return editor(`v1/data/blobs/${blake3(content).toString('hex')}`, { bytes: content });
    };
    const change = fc.oneof(
      fc.record({
        do: fc.constant('put' as const),
        name: fc.constantFrom('a', 'b', 'd/c', 'd/e'),
        size: fc.nat(3000),
      }),
      fc.record({ do: fc.constant('delete' as const), name: fc.constantFrom('a', 'b', 'd', 'd/c') }),
      fc.record({ do: fc.constant('send' as const), size: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ do: fc.constant('limit' as const), bytes: fc.option(fc.nat(9000), { nil: null }) }),
    );
    let limit: number | null = null;
    let refused = 0;
    for (const one of fc.sample(change, runs(120, 40))) {
      const before = await recount();
      if (one.do === 'limit') await set({ bytes: (limit = one.bytes) });
      else {
        const answer =
          one.do === 'send'
            ? await send(one.size)
            : one.do === 'put'
              ? await put(`files/${one.name}`, one.size)
              : await editor(`2.0/mlflow-artifacts/artifacts/files/${one.name}`, { method: 'DELETE' });
        const after = await recount();
        if (answer.status === 403) {
          refused++;
          assert.equal(after, before);
          assert.match(JSON.stringify(answer.said), /quota of bytes is used up/);
        } else if (after > before) assert.ok(limit === null || after <= limit, `${after} of ${limit}`);
      }
      assert.equal((await used('bytes'))?.used, await recount(), JSON.stringify(one));
    }
    assert.ok(refused > 5, `only ${refused} were refused`);
    // What gc takes gives its room back.
    const steps = ctx.blobs.collect({ users: storeRooms(server.data).users, grace: -60_000 });
    while ((await steps.next()).done !== true);
    const { rows } = await sql`select hash from dataset_blob`.execute(ctx.db);
    assert.equal(rows.length, 0);
    assert.equal((await used('bytes'))?.used, await recount());
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: endpoints that are taken away leave room for others`, async () => {
    await using server = await open();
    const { ctx, set, used } = await house(server);
    const make = (name: string) => ctx.write((tx) => takeNumber(tx, name, true));
    await set({ endpoints: 1 });
    await make('a');
    await make('a');
    await assert.rejects(make('b'), { kind: 'forbidden', code: 'quota', field: 'endpoints' });
    assert.deepEqual(await used('endpoints'), { quota: 'endpoints', limit: 1, used: 1 });
    await fetch(`${server.url}/api/v1/endpoints/a`, { method: 'DELETE' });
    await make('b');
    await assert.rejects(make('a'), { kind: 'forbidden' });
  });
});

test('requests of a minute are counted by workspace; who manages the server gets through', () => {
  const requests = new Requests();
  const at = 120_000;
  const asks = (
    workspace: string,
    now: number,
    action: 'run:read' | 'server:admin' | 'public' = 'run:read',
  ) => {
    try {
      requests.count(workspace, { action }, now);
      return 'through';
    } catch (error) {
      return error instanceof Error && 'retryAfter' in error ? error.retryAfter : error;
    }
  };
  requests.limit('a', 2);
  assert.deepEqual(
    [asks('a', at), asks('a', at), asks('a', at + 1000), asks('a', at + 59_999), asks('b', at)],
    ['through', 'through', 59, 1, 'through'],
  );
  assert.deepEqual([asks('a', at, 'server:admin'), asks('a', at, 'public')], ['through', 'through']);
  assert.equal(requests.used('a', at), 2);
  assert.deepEqual([asks('a', at + 60_000), requests.used('a', at + 60_000)], ['through', 1]);
  requests.limit('a', null);
  assert.deepEqual([asks('a', at + 60_000), asks('a', at + 60_000)], ['through', 'through']);
});

onDatabases('the quota of requests was', (on, open) => {
  test(`${on}: requests past their quota are refused, in MLflow's words so that its client gives up at once`, async () => {
    await using server = await open();
    const { ctx, editor, owner, admin, set } = await house(server);
    await createModel(ctx, { name: 'flights' });
    await set({ requests: 0 });
    const native = await editor('v1/models');
    assert.deepEqual(
      [native.status, native.said.error?.kind, native.said.error?.code],
      [429, 'limited', 'quota'],
    );
    assert.match(native.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
    const mlflow = await editor('2.0/mlflow/registered-models/get?name=flights');
    assert.deepEqual([mlflow.status, mlflow.said.error_code], [403, 'RESOURCE_LIMIT_EXCEEDED']);
    for (const path of ['v1/me', 'v1/workspaces', 'v1/quotas'])
      assert.equal((await admin(path)).status, 200, path);
    assert.equal((await owner('v1/models')).status, 429, 'an owner is counted, too');
    await set({ requests: null });
    assert.equal((await editor('v1/models')).status, 200);
    // Set before the server starts again, it holds from the start on.
    await set({ requests: 0 });
    const again = new Requests();
    await again.open(ctx);
    assert.throws(() => again.count('default', { action: 'run:read' }, 0), { kind: 'limited' });
    assert.deepEqual(server.errors, []);
  });
});
