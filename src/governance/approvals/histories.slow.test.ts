import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest, type TestServer } from '../../../test/harness.ts';
import { fc, runs } from '../../../test/property.ts';
import { createToken, addUser, setRoles } from '../../access/index.ts';
import { caller, version as register, type Caller } from './approvals.suite.ts';
import type { ApprovalRequestDetail, Policy } from '../contract/approvals.ts';
import { action, mayCome, World, type Action, type Request } from './world.suite.ts';

/** The same histories over HTTP, where MLflow's way to set an alias is one of two. */

const HISTORIES = runs(20, 6);
const NAMES = ['ann', 'ben', 'dot'] as const;
const ROLES: Readonly<Record<(typeof NAMES)[number], ReadonlyArray<'approver' | 'admin'>>> = {
  ann: ['approver'],
  ben: ['approver'],
  dot: ['admin'],
};
/** What a role has besides itself, as far as approvals go. */
const known = (roles: readonly string[]): string[] =>
  roles.includes('admin') ? ['admin', 'approver'] : [...roles];

interface Cast {
  server: TestServer;
  call: Record<string, Caller['call']>;
  ids: Record<string, string>;
  owner: Caller['call'];
}

async function openCast(): Promise<Cast> {
  const server = await openTest();
  const cast: Cast = { server, call: {}, ids: {}, owner: caller(server, undefined) };
  for (const name of NAMES) {
    const { id } = await addUser(server.ctx, { name, roles: ['admin'] });
    const actor = { kind: 'user' as const, id, name, role: 'admin' as const, user: id };
    cast.call[name] = caller(
      server,
      (await createToken(server.ctx.as({ actor }), { name, role: 'admin' })).secret,
    );
    cast.ids[name] = id;
  }
  return cast;
}

