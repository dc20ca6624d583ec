import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Evaluation } from '../../src/validation/contract.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask } from './ui-data.ts';
import { evaluated, MODEL, noPython, seedModels } from './ui-serving.ts';

/** Evaluations: asked for with rules that are checked while they are typed, read with their proof, and found again. */

let house: UiHouse;
const missing = cannotRun ?? noPython;
const skip = missing ?? false;

before(async () => {
  if (missing !== undefined) return;
  house = await openUi();
  await seedModels(house.server);
});
after(async () => {
  if (missing !== undefined) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

const list = () => ask<{ items: Evaluation[] }>(house.url, 'GET', '/api/v1/evaluations');

test(
  'a version that was never judged says so; rules are checked while they are typed',
  { skip },
  async () => {
    const ui = await house.open(`/models/${MODEL}/versions/1?tab=evaluations`);
    const { page } = ui;
    await page.getByText('Not judged yet').waitFor();
    await page.getByText('treadle evaluate flight-delay@v1').waitFor();
    await ui.accessible('a version without an evaluation');
    await page.getByRole('button', { name: 'Evaluate…' }).first().click();
    const dialog = page.getByRole('dialog', { name: `Evaluate v1 of ${MODEL}` });
    const go = dialog.getByRole('button', { name: 'Evaluate', exact: true });
    await dialog.getByLabel('Data').fill('unseen@v1');
    await dialog.getByLabel('Label').fill('late');
    const rules = dialog.getByLabel('Rules, one a line');
    await rules.fill('auc >= 0.55\n# latency\np95_latency_ms <');
    await dialog.getByText(/^Line 3:/).waitFor();
    assert.equal(await go.isDisabled(), true, 'a rule that cannot be read is not sent');
    await ui.accessible('a rule that is wrong');
    await rules.fill('auc >= 0.55\ndata.rows >= 1000');
    await dialog.getByText('2 rules understood.').waitFor();
    await dialog.getByText('Row identity, order, comparison').click();
    await dialog.getByLabel('What makes a row the same row').fill('date, flight');
    await dialog.getByLabel('Later than training by').fill('date');
    await ui.accessible('asking for an evaluation');
    assert.deepEqual((await list()).items, [], 'nothing is asked for before it is');
    await go.click();
    await page.waitForURL('**/evaluations/*');
    await page.getByText('It passes').waitFor();
    assert.equal((await list()).items.length, 1);
    await ui.close();
  },
);

test(
  'an evaluation shows each rule, both sides of the proof, metrics, slices and calibration',
  { skip },
  async () => {
    const evaluation = await evaluated(house.url, {
      version: '2',
      champion: '1',
      data: 'unseen@v1',
      key: ['date', 'flight'],
      time: 'date',
      rules: ['auc >= 0.70', 'auc >= champion.auc', 'p95_latency_ms < 60000'],
    });
    assert.equal(evaluation.verdict, 'pass', evaluation.reasons.join('; '));
    const ui = await house.open(`/evaluations/${evaluation.id}`);
    const { page } = ui;
    const rules = page.getByRole('region', { name: 'Rules' });
    const better = rules.getByRole('listitem').filter({ hasText: 'auc >= champion.auc' });
    await better.getByText('pass').waitFor();
    await better.getByRole('img', { name: /, between .* and .*, against/ }).waitFor();
    const proof = page.getByRole('region', { name: 'Proof that its rows are unseen' });
    await proof.getByRole('group', { name: 'What both hold' }).getByText('0', { exact: true }).waitFor();
    await proof.getByRole('link', { name: 'unseen@v1' }).waitFor();
    await proof.getByText('1,500').first().waitFor();
    await proof.getByText('3,000').first().waitFor();
    await proof.getByRole('link', { name: /second-try/ }).waitFor();
    await proof.getByText(/every row judged on is later/).waitFor();
    const metrics = page.getByRole('region', { name: 'Metrics' });
    await metrics.getByRole('columnheader', { name: 'Champion v1' }).waitFor();
    await metrics
      .getByRole('row', { name: /^AUC/ })
      .getByRole('img', { name: /AUC: v2 .*champion .*baseline/ })
      .waitFor();
    await ui.accessible('evaluation');

    const slices = page.getByRole('region', { name: 'Slices' });
    await slices.getByRole('button', { name: 'Rows' }).click();
    await page.waitForURL('**sort=rows&down=1');
    const shown = evaluation.slices.map(({ rows }) => rows);
    assert.ok(shown.length > 1, 'there are slices to sort');
    const cells = await slices.locator('tbody tr td:nth-of-type(1)').allInnerTexts();
    assert.deepEqual(
      cells.map((text) => Number(text.replaceAll(',', ''))),
      shown.toSorted((a, b) => b - a).slice(0, cells.length),
    );
    await slices.getByLabel('Metric').selectOption('log loss');
    await page.waitForURL('**metric=log_loss**');
    await page.reload();
    await slices.getByRole('columnheader', { name: 'log loss' }).first().waitFor();
    const calibration = page.getByRole('region', { name: 'Calibration' });
    await calibration.getByRole('img', { name: /predicted against observed/ }).waitFor();
    await calibration.getByText('As a table').click();
    await calibration.getByRole('columnheader', { name: 'observed' }).waitFor();
    await page.getByText('ONNX Runtime, in process').waitFor();
    await ui.accessible('evaluation, sorted and unfolded');
    await ui.close();
  },
);

test('rows that training read are named, and the verdict says so everywhere', { skip }, async () => {
  const evaluation = await evaluated(house.url, { version: '2', data: 'leaky@v1', rules: ['auc >= 0.60'] });
  assert.equal(evaluation.verdict, 'fail');
  assert.equal(evaluation.proof?.overlapping_rows, 100);
  const ui = await house.open(`/models/${MODEL}/versions/2`);
  const { page } = ui;
  const standing = page.getByRole('region', { name: 'How it stands' });
  await standing.getByText('fail').waitFor();
  await ui.accessible('a version that fails');
  await page.getByRole('tab', { name: 'Evaluations' }).click();
  await page.getByText('It fails').waitFor();
  await page.getByRole('group', { name: 'What both hold' }).getByText('100').waitFor();
  const overlap = page.getByRole('group', { name: 'Rows in both' });
  assert.equal(await overlap.getByRole('row').count(), 101, 'a head, and all hundred rows');
  await overlap.getByRole('link', { name: 'flights@v1' }).first().waitFor();
  await page.getByText('All its evaluations').waitFor();
  await ui.accessible('a proof that fails');

  await page.goto(`${house.url}/evaluations?verdict=fail`);
  await page.getByRole('link', { name: /fail.*leaky@v1/ }).waitFor();
  await eventually(page, "document.querySelectorAll('[role=row]').length === 2", 'only the one that failed');
  await ui.accessible('evaluations, filtered');
  await page.goto(`${house.url}/models/${MODEL}`);
  await page
    .getByRole('region', { name: 'Evaluations' })
    .getByRole('link', { name: 'v1', exact: true })
    .waitFor();
  await page
    .getByRole('group', { name: `Versions of ${MODEL}` })
    .getByRole('link', { name: /fail.*leaky@v1/ })
    .waitFor();
  await ui.accessible('a model with evaluations');
  // Before it is deployed, that is said.
  await page.goto(`${house.url}/models/${MODEL}/versions/2`);
  await page.getByRole('button', { name: 'Deploy…' }).click();
  await page
    .getByRole('dialog')
    .getByText(/Its newest evaluation, on leaky@v1/)
    .waitFor();
  await ui.accessible('deploying what failed');
  await ui.close();
});

test('what cannot be judged says what to do; the same can be asked again', { skip }, async () => {
  const failed = await ask<Evaluation>(house.url, 'POST', '/api/v1/evaluations', {
    model: MODEL,
    version: '1',
    data: 'unseen@v1',
    label: 'delayed',
    wait_s: 300,
  });
  assert.equal(failed.state, 'failed');
  assert.equal(failed.verdict, undefined, 'what was not judged has no verdict');
  const ui = await house.open(`/evaluations/${failed.id}`, { expected: /evaluations/ });
  const { page } = ui;
  await page
    .getByRole('alert')
    .getByText(/delayed/)
    .waitFor();
  await ui.accessible('an evaluation that could not be done');
  await page.getByRole('button', { name: 'Evaluate again…' }).click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByLabel('Data').inputValue(), 'unseen@v1');
  assert.equal(await dialog.getByLabel('Label').inputValue(), 'delayed');
  await page.goto(`${house.url}/evaluations/${'0'.repeat(32)}`);
  await page.getByRole('alert').getByText('This is not here').waitFor();
  await ui.accessible('no such evaluation');
  await ui.close();
});

test('on a phone, in the dark', { skip }, async () => {
  const { items } = await list();
  const addresses = [
    '/evaluations',
    ...items.slice(0, 2).map(({ id }) => `/evaluations/${id}`),
    `/models/${MODEL}/versions/2?tab=evaluations`,
  ];
  for (const address of addresses) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      `nothing runs off ${address}`,
    );
    await ui.close();
  }
});
