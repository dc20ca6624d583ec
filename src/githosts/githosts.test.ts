import assert from 'node:assert/strict';
import test from 'node:test';
import type { Outbound, OutboundRequest } from '../platform/outbound/index.ts';
import { Check } from 'typebox/value';
import { GitHostSettings } from './contract.ts';
import { isOf } from './deployments.ts';
import { hostApi } from './host-api.ts';
import { readMerge } from './host-api.ts';
import { readHook } from './read-hook.ts';
import type { GitHostRow } from './store.ts';

const SHA = 'a'.repeat(40);

test('pushes and pull requests are read as each host tells of them; what brings no commit is said', () => {
  const repo = { full_name: 'team/churn', default_branch: 'main' };
  const pull = (action: string, from = repo) => ({
    action,
    number: 7,
    pull_request: { head: { sha: SHA, ref: 'topic', repo: from }, base: { ref: 'main' } },
    repository: repo,
  });
  const wanted = {
    commit: SHA,
    branch: 'topic',
    base: 'main',
    pull_request: 7,
    repository: 'team/churn',
  };
  for (const [kind, header, event, action] of [
    ['github', 'x-github-event', 'pull_request', 'synchronize'],
    ['gitea', 'x-gitea-event', 'pull_request', 'synchronized'],
    ['gitea', 'x-forgejo-event', 'pull_request', 'opened'],
  ] as const)
    assert.deepEqual(readHook(kind, { [header]: event }, pull(action)), wanted);
  assert.deepEqual(
    readHook('github', { 'x-github-event': 'push' }, { ref: 'refs/heads/a/b', after: SHA, repository: repo }),
    { commit: SHA, branch: 'a/b', base: 'main', repository: 'team/churn' },
  );
  const merge = {
    object_attributes: {
      iid: 7,
      action: 'update',
      oldrev: 'b'.repeat(40),
      source_branch: 'topic',
      target_branch: 'main',
      source_project_id: 1,
      target_project_id: 1,
      last_commit: { id: SHA },
    },
    project: { path_with_namespace: 'team/churn' },
  };
  const gitlab = { 'x-gitlab-event': 'Merge Request Hook' };
  assert.deepEqual(readHook('gitlab', gitlab, merge), wanted);
  const { oldrev: _oldrev, ...title } = merge.object_attributes;
  const forked = { ...merge.object_attributes, source_project_id: 2 };
  for (const [kind, headers, body, said] of [
    ['gitlab', gitlab, { ...merge, object_attributes: title }, /no new commit/],
    ['gitlab', gitlab, { ...merge, object_attributes: forked }, /from a fork/],
    ['github', { 'x-github-event': 'pull_request' }, pull('labeled'), /no new commit/],
    [
      'github',
      { 'x-github-event': 'pull_request' },
      pull('opened', { ...repo, full_name: 'x/y' }),
      /from a fork/,
    ],
    ['github', { 'x-github-event': 'star' }, {}, /nothing is done/],
    ['github', { 'x-github-event': 'ping' }, {}, /heard/],
    [
      'github',
      { 'x-github-event': 'push' },
      { ref: 'refs/tags/v1', after: SHA, repository: repo },
      /no branch/,
    ],
    [
      'github',
      { 'x-github-event': 'push' },
      { ref: 'refs/heads/x', after: '0'.repeat(40), repository: repo },
      /deleted/,
    ],
  ] as const) {
    const heard = readHook(kind, headers, body);
    assert.ok('said' in heard);
    assert.match(heard.said, said);
  }
  const push = (ref: unknown) => () =>
    readHook('github', { 'x-github-event': 'push' }, { ref, after: SHA, repository: repo });
  for (const ref of [
    1,
    ...['a\0b', 'a b', 'a..b', 'a\nb', 'a/', 'a~1', ''].map((one) => `refs/heads/${one}`),
  ])
    assert.throws(push(ref), { field: 'body' }, JSON.stringify(ref));
  assert.deepEqual(push('refs/heads/Zug/é-1.x')(), {
    commit: SHA,
    branch: 'Zug/é-1.x',
    base: 'main',
    repository: 'team/churn',
  });
});

test('no part of a repository leads upwards', () => {
  const said = (repository: string): boolean =>
    Check(GitHostSettings, { kind: 'gitea', url: 'https://git.example', repository });
  for (const good of ['team/churn', 'a/b/c', '.github/.x', 'a/..b', 'a/b..']) assert.ok(said(good), good);
  for (const bad of ['../..', 'a/..', './a', 'a/./b', 'a', 'a//b', '/a/b']) assert.ok(!said(bad), bad);
});

