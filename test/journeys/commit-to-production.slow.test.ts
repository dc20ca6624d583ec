// From a commit to production, over real Git and a host that is told of it: a good change and a bad one, pull requests, an approval, two
// environments, and the way back. People act by the command line, each with a token of their own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { addUser, createToken } from '../../src/access/index.ts';
import { createClient } from '../../src/faces/cli/client.ts';
import type { CommitCheck } from '../../src/githosts/contract.ts';
import { listCommitChecks, makeGitHostSecret, setGitHost } from '../../src/githosts/contract.ts';
import { listGitOps } from '../../src/gitops/contract.ts';
import { getRequest, listRequests } from '../../src/governance/contract.ts';
import { listEntries } from '../../src/ledger/index.ts';
import { runHere } from '../cli.ts';
import { openTest, type TestServer } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { RecordedHost } from './githosts/host.ts';
import { FILE, gated, model } from './pipelines/gated.ts';

const TOKEN = 'token-of-the-host';
/** What is deployed is a promotion, and no step of a pipeline. */
const PROJECT = FILE.replace(/^deploy:.*\n/m, '');

/** A command of somebody, in their own name. */
async function as(server: TestServer, name: string, role: 'editor' | 'approver' | 'admin') {
  const { id } = await addUser(server.ctx, { name, roles: [role] });
  const actor = { kind: 'user' as const, id, name, role, user: id };
  const { secret } = await createToken(server.ctx.as({ actor }), { name, role });
  return async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const held = process.env['TREADLE_TOKEN'];
    process.env['TREADLE_TOKEN'] = secret;
    try {
      return await runHere(server.url, ...argv);
    } finally {
      if (held === undefined) delete process.env['TREADLE_TOKEN'];
      else process.env['TREADLE_TOKEN'] = held;
    }
  };
}

