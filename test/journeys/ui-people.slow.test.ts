import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { addGrant, addUser, createWorkspace, setRoles, updateUser } from '../../src/access/index.ts';
import { createModel } from '../../src/models/index.ts';
import { cannotRun, openUi, type UiHouse } from './ui-browser.ts';

/** People in the browser: they are added, sign in, switch workspaces, see why they may, and are out at once when disabled. */

let house: UiHouse;
const skip = cannotRun ?? false;
const GOOD = 'four words nobody joins';

before(async () => {
  if (cannotRun !== undefined) return;
  house = await openUi();
});
after(async () => {
  if (cannotRun !== undefined) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

test('the owner of the machine adds somebody, who is asked why they may', { skip }, async () => {
  const ui = await house.open('/settings', { expected: /status of 4\d\d/ });
  const { page } = ui;
  await page.getByText('Nobody has an account yet').waitFor();
  await page.getByRole('button', { name: 'New person' }).click();
  const dialog = page.getByRole('dialog', { name: 'New person' });
  await dialog.getByLabel('Name').fill('Ana');
  await dialog.getByLabel('Password').fill('short');
  await ui.accessible('new person');
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await dialog.getByText('12 characters or more, and this one 5').waitFor();
  await dialog.getByLabel('Password').fill(GOOD);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await page.getByRole('rowheader', { name: 'ana' }).waitFor();
  await page.getByRole('button', { name: 'What to do with ana' }).click();
  await page.getByRole('menuitem', { name: 'Why may they …?' }).click();
  const why = page.getByRole('dialog', { name: 'What ana may do' });
  await why.getByText('editor by itself').waitFor();
  await ui.accessible('why');
  await why.getByLabel('Action').fill('model:approve');
  await why.getByText('may not', { exact: true }).waitFor();
  await ui.close();
});

test(
  'single things are granted, found, sorted and taken back; who has them alone sees them and nothing else',
  { skip },
  async () => {
    const { ctx } = house.server;
    await addUser(ctx, { name: 'gia', password: GOOD });
    await createModel(ctx, { name: 'flights-a' });
    await createModel(ctx, { name: 'prices' });
    await addGrant(ctx, { user: 'gia', level: 'viewer', kind: 'dataset', name: 'rows' });
    const ui = await house.open('/settings', { expected: /status of 4\d\d/ });
    const { page } = ui;
    await page.getByRole('button', { name: 'New grant' }).click();
    const dialog = page.getByRole('dialog', { name: 'New grant' });
    await dialog.getByLabel('Name').fill('nobody');
    await dialog.getByLabel('Thing').fill('flights*');
    await dialog.getByRole('button', { name: 'Grant', exact: true }).click();
    await dialog.getByText("there is no user or service 'nobody'").waitFor();
    await ui.accessible('new grant');
    await dialog.getByLabel('Name').fill('gia');
    await dialog.getByRole('button', { name: 'Grant', exact: true }).click();
    const rows = page.getByRole('group', { name: 'Grants' }).getByRole('rowheader');
    await rows.getByText('flights*').waitFor();
    assert.deepEqual(await rows.allTextContents(), ['model flights*', 'dataset rows']);
    await ui.accessible('grants');
    await page.getByLabel('Thing, user or group').fill('row');
    await rows.getByText('flights*').waitFor({ state: 'detached' });
    assert.match(page.url(), /grants=row/);

    await page.context().addCookies([{ name: 'treadle-session', value: 'x', url: house.url }]);
    await page.goto(`${house.url}/models`);
    await page.getByLabel('Name').fill('gia');
    await page.getByLabel('Password').fill(GOOD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('flights-a').first().waitFor();
    assert.equal(await page.getByText('prices').count(), 0);
    await page.goto(`${house.url}/models/flights-a`);
    await page.getByRole('heading', { name: 'flights-a' }).waitFor();
    await ui.close();
  },
);

test(
  'a person signs in, switches the workspace, ends their sessions, and is out at once when disabled',
  { skip },
  async () => {
    const { ctx } = house.server;
    await createWorkspace(ctx, 'other');
    await addUser(ctx, { name: 'bea', password: GOOD, roles: ['viewer'] });
    await setRoles(ctx.as({ workspace: 'other' }), 'bea', ['admin']);
    const ui = await house.open('/settings', { expected: /status of 4\d\d/ });
    const { page } = ui;
    await page.context().addCookies([{ name: 'treadle-session', value: 'x', url: house.url }]);
    await page.reload();
    await page.getByText('this session has ended').waitFor();
    await ui.accessible('sign in');
    await page.getByLabel('Name').fill('bea');
    await page.getByLabel('Password').fill('not her password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('name and password do not belong together').waitFor();
    await page.getByLabel('Password').fill(GOOD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Where you are signed in').waitFor();
    await page.getByText('this one').waitFor();
    assert.equal(await page.getByRole('button', { name: 'New person' }).count(), 0);
    await ui.accessible('settings, signed in');
    const cookies = await page.context().cookies();
    assert.deepEqual(
      cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]),
      [['treadle-session', true, 'Lax']],
    );

    await page
      .getByRole('region', { name: 'Your tokens' })
      .getByRole('button', { name: 'New token' })
      .click();
    const make = page.getByRole('dialog', { name: 'New token' });
    assert.deepEqual(await make.getByLabel('Role').locator('option').allTextContents(), ['viewer: reads']);
    await make.getByLabel('Name').fill('laptop');
    await make.getByRole('button', { name: 'Make token' }).click();
    const shown = page.getByRole('dialog', { name: 'Token laptop' });
    const secret = (await shown.getByLabel('The token', { exact: true }).textContent())?.trim() ?? '';
    await shown.getByRole('button', { name: 'I have copied it' }).click();
    await page.getByRole('rowheader', { name: 'laptop' }).waitFor();
    const tokens = async (): Promise<number> =>
      (await fetch(`${house.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } })).status;
    assert.equal(await tokens(), 200);

    await page.getByRole('button', { name: 'default', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'other' }).click();
    await page.waitForURL(`${house.url}/`);
    await page.getByRole('button', { name: 'other', exact: true }).waitFor();

    await page.goto(`${house.url}/settings`);
    await page.getByRole('button', { name: 'Leave other' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('button', { name: 'Leave other' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Leave default' }).waitFor();

    await updateUser(ctx, 'bea', { disabled: true });
    assert.equal(await tokens(), 401);
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.getByRole('button', { name: 'Forget the old session' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor({ state: 'detached' });
    assert.deepEqual(await page.context().cookies(), []);
    await ui.close();
  },
);