/** A door that writes down what is asked, and answers from a list. */
function door(answers: ReadonlyArray<{ status: number; body?: unknown }>) {
  const asked: Array<Pick<OutboundRequest, 'method' | 'url' | 'headers'> & { sent: unknown }> = [];
  const outbound: Outbound = {
    check: (url) => new URL(url),
    async send({ method, url, headers, body }) {
      asked.push({
        method,
        url,
        headers: headers ?? {},
        sent: body === undefined ? undefined : JSON.parse(String(body)),
      });
      const { status, body: said } = answers[asked.length - 1] ?? { status: 500 };
      return { status, headers: {}, body: Buffer.from(JSON.stringify(said ?? {})) };
    },
    connect: () => assert.fail('it speaks HTTP'),
    checkMail: () => assert.fail('no mail'),
    connectMail: () => assert.fail('no mail'),
  };
  return { asked, outbound };
}

const host = (own: Partial<GitHostRow>): GitHostRow => ({
  id: '1'.repeat(32),
  workspace: 'default',
  name: 'churn',
  kind: 'github',
  url: 'https://github.com',
  repository: 'team/churn',
  file: 'treadle.yaml',
  token: 'secret',
  secret: null,
  created_at: 0,
  created_by: 'test',
  updated_at: 0,
  ...own,
});
const signal = new AbortController().signal;
const status = { state: 'undecided', text: 'x'.repeat(200), url: 'https://treadle.example/1' } as const;

test('each host is told by its own API, with its own words for a state', async () => {
  for (const [own, url, header, state, context] of [
    [
      {},
      'https://api.github.com/repos/team/churn/statuses/',
      ['authorization', 'Bearer secret'],
      'error',
      'context',
    ],
    [
      { url: 'https://github.corp' },
      'https://github.corp/api/v3/repos/team/churn/statuses/',
      ['authorization', 'Bearer secret'],
      'error',
      'context',
    ],
    [
      { kind: 'gitea', url: 'https://codeberg.org' },
      'https://codeberg.org/api/v1/repos/team/churn/statuses/',
      ['authorization', 'token secret'],
      'error',
      'context',
    ],
    [
      { kind: 'gitlab', url: 'https://gitlab.com', repository: 'a/b/c' },
      'https://gitlab.com/api/v4/projects/a%2Fb%2Fc/statuses/',
      ['private-token', 'secret'],
      'failed',
      'name',
    ],
  ] as const) {
    const { asked, outbound } = door([{ status: 201 }]);
    await hostApi(outbound, host(own), signal).setStatus(SHA, status);
    const [call] = asked;
    assert.equal(call?.url, `${url}${SHA}`);
    assert.equal(call.headers?.[header[0]], header[1]);
    const sent = call.sent as Record<string, string>;
    assert.deepEqual(
      [sent['state'], sent[context], sent['target_url'], sent['description']?.length],
      [state, 'treadle/churn', status.url, 140],
    );
  }
});

test('one comment is changed in place; one that may not be changed is left, and an own one is made', async () => {
  const marker = '<!-- treadle check 1 -->';
  const other = { id: 1, body: `somebody quotes ${marker}` };
  const own = { id: 2, body: `${marker}\nold` };
  const said = async (...answers: Array<{ status: number; body?: unknown }>) => {
    const { asked, outbound } = door(answers);
    await hostApi(outbound, host({}), signal).comment(7, marker, 'new');
    return asked.map(
      ({ method, url }) => `${method} ${new URL(url).pathname.replace('/repos/team/churn', '')}`,
    );
  };
  const list = 'GET /issues/7/comments';
  assert.deepEqual(await said({ status: 200, body: [other] }, { status: 201 }), [
    list,
    'POST /issues/7/comments',
  ]);
  assert.deepEqual(await said({ status: 200, body: [other, own] }, { status: 200 }), [
    list,
    'PATCH /issues/comments/2',
  ]);
  assert.deepEqual(await said({ status: 200, body: [own] }, { status: 403 }, { status: 201 }), [
    list,
    'PATCH /issues/comments/2',
    'POST /issues/7/comments',
  ]);
  const full = Array.from({ length: 100 }, (_, id) => ({ id, body: 'x' }));
  assert.deepEqual(await said({ status: 200, body: full }, { status: 200, body: [own] }, { status: 200 }), [
    list,
    list,
    'PATCH /issues/comments/2',
  ]);
  await assert.rejects(said({ status: 401 }), { kind: 'invalid', field: 'token' });
  await assert.rejects(said({ status: 502 }), { kind: 'unavailable' });
  assert.throws(() => hostApi(door([]).outbound, host({ token: null }), signal), { field: 'token' });
});

