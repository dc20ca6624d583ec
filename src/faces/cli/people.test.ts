import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { runHere as run } from '../../../test/cli.ts';
import { openTest } from '../../../test/harness.ts';
import { addUser, setRoles } from '../../access/index.ts';

test('treadle user, group and service: the first owner is made on the machine, and no password is in an argument', async () => {
  await using server = await openTest();
  const { url } = server;
  const file = path.join(server.shared, 'password');
  writeFileSync(file, 'four words nobody joins\n');
  const told = async (...line: string[]): Promise<string> => {
    const { code, out, err } = await run(url, ...line);
    assert.equal(code, 0, `${line.join(' ')}: ${err}`);
    return out.trim();
  };
  const refused = async (...line: string[]): Promise<string> => {
    const { code, err } = await run(url, ...line);
    assert.notEqual(code, 0);
    return err;
  };
  assert.match(await refused('user', 'add', 'ana', '--owner'), /a password is needed[\s\S]*--no-password/);
  writeFileSync(`${file}-short`, 'short');
  assert.match(
    await refused('user', 'add', 'ana', '--password-file', `${file}-short`),
    /12 characters or more/,
  );
  assert.equal(
    await told('user', 'add', 'Ana', '--owner', '--password-file', file),
    "added user 'ana': owner of the server",
  );
  assert.equal(
    await told('user', 'add', 'ben', '--no-password', '--role', 'editor', '--role', 'approver'),
    "added user 'ben': editor, approver",
  );
  assert.match(
    await told('user', 'list', '--all'),
    /^name.*\n.*ana +user +owner.*\n.*ben +user +editor, approver/m,
  );
  assert.equal(await told('user', 'role', 'ben', 'viewer'), "user 'ben': viewer");
  await told('group', 'add', 'reviewers');
  assert.equal(await told('group', 'role', 'reviewers', 'approver'), 'reviewers: approver');
  assert.equal(await told('group', 'members', 'reviewers', 'ben'), 'reviewers: ben');
  assert.equal(
    await told('user', 'why', 'ben', 'model:approve'),
    'yes: approver may approve: approves what others made: a person alone, no service and no step\n  approver, by group reviewers',
  );
  assert.match(await told('user', 'why', 'ben', 'run:write'), /^no: /);
  // Without values both are shown, and nothing changes; all is taken by a word of its own.
  assert.equal(await told('group', 'members', 'reviewers'), 'reviewers: ben');
  assert.equal(await told('group', 'role', 'reviewers'), 'reviewers: approver');
  assert.equal(await told('user', 'role', 'ben'), "user 'ben': viewer");
  assert.match(await refused('group', 'members', 'reviewers', 'ben', '--none'), /leave the others out/);
  assert.match(await told('service'), /there is no service here/);
  assert.equal(
    await told('grant', 'add', 'ben', 'editor', 'model:flights*'),
    'ben is editor of model flights*',
  );
  assert.match(await refused('grant', 'add', 'ben', 'editor', 'flights'), /write KIND:NAME/);
  assert.match(await refused('grant', 'add', 'ben', 'owner', 'model:x'), /must be viewer/);
  assert.equal(
    await told('grant', 'add', 'group:reviewers', 'approver', 'endpoint:flight-delay'),
    'group reviewers is approver of endpoint flight-delay',
  );
  assert.match(
    await told('grant', 'list'),
    /^id .*\n.*group reviewers +approver +endpoint:flight-delay .*\n.*ben +editor +model:flights\* /m,
  );
  assert.match(
    await told('user', 'why', 'ben', 'model:write', 'model:flights-a'),
    /^yes: a grant makes them editor of the model flights-a, who may write\n[^]*editor of model flights\*, granted to itself$/,
  );
  assert.match(await told('user', 'why', 'ben', 'model:write', 'model:prices'), /^no: /);
  const [granted] = JSON.parse(await told('--json', 'grant', 'list', '--user', 'ben')) as Array<{
    id: string;
  }>;
  assert.match(await told('grant', 'remove', granted?.id ?? ''), /^took grant/);
  assert.match(await told('grant', 'list', '--user', 'ben'), /nothing is granted/);
  assert.equal(await told('user', 'owner', 'ben'), "user 'ben': owner of the server, viewer");
  assert.equal(await told('user', 'owner', 'ben', '--no-longer'), "user 'ben': viewer");
  assert.equal(await told('user', 'disable', 'ben'), "user 'ben': disabled");
  assert.equal(
    await told('user', 'why', 'ben', 'run:read'),
    'no: the account is disabled\n  viewer, by itself\n  approver, by group reviewers\n  approver of endpoint flight-delay, granted to group reviewers',
  );
  assert.equal(await told('service', 'add', 'ci', '--role', 'editor'), "added service 'ci': editor");
  assert.match(await told('token', 'create', 'nightly', '--service', 'ci'), /^trd_/);
  assert.match(await refused('token', 'create', 'x', '--service', 'ana'), /is a person/);
  await told('group', 'remove', 'reviewers');
  assert.match(await told('group', 'list'), /there is no group/);
});

