import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { PredictionLineage } from '../../src/governance/contract.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask } from './ui-data.ts';
import { deployed, evaluated, MODEL, noPython, predicted, seedModels } from './ui-serving.ts';

/** From a pasted id to the rows: the story of one answer, each station a link, and what is not known said. */

let house: UiHouse;
let judged: string;
const missing = cannotRun ?? noPython;
const skip = missing ?? false;

before(async () => {
  if (missing !== undefined) return;
  house = await openUi();
  await seedModels(house.server);
  const key = ['date', 'flight'];
  await evaluated(house.url, { version: '2', data: 'unseen@v1', rules: ['auc >= 0.70'], key });
  await deployed(house.url, { version: '2', note: 'it knows the hour' });
  judged = await predicted(house.url, { distance: 1200, hour: 18 });
});
after(async () => {
  if (missing !== undefined) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

test('an id is pasted as it was found, and leads to the whole story', { skip }, async () => {
  const ui = await house.open('/predictions');
  const { page } = ui;
  await page.getByRole('button', { name: 'Trace' }).click();
  await page.getByText('this holds no prediction id').waitFor();
  await ui.accessible('no id');
  await page.getByLabel('Prediction id').fill(`x-treadle-prediction: ${judged}`);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/predictions/${judged}`);
  const thread = page.getByRole('main');
  const chapter = (name: string) => thread.getByRole('region', { name, exact: true });
  await chapter('The answer').getByRole('link', { name: MODEL }).waitFor();
  await chapter('Revision').getByText('“it knows the hour”').waitFor();
  await chapter('Model version')
    .getByRole('link', { name: `${MODEL} v2` })
    .waitFor();
  await chapter('Trained by').getByRole('link', { name: 'second-try' }).waitFor();
  await chapter('By the code').getByText('3f9a1c7d5e2b').waitFor();
  await chapter('By the code').getByText('python train.py --only second').waitFor();
  await chapter('On the data').getByRole('link', { name: 'flights@v1' }).waitFor();
  await chapter('Judged').getByText('pass').waitFor();
  await chapter('Proof')
    .getByRole('link', { name: 'no row that it was judged on was found in what training read' })
    .waitFor();
  await ui.accessible('the story');

  // What is drawn is what one call says.
  const story = await ask<PredictionLineage>(house.url, 'GET', `/api/v1/predictions/${judged}/lineage`);
  assert.deepEqual(story.gaps, []);
  const seq = story.edges.find(({ relation }) => relation === 'serves')?.seq;
  assert.ok(seq !== undefined);
  await page.getByText(/arrows? of the ledger that prove it/).click();
  await ui.accessible('the story with its arrows');
  await chapter('Revision')
    .getByRole('link', { name: `#${seq}` })
    .click();
  await page.waitForURL(`**/ledger/${seq}`);
  await page.getByText('revision.').first().waitFor();
  await page.goBack();
  await chapter('Judged').getByRole('link', { name: 'by an evaluation' }).click();
  await page.waitForURL('**/evaluations/*');
  await page.getByText('It passes').waitFor();
  await ui.close();
});

test('what is not known is said, and stands hollow on the thread', { skip }, async () => {
  // Registered without a run, and never judged: nobody knows how it was made.
  const { run } = await ask<PredictionLineage>(house.url, 'GET', `/api/v1/predictions/${judged}/lineage`);
  await ask(house.url, 'POST', '/api/v1/models/orphan/versions', { source: `runs:/${run!.id}/model` });
  await deployed(house.url, { model: 'orphan', version: '1' }, 'orphan');
  const reply = await fetch(`${house.url}/v2/models/orphan/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: ['distance', 'hour'].map((name) => ({ name, datatype: 'FP64', shape: [1], data: [12] })),
    }),
  });
  const id = reply.headers.get('x-treadle-prediction') ?? '';
  const ui = await house.open(`/predictions/${id}`);
  const { page } = ui;
  await page.getByText(/Not all is known/).waitFor();
  await page.getByRole('region', { name: 'Judged' }).getByText('Never').waitFor();
  await page.getByRole('region', { name: 'Proof' }).getByText('None').waitFor();
  await ui.accessible('a story with gaps');
  await ui.close();
});

test('what stood at the deployment is told, and that it was judged again since', { skip }, async () => {
  const before = await ask<PredictionLineage>(house.url, 'GET', `/api/v1/predictions/${judged}/lineage`);
  assert.equal(before.evaluation?.when, 'before deployment');
  assert.equal(before.evaluation.since, undefined);
  await evaluated(house.url, {
    version: '2',
    data: 'unseen@v1',
    rules: ['auc >= 0.9999'],
    key: ['date', 'flight'],
  });
  const after = await ask<PredictionLineage>(house.url, 'GET', `/api/v1/predictions/${judged}/lineage`);
  assert.equal(after.evaluation?.id, before.evaluation.id);
  assert.equal(after.evaluation.verdict, 'pass');
  assert.equal(after.evaluation.since?.verdict, 'fail');
  const ui = await house.open(`/predictions/${judged}`);
  const chapter = ui.page.getByRole('region', { name: 'Judged', exact: true });
  await chapter.getByText('Judged again since').waitFor();
  await ui.accessible('a story that goes on');
  await chapter.getByRole('link', { name: 'the newest evaluation' }).click();
  await ui.page.waitForURL(`**/evaluations/${after.evaluation.since.id}`);
  await ui.close();
});

test('a version that was deployed before anybody judged it says so', { skip }, async () => {
  await deployed(house.url, { version: '1' });
  const id = await predicted(house.url, { distance: 300, hour: 7 });
  await evaluated(house.url, { version: '1', data: 'unseen@v1', rules: [], key: ['date', 'flight'] });
  const { evaluation } = await ask<PredictionLineage>(house.url, 'GET', `/api/v1/predictions/${id}/lineage`);
  assert.equal(evaluation?.when, 'after deployment');
  const ui = await house.open(`/predictions/${id}`);
  await ui.page.getByText('Only after it had been deployed').waitFor();
  await ui.close();
});

test('an id that this server never gave is refused, and another one can be tried', { skip }, async () => {
  const ui = await house.open(`/predictions/${judged.slice(0, -4)}0000`, { expected: /lineage/ });
  const { page } = ui;
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Prediction id').fill(judged);
  await page.getByRole('button', { name: 'Trace' }).click();
  await page.getByRole('region', { name: 'The answer' }).waitFor();
  // The palette knows an id, too.
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(judged);
  await page.getByRole('option', { name: /Prediction/ }).waitFor();
  await ui.close();
});

test('on a phone, in the dark', { skip }, async () => {
  for (const address of ['/predictions', `/predictions/${judged}`]) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      `nothing runs off ${address}`,
    );
    await ui.close();
  }
});
