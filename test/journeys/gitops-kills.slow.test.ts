// What Git says is edited at random, and what runs, and who may; the server is killed at random: it always comes to what Git says, or says
// why not, and what nobody approved never answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { addUser, createToken } from '../../src/access/index.ts';
import type { GitOps, GitOpsTarget } from '../../src/gitops/contract.ts';
import type { ApprovalRequest } from '../../src/governance/contract.ts';
import { listEntries } from '../../src/ledger/index.ts';
import type { Endpoint } from '../../src/serving/contract.ts';
import { openTest } from '../harness.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { random } from '../random.ts';
import { RecordedHost } from './githosts/host.ts';
import { killedFolders, processesNaming } from './kill/left.ts';
import { ServerProcess, sleep } from './kill/server-process.ts';

const EDITS = Number(process.env['TREADLE_GITOPS_EDITS'] ?? 5);
const SEED = Number(process.env['TREADLE_GITOPS_SEED'] ?? 20261201);
const TOKEN = 'token-of-the-git-host';
const MODELS = ['one', 'two'] as const;
type Model = (typeof MODELS)[number];
const VERSIONS = [1, 2, 3, 4, 5] as const;
/** People approve the others when they are asked. */
const FORBIDDEN = 5;
const MINUTES = 3;

test(`${EDITS} edits of what Git says and of what runs, with kills: it comes to what Git says, and nothing forbidden runs`, async (t) => {
  const { root, data, temporary } = killedFolders(t, 'gitops');
  const work = path.join(root, 'work');
  const bare = path.join(root, 'git', 'team', 'churn.git');
  mkdirSync(bare, { recursive: true });
  mkdirSync(work);
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  for (const setting of ['uploadpack.allowAnySHA1InWant', 'http.receivepack'])
    execFileSync('git', ['-C', bare, 'config', setting, 'true']);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', work, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'test');
  git('config', 'user.email', 'test@localhost');
  let commits = 0;
  const commit = (text: string): string => {
    writeFileSync(path.join(work, 'prod.yaml'), text);
    git('add', '-A');
    git('commit', '--quiet', '--allow-empty', '-m', `edit ${++commits}`);
    git('push', '--quiet', bare, 'HEAD:refs/heads/main');
    return git('rev-parse', 'HEAD');
  };

  let approver = '';
  {
    await using house = await openTest({ data });
    for (const model of MODELS)
      for (const value of VERSIONS) await registerOnnx(house.ctx, model, constantOnnx(value));
    const { id } = await addUser(house.ctx, { name: 'ben', roles: ['approver'] });
    const actor = { kind: 'user' as const, id, name: 'ben', role: 'approver' as const, user: id };
    approver = (await createToken(house.ctx.as({ actor }), { name: 'ben', role: 'approver' })).secret;
  }

  await using host = await new RecordedHost(path.join(root, 'git'), TOKEN).listen();
  const server = await ServerProcess.on(data, {
    TMPDIR: temporary,
    TREADLE_ALLOW_OUTBOUND: `127.0.0.1:${host.port}`,
    TREADLE_INFERENCE_PROCESSES: '1',
    TREADLE_INFERENCE_PORT: '0',
  });
  t.after(() => server.kill());
  await server.start();

  /** Undefined where the server dies meanwhile. */
  const ask = async <T>(method: string, where: string, body?: unknown, token?: string) => {
    try {
      const answer = await fetch(`${server.url}/api/v1${where}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as T };
    } catch {
      return undefined;
    }
  };
  const must = async (method: string, where: string, body?: unknown): Promise<void> => {
    const answer = await ask<object>(method, where, body);
    assert.equal(answer?.status, 200, JSON.stringify(answer?.body));
  };
  const policy = (count: number) => ({
    covers: [{ environment: 'prod' }],
    approvers: [{ role: 'approver', count: 1 }],
    expires_h: 24 + count,
  });
  await must('PUT', '/environments/prod', { endpoints: '{model}-prod' });
  await must('PUT', '/policies/prod', policy(0));
  await must('PUT', '/git-hosts/churn', {
    kind: 'gitea',
    url: host.url,
    repository: 'team/churn',
    token: TOKEN,
  });

  const dice = random(SEED);
  const wanted = new Map<Model, number>([['one', 1]]);
  const write = (): string =>
    commit(
      `environment: prod\nmodels:\n${[...wanted].map(([model, version]) => `  ${model}: ${version}\n`).join('')}`,
    );
  let head = write();
  await must('PUT', '/gitops/prod', { host: 'churn', file: 'prod.yaml' });

  /** What people do who are asked: yes, no, or nothing yet. */
  const decide = async (): Promise<void> => {
    const waiting = await ask<{ items: ApprovalRequest[] }>('GET', '/requests?waiting=true');
    for (const { id, version, digest, state } of waiting?.body.items ?? []) {
      if (state !== 'open') continue;
      if (version === FORBIDDEN && dice.uniform() < 0.7) continue;
      const verdict = version === FORBIDDEN ? 'reject' : 'approve';
      await ask('POST', `/requests/${id}/decisions`, { verdict, digest, why: 'so' }, approver);
    }
  };
  const counted = {
    commits: 0,
    broken: 0,
    deployed: 0,
    refused: 0,
    removed: 0,
    policies: 0,
    kills: 0,
    reached: 0,
    kept_out: 0,
  };
  const nothingForbidden = (endpoints: readonly Endpoint[]): void => {
    for (const { name, current } of endpoints)
      for (const { version } of current?.variants ?? [])
        assert.notEqual(version, FORBIDDEN, `${name} answers with what nobody approved`);
  };
  const rests = ({ wanted: wish, runs, state }: GitOpsTarget): boolean =>
    wish.version === FORBIDDEN
      ? state === 'blocked' || (state === 'waiting' && runs?.version !== FORBIDDEN)
      : state === 'in_sync' && runs?.version === wish.version;
  /** Asks until it has come to rest where Git says, whoever dies meanwhile. */
  const converge = async (what: string): Promise<void> => {
    const until = Date.now() + MINUTES * 60_000;
    let last: unknown;
    let asked = 0;
    for (;;) {
      if (server.dead) {
        await server.start();
        asked = 0;
      }
      if (asked++ % 20 === 0) await ask('POST', '/gitops/prod/sync', {});
      await decide();
      const found = await ask<{ items: GitOps[] }>('GET', '/gitops');
      const endpoints = await ask<{ items: Endpoint[] }>('GET', '/endpoints');
      nothingForbidden(endpoints?.body.items ?? []);
      const own = found?.body.items[0];
      last = own;
      if (
        own?.commit === head &&
        own.problem === undefined &&
        own.targets.length === wanted.size &&
        own.targets.every(rests)
      ) {
        counted.reached++;
        if (own.targets.some(({ wanted: { version } }) => version === FORBIDDEN)) counted.kept_out++;
        return;
      }
      assert.ok(Date.now() < until, `${what}: ${JSON.stringify(last)}\n${server.log}`);
      await sleep(100);
    }
  };
  await converge('the first');

  let edits = 0;
  while (edits < EDITS) {
    const did: string[] = [];
    const kill = dice.uniform() < 0.35 ? sleep(dice.integer(1_500)).then(() => server.kill()) : undefined;
    for (let some = 1 + dice.integer(3); some > 0 && edits < EDITS; some--, edits++) {
      const model = dice.pick(MODELS);
      const version = dice.pick(VERSIONS);
      const kind = dice.uniform();
      if (kind < 0.5) {
        if (dice.uniform() < 0.15 && wanted.size > 1) wanted.delete(model);
        else wanted.set(model, version);
        if (wanted.size === 0) wanted.set('one', 1);
        head = write();
        counted.commits++;
        did.push(`Git says ${JSON.stringify([...wanted])}`);
      } else if (kind < 0.55) {
        commit('environment: [');
        await ask('POST', '/gitops/prod/sync', {});
        head = write();
        counted.broken++;
        did.push('a broken file, and mended');
      } else if (kind < 0.85) {
        const answer = await ask<{ state?: string }>('POST', `/endpoints/${model}-prod/revisions`, {
          model,
          version: String(version),
        });
        if (answer?.status === 403) counted.refused++;
        else if (answer) {
          assert.notEqual(version, FORBIDDEN, 'a deployment by hand past the policy');
          counted.deployed++;
        }
        did.push(`deploy ${model} v${version}: ${answer?.status}`);
      } else if (kind < 0.93) {
        const answer = await ask('DELETE', `/endpoints/${model}-prod`);
        if (answer?.status === 200) counted.removed++;
        did.push(`remove ${model}-prod: ${answer?.status}`);
      } else {
        await ask('PUT', '/policies/prod', policy(1 + dice.integer(100)));
        counted.policies++;
        did.push('another policy');
      }
    }
    if (kill) {
      await kill;
      counted.kills++;
      did.push('killed');
    }
    await converge(did.join('; '));
    if (EDITS > 20 && edits % 20 < 3) t.diagnostic(`${edits} edits: ${JSON.stringify(counted)}`);
  }
  t.diagnostic(JSON.stringify(counted));

  // What Git says is proposed as a branch, of what runs.
  const proposed = await ask<{ branch: string; text: string }>('POST', '/gitops/prod/propose', {
    as: 'treadle/what-runs',
    models: { one: 2 },
  });
  if (proposed?.status === 200) {
    assert.match(
      execFileSync('git', ['-C', bare, 'show', 'treadle/what-runs:prod.yaml'], { encoding: 'utf8' }),
      /"one": 2/,
    );
  } else assert.equal(proposed?.status, 409, JSON.stringify(proposed?.body));
  await server.stop();
  assert.deepEqual(processesNaming(root), [], 'processes that are left');

  // The record says the same: nothing that people did not approve ever began to answer.
  await using house = await openTest({ data });
  let started = 0;
  for (let page: string | undefined; ;) {
    const found = await listEntries(house.ctx, {
      action: 'revision.started',
      limit: 1000,
      ...(page === undefined ? {} : { page }),
    });
    for (const { after } of found.items) {
      started++;
      assert.doesNotMatch(JSON.stringify(after), new RegExp(`/${FORBIDDEN}"`));
    }
    page = found.next;
    if (page === undefined) break;
  }
  assert.ok(started > 0 && counted.kills > 0 && counted.commits > 0, JSON.stringify(counted));
});
