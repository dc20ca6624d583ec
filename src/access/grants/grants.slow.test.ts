import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import test from 'node:test';
import { sql } from 'kysely';
import { onDatabases } from '../../../test/on-databases.ts';
import { fc, runs } from '../../../test/property.ts';
import { commitVersion } from '../../data/index.ts';
import { createModel, createVersion, setAlias } from '../../models/index.ts';
import type { Actor, Ctx, Resource, Role } from '../../platform/ctx/index.ts';
import type { Action } from '../../platform/http/contract.ts';
import { fits } from '../../platform/patterns/index.ts';
import { createExperiment, createRun, logBatch } from '../../tracking/index.ts';
import { createToken } from '../create-token.ts';
import { createWorkspace } from '../create-workspace.ts';
import { decide } from '../decide.ts';
import { addService, addUser } from '../people/add-user.ts';
import { addGroup, setMembers } from '../people/groups.ts';
import { setRoles, updateUser } from '../people/update-user.ts';
import { addGrant, listGrants, removeGrant } from './grants.ts';
import { holding, type Said } from './held.ts';
import { whereSeen } from './seen.ts';

const part = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_', '%', '[', '?'), maxLength: 3 });
const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('-'));
const pattern = fc.oneof(
  name,
  fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('*')),
);
/** Few, so that grants meet what is asked for. */
const few = fc.constantFrom('a', 'ab', 'b', 'ba');
const fewPatterns = fc.oneof(few, fc.constantFrom('*', 'a*', '*b', 'a*b', 'b*'));
const level = fc.constantFrom<Role>('viewer', 'editor', 'approver', 'admin');
const kind = fc.constantFrom('dataset', 'model', 'endpoint');
const said: fc.Arbitrary<Said> = fc.record({ level, kind, name: fewPatterns });

/** The same word of the pattern as a regular expression: what no caller's pattern is made of, and a test's may be. */
const matches = (one: string, text: string): boolean =>
  new RegExp(`^${one.split('*').map(RegExp.escape).join('.*')}$`, 's').test(text);

test('a pattern fits as its regular expression does', () => {
  fc.assert(
    fc.property(pattern, name, (one, text) => fits(one, text) === matches(one, text)),
    { numRuns: runs(2000, 500) },
  );
});

test('a pattern that fits another as text covers all that it stands for', () => {
  fc.assert(
    fc.property(pattern, pattern, name, (wide, narrow, text) => {
      fc.pre(fits(wide, narrow));
      return !fits(narrow, text) || fits(wide, text);
    }),
    { numRuns: runs(2000, 500) },
  );
});

const VERBS = ['read', 'write', 'approve', 'admin', 'own'] as const;
/** What each role says, a second time and by hand. */
const MAY: Record<Role, ReadonlyArray<(typeof VERBS)[number]>> = {
  viewer: ['read'],
  editor: ['read', 'write'],
  approver: ['read', 'approve'],
  admin: ['read', 'write', 'approve', 'admin'],
  owner: ['read', 'write', 'approve', 'admin'],
};
/** What a credential of a role leaves of another: all verbs that both have. */
const both = (one: Role, other: Role) => MAY[one].filter((verb) => MAY[other].includes(verb));

test('what is decided is what a small model says that goes through every role and every grant', () => {
  const asked = fc.record({
    roles: fc.uniqueArray(level, { maxLength: 2 }),
    most: fc.option(level, { nil: undefined }),
    grants: fc.array(said, { maxLength: 6 }),
    who: fc.constantFrom('user', 'token', 'service', 'step'),
    verb: fc.constantFrom(...VERBS),
    thing: fc.option(fc.record({ kind, name: few }), { nil: undefined }),
    server: fc.boolean(),
  });
  let granted = 0;
  fc.assert(
    fc.property(asked, ({ roles, most, grants, who, verb, thing, server }) => {
      const actor: Actor = {
        kind: who === 'step' ? 'token' : who === 'user' ? 'user' : who === 'service' ? 'service' : 'token',
        id: 'x',
        name: 'x',
        role: roles[0] ?? 'guest',
        roles,
        ...(who === 'step' ? { execution: 'e' } : { grants: holding(grants, most) }),
        ...(who === 'user' || who === 'token' ? { user: 'x' } : {}),
      };
      const action: Action = `${server ? 'server' : 'thing'}:${verb}`;
      const byRole = roles.some((role) => MAY[role].includes(verb));
      const byGrant =
        thing !== undefined &&
        who !== 'step' &&
        grants.some(
          (grant) =>
            grant.kind === thing.kind &&
            matches(grant.name, thing.name) &&
            (most === undefined ? MAY[grant.level] : both(most, grant.level)).includes(verb),
        );
      const person = who === 'user' || who === 'token';
      const expected = server
        ? false
        : verb === 'own'
          ? who === 'user'
          : who === 'step' && verb !== 'read'
            ? false
            : (verb !== 'approve' || person) && (byRole || byGrant);
      if (byGrant && expected && !byRole) granted++;
      return decide(actor, action, thing).allowed === expected;
    }),
    { numRuns: runs(5000) },
  );
  assert.ok(granted > 50, `only ${granted} were opened by a grant alone`);
});

