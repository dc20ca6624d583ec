import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { caller } from '../../src/governance/approvals/approvals.suite.ts';
import type { GitOps } from '../../src/gitops/contract.ts';
import type { Board } from '../../src/promotions/contract.ts';
import type { ReleaseDetail } from '../../src/releases/contract.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { RecordedHost } from './githosts/host.ts';
import { cannotRun, openUi } from './ui-browser.ts';

/** Environments are made, a version goes through them, and one follows a file in Git: drift and all, in the browser. */
test('environments, a promotion, and drift', { skip: cannotRun ?? false }, async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-ui-git-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [bare, work] = [path.join(root, 'team', 'churn.git'), path.join(root, 'work')];
  mkdirSync(bare, { recursive: true });
  mkdirSync(work);
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  execFileSync('git', ['-C', bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true']);
  const git = (...args: string[]): void => void execFileSync('git', ['-C', work, ...args], { stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'test');
  git('config', 'user.email', 'test@localhost');
  const says = (version: number, endpoints = ''): void => {
    writeFileSync(
      path.join(work, 'staging.yaml'),
      `environment: staging\nmodels: { flights: ${version} }\n${endpoints}`,
    );
    git('add', '-A');
    git('commit', '--quiet', '-m', `v${version}`);
    git('push', '--quiet', bare, 'HEAD:refs/heads/main');
  };
  says(2);
  await using host = await new RecordedHost(root, 'token').listen();
  await using house = await openUi({
    config: { inferenceProcesses: 1, allowOutbound: [`127.0.0.1:${host.port}`] },
  });
  const { server } = house;
  const call = caller(server, undefined);
  for (const value of [1, 2]) await registerOnnx(server.ctx, 'flights', constantOnnx(value));

  const ui = await house.open('/environments', { expected: /environments/ });
  const { page } = ui;
  await page.getByText('There is no environment yet').waitFor();
  await ui.accessible('no environment');
  const dialog = page.getByRole('dialog');
  for (const name of ['dev', 'staging']) {
    await page.getByRole('button', { name: 'New environment' }).click();
    await dialog.getByLabel('Name').fill(name);
    if (name === 'staging') await ui.accessible('an environment that is made');
    await dialog.getByRole('button', { name: 'Make the environment' }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
  }
  const begun = await call<ReleaseDetail>('POST', '/api/v1/environments/dev/promotions', {
    model: 'flights',
    version: '1',
  });
  await until('it answers in dev', async () => {
    const { body } = await call<ReleaseDetail>('GET', `/api/v1/releases/${begun.body.id}`);
    return body.state === 'succeeded';
  });
  await page.getByRole('button', { name: 'Promote to staging' }).click();
  await dialog.getByRole('button', { name: 'Promote to staging' }).click();
  await page.waitForURL(/\/releases\//);
  await page.getByText('revision 1 of flights-staging answers').waitFor();
  await page.goto(`${server.url}/environments`);
  await page.getByText('answers in staging, too').waitFor();

  // It follows a file that says what never answered before: it waits, and says for what.
  await call('PUT', '/api/v1/git-hosts/churn', {
    kind: 'gitea',
    url: host.url,
    repository: 'team/churn',
    token: 'token',
  });
  await call('PUT', '/api/v1/gitops/staging', { host: 'churn', file: 'staging.yaml' });
  await until('the file is read', async () => {
    const { body } = await call<{ items: GitOps[] }>('GET', '/api/v1/gitops');
    return body.items[0]?.targets.length === 1;
  });
  const staging = page.getByRole('region', { name: 'staging' });
  await staging.getByText('1 differs').waitFor();
  await staging.getByText(/it never answered in dev, which comes before/).waitFor();
  await ui.accessible('what differs from Git');
  if (process.env['TREADLE_SHOTS'] !== undefined) {
    await page.screenshot({ path: `${process.env['TREADLE_SHOTS']}/environments-light.png` });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 420, height: 900 });
    await page.screenshot({
      path: `${process.env['TREADLE_SHOTS']}/environments-narrow.png`,
      fullPage: true,
    });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  }
  says(1);
  await staging.getByRole('button', { name: 'Look now' }).click();
  await staging.getByText('as Git says').waitFor();
  await page.getByLabel('Part of a model’s name').fill('none');
  await staging.getByText('Nothing answers here.').waitFor();
  assert.equal(new URL(page.url()).search, '?model=none');
  const { body } = await call<Board>('GET', '/api/v1/environment-board');
  assert.deepEqual(
    body.cells.map(({ environment, version }) => [environment, version]),
    [
      ['dev', 1],
      ['staging', 1],
    ],
  );

  // What cannot be applied is not applied by halves, and says why; a host that is gone is told at once.
  const gitops = async (): Promise<GitOps | undefined> =>
    (await call<{ items: GitOps[] }>('GET', '/api/v1/gitops')).body.items[0];
  const problem = (form: RegExp): Promise<GitOps> =>
    until(`the problem is ${form}`, async () => {
      const now = await gitops();
      return form.test(now?.problem ?? '') ? now : undefined;
    });
  const sync = () => call<{ error?: { message: string } }>('POST', '/api/v1/gitops/staging/sync', {});
  for (const [endpoints, form] of [
    ['endpoints: { flights-staging: flights@2 }', /both say what answers at endpoint flights-staging/],
    ['endpoints: { flights-dev: flights@2 }', /flights-dev is an endpoint of dev/],
  ] as const) {
    says(1, endpoints);
    await sync();
    assert.equal((await problem(form)).in_sync, false);
  }
  rmSync(path.join(work, 'staging.yaml'));
  symlinkSync('elsewhere.yaml', path.join(work, 'staging.yaml'));
  git('add', '-A');
  git('commit', '--quiet', '-m', 'link');
  git('push', '--quiet', bare, 'HEAD:refs/heads/main');
  await sync();
  await problem(/staging\.yaml of commit .* is a link, and no file/);
  await call('PUT', '/api/v1/git-hosts/churn', {
    kind: 'gitea',
    url: host.url,
    repository: 'team/churn',
    token: 'another',
  });
  const refused = await sync();
  assert.equal(refused.status, 400);
  assert.match(refused.body.error!.message, /it refuses the token/);
  await call('DELETE', '/api/v1/git-hosts/churn');
  await problem(/there is no connection 'churn'/);
  await call('DELETE', '/api/v1/environments/staging?reason=done');
  await until('nothing follows', async () => (await gitops()) === undefined);
  await ui.close();
});
