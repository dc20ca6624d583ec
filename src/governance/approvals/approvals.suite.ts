import assert from 'node:assert/strict';
import test from 'node:test';
import { sql, type KyselyPlugin } from 'kysely';
import type { TestServer } from '../../../test/harness.ts';
import { addGrant, addService, addUser, createToken, removeGrant, setRoles } from '../../access/index.ts';
import { createLoggedModel, createVersion, finalizeLoggedModel } from '../../models/index.ts';
import type { LedgerTables } from '../../ledger/schema.ts';
import type { Ctx, Role } from '../../platform/ctx/index.ts';
import { createRun, putArtifact } from '../../tracking/index.ts';
import type { ApprovalRequest, ApprovalRequestDetail, Policy, Review } from '../contract/approvals.ts';
import { listReviews } from './reviews.ts';
import { listRequests } from './views.ts';

export interface Caller {
  ctx: Ctx;
  id: string;
  /** Their token. */
  secret: string;
  /** Asks the native API, or MLflow's, as this person. */
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }>;
}

/** Somebody who works here, with a token of their own. */
export async function person(
  server: TestServer,
  name: string,
  ...roles: Array<'editor' | 'approver' | 'admin'>
): Promise<Caller> {
  const { id } = await addUser(server.ctx, { name, roles });
  const role: Role = roles.includes('admin') ? 'admin' : (roles[0] ?? 'viewer');
  const actor = { kind: 'user' as const, id, name, role, roles, user: id };
  const ctx = server.ctx.as({ actor });
  const tokens = await Promise.all(
    roles.map((one) => createToken(ctx, { name: `${name} ${one}`, role: one })),
  );
  const { secret } = tokens.at(-1)!;
  return { ctx, id, secret, call: caller(server, secret) };
}

export const caller =
  (server: TestServer, secret: string | undefined): Caller['call'] =>
  async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as T };
  };

/** A version with files of its own; where they lie. */
export async function version(ctx: Ctx, model = 'flights'): Promise<string> {
  const run = await createRun(ctx, { experiment: '0' });
  const logged = await createLoggedModel(ctx, { experiment: '0', name: 'clf', run });
  const folder = `0/models/${logged.id}/artifacts`;
  await putArtifact(ctx, `${folder}/MLmodel`, {
    source: Buffer.from(`flavors: {onnx: {data: m.onnx}}\nrun: ${run}\n`),
  });
  await finalizeLoggedModel(ctx, logged.id, 'ready');
  await createVersion(ctx, { model, source: `models:/${logged.id}`, makeModel: true });
  return folder;
}

export async function said(server: TestServer): Promise<string[]> {
  const rows = await server.ctx.db
    .$extendTables<LedgerTables>()
    .selectFrom('ledger_entry')
    .select('action')
    .orderBy('seq')
    .execute();
  return rows.map(({ action }) => action).filter((action) => /^(policy|request|model\.alias)/.test(action));
}

const RULES = {
  covers: [{ alias: 'champion', model: 'fl*' }, { stage: 'Production' }],
  approvers: [{ role: 'approver', count: 2 }],
};
const POLICY = '/api/v1/policies/production';
const ALIAS = '/api/v1/models/flights/aliases/champion';