interface Answer {
  status: number;
  said: { items?: Array<Record<string, unknown>>; next?: string; error?: { message: string } } & Record<
    string,
    unknown
  >;
}

const PASSWORD = 'four words nobody joins';
const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`;

onDatabases('grants were', (on, open) => {
  test(`${on}: a pattern fits in SQL as it does outside`, async () => {
    await using server = await open();
    const { db, dialect } = server.ctx;
    const names = fc.sample(name, runs(60, 30));
    for (const one of [
      '*',
      'a*',
      '*a',
      'a*b*a',
      '_*',
      '%',
      '[a]*',
      '?',
      'A*',
      ...fc.sample(pattern, runs(60, 15)),
    ]) {
      for (const text of names) {
        const { rows } = await sql<{ fits: unknown }>`
          select case when ${dialect.fits(sql`cast(${text} as text)`, one)} then 1 else 0 end as fits`.execute(
          db,
        );
        assert.equal(Number(rows[0]?.fits), fits(one, text) ? 1 : 0, `'${text}' by '${one}'`);
      }
    }
  });

  test(`${on}: a list shows exactly what each thing would be opened by`, async () => {
    await using server = await open();
    const names = [...new Set(fc.sample(name, 40))];
    for (const made of fc.sample(
      fc.array(fc.record({ level, kind, name: pattern }), { maxLength: 8 }),
      runs(25, 8),
    )) {
      const grants = holding(made);
      const ctx = server.ctx.as({
        actor: { kind: 'user', id: 'u', name: 'u', role: 'guest', roles: [], grants },
      });
      for (const about of ['model', 'dataset']) {
        const shown: string[] = [];
        for (const one of names) {
          const text = sql`cast(${one} as text)`;
          const { rows } = await sql<{ seen: unknown }>`
            select case when ${whereSeen(ctx, about, text)} then 1 else 0 end as seen`.execute(server.ctx.db);
          if (Number(rows[0]?.seen) === 1) shown.push(one);
        }
        assert.deepEqual(
          shown,
          names.filter((one) => decide(ctx.actor, `${about}:read`, { kind: about, name: one }).allowed),
          JSON.stringify(made),
        );
      }
    }
  });

  test(`${on}: who has no role here sees and does what is granted, and exactly that`, async () => {
    await using server = await open();
    const owner = server.ctx;
    const call = async (
      authorization: string,
      path: string,
      { method, body }: { method?: string; body?: object } = {},
    ): Promise<Answer> => {
      const reply = await fetch(`${server.url}${path.startsWith('/api') ? '' : '/api/v1'}${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      const json = reply.headers.get('content-type')?.startsWith('application/json') === true;
      return { status: reply.status, said: (json ? JSON.parse(text) : {}) as Answer['said'] };
    };
    const names = async (authorization: string, path: string) =>
      (await call(authorization, path)).said.items?.map((one) => one['name']);
    await seed(owner);
    const cara = await addUser(owner, { name: 'cara', password: PASSWORD });
    const as = (path: string, options = {}) => call(basic('cara'), path, options);
    assert.equal((await as('/me')).status, 403, 'neither role nor grant');

    const grant = await addGrant(owner, { user: 'cara', level: 'editor', kind: 'model', name: 'flights*' });
    await assert.rejects(
      addGrant(owner, { user: 'cara', level: 'editor', kind: 'model', name: 'flights*' }),
      { kind: 'conflict' },
    );
    const me = (await as('/me')).said;
    assert.deepEqual(
      [me['role'], me['roles'], me['may'], me['grants'], me['workspaces']],
      ['guest', [], ['own'], [{ level: 'editor', kind: 'model', name: 'flights*' }], ['default']],
    );
    assert.deepEqual(await names(basic('cara'), '/models'), ['flights-a', 'flights-b']);
    const first = (await as('/models?limit=1')).said;
    assert.equal(first.items?.length, 1);
    const next = (await as(`/models?limit=1&page=${encodeURIComponent(String(first.next))}`)).said;
    assert.deepEqual([next.items?.length, next.next], [1, undefined], 'pages are full, and end with theirs');
    assert.deepEqual((await as('/datasets')).said.items, []);
    assert.equal((await as('/models/flights-a')).status, 200);
    assert.equal(
      (await as('/models/flights-a', { method: 'PATCH', body: { description: 'x' } })).status,
      200,
    );
    for (const [path, options] of [
      ['/models/prices', {}],
      ['/models/nothing', {}],
      ['/models/prices', { method: 'PATCH', body: { description: 'x' } }],
      ['/models/flights-a', { method: 'PATCH', body: { name: 'prices-2' } }],
      ['/models', { body: { name: 'other' } }],
      ['/datasets/rows', {}],
      ['/datasets/rows/versions/main/content?path=a.csv', {}],
      ['/users', {}],
      ['/grants', {}],
      ['/ledger/entries', {}],
      ['/data/sql', { body: { query: 'select 1' } }],
      ['/models/flights-a/versions', { body: { source: 'models:/prices/1' } }],
    ] as const) {
      const { status, said: told } = await as(path, options);
      assert.equal(status, 403, `${path}: ${JSON.stringify(told)}`);
      assert.ok(!JSON.stringify(told).includes('is there'), path);
    }
    assert.equal((await as('/models', { body: { name: 'flights-c' } })).status, 200);
    // One that was called so once, and is another's now.
    await updateName(owner, 'flights-b', 'prices-b');
    assert.equal((await as('/models/flights-b')).status, 403, 'a former name leads to a model of today');
    assert.deepEqual(await names(basic('cara'), '/models'), ['flights-a', 'flights-c']);
    // MLflow's words for the same, by the same message that its call reads.
    const mlflow = '/api/2.0/mlflow/registered-models';
    assert.equal((await as(`${mlflow}/get?name=flights-a`)).status, 200);
    assert.equal((await as(`${mlflow}/get?name=prices`)).status, 403);
    assert.deepEqual(
      ((await as(`${mlflow}/search`)).said['registered_models'] as Array<{ name: string }>).map(
        (one) => one.name,
      ),
      ['flights-a', 'flights-c'],
    );
    assert.equal(
      (await as(`${mlflow}/set-tag`, { body: { name: 'flights-a', key: 'k', value: 'v' } })).status,
      200,
    );
    assert.equal(
      (await as(`${mlflow}/set-tag`, { body: { name: 'prices', key: 'k', value: 'v' } })).status,
      403,
    );
    assert.equal(
      (await as(`${mlflow}/set-tag?name=flights-a`, { body: { name: 'prices', key: 'k', value: 'v' } }))
        .status,
      403,
      'the body wins, for the rule as for the call',
    );

    // What a token of hers opens is cut to its role, and ends with the grant.
    const own = async (role: Role) => {
      const made = await as('/me/tokens', { body: { name: role, role } });
      assert.equal(made.status, 200, JSON.stringify(made.said));
      return `Bearer ${String(made.said['secret'])}`;
    };
    const reads = await own('viewer');
    const writes = await own('admin');
    const describe = { method: 'PATCH', body: { description: 'y' } };
    assert.equal((await call(reads, '/models/flights-a')).status, 200);
    assert.equal((await call(reads, '/models/flights-a', describe)).status, 403);
    assert.equal((await call(writes, '/models/flights-a', describe)).status, 200);
    assert.equal((await as('/me/tokens', { body: { name: 'x', role: 'owner' } })).status, 403);
    await removeGrant(owner, grant.id);
    for (const credential of [basic('cara'), reads, writes])
      assert.equal((await call(credential, '/models/flights-a')).status, 403, 'from the next request on');

    // By a group, and beside a role: told once, however often it is said.
    for (const level of ['viewer', 'editor'] as const)
      for (const name of ['prices', 'p*'])
        await addGrant(owner, { user: 'cara', level, kind: 'model', name });
    const told = (await as('/me')).said['grants'] as Array<{ level: string; name: string }>;
    assert.deepEqual(told.map(({ level, name }) => `${level} ${name}`).toSorted(), [
      'editor p*',
      'editor prices',
      'viewer p*',
      'viewer prices',
    ]);
    for (const { id } of (await listGrants(owner, { user: 'cara' })).items) await removeGrant(owner, id);
    await addGroup(owner, 'contractors');
    await setMembers(owner, 'contractors', ['cara']);
    await addGrant(owner, { group: 'contractors', level: 'admin', kind: 'dataset', name: 'rows' });
    assert.deepEqual(await names(basic('cara'), '/datasets'), ['rows']);
    assert.equal((await as('/datasets/rows/versions/main/files')).status, 200);
    const content = await fetch(`${server.url}/api/v1/datasets/rows/versions/main/content?path=a.csv`, {
      headers: { authorization: basic('cara') },
    });
    assert.equal(await content.text(), 'a\n1\n');
    const [other] =
      (await call(`Bearer ${await token(owner)}`, '/datasets/secret/versions')).said.items ?? [];
    assert.ok(other);
    assert.deepEqual(
      (await as(`/datasets/rows/versions?page=@${String(other['id'])}`)).said.items,
      [],
      'a version of another dataset is no page of this one',
    );
    const blobs = `/datasets/rows/versions/main/blobs`;
    const { rows } = await sql<{ hash: string }>`
      select hash from dataset_blob where workspace = 'default'`.execute(owner.db);
    const got = [];
    for (const { hash } of rows) got.push((await as(blobs, { body: { hashes: [hash] } })).status);
    assert.deepEqual(
      got.toSorted((one, other) => one - other),
      [200, 404],
      'of its own version, whatever hash they know',
    );
    // Whoever could read every byte anyway commits; a guest, who knows a hash, does not.
    const commit = { body: { files: [{ path: 'b.csv', hash: rows[0]!.hash, size: 4 }], message: 'm' } };
    assert.equal((await as('/datasets/rows/versions', commit)).status, 403);
    await setRoles(owner, 'cara', ['viewer']);
    assert.notEqual((await as('/datasets/rows/versions', commit)).status, 403);
    assert.equal((await as('/datasets/secret/versions', commit)).status, 403);
    await setRoles(owner, 'cara', []);
    // An admin of a thing grants it on, as far as it goes.
    const ben = await addUser(owner, { name: 'ben', password: PASSWORD });
    const onward = (to: object) => as('/grants', { body: { user: 'ben', level: 'viewer', ...to } });
    assert.equal((await onward({ kind: 'dataset', name: 'rows' })).status, 200);
    for (const to of [
      { kind: 'dataset', name: 'r*' },
      { kind: 'dataset', name: '*' },
      { kind: 'dataset', name: 'secret' },
      { kind: 'model', name: 'rows' },
    ])
      assert.equal((await onward(to)).status, 403, JSON.stringify(to));
    assert.deepEqual(await names(basic('ben'), '/datasets'), ['rows']);

    await setRoles(owner, 'cara', ['viewer']);
    assert.deepEqual(await names(basic('cara'), '/datasets'), ['rows', 'secret'], 'a role sees all');
    assert.equal((await as('/datasets/secret', { method: 'DELETE' })).status, 403);
    const why = async (about: object) =>
      (await as('/access/explain', { body: { action: 'dataset:write', ...about } })).said;
    assert.equal((await why({ kind: 'dataset', name: 'secret' }))['allowed'], false);
    const may = await why({ kind: 'dataset', name: 'rows' });
    assert.deepEqual(
      [may['allowed'], may['grants']],
      [true, [{ level: 'admin', kind: 'dataset', name: 'rows', from: 'group contractors' }]],
    );

    // Out of the group, nothing is left of it; and a disabled account has nothing whatever it was granted.
    await setMembers(owner, 'contractors', []);
    assert.equal((await as('/datasets/rows', { method: 'DELETE' })).status, 403);
    await updateUser(owner, ben.id, { disabled: true });
    assert.equal((await call(basic('ben'), '/datasets/rows')).status, 401);
    assert.equal(cara.kind, 'user');
  });

  test(`${on}: who has grants alone hears what happens to those things, and to no others`, async () => {
    await using server = await open();
    const owner = server.ctx;
    await seed(owner);
    await addUser(owner, { name: 'gia', password: PASSWORD });
    await addGrant(owner, { user: 'gia', level: 'viewer', kind: 'model', name: 'flights*' });
    await addGrant(owner, { user: 'gia', level: 'viewer', kind: 'dataset', name: 'rows' });
    await addGrant(owner, { user: 'gia', level: 'viewer', kind: 'experiment', name: 'mine' });
    const mine = await createExperiment(owner, { name: 'mine' });
    const other = await createExperiment(owner, { name: 'other' });
    const heard: Array<{ type: string; subject: string }> = [];
    const stop = new AbortController();
    const reply = await fetch(`${server.url}/api/v1/events`, {
      headers: { authorization: basic('gia') },
      signal: stop.signal,
    });
    assert.equal(reply.status, 200);
    const lines = createInterface({ input: Readable.fromWeb(reply.body!) })[Symbol.asyncIterator]();
    /** Up to the event that is the last of what happens here. */
    const upTo = async (type: string): Promise<void> => {
      for (let name = ''; ;) {
        const { value, done } = await lines.next();
        assert.ok(done !== true, `the stream ended before ${type}`);
        if (value === '') name = '';
        else if (value.startsWith('event: ')) name = value.slice(7);
        else if (value.startsWith('data: ') && name === 'ready') return;
        else if (value.startsWith('data: ') && name === '') {
          const event = JSON.parse(value.slice(6)) as { type: string; subject: string };
          heard.push({ type: event.type, subject: event.subject.split(':')[0]! });
          if (event.type === type) return;
        }
      }
    };
    await upTo('ready');
    await setAlias(owner, { model: 'prices', alias: 'x', version: 1 }, []);
    await setAlias(owner, { model: 'flights-a', alias: 'x', version: 1 }, []);
    await createRun(owner, { experiment: other.id });
    await createRun(owner, { experiment: mine.id });
    await addUser(owner, { name: 'somebody' });
    for (const dataset of ['secret', 'rows']) {
      const blob = await owner.blobs.put(Buffer.from(`c\n${dataset}\n`));
      await commitVersion(owner, {
        dataset,
        files: [{ path: 'a.csv', hash: blob.hash, size: blob.size }],
        message: 'next',
      });
    }
    await upTo('dataset_version.committed');
    assert.deepEqual(
      heard.filter(({ type }) => !type.startsWith('dataset.')),
      [
        { type: 'model.alias_set', subject: 'model' },
        { type: 'run.created', subject: 'run' },
        { type: 'dataset_version.committed', subject: 'dataset_version' },
      ],
    );
    // With other rights the stream ends, and is asked for anew.
    await addGrant(owner, { user: 'gia', level: 'viewer', kind: 'model', name: 'prices' });
    while ((await lines.next()).done !== true);
    stop.abort();
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: an experiment brings its runs, in lists, charts and MLflow's calls, and no others`, async () => {
    await using server = await open();
    const owner = server.ctx;
    const mine = await createExperiment(owner, { name: 'mine' });
    const other = await createExperiment(owner, { name: 'other' });
    const run = await createRun(owner, { experiment: mine.id, name: 'a' });
    const foreign = await createRun(owner, { experiment: other.id, name: 'b' });
    for (const id of [run, foreign])
      await logBatch(owner, id, { metrics: [{ key: 'auc', value: 0.5, time: 1, step: 0 }] });
    await addService(owner, { name: 'trainer', roles: [] });
    await assert.rejects(
      addGrant(owner, { user: 'trainer', level: 'approver', kind: 'experiment', name: 'mine' }),
      { kind: 'invalid' },
    );
    await addGrant(owner, { user: 'trainer', level: 'editor', kind: 'experiment', name: 'mine' });
    const { secret } = await createToken(owner, { name: 't', role: 'editor', service: 'trainer' });
    const as = async (path: string, body?: object): Promise<Answer> => {
      const reply = await fetch(`${server.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: reply.status, said: (await reply.json()) as Answer['said'] };
    };
    const v1 = '/api/v1';
    const v2 = '/api/2.0/mlflow';
    assert.deepEqual(
      (await as(`${v1}/experiments`)).said.items?.map((one) => one['name']),
      ['mine'],
    );
    const all = await as(`${v1}/runs/search`, { experiments: [] });
    assert.deepEqual(
      all.said.items?.map((one) => one['id']),
      [run],
    );
    for (const [path, good, bad] of [
      [`${v1}/runs/search`, { experiments: [mine.id] }, { experiments: [mine.id, other.id] }],
      [
        `${v1}/runs/groups`,
        { experiments: [mine.id], by: 'status' },
        { experiments: [other.id], by: 'status' },
      ],
      [`${v1}/runs/compare`, { runs: [run] }, { runs: [run, foreign] }],
      [`${v1}/series`, { runs: [run], keys: ['auc'] }, { runs: [run, foreign], keys: ['auc'] }],
      [`${v1}/runs`, { experiment: mine.id }, { experiment: other.id }],
      [`${v2}/runs/search`, { experiment_ids: [mine.id] }, { experimentIds: [other.id] }],
      [`${v2}/runs/create`, { experiment_id: mine.id }, { experiment_id: other.id }],
      [
        `${v2}/runs/log-metric`,
        { run_id: run, key: 'k', value: 1, timestamp: 1 },
        { run_uuid: foreign, key: 'k', value: 1, timestamp: 1 },
      ],
      [`${v2}/runs/log-batch`, { run_id: run }, { runId: foreign }],
      [`${v2}/logged-models`, { experiment_id: mine.id }, { experiment_id: other.id }],
    ] as const) {
      const yes = await as(path, good);
      assert.equal(yes.status, 200, `${path} ${JSON.stringify(yes.said)}`);
      assert.equal((await as(path, bad)).status, 403, `${path} ${JSON.stringify(bad)}`);
    }
    assert.equal((await as(`${v1}/runs/${run}`)).status, 200);
    assert.equal((await as(`${v1}/runs/${foreign}`)).status, 403);
    assert.equal((await as(`${v1}/runs/${'0'.repeat(32)}`)).status, 403, 'whether there is one is not said');
    for (const [path, status] of [
      [`${mine.id}/${run}/artifacts/a.txt`, 404],
      [`${other.id}/${foreign}/artifacts/a.txt`, 403],
      [`0${mine.id}/${foreign}/artifacts/a.txt`, 403],
    ] as const)
      assert.equal((await as(`/api/2.0/mlflow-artifacts/artifacts/${path}`)).status, status, path);
  });

  test(`${on}: a wall holds: what is granted in one workspace is nothing in another, and a list asks in SQL`, async () => {
    await using server = await open();
    const owner = server.ctx;
    await createWorkspace(owner, 'other');
    const there = owner.as({ workspace: 'other' });
    await createModel(there, { name: 'flights-a' });
    await addUser(owner, { name: 'cara', password: PASSWORD });
    await addGrant(owner, { user: 'cara', level: 'admin', kind: 'model', name: '*' });
    const reply = await fetch(`${server.url}/api/v1/models`, {
      headers: { authorization: basic('cara'), 'x-treadle-workspace': 'other' },
    });
    assert.equal(reply.status, 403);
    const actor: Actor = {
      kind: 'user',
      id: 'u',
      name: 'u',
      role: 'guest',
      roles: [],
      grants: holding(
        Array.from({ length: 3000 }, (_, at): Said => ({ level: 'viewer', kind: 'model', name: `m${at}*x` })),
      ),
    };
    const asked = owner.as({ actor });
    const { rows } = await sql<{ n: unknown }>`
      select count(*) as n from model where ${whereSeen(asked, 'model', sql.ref('name'))}`.execute(owner.db);
    assert.equal(Number(rows[0]?.n), 0, 'as many patterns as somebody has');
    const nothing: Resource = { kind: 'model', name: 'x' };
    assert.deepEqual(actor.grants?.on(nothing), []);
  });
});

async function seed(ctx: Ctx): Promise<void> {
  for (const model of ['flights-a', 'flights-b', 'prices']) {
    await createVersion(ctx, { model, source: 's3://elsewhere/m', makeModel: true });
    await setAlias(ctx, { model, alias: 'champion', version: 1 }, []);
  }
  for (const [dataset, text] of [
    ['rows', 'a\n1\n'],
    ['secret', 'b\n2\n'],
  ] as const) {
    const blob = await ctx.blobs.put(Buffer.from(text));
    await commitVersion(ctx, {
      dataset,
      files: [{ path: 'a.csv', hash: blob.hash, size: blob.size }],
      message: 'm',
    });
  }
}

async function updateName(ctx: Ctx, from: string, to: string): Promise<void> {
  const { updateModel } = await import('../../models/index.ts');
  await updateModel(ctx, from, { name: to }, []);
}

const token = async (ctx: Ctx): Promise<string> =>
  (await createToken(ctx, { name: 'all', role: 'owner' })).secret;
