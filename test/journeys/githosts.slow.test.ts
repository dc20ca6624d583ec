// Pushes and pull requests of a Git host, over real Git: fetched, run, and told: a status, and one comment.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { getModel } from '../../src/models/contract.ts';
import {
  listCommitChecks,
  makeGitHostSecret,
  setGitHost,
  listGitHosts,
} from '../../src/githosts/contract.ts';
import { listEntries } from '../../src/ledger/index.ts';
import { listExecutions } from '../../src/pipelines/contract.ts';
import { openTest } from '../harness.ts';
import { freshPostgres } from '../postgres.ts';
import { until } from '../until.ts';
import { RecordedHost } from './githosts/host.ts';
import { Project } from './pipelines/project.ts';

const TOKEN = 'gitea-token-of-the-test';
const FILE = `name: churn
steps:
  train: { run: sh train.sh, code: [train.sh], out: { result: result.txt } }
`;

for (const on of ['SQLite', 'Postgres'] as const)
  test(`${on}: a push and a pull request are fetched by git, run, and told: a status each, and one comment that is changed`, async (t) => {
    const url = process.env['TREADLE_TEST_PG'] ?? '';
    if (on === 'SQLite') await story(undefined);
    else if (url === '') t.skip('TREADLE_TEST_PG is not set: no real Postgres');
    else {
      await using database = await freshPostgres(url);
      await story(database.url);
    }
  });

