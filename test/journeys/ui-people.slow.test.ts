import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import {
  addGrant,
  addUser,
  createWorkspace,
  idOfNamed,
  rightsOf,
  setRoles,
  updateUser,
} from '../../src/access/index.ts';
import { createModel, createVersion } from '../../src/models/index.ts';
import { createRun } from '../../src/tracking/index.ts';
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
    // What happens to their things appears by itself, and the page knows that it hears.
    await page.locator('.connection-live').waitFor();
    await createVersion(ctx, { model: 'flights-a', source: 's3://elsewhere/m' });
    await page
      .getByRole('row', { name: /flights-a/ })
      .getByText('v1')
      .first()
      .waitFor();
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

test(
  'the owner of the machine makes a workspace, enters it, makes a group in it, and says how much it may have',
  { skip },
  async () => {
    const { ctx } = house.server;
    await addUser(ctx, { name: 'dan', password: GOOD });
    const ui = await house.open('/settings', { expected: /status of 4\d\d/ });
    const { page } = ui;
    await page.getByRole('button', { name: 'New workspace' }).click();
    const make = page.getByRole('dialog', { name: 'New workspace' });
    await make.getByLabel('Name').fill('churn');
    await make.getByRole('button', { name: 'Make workspace' }).click();
    await page.getByRole('button', { name: 'Enter churn' }).click();
    await page.waitForURL(`${house.url}/`);
    await page.getByRole('button', { name: 'churn', exact: true }).waitFor();

    await page.goto(`${house.url}/settings`);
    await page.getByText('No group brings anybody a role here').waitFor();
    await page.getByRole('button', { name: 'New group' }).click();
    const group = page.getByRole('dialog', { name: 'New group' });
    await group.getByLabel('Name').fill('analysts');
    await group.getByLabel('editor: reads and writes').check();
    await group.getByRole('button', { name: 'Make group' }).click();
    await page.getByRole('rowheader', { name: 'analysts' }).waitFor();
    await page.getByRole('button', { name: 'What to do with group analysts' }).click();
    await page.getByRole('menuitem', { name: 'Members' }).click();
    const members = page.getByRole('dialog', { name: 'Members of analysts' });
    await members.getByLabel('Name').fill('nobody');
    await members.getByRole('button', { name: 'Set members' }).click();
    await members.getByText("there is no user or service 'nobody'").waitFor();
    await members.getByLabel('Name').fill('dan');
    await members.getByRole('button', { name: 'Add' }).click();
    await ui.accessible('members of a group');
    await members.getByRole('button', { name: 'Set members' }).click();
    await page.getByRole('group', { name: 'Groups' }).getByText('dan').waitFor();
    assert.deepEqual((await rightsOf(ctx.as({ workspace: 'churn' }), await idOf('dan')))?.roles, ['editor']);
    assert.deepEqual((await rightsOf(ctx, await idOf('dan')))?.roles, [], 'of the other workspace nothing');

    const quotas = page.getByRole('group', { name: 'Quotas' });
    await page.getByRole('button', { name: 'Set quotas' }).click();
    const set = page.getByRole('dialog', { name: 'Set quotas' });
    await set.getByLabel('Bytes stored').fill('2 quarts');
    await set.getByText('Write it as 20 GiB').waitFor();
    await set.getByLabel('Bytes stored').fill('20 GiB');
    await set.getByLabel('Runs').fill('2');
    await ui.accessible('set quotas');
    await set.getByRole('button', { name: 'Set quotas' }).click();
    await quotas.getByText('20.0 GiB').waitFor();
    const inChurn = ctx.as({ workspace: 'churn' });
    await createRun(inChurn, { experiment: '0' });
    await createRun(inChurn, { experiment: '0' });
    await assert.rejects(createRun(inChurn, { experiment: '0' }), { code: 'quota' });
    await page.reload();
    await quotas.getByText('used up').waitFor();
    await ui.accessible('quotas');
    await look(page, 'Quotas');
    await look(page, 'Groups');
    await look(page, 'Workspaces');

    // Back where they were; and a workspace that there is no more does not keep them out.
    await page.getByRole('button', { name: 'churn', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'default' }).click();
    await page.getByRole('button', { name: 'default', exact: true }).waitFor();
    const [cookie] = (await page.context().cookies()).filter(({ name }) =>
      name.startsWith('treadle-workspace'),
    );
    assert.deepEqual(
      [cookie?.name, cookie?.value, cookie?.httpOnly],
      [`treadle-workspace-${new URL(house.url).port}`, 'default', true],
    );
    await page.context().addCookies([{ name: cookie!.name, value: 'gone', url: house.url }]);
    await page.reload();
    await page.getByRole('button', { name: 'default', exact: true }).waitFor();
    await ui.close();
  },
);

const idOf = async (name: string): Promise<string> => (await idOfNamed(house.server.ctx, name)) ?? '';

/** Pictures for whoever changes a page: with TREADLE_SHOTS=FOLDER. */
async function look(page: Page, region: string): Promise<void> {
  const folder = process.env['TREADLE_SHOTS'];
  if (folder === undefined) return;
  const before = page.viewportSize();
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page
        .getByRole('region', { name: region })
        .screenshot({ path: `${folder}/${region}-${width}-${colorScheme}.png` });
    }
  if (before) await page.setViewportSize(before);
}