test('treadle token --user makes, lists and revokes somebody’s own; treadle workspace quota and leave', async () => {
  await using server = await openTest();
  const { url, ctx } = server;
  const file = path.join(server.shared, 'password');
  writeFileSync(file, 'four words nobody joins\n');
  const as = ['--user', 'ben', '--password-file', file];
  const told = async (...line: string[]): Promise<string> => {
    const { code, out, err } = await run(url, ...line);
    assert.equal(code, 0, `${line.join(' ')}: ${err}`);
    return out.trim();
  };
  const refused = async (...line: string[]): Promise<string> => {
    const { code, err } = await run(url, ...line);
    assert.notEqual(code, 0, line.join(' '));
    return err;
  };
  await addUser(ctx, { name: 'ben', password: 'four words nobody joins', roles: ['viewer'] });
  assert.match(await refused('token', 'create', 'x', ...as, '--role', 'editor'), /opens no more than that/);
  assert.match(await refused('token', 'create', 'x', '--password-file', file), /needs --user/);
  assert.match(await refused('token', 'create', 'x', '--user', 'ben'), /hand it over with --password-file/);
  assert.match(
    await refused('token', 'create', 'x', ...as, '--service', 'ci'),
    /of a person or of a service/,
  );
  const secret = /^trd_\S+/.exec(await told('token', 'create', 'laptop', ...as))?.[0] ?? '';
  const me = async (): Promise<unknown> =>
    (await (
      await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } })
    ).json()) as unknown;
  assert.partialDeepStrictEqual(await me(), { name: 'ben', role: 'viewer', token: 'laptop' });
  await setRoles(ctx, 'ben', ['editor']);
  assert.partialDeepStrictEqual(await me(), { role: 'viewer' }, 'no more than it was made for');
  const [row] = (await told('token', 'ls', ...as)).split('\n').slice(1);
  const [id = ''] = row?.trim().split(/ +/) ?? [];
  assert.match(row ?? '', /laptop +.*viewer/);
  assert.equal(await told('token', 'revoke', id, ...as), "revoked 'laptop'");
  assert.partialDeepStrictEqual(await me(), { error: { kind: 'unauthenticated' } });

  assert.match(await told('workspace', 'quota'), /^quota +used +limit +left\nbytes +0 B +none/);
  assert.match(
    await told('workspace', 'quota', '--bytes', '2GiB', '--runs', '10', '--requests', '0'),
    /bytes +0 B +2\.0 GiB +2\.0 GiB\nruns +0 +10 +10\nendpoints +0 +none\s+requests this minute +\d+ +0 +0/,
  );
  assert.match(await refused('models'), /quota of requests is 0/);
  assert.match(await refused('workspace', 'quota', '--bytes', '2Gi'), /Write it as 20GiB/);
  const { items } = JSON.parse(
    `{"items":${await told('workspace', 'quota', '--requests', 'none', '--json')}}`,
  ) as {
    items: object[];
  };
  assert.deepEqual(Object.keys(items.at(-1) ?? {}), ['quota', 'used']);
  assert.equal(await told('workspace', 'leave', 'default', ...as), "left workspace 'default'");
  assert.match(await refused('workspace', 'leave', 'default', ...as), /has no role in workspace/);
});