test('a good change reaches production through its check, an approval and staging; a bad one does not, and what was bad goes back', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-story-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const bare = path.join(root, 'team', 'churn.git');
  mkdirSync(bare, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await using host = await new RecordedHost(root, TOKEN, 'github').listen();
  await using server = await openTest({
    config: { allowOutbound: [`127.0.0.1:${host.port}`], inferenceProcesses: 1 },
  });
  const ada = await as(server, 'ada', 'admin');
  const eve = await as(server, 'eve', 'editor');
  const ben = await as(server, 'ben', 'approver');
  const did = async (said: Promise<{ code: number; out: string; err: string }>): Promise<string> => {
    const { code, out, err } = await said;
    assert.equal(code, 0, err + out);
    return out;
  };
  const refused = async (
    said: Promise<{ code: number; out: string; err: string }>,
    why: RegExp,
  ): Promise<void> => {
    const { code, out, err } = await said;
    assert.notEqual(code, 0, out);
    assert.match(err, why);
  };

  // The team's rules, once.
  await did(ada('environment', 'set', 'staging'));
  await did(ada('environment', 'set', 'production', '--endpoints', '{model}'));
  await did(
    ada(
      'policy',
      'set',
      'live',
      '--environment',
      '*',
      '--approvers',
      '1',
      '--check',
      'gate',
      '--check',
      'disjoint',
    ),
  );

  using p = gated(server.url, 'churn', PROJECT);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', p.folder, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'eve');
  git('config', 'user.email', 'eve@localhost');
  const push = (branch: string, message: string): string => {
    git('add', '-A');
    git('commit', '--quiet', '--allow-empty', '-m', message);
    git('push', '--quiet', bare, `HEAD:refs/heads/${branch}`);
    return git('rev-parse', 'HEAD');
  };
  const settings = { kind: 'github' as const, url: host.url, repository: 'team/churn', token: TOKEN };
  await p.client.call(setGitHost, { params: { host: 'churn' }, body: settings });
  const { secret, path: hook } = await p.client.call(makeGitHostSecret, { params: { host: 'churn' } });
  const repository = { full_name: 'team/churn', default_branch: 'main' };
  const deliver = async (event: string, body: object): Promise<{ said: string; check: string }> => {
    const text = JSON.stringify({ ...body, repository });
    const answer = await fetch(`${server.url}${hook}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`,
      },
      body: text,
    });
    return (await answer.json()) as { said: string; check: string };
  };
  const pushed = (branch: string, after: string) => deliver('push', { ref: `refs/heads/${branch}`, after });
  const pulled = (number: number, branch: string, sha: string) =>
    deliver('pull_request', {
      action: 'opened',
      number,
      pull_request: { head: { sha, ref: branch, repo: repository }, base: { ref: 'main' } },
    });
  const checks = async (): Promise<CommitCheck[]> =>
    (await p.client.call(listCommitChecks, { query: { host: 'churn' } })).items;
  const ended = (id: string) =>
    until(`check ${id}`, async () => {
      const found = (await checks()).find((one) => one.id === id);
      return found?.ended_at === undefined ? undefined : found;
    });
  const statusOf = (commit: string) => host.statuses.findLast((one) => one.commit === commit)?.state;
  const run = () => did(eve('run', '-f', path.join(p.folder, 'treadle.yaml')));
  const promote = (version: number, to: string) =>
    eve('promote', `churn@v${version}`, '--to', to, '--detach');
  const answers = async (endpoint: string): Promise<string | null> => {
    const answer = await fetch(`${server.url}/v2/models/${endpoint}`);
    const { versions } = (await answer.json()) as { versions?: string[] };
    return versions?.[0] ?? null;
  };

  // A first version, pushed: checked, told, and nothing else.
  const first = push('main', 'the project');
  const main = await ended((await pushed('main', first)).check);
  assert.deepEqual([main.verdict, statusOf(first), host.comments.length], ['pass', 'success', 0]);
  assert.equal(await answers('churn'), null);

  // Asked for by eve, who wrote it, and by nobody else approved: it waits, and eve cannot let it through.
  await run();
  await did(promote(1, 'staging'));
  const requestOf = (version: number) =>
    until('the request', async () => {
      const all = JSON.parse(await did(ben('requests', '--json'))) as Array<{
        id: string;
        version: number;
        state: string;
      }>;
      return all.find((one) => one.version === version && one.state === 'open')?.id;
    });
  const letIn = async (version: number, to: string): Promise<void> => {
    const request = await requestOf(version);
    await refused(eve('approve', request, '-m', 'it is mine'), /may not|approver|asked/);
    await did(ben('approve', request, '-m', 'the gate passed'));
    const endpoint = to === 'production' ? 'churn' : `churn-${to}`;
    await until(`${to} answers with ${version}`, async () => (await answers(endpoint)) === String(version));
  };
  await letIn(1, 'staging');
  await refused(eve('deploy', 'churn@v1', '--to', 'churn'), /approv/);
  await until('it may go on', async () => (await promote(1, 'production')).code === 0);
  await letIn(1, 'production');

  // A bad change: pushed, and in a pull request. One check, a status, a comment; its version is let in nowhere.
  git('checkout', '--quiet', '-b', 'worse');
  p.write('model.onnx', model(-1, 0));
  const bad = push('worse', 'another model');
  const { check } = await pushed('worse', bad);
  const joined = await pulled(7, 'worse', bad);
  assert.deepEqual([joined.check, /pull request is told, too/.test(joined.said)], [check, true], joined.said);
  await until('the comment', () => host.comments.length === 1);
  const worse = await ended(check);
  assert.deepEqual([worse.verdict, worse.pull_request, worse.base], ['fail', 7, 'main']);
  await until('the status', () => statusOf(bad) === 'failure');
  assert.match(host.comments[0]!.body, /## ✖ fail: the gate refuses the model/);
  assert.match(host.comments[0]!.body, /Compared with `main`: \[execution \d+\]/);
  assert.equal((await checks()).length, 2, 'a push and its pull request are one check');
  await refused(promote(2, 'production'), /never answered in staging/);
  await did(promote(2, 'staging'));
  const request = await requestOf(2);
  await did(ben('approve', request, '-m', 'I did not look'));
  await refused(eve('promote', request), /gate/);
  assert.deepEqual([await answers('churn-staging'), await answers('churn')], ['1', '1']);
  await did(ben('reject', request, '-m', 'the gate refuses it'));

  // A good change by way of a pull request, merged, run, and promoted: the version that was checked.
  git('checkout', '--quiet', 'main');
  git('checkout', '--quiet', '-b', 'better');
  p.write('model.onnx', model(1, 0.5));
  const good = push('better', 'looks at the second number, too');
  const better = await ended((await pulled(8, 'better', good)).check);
  assert.deepEqual([better.verdict, statusOf(good), host.comments.length], ['pass', 'success', 2]);
  git('checkout', '--quiet', 'main');
  git('merge', '--quiet', '--ff-only', 'better');
  const merged = push('main', 'merged');
  await ended((await pushed('main', merged)).check);
  await run();
  await did(promote(3, 'staging'));
  await letIn(3, 'staging');
  await until('it may go on', async () => (await promote(3, 'production')).code === 0);
  await letIn(3, 'production');

  // It turns out to be bad: back to what was approved before, which asks nobody.
  await did(eve('promote', 'churn@v1', '--to', 'production'));
  assert.equal(await answers('churn'), '1');
  assert.equal(await answers('churn-staging'), '3');

  await until('the host was told of all deployments', () => host.deployments.length === 5);
  await until('and how each ended', () =>
    host.deployments.every(({ states }) => states.at(-1) === 'success'),
  );
  assert.deepEqual(
    host.deployments.map(({ ref, environment }) => [ref, environment]),
    [
      [first, 'staging'],
      [first, 'production'],
      [good, 'staging'],
      [good, 'production'],
      [first, 'production'],
    ],
  );
  const { items } = await listEntries(server.ctx, { action: 'environment.promoted', limit: 100 });
  assert.equal(items.length, 5);
  assert.deepEqual(host.refused, []);
  assert.deepEqual(server.errors, []);
});

