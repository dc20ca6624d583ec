import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask } from './ui-data.ts';

/** The ledger and the settings: what was done is found, proven in the browser, and a change of it is named. */

let house: UiHouse;
const skip = cannotRun ?? false;

before(async () => {
  if (cannotRun !== undefined) return;
  house = await openUi();
});
after(async () => {
  if (cannotRun !== undefined) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

test('a token is made, its secret shown once and working, and revoked', { skip }, async () => {
  const ui = await house.open('/settings');
  const { page } = ui;
  await page.getByText('No token yet').waitFor();
  await page.getByText('the local owner: you came from this machine').waitFor();
  await ui.accessible('settings, empty');
  await page.getByRole('button', { name: 'New token' }).click();
  const make = page.getByRole('dialog', { name: 'New token' });
  await make.getByLabel('Name').fill('nightly');
  await make.getByLabel('Role').selectOption('viewer');
  await ui.accessible('new token');
  await make.getByRole('button', { name: 'Make token' }).click();
  const shown = page.getByRole('dialog', { name: 'Token nightly' });
  const secret = (await shown.getByLabel('The token', { exact: true }).textContent())!.trim();
  assert.match(secret, /^trd_/);
  await ui.accessible('the secret');
  const me = await fetch(`${house.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(((await me.json()) as { role: string }).role, 'viewer');
  await shown.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('rowheader', { name: 'nightly' }).waitFor();
  assert.equal((await page.content()).includes(secret), false);

  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('No token works now').waitFor();
  const refused = await fetch(`${house.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal(refused.status, 401);
  await page.getByLabel('Show 1 past').check();
  await page.getByRole('cell', { name: 'revoked' }).waitFor();
  assert.match(page.url(), /\?all=1$/);
  await ui.accessible('settings with a past token');
  await ui.close();
});

test('a workspace that may not be called so is refused at its field, in words', { skip }, async () => {
  const ui = await house.open('/settings', { expected: /workspaces/ });
  const { page } = ui;
  await page.getByRole('button', { name: 'New workspace' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('-no-');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  assert.equal(await dialog.getByLabel('Name').getAttribute('aria-invalid'), 'true');
  await dialog.getByLabel('Name').fill('vision');
  await page.keyboard.press('Enter');
  await page.getByRole('rowheader', { name: 'vision' }).waitFor();
  await ui.close();
});

test('entries are listed newest first, filtered by links, and come by themselves', { skip }, async () => {
  const ui = await house.open('/ledger');
  const { page } = ui;
  await page.getByRole('cell', { name: 'workspace.created' }).first().waitFor();
  await ui.accessible('ledger');
  const first = page.locator('[data-row="0"]');
  await first.getByText('vision', { exact: true }).waitFor();
  await page.evaluate('window.stillHere = true');
  await ask(house.url, 'POST', '/api/v1/workspaces', { name: 'speech' });
  await first.getByText('speech', { exact: true }).waitFor();
  assert.equal(await page.evaluate('window.stillHere'), true);

  await page.getByRole('link', { name: 'token.revoked' }).click();
  await page.waitForURL('**/ledger?action=token.revoked');
  await eventually(page, "document.querySelectorAll('[data-row]').length === 1", 'one entry is left');
  await page.getByRole('combobox', { name: 'Action' }).fill('nothing.such');
  await page.getByText('No entry is like that').waitFor();
  await ui.accessible('ledger, nothing found');
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('cell', { name: 'workspace.created' }).first().waitFor();
  await ui.close();
});

test('an entry is proven in the browser, step by step', { skip }, async () => {
  const ui = await house.open('/ledger');
  const { page } = ui;
  await page.getByRole('link', { name: 'Entry 2', exact: true }).click();
  await page.getByText('Checked here, in your browser.').waitFor();
  await page.getByText('The Ed25519 signature holds').waitFor();
  await ui.accessible('entry');
  await page.keyboard.press(']');
  await page.waitForURL('**/ledger/3');
  await page.getByRole('link', { name: 'Before' }).click();
  await page.waitForURL('**/ledger/2');
  await ui.close();
});

test('a server that lies about an entry is caught by the browser', { skip }, async () => {
  const ui = await house.open('/ledger');
  const { page } = ui;
  // One letter of the recorded text, as a changed row would give it.
  await page.route('**/api/v1/ledger/entries/1', async (route) => {
    const reply = await route.fetch();
    const proof = (await reply.json()) as { text: string };
    await route.fulfill({
      response: reply,
      json: { ...proof, text: proof.text.replace('"name":"', '"name":"x') },
    });
  });
  await page.getByRole('link', { name: 'Entry 1', exact: true }).click();
  await page.getByText('The proof does not hold.').waitFor();
  await ui.accessible('entry that does not hold');
  await ui.close();
});

test('an entry that is not there, and a lineage of nothing, say so', { skip }, async () => {
  const ui = await house.open('/ledger/999', { expected: /entries\/999/ });
  await ui.page.getByText('There is no ledger entry 999').waitFor();
  await ui.accessible('no such entry');
  await ui.close();
  const lineage = await house.open('/lineage/model%3Anothing');
  await lineage.page.getByText('The ledger knows of nothing that this came from').waitFor();
  await lineage.accessible('empty lineage');
  await lineage.close();
});

test('verify says that it holds; and, once a byte is changed, which entry it was', { skip }, async () => {
  const ui = await house.open('/ledger');
  const { page } = ui;
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('It holds.').waitFor();
  await ui.accessible('verified');
  await page.getByRole('button', { name: 'Checkpoint' }).click();
  await page.getByLabel('The signed checkpoint').waitFor();
  await page.keyboard.press('Escape');

  // Behind the server's back, as somebody with the file could.
  await house.server.ctx.write((tx) =>
    tx.db
      .$extendTables<{ ledger_entry: { seq: number; actor_name: string } }>()
      .updateTable('ledger_entry')
      .set({ actor_name: 'somebody else' })
      .where('seq', '=', 2)
      .execute(),
  );
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('The ledger was changed.').waitFor();
  await page.getByRole('link', { name: 'Look at entry 2' }).click();
  await page.getByText('The proof does not hold.').waitFor();
  await ui.close();
});

test('on a phone, in the dark', { skip }, async () => {
  for (const address of ['/settings', '/ledger', '/ledger/1']) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page.waitForLoadState('networkidle').catch(() => undefined);
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      'nothing runs off the page',
    );
    await ui.close();
  }
});