/** Not `whole`: what no database decides is left out. */
export function approvalsSuite(on: string, open: () => Promise<TestServer>, { whole = true } = {}): void {
  test(`${on}: a guarded alias moves only with the words of two others, whoever moves it`, async () => {
    await using server = await open();
    const [ann, ben, cem, dot] = [
      await person(server, 'ann', 'editor'),
      await person(server, 'ben', 'approver'),
      await person(server, 'cem', 'approver'),
      await person(server, 'dot', 'admin'),
    ];
    const eve = await person(server, 'eve', 'editor', 'approver');
    const owner = caller(server, undefined);
    await version(ann.ctx);
    await version(eve.ctx);
    const set = (who: Caller['call'], to: number) =>
      who<{ error?: { message: string; hint: string } }>('PUT', ALIAS, { version: to });
    assert.equal((await set(ann.call, 1)).status, 200, 'nothing is guarded yet');

    assert.equal((await ann.call('PUT', POLICY, RULES)).status, 403, 'an editor makes no rules');
    const policy = (await dot.call<Policy>('PUT', POLICY, RULES)).body;
    assert.deepEqual([policy.revision, policy.terms.expires_h, policy.terms.going_back], [1, 168, true]);
    assert.deepEqual(
      (await dot.call('PUT', POLICY, RULES)).body,
      policy,
      'said again it is no other revision',
    );

    // Nobody gets past it: the API, MLflow's API, the owner of the machine, an admin.
    const refused = await set(ann.call, 2);
    assert.equal(refused.status, 403);
    assert.match(
      refused.body.error!.message,
      /guarded by policy 'production', and flights v2 is not approved/,
    );
    assert.match(refused.body.error!.hint, /treadle request flights@v2 --alias champion/);
    assert.equal((await set(owner, 2)).status, 403);
    assert.equal((await set(dot.call, 2)).status, 403);
    const mlflow = await ann.call<{ error_code: string; message: string }>(
      'POST',
      '/api/2.0/mlflow/registered-models/alias',
      { name: 'flights', alias: 'champion', version: '2' },
    );
    assert.deepEqual([mlflow.status, mlflow.body.error_code], [403, 'PERMISSION_DENIED']);
    assert.match(mlflow.body.message, /ask with: treadle request/);
    const stage = await ann.call('POST', '/api/2.0/mlflow/model-versions/transition-stage', {
      name: 'flights',
      version: '2',
      stage: 'Production',
      archive_existing_versions: false,
    });
    assert.equal(stage.status, 403);
    assert.equal((await ann.call('DELETE', ALIAS)).status, 403, 'taking it away is for admins');
    assert.equal((await ann.call('DELETE', '/api/v1/models/flights')).status, 403);
    assert.equal(
      (await ann.call('PATCH', '/api/v1/models/flights', { name: 'flown' })).status,
      403,
      'the policy covers the new name, too',
    );

    const wish = { model: 'flights', version: '2', target: { alias: 'champion' }, why: 'it is better' };
    const asked = (await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', wish)).body;
    assert.deepEqual(
      [asked.state, asked.requested_user, asked.authors, asked.now?.versions],
      ['open', ann.id, [eve.id], [{ model: 'flights', version: 1, ref: 'model_version:flights/1' }]],
    );
    assert.equal(
      (await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', wish)).body.id,
      asked.id,
      'asked again it is the same',
    );
    const listed = async (model: string) =>
      (await ann.call<{ items: ApprovalRequest[] }>('GET', `/api/v1/requests?model=${model}`)).body.items;
    assert.deepEqual(
      [(await listed('flights')).map(({ id }) => id), await listed('others')],
      [[asked.id], []],
    );
    const decide = (who: Caller['call'], verdict: string, digest = asked.digest) =>
      who<ApprovalRequestDetail & { error?: { message: string } }>(
        'POST',
        `/api/v1/requests/${asked.id}/decisions`,
        { verdict, digest, why: 'because' },
      );

    // Neither who asked, nor who made it, nor a machine, nor a program, nor an editor.
    for (const [who, words] of [
      [ann.call, /editor may not approve/],
      [eve.call, /they made the version or its run/],
      [owner, /only a person approves/],
      [
        caller(server, (await createToken(server.ctx, { name: 'ci', role: 'admin' })).secret),
        /only a person approves/,
      ],
    ] as const) {
      const no = await decide(who, 'approve');
      assert.equal(no.status, 403);
      assert.match(no.body.error!.message, words);
    }
    await addService(server.ctx, { name: 'robot', roles: ['admin'] });
    const robot = await createToken(server.ctx, { name: 'robot', role: 'admin', service: 'robot' });
    assert.equal((await decide(caller(server, robot.secret), 'approve')).status, 403);
    assert.equal(
      (await decide(ben.call, 'approve', 'f'.repeat(64))).status,
      409,
      'their word is about what they saw',
    );
    assert.equal((await decide(ben.call, 'approve')).body.state, 'open');
    assert.equal((await decide(ben.call, 'approve')).body.state, 'open', 'twice is not two');
    assert.equal((await set(ann.call, 2)).status, 403);
    const done = (await decide(cem.call, 'approve')).body;
    assert.deepEqual(
      [done.state, done.needs],
      ['approved', [{ policy: 'production', role: 'approver', count: 2, have: 2 }]],
    );
    // Whose role is taken away has approved nothing.
    await setRoles(server.ctx, cem.id, ['viewer']);
    assert.equal((await set(ann.call, 2)).status, 403);
    await setRoles(server.ctx, cem.id, ['approver']);
    assert.equal(
      (
        await ann.call('POST', '/api/2.0/mlflow/registered-models/alias', {
          name: 'flights',
          alias: 'champion',
          version: '2',
        })
      ).status,
      200,
    );
    assert.equal(
      (await ann.call<ApprovalRequestDetail>('GET', `/api/v1/requests/${asked.id}`)).body.state,
      'promoted',
    );

    // What stood there may come back, and again.
    for (const to of [1, 2, 1]) assert.equal((await set(ann.call, to)).status, 200, `to ${to}`);
    const never = { ...RULES, going_back: false };
    assert.equal((await dot.call<Policy>('PUT', POLICY, never)).body.revision, 2);
    assert.equal((await set(ann.call, 2)).status, 403, 'the policy says no');
    assert.deepEqual(await said(server), [
      'model.alias_set',
      'policy.set',
      'request.opened',
      ...['approved_by', 'approved_by', 'approved_by', 'promoted'].map((one) => `request.${one}`),
      'model.alias_set',
      'model.alias_set',
      'model.alias_set',
      'model.alias_set',
      'policy.set',
    ]);
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: any change of what was approved voids it; a glass that is broken is reviewed by another`, async () => {
    await using server = await open();
    const [ann, ben, cem, dot] = [
      await person(server, 'ann', 'editor'),
      await person(server, 'ben', 'approver'),
      await person(server, 'cem', 'approver'),
      await person(server, 'dot', 'admin'),
    ];
    const folder = await version(ann.ctx);
    await dot.call('PUT', POLICY, { ...RULES, checks: ['card'] });
    const ask = async () =>
      (
        await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', {
          model: 'flights',
          version: 'v1',
          target: { alias: 'champion' },
          why: 'new',
        })
      ).body;
    const decide = ({ id, digest }: ApprovalRequestDetail, who: Caller, verdict = 'approve') =>
      who.call<ApprovalRequestDetail>('POST', `/api/v1/requests/${id}/decisions`, {
        verdict,
        digest,
        why: 'because',
      });
    const state = async ({ id }: ApprovalRequestDetail) =>
      (await ann.call<ApprovalRequestDetail>('GET', `/api/v1/requests/${id}`)).body;
    const move = async () => (await ann.call('PUT', ALIAS, { version: 1 })).status;

    const first = await ask();
    assert.match(first.says, /card: nobody has described its model and the version/);
    for (const who of [ben, cem]) await decide(first, who);
    assert.deepEqual(
      [(await state(first)).state, await move()],
      ['open', 403],
      'words do not stand in for checks',
    );
    await ann.call('PATCH', '/api/v1/models/flights', { description: 'late or not' });
    await ann.call('PATCH', '/api/v1/models/flights/versions/1', { description: 'the first' });
    assert.deepEqual(
      [(await state(first)).state, (await state(first)).changed],
      ['void', ['what is written of the version or its model']],
    );
    const second = await ask();
    assert.equal((await state(first)).state, 'withdrawn');
    for (const who of [ben, cem]) await decide(second, who);
    assert.equal((await state(second)).state, 'approved');
    await dot.call('PUT', POLICY, RULES);
    assert.deepEqual([(await state(second)).changed, await move()], [['the policies that guard it'], 403]);

    const third = await ask();
    await decide(third, ben);
    assert.equal((await decide(third, cem, 'reject')).body.state, 'rejected');
    assert.equal(await move(), 403);
    assert.equal((await decide(third, cem, 'break_glass')).status, 403);
    const broken = await decide(third, dot, 'break_glass');
    assert.deepEqual([broken.status, broken.body.state, broken.body.broke_glass], [200, 'approved', true]);
    assert.equal(
      (await ann.call<ApprovalRequestDetail>('POST', `/api/v1/requests/${third.id}/promote`, undefined)).body
        .state,
      'promoted',
    );
    const reviews = async () =>
      (await ann.call<{ items: Review[] }>('GET', '/api/v1/reviews?open=true')).body.items.map(
        ({ request, broken_by }) => [request, broken_by],
      );
    assert.deepEqual(await reviews(), [[third.id, dot.id]]);
    const close = (who: Caller) =>
      who.call('POST', `/api/v1/reviews/${third.id}/close`, { finding: 'it was right' });
    assert.deepEqual([(await close(dot)).status, (await close(ben)).status, await reviews()], [403, 200, []]);

    // Its files are written again: it stays where it is, and comes nowhere any more.
    await dot.call('DELETE', ALIAS);
    await putArtifact(ann.ctx, `${folder}/MLmodel`, { source: Buffer.from('flavors: {other: {}}') });
    assert.equal(await move(), 403);
    assert.equal(
      (
        await ann.call('POST', '/api/v1/requests', {
          model: 'flights',
          version: 'v1',
          target: { alias: 'champion' },
          why: 'x',
        })
      ).status,
      409,
    );
    assert.deepEqual(server.errors, []);
  });

  if (whole)
    test(`${on}: a review waits for the move, is closed by nobody who had a hand in it, and of a glass that moved nothing there is none`, async () => {
      await using server = await open();
      const [ann, ben, cem, dot, eve] = [
        await person(server, 'ann', 'editor', 'admin'),
        await person(server, 'ben', 'approver', 'editor', 'admin'),
        await person(server, 'cem', 'approver'),
        await person(server, 'dot', 'admin'),
        await person(server, 'eve', 'admin'),
      ];
      await version(ann.ctx);
      await dot.call('PUT', POLICY, { ...RULES, going_back: false });
      const ask = async () =>
        (
          await ben.call<ApprovalRequestDetail>('POST', '/api/v1/requests', {
            model: 'flights',
            version: 'v1',
            target: { alias: 'champion' },
            why: 'new',
          })
        ).body;
      const word = ({ id, digest }: ApprovalRequestDetail, who: Caller, verdict = 'break_glass') =>
        who.call<ApprovalRequestDetail>('POST', `/api/v1/requests/${id}/decisions`, {
          verdict,
          digest,
          why: 'because',
        });
      const reviews = async () =>
        (await ann.call<{ items: Review[] }>('GET', '/api/v1/reviews?open=true')).body.items.map(
          ({ request, state }) => [request, state],
        );
      const close = async ({ id }: ApprovalRequestDetail, who: Caller) =>
        (await who.call('POST', `/api/v1/reviews/${id}/close`, { finding: 'it was right' })).status;
      const move = async () => (await ann.call('PUT', ALIAS, { version: 1 })).status;

      const lapsed = await ask();
      await word(lapsed, dot);
      assert.deepEqual(await reviews(), [[lapsed.id, 'not_moved']]);
      assert.equal(await close(lapsed, cem), 409, 'nothing moved yet');
      await server.ctx.write((tx) => sql`update approval_decision set at = 1`.execute(tx.db));
      assert.deepEqual([await move(), await reviews()], [403, []], 'the word has expired');
      assert.equal(await close(lapsed, cem), 409);
      for (const who of [dot, eve]) await word(lapsed, who);
      assert.deepEqual([await reviews(), await move()], [[[lapsed.id, 'not_moved']], 200]);
      assert.deepEqual(await reviews(), [[lapsed.id, 'open']]);
      for (const [who, hand] of [
        [ann, 'made it'],
        [ben, 'asked for it'],
        [dot, 'broke the glass first'],
        [eve, 'broke it, too'],
      ] as const)
        assert.equal(await close(lapsed, who), 403, hand);
      assert.deepEqual([await close(lapsed, cem), await reviews()], [200, []]);

      await dot.call('DELETE', ALIAS);
      const withdrawn = await ask();
      await word(withdrawn, dot);
      assert.equal((await ben.call('DELETE', `/api/v1/requests/${withdrawn.id}`)).status, 200);
      assert.deepEqual([await reviews(), await close(withdrawn, cem)], [[], 409]);
      assert.deepEqual(server.errors, []);
    });

  if (whole)
    test(`${on}: what a guarded alias or stage leads to stays: its files, its name, its stage`, async () => {
      await using server = await open();
      const ann = await person(server, 'ann', 'editor');
      const dot = await person(server, 'dot', 'admin');
      const folder = await version(ann.ctx);
      const free = await version(ann.ctx);
      const stage = (who: Caller, to: string, number = '1') =>
        who.call('POST', '/api/2.0/mlflow/model-versions/transition-stage', {
          name: 'flights',
          version: number,
          stage: to,
          archive_existing_versions: false,
        });
      assert.equal((await ann.call('PUT', ALIAS, { version: 1 })).status, 200);
      assert.equal((await stage(ann, 'Production')).status, 200);
      await dot.call('PUT', POLICY, RULES);

      const file = async (method: string, path: string, content?: string) => {
        const reply = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
          method,
          headers: { authorization: `Bearer ${ann.secret}` },
          ...(content === undefined ? {} : { body: content }),
        });
        return { status: reply.status, text: await reply.text() };
      };
      const before = (await file('GET', `${folder}/MLmodel`)).text;
      const tampered = await file('PUT', `${folder}/MLmodel`, 'flavors: {other: {}}');
      assert.equal(tampered.status, 403);
      assert.match(
        tampered.text,
        /flights v1, to which the (alias champion|stage Production) of flights leads, guarded by policy 'production'/,
      );
      for (const [method, path] of [
        ['PUT', `${folder}/deeper/evil.py`],
        ['DELETE', `${folder}/MLmodel`],
        ['DELETE', folder],
        ['DELETE', folder.slice(0, folder.lastIndexOf('/'))],
        ['DELETE', '0/models'],
      ] as const)
        assert.equal(
          (await file(method, path, method === 'PUT' ? 'x' : undefined)).status,
          403,
          `${method} ${path}`,
        );
      assert.equal((await file('GET', `${folder}/MLmodel`)).text, before);
      assert.equal(
        (await file('PUT', `${folder}/MLmodel`, before)).status,
        200,
        'the same bytes change nothing',
      );
      // What nobody follows may be written, also where its name begins alike.
      assert.equal((await file('PUT', `${free}/notes.txt`, 'x')).status, 200);
      assert.equal((await file('PUT', `${folder}-2`, 'x')).status, 200);

      // By another name, in another stage or deleted it would be as gone as without the alias.
      const name = '/api/v1/models/flights';
      const renamed = await ann.call<{ error: { message: string } }>('PATCH', name, { name: 'others' });
      assert.deepEqual(
        [renamed.status, renamed.body.error.message],
        [
          403,
          "the alias champion of flights is guarded by policy 'production', and only an admin may take it away",
        ],
      );
      assert.equal((await stage(ann, 'Archived')).status, 403);
      await dot.call('DELETE', ALIAS);
      assert.equal((await ann.call('DELETE', `${name}/versions/1`)).status, 403, 'the stage leads to it');
      assert.equal((await ann.call('PATCH', name, { name: 'others' })).status, 403);
      assert.equal((await file('DELETE', folder)).status, 403);
      assert.equal((await stage(dot, 'Archived')).status, 200);
      assert.equal((await file('DELETE', folder)).status, 200, 'nothing that is guarded leads to it');
      assert.equal((await ann.call('PATCH', name, { name: 'others' })).status, 200);
      assert.deepEqual(server.errors, []);
    });

  if (whole)
    test(`${on}: a request says what its model is called now and what was there before; what cannot lead on is said at once`, async () => {
      await using server = await open();
      const [ann, ben, eve, dot] = [
        await person(server, 'ann', 'editor'),
        await person(server, 'ben', 'approver'),
        await person(server, 'eve', 'editor'),
        await person(server, 'dot', 'admin'),
      ];
      for (let i = 0; i < 3; i++) await version(ann.ctx);
      await ann.call('PUT', ALIAS, { version: 1 });
      await dot.call('PUT', POLICY, { ...RULES, approvers: [{ role: 'approver', count: 1 }] });
      interface Said extends ApprovalRequestDetail {
        error?: { message: string; hint: string };
      }
      const ask = (to: number, model = 'flights') =>
        ann.call<Said>('POST', '/api/v1/requests', {
          model,
          version: String(to),
          target: { alias: 'champion' },
          why: 'better',
        });
      const show = async (id: string) => (await ann.call<Said>('GET', `/api/v1/requests/${id}`)).body;
      const word = ({ id, digest }: Said, verdict: string) =>
        ben.call<Said>('POST', `/api/v1/requests/${id}/decisions`, { verdict, digest, why: 'so' });

      const alike = await ann.call<Said>('PUT', '/api/v1/models/flights/aliases/Champion', { version: 2 });
      assert.equal(alike.status, 403, 'what people take for a guarded alias is guarded');
      const empty = { model: 'flights', version: '2', target: { alias: 'champion' }, why: ' ' };
      assert.equal((await ann.call('POST', '/api/v1/requests', empty)).status, 400);

      const there = await ask(1);
      assert.deepEqual(
        [there.status, there.body.error?.message],
        [409, 'the alias champion of flights is flights v1 already'],
      );
      const { body: no } = await ask(2);
      await word(no, 'reject');
      const again = await ask(2);
      assert.equal(again.status, 409);
      assert.match(again.body.error!.hint, new RegExp(`treadle withdraw ${no.id}`));
      const withdraw = (who: Caller) => who.call<Said>('DELETE', `/api/v1/requests/${no.id}`);
      const others = await withdraw(eve);
      assert.deepEqual(
        [others.status, others.body.error?.message],
        [403, 'ann asked for it, and only they or an admin withdraw it'],
      );
      assert.equal((await withdraw(ann)).status, 200);

      const { body: yes } = await ask(2);
      await word(yes, 'approve');
      assert.equal((await ann.call('PATCH', '/api/v1/models/flights', { name: 'flown' })).status, 403);
      await dot.call('PUT', POLICY, {
        ...RULES,
        covers: [{ alias: 'champion' }],
        approvers: [{ role: 'approver', count: 1 }],
      });
      const { body: anew } = await ask(2);
      await word(anew, 'approve');
      assert.equal((await ann.call('PUT', ALIAS, { version: 2 })).status, 200);
      const done = await show(anew.id);
      assert.deepEqual(
        [done.state, done.now, done.before?.versions.map((one) => one.version)],
        ['promoted', undefined, [1]],
      );

      const renamed = await ann.call<Said>('PATCH', '/api/v1/models/flights', { name: 'flown' });
      assert.equal(renamed.status, 403);
      await dot.call('DELETE', `${POLICY}?reason=done`);
      assert.equal((await ann.call('PATCH', '/api/v1/models/flights', { name: 'flown' })).status, 200);
      assert.deepEqual(
        [(await show(anew.id)).model, (await show(anew.id)).before?.versions[0]?.model],
        ['flown', 'flown'],
      );
      const of = async (query: string) =>
        (await ann.call<{ items: ApprovalRequest[] }>('GET', `/api/v1/requests?${query}`)).body.items.map(
          ({ id }) => id,
        );
      assert.ok((await of('model=flown')).includes(anew.id));

      // Of a version that is gone nothing waits.
      await dot.call('PUT', POLICY, { ...RULES, covers: [{ alias: 'champion' }] });
      const { body: lost } = await ask(3, 'flown');
      assert.deepEqual(await of('waiting=true'), [lost.id]);
      assert.equal((await dot.call('DELETE', '/api/v1/models/flown/versions/3')).status, 200);
      assert.deepEqual(await of('waiting=true'), []);
      assert.deepEqual(server.errors, []);
    });

  test(`${on}: an approver of the model by a grant counts, sees what they decide, and counts no more without it`, async () => {
    await using server = await open();
    const ann = await person(server, 'ann', 'editor');
    const dot = await person(server, 'dot', 'admin');
    const eve = await addUser(server.ctx, { name: 'eve' });
    const grant = async (kind: 'model' | 'endpoint', name: string) =>
      addGrant(server.ctx, { user: 'eve', level: 'approver', kind, name });
    await grant('endpoint', '*');
    await grant('model', 'prices');
    const as = {
      kind: 'user' as const,
      id: eve.id,
      name: 'eve',
      role: 'guest' as const,
      roles: [],
      user: eve.id,
    };
    const guest = caller(
      server,
      (await createToken(server.ctx.as({ actor: as }), { name: 'eve', role: 'approver' })).secret,
    );
    await version(ann.ctx);
    await version(ann.ctx, 'prices');
    await dot.call('PUT', POLICY, { ...RULES, approvers: [{ role: 'approver', count: 1 }] });
    const { body: asked } = await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', {
      model: 'flights',
      version: '1',
      target: { alias: 'champion' },
      why: 'better',
    });
    const one = `/api/v1/requests/${asked.id}`;
    const word = { verdict: 'approve', digest: asked.digest, why: 'looked at it' };
    const seen = async () =>
      (await guest<{ items: ApprovalRequest[] }>('GET', '/api/v1/requests')).body.items.map(({ id }) => id);
    assert.deepEqual(await seen(), [], 'of another model and of endpoints alone');
    assert.equal((await guest('GET', one)).status, 403);
    assert.equal((await guest('POST', `${one}/decisions`, word)).status, 403);
    const { id: granted } = await grant('model', 'fl*');
    assert.deepEqual(await seen(), [asked.id]);
    assert.equal((await guest('GET', one)).status, 200);
    assert.equal((await guest('POST', `${one}/decisions`, { ...word, verdict: 'break_glass' })).status, 403);
    assert.equal((await guest('PUT', ALIAS, { version: 1 })).status, 403, 'an approver changes nothing');
    const told = await guest<ApprovalRequestDetail>('POST', `${one}/decisions`, word);
    assert.deepEqual([told.status, told.body.state], [200, 'approved'], JSON.stringify(told.body));
    await removeGrant(server.ctx, granted);
    const after = (await ann.call<ApprovalRequestDetail>('GET', one)).body;
    assert.deepEqual([after.state, after.decisions[0]?.not], ['open', 'they are not approver']);
    assert.equal((await ann.call('PUT', ALIAS, { version: 1 })).status, 403);
    await grant('model', 'flights');
    assert.equal((await ann.call('PUT', ALIAS, { version: 1 })).status, 200);
    assert.deepEqual(server.errors, []);
  });

  test(`${on}: a list asks for policies, people, environments and reviews once, however long it is`, async () => {
    await using server = await open();
    const { ctx } = server;
    const [ann, ben, dot] = [
      await person(server, 'ann', 'editor'),
      await person(server, 'ben', 'approver'),
      await person(server, 'dot', 'admin'),
    ];
    await version(ann.ctx);
    await dot.call('PUT', '/api/v1/environments/production', {});
    await dot.call('PUT', POLICY, {
      covers: [{ alias: '*' }, { environment: 'production' }],
      approvers: [{ role: 'approver', count: 3 }],
    });
    const ask = async (target: object): Promise<void> => {
      const { body } = await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', {
        model: 'flights',
        version: '1',
        target,
        why: 'new',
      });
      for (const [who, verdict] of [
        [ben, 'approve'],
        [dot, 'break_glass'],
      ] as const)
        await who.call('POST', `/api/v1/requests/${body.id}/decisions`, {
          verdict,
          digest: body.digest,
          why: 'so',
        });
    };
    /** Statements that read a table, by what a list asks. */
    const asked = async (list: (of: Ctx) => Promise<{ items: unknown[] }>) => {
      const reads = new Map<string, number>();
      const counting: KyselyPlugin = {
        transformQuery({ node }) {
          const table = /"kind":"IdentifierNode","name":"(person|environment|approval_\w+)"/.exec(
            JSON.stringify('from' in node ? node.from : null),
          )?.[1];
          if (table !== undefined) reads.set(table, (reads.get(table) ?? 0) + 1);
          return node;
        },
        transformResult: ({ result }) => Promise.resolve(result),
      };
      const { items } = await list({ ...ctx, db: ctx.db.withPlugin(counting) });
      return { items: items.length, reads: Object.fromEntries(reads) };
    };
    const both = async () => [
      await asked((of) => listRequests(of, {})),
      await asked((of) => listReviews(of, { open: true })),
    ];
    await ask({ alias: 'a0' });
    await ask({ endpoint: 'flights-production' });
    const [requests, reviews] = await both();
    assert.deepEqual([requests?.items, reviews?.items], [2, 2]);
    assert.deepEqual(requests?.reads, {
      approval_decision: 1,
      approval_policy: 1,
      approval_request: 1,
      environment: 1,
      person: 2,
    });
    for (let n = 1; n < 6; n++) await ask({ alias: `a${n}` });
    const [more, moreReviews] = await both();
    assert.deepEqual([more?.items, moreReviews?.items], [7, 7]);
    assert.deepEqual(more?.reads, requests?.reads);
    assert.deepEqual(moreReviews?.reads, reviews?.reads);
  });

  test(`${on}: of two who use one approval at once, one does`, async () => {
    await using server = await open();
    const [ann, ben, dot] = [
      await person(server, 'ann', 'editor'),
      await person(server, 'ben', 'approver'),
      await person(server, 'dot', 'admin'),
    ];
    await version(ann.ctx);
    await version(ann.ctx);
    await ann.call('PUT', ALIAS, { version: 1 });
    await dot.call('PUT', POLICY, {
      ...RULES,
      approvers: [{ role: 'approver', count: 1 }],
      going_back: false,
      expires_h: 1,
    });
    const ask = async () =>
      (
        await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', {
          model: 'flights',
          version: '2',
          target: { alias: 'champion' },
          why: 'x',
        })
      ).body;
    const expired = await ask();
    await ben.call('POST', `/api/v1/requests/${expired.id}/decisions`, {
      verdict: 'approve',
      digest: expired.digest,
      why: 'y',
    });
    await server.ctx.write((tx) => sql`update approval_decision set at = 1`.execute(tx.db));
    const later = await ann.call('PUT', ALIAS, { version: 2 });
    assert.equal(later.status, 403, 'an approval wears off');
    await ben.call('POST', `/api/v1/requests/${expired.id}/decisions`, {
      verdict: 'approve',
      digest: expired.digest,
      why: 'again',
    });
    const both = await Promise.all([
      ann.call('PUT', ALIAS, { version: 2 }),
      ann.call('PUT', ALIAS, { version: 2 }),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
      'the second finds it done',
    );
    assert.deepEqual(
      (await said(server)).filter((one) => /promoted|alias/.test(one)),
      ['model.alias_set', 'request.promoted', 'model.alias_set'],
    );
    assert.deepEqual(server.errors, []);
  });
}
