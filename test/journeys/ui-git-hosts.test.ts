import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { listGitHosts } from '../../src/githosts/contract.ts';
import { insertCheck } from '../../src/githosts/store.ts';
import { createClient } from '../../src/faces/cli/client.ts';
import { newId } from '../../src/platform/ids/index.ts';
import { RecordedHost } from './githosts/host.ts';
import { cannotRun, openUi } from './ui-browser.ts';

const TOKEN = 'a-token-that-no-page-shows';

/** A repository is connected, tried, its webhook secret seen once, its checks looked through, and it is removed again. */
test('a repository and its checks', { skip: cannotRun ?? false }, async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'treadle-ui-git-'));
  t.after(() => rmSync(root, { recursive: true }));
  await using host = await new RecordedHost(root, TOKEN).listen();
  await using house = await openUi({ config: { allowOutbound: [`127.0.0.1:${host.port}`] } });
  const { ctx } = house.server;
  const ui = await house.open('/settings', { expected: /git-hosts/ });
  const { page } = ui;
  const dialog = page.getByRole('dialog');
  await page.getByRole('link', { name: 'Git hosts' }).click();
  await page.getByText('No repository is connected').waitFor();
  await ui.accessible('nothing is connected');

  await page.getByRole('button', { name: 'Connect a repository' }).click();
  await dialog.getByLabel('Name').fill('churn');
  await dialog.getByLabel('Host').selectOption('gitea');
  await dialog.getByLabel('Address').fill('ftp://nowhere');
  await dialog.getByLabel('Repository').fill('team/churn');
  await dialog.getByLabel('Token').fill(TOKEN);
  await ui.accessible('a connection that is made');
  await dialog.getByRole('button', { name: 'Connect it' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Address').fill(host.url);
  await dialog.getByRole('button', { name: 'Connect it' }).click();
  // Nothing is heard without a secret, so that it is the next thing that is asked.
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await dialog.getByText('it cannot be shown again').waitFor();
  const secret = await dialog.locator('pre').nth(1).innerText();
  assert.match(secret, /^whsec_/);
  assert.match(await dialog.locator('pre').nth(0).innerText(), /\/api\/v1\/hooks\/git\/[0-9a-f]{32}$/);
  await ui.accessible('the secret');
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByText('No commit was told of yet').waitFor();
  await page.getByText('token set').waitFor();
  await page.getByText('webhook secret made').waitFor();
  await page.getByRole('button', { name: 'Try churn' }).click();
  await page.getByRole('status').getByText('the token reads team/churn').waitFor();

  const client = createClient({ TREADLE_URL: house.url });
  const [connection] = (await client.call(listGitHosts, {})).items;
  const check = (own: object) =>
    ctx.write((tx) => {
      const now = tx.clock.now();
      const id = newId(now);
      return insertCheck(tx, {
        id,
        workspace: 'default',
        host_id: connection!.id,
        occurrence: id,
        commit_id: 'a'.repeat(40),
        branch: 'main',
        base: null,
        pull_request: null,
        state: 'done',
        execution: null,
        verdict: 'pass',
        problem: null,
        created_at: now,
        ended_at: now,
        ...own,
      });
    });
  await check({});
  await check({ commit_id: 'b'.repeat(40), branch: 'topic', verdict: 'fail', pull_request: 7 });
  await check({
    commit_id: 'c'.repeat(40),
    branch: 'odd',
    state: 'failed',
    verdict: null,
    problem: 'commit cccccccccc has no treadle.yaml',
  });
  await page.reload();
  await page.getByText('aaaaaaaaaa').waitFor();
  await page.getByText('has no treadle.yaml').waitFor();
  await ui.accessible('checks');
  await page.getByLabel('Show').selectOption('fail');
  await page.getByText('aaaaaaaaaa').waitFor({ state: 'detached' });
  await page.getByText('bbbbbbbbbb').waitFor();
  assert.match(page.url(), /[?&]show=fail/);
  await page.getByLabel('Show').selectOption('');
  await page.getByLabel('Branch, by its whole name').fill('odd');
  await page.getByText('bbbbbbbbbb').waitFor({ state: 'detached' });
  await page.getByText('cccccccccc', { exact: true }).waitFor();
  await page.goto(`${house.url}/git-hosts?branch=none`);
  await page.getByText('No check is like that').waitFor();

  // What is kept is not shown, and does not follow to another place.
  await page.getByRole('button', { name: 'Change churn' }).click();
  assert.equal(await dialog.getByLabel('Token').inputValue(), '');
  await dialog.getByLabel('Repository').fill('team/other');
  await dialog.getByText('are dropped').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.ok(!(await page.content()).includes(TOKEN) && !(await page.content()).includes(secret));

  await page.getByRole('button', { name: 'Remove churn' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No repository is connected').waitFor();
  await ui.close();
});
