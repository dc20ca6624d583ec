import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { DatasetDetail } from '../../src/data/contract.ts';
import { FILE, gated } from './pipelines/gated.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask, commitFiles, profiled } from './ui-data.ts';
import { look } from './ui-look.ts';

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

const dataset = 'proposed-rows';
const WATCHING = FILE.replace('params: { rows: 2000, leak: 0 }', `data: { rows: ${dataset} }`)
  .replace('sh prep.sh {train} {holdout} {rows} {leak}', 'sh split.sh {rows} {train} {holdout}')
  .replace('code: [prep.sh]', 'code: [split.sh]');
const SPLIT = `set -e
grep -v ,2001-02 "$1/rows.csv" > "$2"
grep -v ,2001-01 "$1/rows.csv" > "$3"
`;
/** `wrong`: labels of the later days are mostly turned round. */
const rowsOf = (count: number, wrong: boolean) =>
  [
    'id,day,a,b,late',
    ...Array.from({ length: count }, (_, i) => {
      const [a, b] = [((i * 7919) % 1000) / 1000, ((i * 104_729) % 1000) / 1000];
      const later = i >= count / 2;
      const late = a + (b - 0.5) * 0.5 > 0.5 !== (later && wrong && i % 10 > 0);
      return `${i},2001-${later ? '02' : '01'}-${String((i % 28) + 1).padStart(2, '0')},${a},${b},${late ? 1 : 0}`;
    }),
  ].join('\n');

test('a branch is proposed, checked, looked at and merged', { skip }, async () => {
  await commitFiles(house.url, dataset, { 'rows.csv': rowsOf(4000, false) }, { message: 'the first' });
  using project = gated(house.url, 'proposed', `${WATCHING}when: { dataset_proposed: rows }\n`).write(
    'split.sh',
    SPLIT,
  );
  const { state, reason } = await project.run();
  assert.equal(state, 'succeeded', reason ?? '');
  await commitFiles(house.url, dataset, { 'rows.csv': rowsOf(4000, true) }, { branch: 'fix' });
  const ui = await house.open(`/datasets/${dataset}?tab=proposals`);
  const { page } = ui;
  await page.getByText('Nothing was proposed yet').waitFor();
  await ui.accessible('no proposal');
  await page.getByRole('tab', { name: /Branches and tags/ }).click();
  await page.getByRole('button', { name: 'Protect main' }).click();
  await page.getByRole('button', { name: 'Protect it' }).click();
  await page.getByRole('cell', { name: 'branch, protected' }).waitFor();
  await page.getByRole('tab', { name: /Proposals/ }).click();
  await page.getByRole('button', { name: 'Propose a branch…' }).click();
  await page.getByLabel('What changes, and why').fill('Labels of the later days are mended');
  await page.getByRole('button', { name: 'Propose it' }).click();
  await page.waitForURL(`**/datasets/${dataset}/proposals/1`);
  await page.getByRole('heading', { name: /Labels of the later days/ }).waitFor();
  await page.getByText(/the check of proposed did not pass: the gate refuses the model/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Merge…' }).isDisabled(), true);
  await page.getByText('1 modified').waitFor();
  await ui.accessible('a proposal that did not pass');
  await look(ui, 'proposal-refused');
  await page.getByRole('button', { name: 'Report of proposed' }).click();
  await page.getByRole('dialog').getByText('Rules of the gate').waitFor();
  await ui.accessible('the report of a check');
  await look(ui, 'proposal-report');
  await page.getByRole('button', { name: 'Close', exact: true }).first().click();
  // A commit to the branch is checked by itself, and voids what was said before.
  await commitFiles(house.url, dataset, { 'rows.csv': rowsOf(5000, false) }, { branch: 'fix' });
  await page.getByText('Nothing stands in the way: main moves to v3.').waitFor();
  await page.getByText('Void: the branch has moved since (1)').waitFor();
  await look(ui, 'proposal-passed');
  await page.getByRole('button', { name: 'Merge…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
  await page.getByText(/Merged into main by/).waitFor();
  await page.getByRole('link', { name: dataset }).click();
  await page.getByRole('link', { name: /#1 Labels of the later days/ }).waitFor();
  await ui.accessible('proposals');
  await look(ui, 'proposals');
  await ui.close();
});

test('on a phone, in the dark', { skip }, async () => {
  for (const address of [
    '/datasets',
    '/datasets/flights',
    '/datasets/flights/versions/v2',
    '/datasets/flights/versions/v2?tab=files',
    '/datasets/flights/diff?from=v1&to=v2',
    `/datasets/${dataset}?tab=proposals`,
    `/datasets/${dataset}/proposals/1`,
  ]) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page
      .getByText(/flights|Labels of the later/)
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
