import assert from 'node:assert/strict';
import test from 'node:test';
import { fc, runs } from '../../../test/property.ts';
import { standing, type Wants, type Word } from './standing.ts';
import { action, HOUR, mayCome, USERS, version, World, type Action } from './world.suite.ts';

/** Generated histories of what is guarded by its name or by its environment, against a small model of it. */

/** Somebody asks, everybody says yes, perhaps something happens, and it is moved: by chance alone that is rare. */
const campaign = fc
  .record({
    version,
    by: fc.option(fc.constantFrom('ann', 'dot')),
    meanwhile: fc.array(action, { maxLength: 1 }),
  })
  .map(({ version: one, by, meanwhile }): Action[] => [
    { do: 'ask', version: one, by },
    ...USERS.map((name): Action => ({ do: 'word', back: 0, user: name, verdict: 'approve', stale: 1 })),
    ...meanwhile,
    { do: 'move', version: one },
  ]);
const history = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: action.map((one): Action[] => [one]) },
      { weight: 1, arbitrary: campaign },
    ),
    { minLength: 10, maxLength: 40 },
  )
  .map((parts) => parts.flat());

const counted = { moves: 0, permitted: 0, refused: 0, approved: 0 };

function play(actions: readonly Action[]): void {
  const world = new World();
  for (const one of actions) {
    const request =
      'back' in one && typeof one.back === 'number' ? world.requests.at(-1 - one.back) : undefined;
    switch (one.do) {
      case 'policy':
        world.policies = world.policies.filter(({ name }) => name !== one.name);
        world.policies.push({ ...one, revision: ++world.revision });
        break;
      case 'map':
        world.inside = one.inside;
        break;
      case 'end policy':
        world.policies = world.policies.filter(({ name }) => name !== one.name);
        break;
      case 'ask':
        world.requests.push({
          id: String(world.requests.length),
          version: one.version,
          by: one.by,
          digest: world.digest(one.version),
          ended: null,
          words: [],
        });
        break;
      case 'word':
        request?.words.push({
          user: one.user,
          verdict: one.verdict,
          digest: one.stale === 0 ? 'another' : request.digest,
          at: world.now,
        });
        break;
      case 'withdraw':
        if (request?.ended === null) request.ended = 'withdrawn';
        break;
      case 'roles':
        world.people.set(one.user, { roles: one.roles, service: one.user === 'ops' });
        break;
      case 'gone':
        world.people.delete(one.user);
        break;
      case 'rewrite':
        world.files[one.version] = one.restore ? 0 : world.files[one.version]! + 1;
        break;
      case 'describe':
        world.cards[one.version]!++;
        break;
      case 'check':
        world.holds[one.version] = one.holds;
        break;
      case 'wait':
        world.now += one.hours * HOUR;
        break;
      case 'move': {
        const may = mayCome(world, one.version);
        const before = world.promotions.length;
        assert.equal(world.move(one.version), may, `${one.version} after ${JSON.stringify(world)}`);
        counted.moves++;
        if (world.guarding().length > 0) counted[may ? 'permitted' : 'refused']++;
        if (may && world.promotions.length > before && world.promotions.at(-1)?.how === 'approved')
          counted.approved++;
      }
    }
  }
}

test('what is guarded points only where the model of it says that it may, in every generated history', () => {
  const first: Action = {
    do: 'policy',
    name: 'a',
    by: 'environment',
    approvers: [{ role: 'approver', count: 1 }],
    checks: false,
    back: true,
    glass: true,
    hours: 24,
  };
  fc.assert(
    fc.property(history, (actions) => play([first, ...actions])),
    { numRuns: runs(10_000) },
  );
  // Histories in which nothing was ever approved would prove nothing.
  for (const [what, times] of Object.entries(counted))
    assert.ok(times > runs(1_000), `${what}: only ${times}`);
});

const wants = (approvers: Wants['approvers']): Wants => ({
  policy: 'p',
  approvers,
  checks: [],
  expires_ms: HOUR,
  going_back: true,
  break_glass: true,
});
const people = new World().people;
const stands = (words: Word[], approvers: Wants['approvers']) =>
  standing(
    { digest: 'd', requested_user: 'ann', authors: [], ended: null },
    words,
    [wants(approvers)],
    people,
    { at: 0, digest: 'd', checks: [] },
  );
const yes = (name: string): Word => ({ user: name, verdict: 'approve', digest: 'd', at: 0 });

test('nobody fills two places, and each is told why their word does not count', () => {
  const two = [
    { role: 'approver', count: 1 },
    { role: 'risk', count: 1 },
  ];
  assert.equal(stands([yes('ben')], two).state, 'open');
  assert.equal(stands([yes('ben'), yes('cem')], two).state, 'approved');
  assert.deepEqual(
    stands([yes('ann'), yes('ops'), yes('eve'), yes('cem')], [{ role: 'approver', count: 1 }]).words,
    [
      'they asked for it themselves',
      'a program cannot approve',
      'there is no such person here any more',
      'they are not approver',
    ],
  );
  assert.equal(stands([yes('ben'), { ...yes('ben'), verdict: 'reject' }], two).state, 'rejected');
});
