import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest } from '../../../test/harness.ts';
import { constantOnnx, registerOnnx } from '../../../test/onnx-model.ts';
import { until } from '../../../test/until.ts';
import type { ReleaseDetail } from '../../releases/contract.ts';
import type { EndpointDetail, Revision } from '../../serving/contract.ts';
import { person, type Caller } from './approvals.suite.ts';
import type { ApprovalRequest, ApprovalRequestDetail } from '../contract/approvals.ts';

test('a guarded endpoint takes what is approved alone: deployed, as a canary, by a release, back again', async () => {
  await using server = await openTest({ config: { inferenceProcesses: 1 } });
  const [ann, ben, dot] = [
    await person(server, 'ann', 'editor'),
    await person(server, 'ben', 'approver'),
    await person(server, 'dot', 'admin'),
  ];
  for (const value of [1, 2, 3, 4]) await registerOnnx(ann.ctx, 'const', constantOnnx(value));
  const deploy = (version: string, more: object = {}) =>
    ann.call<Revision & { error?: { message: string } }>('POST', '/api/v1/endpoints/live/revisions', {
      model: 'const',
      version,
      wait_s: 60,
      ...more,
    });
  const at = async () => {
    const { body } = await ann.call<EndpointDetail>('GET', '/api/v1/endpoints/live');
    return body.endpoint.current?.variants.map(({ version }) => version) ?? [];
  };
  const waiting = async () =>
    (await ann.call<{ items: ApprovalRequest[] }>('GET', '/api/v1/requests?waiting=true')).body.items;
  const decide = async (who: Caller, { id, digest }: ApprovalRequest, verdict: string) =>
    (
      await who.call<ApprovalRequestDetail>('POST', `/api/v1/requests/${id}/decisions`, {
        verdict,
        digest,
        why: 'so',
      })
    ).body;

  assert.equal((await deploy('1')).body.state, 'live');
  const rules = { covers: [{ endpoint: 'li*' }], approvers: [{ role: 'approver', count: 1 }] };
  await dot.call('PUT', '/api/v1/policies/live', rules);
  const refused = await deploy('2');
  assert.equal(refused.status, 403);
  assert.match(
    refused.body.error!.message,
    /endpoint live is guarded by policy 'live', and const v2 is not approved for it/,
  );
  for (const beside of [{ canary: { version: '2', percent: 10 } }, { shadow: { version: '2', percent: 10 } }])
    assert.equal((await deploy('1', beside)).status, 403, JSON.stringify(beside));
  assert.equal((await ann.call('DELETE', '/api/v1/endpoints/live')).status, 403);
  assert.deepEqual(await at(), [1]);

  const { body: asked } = await ann.call<ApprovalRequestDetail>('POST', '/api/v1/requests', {
    model: 'const',
    version: '2',
    target: { endpoint: 'live' },
    why: 'more',
  });
  assert.deepEqual(
    asked.now?.versions.map(({ version }) => version),
    [1],
  );
  assert.equal((await decide(ben, asked, 'approve')).state, 'approved');
  // What was let through as a canary may grow: it is there already.
  assert.equal((await deploy('1', { canary: { version: '2', percent: 10 } })).body.state, 'live');
  assert.equal((await deploy('2')).body.state, 'live');
  assert.deepEqual([await at(), await waiting()], [[2], []]);
  const back = await ann.call<Revision>('POST', '/api/v1/endpoints/live/rollback', { wait_s: 60 });
  assert.deepEqual([back.status, back.body.state], [200, 'live'], 'what answered before may come back');

  // A release waits where it cannot go on, asks by itself, and goes on when people have approved.
  const release = async (version: string) =>
    (
      await ann.call<ReleaseDetail>('POST', '/api/v1/releases', {
        model: 'const',
        version,
        deploy: { endpoint: 'live' },
      })
    ).body.id;
  const standing = async (id: string) =>
    (await ann.call<ReleaseDetail>('GET', `/api/v1/releases/${id}`)).body;
  const reaches = (id: string, state: string) =>
    until(`the release is ${state}`, async () => (await standing(id)).state === state);
  const good = await release('3');
  await reaches(good, 'awaiting_approval');
  const [request] = await waiting();
  assert.deepEqual(
    [request?.asked_by, request?.requested_user, request?.version],
    [`release:${good}`, ann.id, 3],
  );
  await decide(ben, request!, 'approve');
  await reaches(good, 'succeeded');
  assert.deepEqual(await at(), [3]);
  const bad = await release('4');
  await reaches(bad, 'awaiting_approval');
  await decide(ben, (await waiting())[0]!, 'reject');
  await reaches(bad, 'rejected');
  assert.match((await standing(bad)).reason ?? '', /const version 4 was not approved .* refused/);
  assert.deepEqual(await at(), [3]);
  assert.deepEqual(server.errors, []);
});
