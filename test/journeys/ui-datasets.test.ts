import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { DatasetDetail } from '../../src/data/contract.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask, commitFiles, profiled } from './ui-data.ts';

/** Datasets: from the first commit to what changed between two versions, and back again by moving a branch. */

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

const csv = (rows: number, shift: number, extra: boolean) =>
  [
    `delay,origin${extra ? ',late' : ''}`,
    ...Array.from(
      { length: rows },
      (_, i) => `${(i % 20) + shift},${['ORD', 'ATL', 'DFW'][i % 3]}${extra ? `,${i % 4 === 0}` : ''}`,
    ),
  ].join('\n');

test('no dataset yet: the command is taught, and the first commit appears by itself', { skip }, async () => {
  const ui = await house.open('/datasets');
  const { page } = ui;
  await page.getByText('No dataset yet').waitFor();
  await page.getByText('treadle data commit flights').waitFor();
  await ui.accessible('datasets, empty');
  const v1 = await commitFiles(
    house.url,
    'flights',
    {
      'flights.csv': csv(250, 0, false),
      'docs/README.md': '# Flights',
      'raw/part-1.txt': 'one',
      'raw/part-2.txt': 'two',
    },
    { message: 'January', source: 'https://example.org/ontime', meta: { licence: 'public domain' } },
  );
  await page.getByRole('link', { name: 'flights' }).waitFor();
  await profiled(house.url, v1);
  await page.getByRole('cell', { name: '250' }).waitFor();
  await ui.accessible('datasets');
  const v2 = await commitFiles(
    house.url,
    'flights',
    {
      'flights.csv': csv(300, 30, true),
      'docs/README.md': '# Flights',
      'raw/moved.txt': 'one',
      'raw/part-3.txt': 'three',
    },
    { message: 'February, with the outcome' },
  );
  await profiled(house.url, v2);
  await page.getByRole('link', { name: 'v2', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Size' }).click();
  await page.waitForURL('**/datasets?sort=-size');
  await ui.close();
});

test('the history is drawn, and two versions of it are compared', { skip }, async () => {
  const ui = await house.open('/datasets/flights');
  const { page } = ui;
  await page.getByText('February, with the outcome').waitFor();
  await page.getByRole('link', { name: 'main' }).first().waitFor();
  await ui.accessible('dataset');
  await page.getByRole('checkbox', { name: 'Select v1' }).check();
  await page.getByRole('checkbox', { name: 'Select v2' }).check();
  await page.getByRole('button', { name: 'Compare v1 with v2' }).click();
  await page.waitForURL('**/datasets/flights/diff?from=v1&to=v2');
  await page.getByRole('button', { name: '1 renamed' }).waitFor();
  await page.getByRole('button', { name: '1 removed' }).waitFor();
  await page.getByText('raw/moved.txt').waitFor();
  const late = page.getByRole('row', { name: /^late/ });
  await late.getByText('added', { exact: true }).waitFor();
  await page
    .getByRole('row', { name: /^delay/ })
    .getByText(/mean 9\.\d+ → 39/)
    .waitFor();
  await page.getByRole('img', { name: /delay in v1 and v2/ }).waitFor();
  await page.getByText('250 → 300 rows (+50)').waitFor();
  await ui.accessible('diff');
  await page.getByRole('button', { name: '1 removed' }).click();
  await page.waitForURL('**&show=removed');
  await eventually(page, "document.querySelectorAll('[data-row]').length === 1", 'only what was removed');
  await ui.close();
});

test(
  'a version is looked into: profile, files, rows and SQL, each at its own address',
  { skip },
  async () => {
    const ui = await house.open('/datasets/flights/versions/v1');
    const { page } = ui;
    await page.getByRole('img', { name: /Distribution of delay/ }).waitFor();
    await page.getByText('public domain').waitFor();
    await page.getByText('250 rows in 4 files').waitFor();
    await ui.accessible('profile');

    await page.getByRole('tab', { name: 'Files' }).click();
    await page.getByRole('button', { name: 'raw' }).click();
    await page.getByRole('button', { name: 'part-2.txt' }).waitFor();
    await ui.accessible('files');
    await page.reload();
    await page.getByRole('button', { name: 'part-2.txt' }).waitFor();
    await page.getByRole('searchbox', { name: 'Find a file by its path' }).fill('README');
    await page.getByRole('button', { name: 'docs/README.md' }).click();
    await page.getByText('# Flights').waitFor();

    await page.goto(`${house.url}/datasets/flights/versions/v1?tab=rows`);
    await page.getByText('Rows 1 to 100 of 250').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Rows 101 to 200 of 250').waitFor();
    await page.waitForURL('**&at=100');
    await ui.accessible('rows');

    await page.getByRole('tab', { name: 'SQL' }).click();
    await page
      .getByLabel('SQL over this version')
      .fill("select origin, count(*) as n from 'flights@v1' group by all order by origin");
    await page.keyboard.press('Control+Enter');
    await page.getByRole('cell', { name: 'ATL' }).waitFor();
    await page.getByText(/^3 rows,/).waitFor();
    await ui.accessible('SQL');
    await page.reload();
    await page.getByRole('cell', { name: 'ATL' }).waitFor();
    await page.getByRole('tab', { name: 'Used by' }).click();
    await page.getByText(/What came of it|Nothing has used it yet/).waitFor();
    await ui.accessible('used by');
    await ui.close();
  },
);

test('a query that is wrong is answered with what was wrong', { skip }, async () => {
  const ui = await house.open("/datasets/flights/versions/v1?tab=sql&sql=select+nothing+from+'flights@v1'", {
    expected: /data\/sql/,
  });
  await ui.page
    .getByRole('alert')
    .getByText(/nothing/)
    .first()
    .waitFor();
  await ui.accessible('SQL, refused');
  await ui.close();
});

test('rolling back is moving a branch, with a reason; a tag never moves', { skip }, async () => {
  const ui = await house.open('/datasets/flights/versions/v1');
  const { page } = ui;
  await page.getByRole('button', { name: 'Move a branch here' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('main is at v2.').waitFor();
  const move = dialog.getByRole('button', { name: 'Move the branch' });
  assert.equal(await move.isDisabled(), true);
  await dialog.getByLabel('Why').fill('February was measured wrongly');
  await ui.accessible('moving a branch');
  await move.click();
  await page.getByRole('link', { name: 'main' }).waitFor();
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByLabel('Tag', { exact: true }).fill('paper-2026');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'paper-2026' }).waitFor();
  const detail = await ask<DatasetDetail>(house.url, 'GET', '/api/v1/datasets/flights');
  assert.deepEqual(detail.refs.map(({ name, version }) => `${name} ${version}`).toSorted(), [
    'main v1',
    'paper-2026 v1',
  ]);
  await page.goto(`${house.url}/datasets/flights?tab=moves`);
  await page.getByRole('row', { name: /February was measured wrongly/ }).waitFor();
  await ui.accessible('branches and tags');
  await ui.close();
});

test('the ledger’s id of a version leads to its page; what is not there says so', { skip }, async () => {
  const { items } = await ask<{ items: { id: string }[] }>(
    house.url,
    'GET',
    '/api/v1/datasets/flights/versions',
  );
  const ui = await house.open(`/data/${items[0]!.id}`);
  await ui.page.waitForURL('**/datasets/flights/versions/v2');
  await ui.close();
  const missing = await house.open('/datasets/flights/versions/v9', { expected: /versions\/v9/ });
  await missing.page.getByRole('alert').first().waitFor();
  await missing.accessible('no such version');
  await missing.close();
});

test('on a phone, in the dark', { skip }, async () => {
  for (const address of [
    '/datasets',
    '/datasets/flights',
    '/datasets/flights/versions/v2',
    '/datasets/flights/versions/v2?tab=files',
    '/datasets/flights/diff?from=v1&to=v2',
  ]) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page
      .getByText(/flights/)
      .first()
      .waitFor();
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      'nothing runs off the page',
    );
    await ui.close();
  }
});