async function story(db: string | undefined): Promise<void> {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-host-'));
  const bare = path.join(root, 'team', 'churn.git');
  mkdirSync(bare, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await using host = await new RecordedHost(root, TOKEN).listen();
  await using server = await openTest({
    ...(db === undefined ? {} : { db }),
    config: { allowOutbound: [`127.0.0.1:${host.port}`] },
  });
  using p = new Project(server.url);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', p.folder, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  const push = (branch: string, script: string): string => {
    p.write('ml/train.sh', script);
    git('add', '-A');
    git('commit', '--quiet', '-m', script);
    git('push', '--quiet', bare, `HEAD:refs/heads/${branch}`);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'test');
  git('config', 'user.email', 'test@localhost');
  p.write('ml/treadle.yaml', FILE);
  symlinkSync('/etc/passwd', path.join(p.folder, 'ml', 'passwd'));

  const { client } = p;
  const settings = {
    kind: 'gitea' as const,
    url: host.url,
    repository: 'team/churn',
    file: 'ml/treadle.yaml',
  };
  const made = await client.call(setGitHost, {
    params: { host: 'churn' },
    body: { ...settings, token: TOKEN },
  });
  assert.deepEqual([made.has_token, made.has_secret], [true, false]);
  const { secret, path: hook } = await client.call(makeGitHostSecret, { params: { host: 'churn' } });

  const deliver = async (
    event: string,
    body: object,
    { delivery = randomUUID(), key = secret }: { delivery?: string; key?: string } = {},
  ) => {
    const text = JSON.stringify(body);
    const answer = await fetch(`${server.url}${hook}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-gitea-event': event,
        'x-gitea-delivery': delivery,
        'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(text).digest('hex')}`,
      },
      body: text,
    });
    return { status: answer.status, ...((await answer.json()) as { said?: string; check?: string }) };
  };
  const repository = { full_name: 'team/churn', default_branch: 'main' };
  const ended = async (check: string | undefined) =>
    until(`check ${check}`, async () => {
      const { items } = await client.call(listCommitChecks, { query: { host: 'churn' } });
      const found = items.find(({ id }) => id === check);
      return found?.ended_at === undefined ? undefined : found;
    });

  const first = push('main', 'echo good > result.txt\n');
  const body = { ref: 'refs/heads/main', after: first, repository };
  const wrong = await deliver('push', body, { key: 'another' });
  assert.equal(wrong.status, 401);
  const pushed = await deliver('push', body, { delivery: 'd1' });
  assert.equal(pushed.status, 200, JSON.stringify(pushed));
  assert.match(pushed.said ?? '', /is checked$/);
  assert.match((await deliver('push', body, { delivery: 'd1' })).said ?? '', /heard before/);
  assert.match((await deliver('push', body)).said ?? '', /is checked already/);
  const good = await ended(pushed.check);
  assert.deepEqual([good.state, good.verdict, good.problem], ['done', 'pass', undefined]);
  assert.deepEqual(
    host.statuses.map(({ commit, state }) => [commit, state]),
    [
      [first, 'pending'],
      [first, 'success'],
    ],
  );
  assert.equal(host.comments.length, 0, 'a push has no comment');

  git('checkout', '--quiet', '-b', 'topic');
  const pull = (sha: string, action = 'opened') => ({
    action,
    number: 7,
    pull_request: { head: { sha, ref: 'topic', repo: repository }, base: { ref: 'main' } },
    repository,
  });
  const second = push('topic', 'echo bad; exit 3\n');
  const bad = await ended((await deliver('pull_request', pull(second))).check);
  assert.deepEqual([bad.verdict, bad.pull_request, bad.base], ['fail', 7, 'main']);
  assert.equal(host.comments.length, 1);
  assert.match(host.comments[0]!.body, /^<!-- treadle check [0-9a-f]{32} -->\n## ✖ fail: step train failed/);
  assert.match(host.comments[0]!.body, /Compared with `main`: \[execution 1\]/);
  assert.match(host.comments[0]!.body, /passwd is a link; it was left out/);

  const third = push('topic', 'echo better > result.txt\n');
  const better = await ended((await deliver('pull_request', pull(third, 'synchronized'))).check);
  assert.equal(better.verdict, 'pass');
  assert.equal(host.comments.length, 1, 'the same comment');
  assert.match(host.comments[0]!.body, /## ✔ pass/);
  assert.deepEqual(
    host.statuses.slice(2).map(({ commit, state }) => [commit, state]),
    [
      [second, 'pending'],
      [second, 'failure'],
      [third, 'pending'],
      [third, 'success'],
    ],
  );
  assert.match(host.statuses.at(-1)!.target_url ?? '', /\/pipelines\/churn\/executions\/3$/);

  const fork = pull(third);
  fork.pull_request.head.repo = { ...repository, full_name: 'stranger/churn' };
  assert.match((await deliver('pull_request', fork)).said ?? '', /from a fork/);
  assert.match(
    (await deliver('push', { ...body, repository: { full_name: 'team/other' } })).said ?? '',
    /another repository/,
  );
  assert.match((await deliver('pull_request', pull(third, 'labeled'))).said ?? '', /no new commit/);

  const gone = await ended((await deliver('push', { ...body, after: 'a'.repeat(40) })).check);
  assert.equal(gone.state, 'failed');
  assert.match(gone.problem ?? '', /did not hand out the commit/);

  const { items } = await client.call(listExecutions, { query: { pipeline: 'churn' } });
  assert.deepEqual(
    items.map(({ trigger, state, code, ci }) => [trigger, state, code.git?.commit, code.files, ci?.branch]),
    [
      ['ci', 'succeeded', third, 2, 'topic'],
      ['ci', 'failed', second, 2, 'topic'],
      ['ci', 'succeeded', first, 2, 'main'],
    ],
  );
  await assert.rejects(client.call(getModel, { params: { model: 'churn' } }), { kind: 'missing' });
  assert.deepEqual(host.refused, [], 'nobody asked without the token');
  const { items: entries } = await listEntries(server.ctx, { limit: 500 });
  const told = JSON.stringify([entries, await client.call(listGitHosts, {})]);
  assert.ok(!told.includes(TOKEN) && !told.includes(secret), 'neither ledger nor API show a secret');

  const moved = await client.call(setGitHost, {
    params: { host: 'churn' },
    body: { ...settings, repository: 'team/other' },
  });
  assert.deepEqual([moved.has_token, moved.has_secret], [false, false], 'no token follows to another place');
  rmSync(root, { recursive: true, force: true });
}