async function play(
  cast: Cast,
  model: string,
  actions: readonly Action[],
  counted: Record<string, number>,
  kind: 'alias' | 'environment',
): Promise<void> {
  const { server, owner, ids } = cast;
  const world = new World();
  world.people = new Map(NAMES.map((name) => [name, { roles: known(ROLES[name]), service: false }]));
  world.authors = { v1: [], v2: ['ann'], v3: ['ben', 'dot'].slice(0, 1) };
  for (const name of NAMES) await setRoles(server.ctx, ids[name]!, [...ROLES[name], 'editor']);
  const as = (name: string) => ({
    kind: 'user' as const,
    id: ids[name]!,
    name,
    role: 'admin' as const,
    user: ids[name]!,
  });
  await register(server.ctx, model);
  await register(server.ctx.as({ actor: as('ann') }), model);
  await register(server.ctx.as({ actor: as('ben') }), model);
  const endpoint = `${model}-prod`;
  // Models that cannot be loaded never answer: what is refused, or not, is to ask for it.
  if (kind === 'environment') world.at = undefined;
  else await owner('PUT', `/api/v1/models/${model}/aliases/champion`, { version: 1 });
  const map = (inside: boolean) =>
    owner('PUT', '/api/v1/environments/prod', { endpoints: inside ? '{model}-prod' : '{model}-elsewhere' });
  if (kind === 'environment') await map(true);
  for (const one of actions) {
    const request: Request | undefined =
      'back' in one && typeof one.back === 'number' ? world.requests.at(-1 - one.back) : undefined;
    switch (one.do) {
      case 'policy': {
        const { body } = await owner<Policy>('PUT', `/api/v1/policies/${model}-${one.name}`, {
          covers: [
            kind === 'alias'
              ? { alias: 'champion', model }
              : one.by === 'environment'
                ? { environment: 'prod' }
                : { endpoint },
          ],
          approvers: one.approvers.map(({ role, count }) => ({
            role: role === 'risk' ? 'approver' : role,
            count,
          })),
          expires_h: 24,
          going_back: one.back,
          break_glass: one.glass,
        });
        world.policies = world.policies.filter(({ name }) => name !== one.name);
        world.policies.push({
          ...one,
          ...(kind === 'alias' ? { by: 'name' as const } : {}),
          checks: false,
          hours: 24,
          approvers: one.approvers.map(({ role, count }) => ({
            role: role === 'risk' ? 'approver' : role,
            count,
          })),
          revision: body.revision,
        });
        world.policies.sort((a, b) => a.name.localeCompare(b.name));
        break;
      }
      case 'map':
        if (kind === 'alias') break;
        await map(one.inside);
        world.inside = one.inside;
        break;
      case 'end policy':
        await owner('DELETE', `/api/v1/policies/${model}-${one.name}?reason=x`);
        world.policies = world.policies.filter(({ name }) => name !== one.name);
        break;
      case 'ask': {
        const by = one.by === 'ann' || one.by === 'dot' ? one.by : null;
        const { status, body } = await (by === null ? owner : cast.call[by]!)<ApprovalRequestDetail>(
          'POST',
          '/api/v1/requests',
          {
            model,
            version: one.version,
            target:
              kind === 'alias'
                ? { alias: 'champion' }
                : world.inside && world.policies.length % 2 === 1
                  ? { environment: 'prod' }
                  : { endpoint },
            why: 'x',
          },
        );
        if (status !== 200 || world.requests.some(({ id }) => id === body.id)) break;
        for (const other of world.requests)
          if (other.version === one.version && other.ended === null) other.ended = 'withdrawn';
        world.requests.push({
          id: body.id,
          version: one.version,
          by,
          digest: world.digest(one.version),
          ended: null,
          words: [],
        });
        break;
      }
      case 'word': {
        const who = cast.call[one.user];
        if (!request || !who) break;
        const { body: seen } = await owner<ApprovalRequestDetail>('GET', `/api/v1/requests/${request.id}`);
        const { status } = await who('POST', `/api/v1/requests/${request.id}/decisions`, {
          verdict: one.verdict,
          digest: one.stale === 0 ? 'f'.repeat(64) : seen.digest,
          why: 'y',
        });
        // What would not count is not taken.
        if (status === 200)
          request.words.push({ user: one.user, verdict: one.verdict, digest: request.digest, at: world.now });
        break;
      }
      case 'withdraw':
        if (request?.ended !== null) break;
        await owner('DELETE', `/api/v1/requests/${request.id}`);
        request.ended = 'withdrawn';
        break;
      case 'roles': {
        if (!Object.hasOwn(ids, one.user)) break;
        const roles = one.roles.filter((role) => role !== 'risk');
        await setRoles(server.ctx, ids[one.user]!, [...roles, 'editor']);
        world.people.set(one.user, { roles: known(roles), service: false });
        break;
      }
      case 'describe':
        world.cards[one.version]!++;
        await owner('PATCH', `/api/v1/models/${model}/versions/${one.version.slice(1)}`, {
          description: `words ${world.cards[one.version]}`,
        });
        break;
      // Time, files and people that go are tried without a server.
      case 'check':
      case 'gone':
      case 'rewrite':
      case 'wait':
        break;
      case 'move': {
        const may = mayCome(world, one.version);
        const version = Number(one.version.slice(1));
        // Nobody is above it: the owner of the machine moves it, through either API; or deploys.
        counted['moves']!++;
        const { status } =
          kind === 'environment'
            ? await owner('POST', `/api/v1/endpoints/${endpoint}/revisions`, {
                model,
                version: String(version),
                wait_s: 0,
              })
            : counted['moves']! % 2 === 0
              ? await owner('PUT', `/api/v1/models/${model}/aliases/champion`, { version })
              : await owner('POST', '/api/2.0/mlflow/registered-models/alias', {
                  name: model,
                  alias: 'champion',
                  version: String(version),
                });
        assert.equal(status, may ? 200 : 403, `${one.version} after ${JSON.stringify(world)}`);
        counted[may ? 'permitted' : 'refused']!++;
        // The model of the guard goes on from what the server did.
        assert.equal(world.move(one.version), may);
        if (kind === 'environment') world.at = undefined;
      }
    }
  }
  for (const { name } of world.policies) await owner('DELETE', `/api/v1/policies/${model}-${name}?reason=x`);
}

const campaign = fc
  .record({
    version: fc.constantFrom('v2' as const, 'v3' as const),
    verdict: fc.constantFrom('approve' as const, 'break_glass' as const),
  })
  .map(({ version, verdict }): Action[] => [
    { do: 'ask', version, by: null },
    ...NAMES.map((user): Action => ({ do: 'word', back: 0, user, verdict, stale: 1 })),
    { do: 'move', version },
  ]);
const history = fc
  .array(fc.oneof({ weight: 8, arbitrary: action.map((one) => [one]) }, { weight: 1, arbitrary: campaign }), {
    minLength: 8,
    maxLength: 25,
  })
  .map((parts) => parts.flat());

for (const kind of ['alias', 'environment'] as const)
  test(`over HTTP, too, a guarded ${kind} points only where the model of it says that it may`, async () => {
    const cast = await openCast();
    const counted = { moves: 0, permitted: 0, refused: 0 };
    let n = 0;
    try {
      await fc.assert(
        fc.asyncProperty(history, (actions) =>
          play(
            cast,
            `m${++n}`,
            [
              {
                do: 'policy',
                name: 'a',
                by: 'environment',
                approvers: [{ role: 'approver', count: 1 }],
                checks: false,
                back: true,
                glass: true,
                hours: 24,
              },
              ...actions,
            ],
            counted,
            kind,
          ),
        ),
        { numRuns: HISTORIES, endOnFailure: true },
      );
      for (const [what, times] of Object.entries(counted))
        assert.ok(times > HISTORIES, `${what}: only ${times}`);
      assert.deepEqual(cast.server.errors, []);
    } finally {
      await cast.server[Symbol.asyncDispose]();
    }
  });
