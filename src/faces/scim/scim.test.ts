import assert from 'node:assert/strict';
import test from 'node:test';
import { onDatabases } from '../../../test/on-databases.ts';
import { createToken, createWorkspace, rightsOf, setGroupRoles } from '../../access/index.ts';

type Said = Record<string, unknown>;
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] };

onDatabases('SCIM was', (on, open) => {
  test(`${on}: a directory makes people and groups, and what it takes away opens nothing at the next request`, async () => {
    await using server = await open();
    const { ctx, url } = server;
    await createWorkspace(ctx, 'other');
    const { secret } = await createToken(ctx, { name: 'scim', role: 'owner' });
    const ask = async (method: string, path: string, body?: object, token = secret) => {
      const reply = await fetch(`${url}/scim/v2${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      return {
        status: reply.status,
        type: reply.headers.get('content-type'),
        said: (text === '' ? {} : JSON.parse(text)) as Said,
      };
    };
    const made = await ask('POST', '/Users', {
      schemas: [USER],
      userName: 'Ana@example.org',
      externalId: 'ext-1',
      name: { givenName: 'Ana', familyName: 'Example' },
      emails: [{ value: 'ana@example.org', primary: true }],
      active: true,
    });
    assert.deepEqual(
      [made.status, made.type, made.said['userName'], made.said['displayName'], made.said['active']],
      [201, 'application/scim+json; charset=utf-8', 'ana@example.org', 'Ana Example', true],
    );
    const id = String(made.said['id']);
    const again = await ask('POST', '/Users', { userName: 'ana@example.org' });
    assert.deepEqual([again.status, again.said['scimType']], [409, 'uniqueness']);
    assert.equal((await ask('POST', '/Users', { userName: 'x', externalId: 'ext-1' })).status, 409);
    const listed = await ask('GET', `/Users?filter=${encodeURIComponent('userName eq "ANA@example.org"')}`);
    assert.deepEqual([listed.said['totalResults'], (listed.said['Resources'] as Said[])[0]?.['id']], [1, id]);
    assert.equal(
      (await ask('GET', `/Users?filter=${encodeURIComponent('userName eq "nobody"')}`)).said['totalResults'],
      0,
    );
    const odd = await ask('GET', `/Users?filter=${encodeURIComponent('userName co "a"')}`);
    assert.deepEqual([odd.status, odd.said['scimType']], [400, 'invalidFilter']);

    // A group brings roles that are said here; who is in it, the directory says.
    const group = await ask('POST', '/Groups', { displayName: 'Editors', members: [{ value: id }] });
    assert.equal(group.status, 201, JSON.stringify(group.said));
    const groupId = String(group.said['id']);
    await setGroupRoles(ctx, 'Editors', ['editor']);
    await fetch(`${url}/api/v1/users/${id}/password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password: 'four words nobody joins' }),
    });
    const enters = async (): Promise<number> =>
      (
        await fetch(`${url}/api/v1/me`, {
          headers: {
            authorization: `Basic ${Buffer.from('ana@example.org:four words nobody joins').toString('base64')}`,
          },
        })
      ).status;
    assert.equal(await enters(), 200);
    const patch = (path: string, ...Operations: object[]) => ask('PATCH', path, { ...PATCH, Operations });
    await patch(`/Groups/${groupId}`, { op: 'remove', path: `members[value eq "${id}"]` });
    assert.equal(await enters(), 403, 'out of the group, without a role');
    await patch(`/Groups/${groupId}`, { op: 'Add', path: 'members', value: [{ value: id }] });
    assert.equal(await enters(), 200);
    await patch(`/Groups/${groupId}`, {
      op: 'replace',
      value: { displayName: 'Writers', members: [{ value: id }] },
    });
    assert.equal((await ask('GET', `/Groups/${groupId}`)).said['displayName'], 'Writers');

    // A directory finds a group again by what it knows it by, and leaves members out where they are many.
    const externally = (value?: string) =>
      patch(`/Groups/${groupId}`, {
        op: value === undefined ? 'remove' : 'replace',
        path: 'externalId',
        value,
      });
    assert.equal((await externally('g-1')).said['externalId'], 'g-1');
    const [one] = (
      await ask(
        'GET',
        `/Groups?filter=${encodeURIComponent('externalId eq "g-1"')}&excludedAttributes=members`,
      )
    ).said['Resources'] as Said[];
    assert.deepEqual([one?.['id'], one?.['members'], one?.['displayName']], [groupId, undefined, 'Writers']);
    assert.equal((await externally()).said['externalId'], undefined);
    const shown = await ask(
      'GET',
      `/Users/${id}?attributes=userName,urn:ietf:params:scim:schemas:core:2.0:User:name.formatted`,
    );
    assert.deepEqual(Object.keys(shown.said).toSorted(), ['id', 'name', 'schemas', 'userName']);
    const nameless = await patch(
      `/Users/${id}`,
      { op: 'remove', path: 'displayName' },
      { op: 'remove', path: 'externalId' },
    );
    assert.deepEqual([nameless.said['displayName'], nameless.said['externalId']], [undefined, undefined]);
    const kept = await patch(`/Users/${id}`, { op: 'remove', path: 'userName' });
    assert.deepEqual([kept.status, kept.said['scimType']], [400, 'mutability']);
    await patch(`/Users/${id}`, { op: 'add', path: 'externalId', value: 'ext-1' });

    // What there is says what it keeps; what there is not says so in the same words.
    for (const kind of ['User', 'Group']) {
      const type = (await ask('GET', `/ResourceTypes/${kind}`)).said;
      assert.equal((await ask('GET', `/Schemas/${String(type['schema'])}`)).said['name'], kind);
    }
    const nowhere = await ask('GET', '/Nothing');
    assert.deepEqual([nowhere.status, nowhere.said['status']], [404, '404']);

    // Who is meant is understood, or the whole is refused: nobody is left in a group that a directory believes to be empty of them.
    const membership = (path: string) => patch(`/Groups/${groupId}`, { op: 'remove', path });
    for (const path of [
      'members[display eq "ana@example.org"]',
      'members[value sw "0"]',
      'members.value',
      'members[]',
    ]) {
      const odd = await membership(path);
      assert.deepEqual([odd.status, odd.said['scimType']], [400, 'invalidFilter'], path);
    }
    assert.equal((await patch(`/Groups/${groupId}`, { op: 'remove', value: 'x' })).status, 400);
    assert.deepEqual((await membership(`members[value eq "x" or value eq "${id}"]`)).said['members'], []);
    assert.equal(
      (
        await ask('PATCH', `/Groups/${groupId}`, {
          operations: [{ op: 'add', path: 'members', value: [{ value: id }] }],
        })
      ).status,
      200,
    );

    // As Entra says it, and as Okta does.
    await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' });
    assert.equal(await enters(), 401);
    await patch(`/Users/${id}`, { op: 'replace', value: { active: true } });
    assert.equal(await enters(), 200);
    const renamed = await ask('PUT', `/Users/${id}`, { userName: 'ana2@example.org', active: false });
    assert.deepEqual([renamed.said['userName'], renamed.said['active']], ['ana2@example.org', false]);
    assert.deepEqual((await rightsOf(ctx, id))?.roles, []);

    assert.equal((await ask('DELETE', `/Users/${id}`)).status, 204);
    assert.equal((await ask('GET', `/Users/${id}`)).status, 404);
    assert.deepEqual((await ask('GET', `/Groups/${groupId}`)).said['members'], []);
    assert.equal(
      (await ask('POST', '/Users', { userName: 'ana2@example.org', externalId: 'ext-1' })).status,
      201,
    );
    assert.equal((await ask('DELETE', `/Groups/${groupId}`)).status, 204);

    // Who is no owner of the server is no directory.
    const { secret: admins } = await createToken(ctx, { name: 'a', role: 'admin' });
    assert.equal((await ask('GET', '/Users', undefined, admins)).status, 403);
    const none = await ask('GET', '/Users', undefined, 'nonsense');
    assert.deepEqual([none.status, none.said['status']], [401, '401']);
    for (const body of [{}, { userName: 7 }, { userName: 'a b' }, { userName: 'a', active: 'perhaps' }])
      assert.equal((await ask('POST', '/Users', body)).status, 400, JSON.stringify(body));
    assert.deepEqual(server.errors, []);
  });
});