test('a merged change of desired state is the word of who merged it, as the host tells, by all rules of a word', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-merge-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [bare, work] = [path.join(root, 'team', 'churn.git'), path.join(root, 'work')];
  mkdirSync(bare, { recursive: true });
  mkdirSync(work);
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  execFileSync('git', ['-C', bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true']);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', work, ...args], { stdio: 'pipe', encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  // What a commit says of its author anybody may write.
  git('config', 'user.name', 'octo-ann');
  git('config', 'user.email', 'ann@localhost');
  git('commit', '--quiet', '--allow-empty', '-m', 'begun');
  await using host = await new RecordedHost(root, TOKEN, 'github').listen();
  await using server = await openTest({
    config: { allowOutbound: [`127.0.0.1:${host.port}`], inferenceProcesses: 1 },
  });
  const ada = await as(server, 'ada', 'admin');
  await as(server, 'ann', 'approver');
  await as(server, 'ben', 'approver');
  await as(server, 'eve', 'editor');
  for (const value of [1, 2]) await registerOnnx(server.ctx, 'flights', constantOnnx(value));
  const did = async (...argv: string[]): Promise<string> => {
    const { code, out, err } = await ada(...argv);
    assert.equal(code, 0, err + out);
    return out;
  };
  const client = createClient({ TREADLE_URL: server.url });
  await client.call(setGitHost, {
    params: { host: 'churn' },
    body: { kind: 'github', url: host.url, repository: 'team/churn', token: TOKEN },
  });
  await did('environment', 'set', 'staging');
  const people = ['ann', 'ben', 'eve'].flatMap((name) => ['--merge', `churn/octo-${name}=${name}`]);
  await did('policy', 'set', 'live', '--environment', 'staging', '--no-going-back', ...people);

  const says = (version: number): void =>
    writeFileSync(path.join(work, 'staging.yaml'), `environment: staging\nmodels: { flights: ${version} }\n`);
  const push = (...more: string[]): void =>
    void git('push', '--quiet', ...more, bare, 'HEAD:refs/heads/main');
  let number = 0;
  /** A branch that is merged, as the host tells of it. */
  const merge = (version: number, merged_by: string, author: string): string => {
    git('checkout', '--quiet', '-b', `change-${++number}`);
    says(version);
    git('commit', '--quiet', '-am', `v${version}`);
    git('checkout', '--quiet', 'main');
    git('merge', '--quiet', '--no-ff', '-m', 'merged', `change-${number}`);
    const commit = git('rev-parse', 'HEAD');
    const merged_at = new Date(server.ctx.clock.now()).toISOString();
    host.merges.set(commit, { number, merged_by, author, merged_at, base: 'main' });
    push();
    return commit;
  };
  const stands = async (what: RegExp): Promise<string> => {
    await did('gitops', 'sync', 'staging');
    let seen = '';
    return until(`it says ${what}`, async () => {
      const { items } = await client.call(listGitOps, {});
      const [target] = items[0]?.targets ?? [];
      seen = `${target?.state}: ${target?.says} ${items[0]?.problem ?? ''}`.trim();
      return what.test(seen) && seen;
    }).catch((error: unknown) => {
      throw new Error(`it says ${seen}`, { cause: error });
    });
  };

  says(1);
  git('add', '-A');
  git('commit', '--quiet', '-m', 'v1');
  push();
  await did('gitops', 'set', 'staging', '--host', 'churn', '--file', 'staging.yaml');
  const direct = await stands(/knows of no pull request merged/);
  assert.match(direct, /^waiting: .*waits for people’s approval; .*; decide at \/requests\/[0-9a-f]{32}$/);

  merge(2, 'octo-eve', 'octo-ben');
  await stands(/by octo-eve on churn is no approval of eve: they are not approver/);
  merge(1, 'octo-ann', 'octo-ann');
  await stands(/they proposed it themselves/);
  merge(2, 'octo-mallory', 'octo-ben');
  await stands(/the policy does not say who octo-mallory is here/);
  says(1);
  git('commit', '--quiet', '-am', 'back by hand');
  push();
  await stands(/knows of no pull request merged/);
  merge(2, 'Octo-Ann', 'octo-ben');
  await stands(/^in_sync: flights v2 answers/);
  const { items } = await client.call(listRequests, { query: {} });
  const used = items.find(({ state }) => state === 'promoted');
  const { decisions, requested_user: asker } = await client.call(getRequest, {
    params: { request: used?.id ?? '' },
  });
  assert.deepEqual(
    decisions.map(({ name, verdict, counts }) => [name, verdict, counts]),
    [['ann', 'approve', true]],
  );
  assert.match(decisions[0]?.why ?? '', /^merged #4 as Octo-Ann on churn, commit /);
  assert.ok(asker, 'who proposed it has asked for it');

  assert.deepEqual(host.refused, []);
  assert.deepEqual(server.errors, []);
});
