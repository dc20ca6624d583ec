import assert from 'node:assert/strict';
import test from 'node:test';
import { person, version } from '../../src/governance/approvals/approvals.suite.ts';
import type { Model } from '../../src/models/contract.ts';
import { cannotRun, openUi } from './ui-browser.ts';

/** An admin guards an alias, one person asks, another approves, and the first moves it: all in the browser. */
test('two people and one approval', { skip: cannotRun ?? false }, async () => {
  await using house = await openUi();
  const { server } = house;
  const ann = await person(server, 'ann', 'editor');
  const ben = await person(server, 'ben', 'approver');
  for (const _ of [1, 2]) await version(ann.ctx);
  await ann.call('PUT', '/api/v1/models/flights/aliases/champion', { version: 1 });
  await ann.call('PATCH', '/api/v1/models/flights/versions/2', { description: 'with the new data' });

  const ui = await house.open('/requests', { expected: /decisions|requests/ });
  const { page } = ui;
  await page.getByText('Nothing waits for approval').waitFor();
  await ui.accessible('nothing waits');
  await page.getByRole('link', { name: 'Policies' }).click();
  await page.getByText('Nothing is guarded').waitFor();
  await page.getByRole('button', { name: 'New policy' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('MLflow’s stage Production').check();
  await ui.accessible('a policy that is made');
  await dialog.getByRole('button', { name: 'Make the policy' }).click();
  await page.getByText('alias champion of every model, stage Production of every model').waitFor();
  await ui.accessible('policies');

  const as = async (who: { secret: string }, address: string): Promise<void> => {
    await page.setExtraHTTPHeaders({ authorization: `Bearer ${who.secret}` });
    await page.goto(server.url + address);
  };
  await as(ann, '/requests');
  await page.getByRole('button', { name: 'Ask for approval' }).click();
  await dialog.getByLabel('Model').fill('flights');
  await dialog.getByLabel('Version').fill('2');
  await dialog.getByLabel('Why').fill('better in winter');
  await dialog.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText('it is approved by 0 of 1 approver').waitFor();
  await page.getByRole('heading', { name: 'Beside v1, which is there now' }).waitFor();
  await ui.accessible('a request');
  const address = new URL(page.url()).pathname;
  await page.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByLabel('Why').fill('I like it');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByText(/may not approve|may not do this/).waitFor();

  // Nobody in particular cannot decide, and is led to where one becomes a person.
  await page.setExtraHTTPHeaders({});
  await page.goto(server.url + address);
  await page.getByRole('link', { name: 'Sign in as a person to decide' }).click();
  await page.getByLabel('Password').waitFor();
  await ui.accessible('the page to sign in');

  await as(ben, address);
  await page.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByLabel('Why').fill('I looked at it');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('it is approved').waitFor();
  await page.getByText('I looked at it').waitFor();

  await as(ann, address);
  await page.getByRole('button', { name: 'Move it' }).click();
  await page.getByText('the move was made').waitFor();
  await ui.accessible('a request that was promoted');
  const { body } = await ann.call<Model>('GET', '/api/v1/models/flights');
  assert.deepEqual(body.aliases, [{ alias: 'champion', version: 2 }]);
  await ui.close();
});
