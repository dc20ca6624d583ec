import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Model } from '../../src/models/contract.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask, registerModel } from './ui-data.ts';

/** Models: found, described, compared, given aliases with their reasons, and deleted on purpose only. */

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

test('no model yet: the page teaches how one comes, and shows it when it does', { skip }, async () => {
  const ui = await house.open('/models');
  const { page } = ui;
  await page.getByText('No model yet').waitFor();
  await page.getByText('registered_model_name="flight-delay"').waitFor();
  await ui.accessible('models, empty');
  await registerModel(house.url, 'flight-delay', {
    name: 'first-try',
    metrics: { auc: 0.61 },
    params: { depth: '4' },
  });
  await page.getByRole('link', { name: 'flight-delay' }).waitFor();
  await ui.accessible('models');
  await registerModel(house.url, 'flight-delay', {
    name: 'second-try',
    metrics: { auc: 0.67, loss: 0.4 },
    params: { depth: '6' },
  });
  await registerModel(house.url, 'flight-delay', {
    name: 'third-try',
    metrics: { auc: 0.66 },
    bytes: 'second-try',
  });
  await page.getByRole('link', { name: 'v3', exact: true }).waitFor();
  await page.getByRole('searchbox', { name: 'Filter by name' }).fill('nothing');
  await page.getByText('No model is called “nothing”').waitFor();
  assert.match(page.url(), /\?q=nothing$/);
  await ui.close();
});

test('versions stand beside what their runs measured, and two are compared', { skip }, async () => {
  const ui = await house.open('/models/flight-delay');
  const { page } = ui;
  const row = (version: number) =>
    page.getByRole('row').filter({ has: page.getByRole('link', { name: `v${version}`, exact: true }) });
  await row(2).getByText('0.67').waitFor();
  await row(2).getByRole('link', { name: 'second-try' }).waitFor();
  await ui.accessible('model');
  await page.getByRole('checkbox', { name: 'Select v1' }).check();
  await page.getByRole('checkbox', { name: 'Select v2' }).check();
  await page.getByRole('button', { name: 'Compare v1 with v2' }).click();
  await page.waitForURL('**/models/flight-delay/compare?a=1&b=2');
  await page.getByRole('row', { name: /auc/ }).getByText('+0.06').waitFor();
  await page.getByRole('row', { name: /depth/ }).getByText('6').waitFor();
  await page.getByText('model.skops').waitFor();
  await ui.accessible('comparison');
  await page.getByRole('button', { name: 'Swap' }).click();
  await page.waitForURL('**/compare?a=2&b=1');
  await page.getByRole('row', { name: /auc/ }).getByText('−0.06').waitFor();
  await ui.close();
});

test('an alias is set with its reason, and moving it says what that means', { skip }, async () => {
  const ui = await house.open('/models/flight-delay/versions/1');
  const { page } = ui;
  const set = async (version: number, button: string) => {
    await page.getByRole('button', { name: 'Set alias' }).click();
    const dialog = page.getByRole('dialog', { name: `Set an alias for v${version}` });
    await dialog.getByLabel('Alias').fill('champion');
    await dialog.getByLabel('Why').fill('best on unseen months');
    return dialog.getByRole('button', { name: button });
  };
  await (await set(1, 'Set alias')).click();
  await page.getByRole('button', { name: 'Remove alias champion' }).waitFor();
  await page.goto(`${house.url}/models/flight-delay/versions/2`);
  const move = await set(2, 'Move champion here');
  await page.getByText('is v1 now').waitFor();
  await ui.accessible('moving an alias');
  await move.click();
  await page.getByRole('button', { name: 'Remove alias champion' }).waitFor();
  const { aliases } = await ask<Model>(house.url, 'GET', '/api/v1/models/flight-delay');
  assert.deepEqual(aliases, [{ alias: 'champion', version: 2 }]);
  const { items } = await ask<{ items: { reason?: string }[] }>(
    house.url,
    'GET',
    '/api/v1/ledger/entries?action=model.alias_set',
  );
  assert.deepEqual(
    items.map(({ reason }) => reason),
    ['best on unseen months', 'best on unseen months'],
  );

  // An alias is an address.
  await page.goto(`${house.url}/models/flight-delay/versions/@champion`);
  await page.getByRole('heading', { name: 'flight-delay v2' }).waitFor();
  await page.getByRole('button', { name: 'Remove alias champion' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove alias champion' }).waitFor({ state: 'detached' });
  await ui.close();
});

test(
  'a version shows its signature, files, run and lineage; it is described and tagged',
  { skip },
  async () => {
    const ui = await house.open('/models/flight-delay/versions/2');
    const { page } = ui;
    await page
      .getByRole('row', { name: /distance/ })
      .getByText('double')
      .waitFor();
    await page.getByRole('row', { name: /hour/ }).getByText('optional').waitFor();
    await page.getByRole('link', { name: 'second-try' }).waitFor();
    await ui.accessible('version');
    await page.getByRole('button', { name: 'Describe it' }).click();
    await page
      .getByLabel('What flight-delay v2 is and is not for')
      .fill('For passenger flights.\nNot for cargo.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Not for cargo.').waitFor();
    await page.getByRole('button', { name: 'Tag', exact: true }).click();
    await page.getByRole('textbox', { name: 'Key' }).fill('owner');
    await page.getByRole('textbox', { name: 'Value' }).fill('ana');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove tag owner' }).click();
    await page.getByRole('button', { name: 'Remove tag owner' }).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Files' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'requirements.txt' }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'requirements.txt');
    await ui.accessible('files');
    await page.getByRole('tab', { name: 'Lineage' }).click();
    await page
      .getByRole('figure', { name: /Lineage of model version/ })
      .getByRole('link', { name: /second-try/ })
      .waitFor();
    await ui.accessible('lineage');
    await page.reload();
    await page.getByRole('tab', { name: 'Lineage', selected: true }).waitFor();
    await ui.close();
  },
);

test('what is not there says so; deleting asks for the name', { skip }, async () => {
  const missing = await house.open('/models/nothing', { expected: /models\/nothing/ });
  await missing.page
    .getByRole('alert')
    .getByText(/nothing/)
    .first()
    .waitFor();
  await missing.accessible('no such model');
  await missing.close();

  const ui = await house.open('/models/flight-delay');
  const { page } = ui;
  await page.getByRole('button', { name: 'Delete the model' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByRole('button', { name: 'Delete for good' }).isDisabled(), true);
  await dialog.getByLabel('Type flight-delay').fill('flight-delay');
  await ui.accessible('deleting');
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await page.waitForURL('**/models');
  await page.getByText('No model yet').waitFor();
  await ui.close();
});

test('on a phone, in the dark', { skip }, async () => {
  await registerModel(house.url, 'churn', { name: 'only', metrics: { auc: 0.7 } });
  for (const address of [
    '/models',
    '/models/churn',
    '/models/churn/versions/1',
    '/models/churn/compare?a=1&b=1',
  ]) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page.getByText(/churn/).first().waitFor();
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      'nothing runs off the page',
    );
    await ui.close();
  }
});