test('a deployment is one of the commit, made once and told how it stands until its end', async () => {
  const to = {
    state: 'in_progress' as const,
    environment: 'production',
    description: 'late version 3 at late',
    url: 'https://treadle.example/endpoints/late',
    branch: 'main',
  };
  const said = async (
    own: Partial<GitHostRow>,
    known: number | undefined,
    ...answers: Array<{ status: number; body?: unknown }>
  ) => {
    const { asked, outbound } = door(answers);
    const told = known === undefined ? to : { ...to, state: 'failure' as const };
    const id = await hostApi(outbound, host(own), signal).deployed(SHA, told, known);
    return { id, asked: asked.map(({ method, url, sent }) => [method, new URL(url).pathname, sent]) };
  };
  const first = await said({}, undefined, { status: 201, body: { id: 5 } }, { status: 201 });
  const statuses = '/repos/team/churn/deployments/5/statuses';
  assert.deepEqual(first, {
    id: 5,
    asked: [
      [
        'POST',
        '/repos/team/churn/deployments',
        {
          ref: SHA,
          environment: 'production',
          description: 'late version 3 at late',
          auto_merge: false,
          required_contexts: [],
        },
      ],
      ['POST', statuses, { state: 'in_progress', log_url: to.url }],
    ],
  });
  assert.deepEqual((await said({}, 5, { status: 201 })).asked, [
    ['POST', statuses, { state: 'failure', log_url: to.url }],
  ]);
  const gitlab = { kind: 'gitlab', url: 'https://gitlab.com' };
  const at = '/api/v4/projects/team%2Fchurn/deployments';
  assert.deepEqual(await said(gitlab, undefined, { status: 201, body: { id: 9 } }), {
    id: 9,
    asked: [
      ['POST', at, { environment: 'production', sha: SHA, ref: 'main', tag: false, status: 'running' }],
    ],
  });
  assert.deepEqual((await said(gitlab, 9, { status: 200 })).asked, [
    ['PUT', `${at}/9`, { status: 'failed' }],
  ]);
});

test('a connection is tried: whether the token reads the repository, and may write there', async () => {
  const look = async (own: Partial<GitHostRow>, answer: { status: number; body?: unknown }) => {
    const { asked, outbound } = door([answer]);
    const { writes } = await hostApi(outbound, host(own), signal).look();
    return [writes, new URL(asked[0]!.url).pathname];
  };
  const at = '/repos/team/churn';
  assert.deepEqual(await look({}, { status: 200, body: { permissions: { push: true } } }), [true, at]);
  assert.deepEqual(await look({}, { status: 200, body: { permissions: { push: false } } }), [false, at]);
  assert.deepEqual(await look({}, { status: 200, body: { id: 1 } }), [undefined, at]);
  const gitlab = { kind: 'gitlab', url: 'https://gitlab.com' };
  const level = (access_level: number) => ({
    permissions: { project_access: { access_level }, group_access: null },
  });
  assert.equal((await look(gitlab, { status: 200, body: level(30) }))[0], true);
  assert.equal((await look(gitlab, { status: 200, body: level(20) }))[0], false);
  await assert.rejects(look({}, { status: 404 }), { kind: 'invalid', field: 'token' });
});

test('a repository is known by its remote, however that is spelled', () => {
  const own = { url: 'https://git.example.org:8443', repository: 'Team/churn' };
  for (const remote of [
    'https://git.example.org:8443/Team/churn.git',
    'https://git.example.org/team/churn/',
    'git@git.example.org:team/churn.git',
    'ssh://git@git.example.org:2222/team/churn.git',
  ])
    assert.ok(isOf(own, remote), remote);
  for (const remote of [
    'https://git.example.org/team/churn2',
    'git@evil.org:team/churn',
    '/srv/team/churn',
    undefined,
  ])
    assert.ok(!isOf(own, remote), remote ?? 'none');
});

test('a merge is one of that very commit on that very branch, by the accounts that the host names', () => {
  const pull = {
    number: 4,
    merged: true,
    merged_at: '2026-11-30T10:00:00Z',
    merge_commit_sha: 'a'.repeat(40),
    merged_by: { login: 'octo-ann' },
    user: { login: 'octo-ben' },
    base: { ref: 'main' },
  };
  const asked = { commit: 'a'.repeat(40), branch: 'main' };
  const merge = {
    number: 4,
    merged_by: 'octo-ann',
    author: 'octo-ben',
    merged_at: Date.parse('2026-11-30T10:00:00Z'),
  };
  assert.deepEqual(readMerge(pull, asked), merge);
  const gitlab = {
    iid: 4,
    state: 'merged',
    merged_at: pull.merged_at,
    target_branch: 'main',
    merge_commit_sha: null,
    squash_commit_sha: asked.commit,
    merge_user: { username: 'octo-ann' },
    author: { username: 'octo-ben' },
  };
  assert.deepEqual(readMerge(gitlab, asked), merge);
  for (const other of [
    { ...pull, merged: false },
    { ...pull, merged_by: null },
    { ...pull, merge_commit_sha: 'b'.repeat(40) },
    { ...pull, base: { ref: 'release' } },
    { ...pull, merged_at: 'yesterday' },
    { ...gitlab, state: 'opened' },
    { ...gitlab, squash_commit_sha: null },
    { ...gitlab, target_branch: 'release' },
    {},
    null,
  ])
    assert.equal(readMerge(other, asked), undefined);
});
