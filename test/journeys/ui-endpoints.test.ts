import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { EndpointDetail, Revision } from '../../src/serving/contract.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask } from './ui-data.ts';
import { deployed, MODEL, noPython, predicted, seedModels } from './ui-serving.ts';

/** Endpoints: deployed from a page, asked from a page, watched while they answer, and rolled back. The models are real. */

let house: UiHouse;
const missing = cannotRun ?? noPython;
const skip = missing ?? false;

const detail = () => ask<EndpointDetail>(house.url, 'GET', `/api/v1/endpoints/${MODEL}`);

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

test(
  'no endpoint yet: the page teaches the command; a version is deployed from its page',
  { skip },
  async () => {
    const ui = await house.open('/endpoints');
    const { page } = ui;
    await page.getByText('No endpoint yet').waitFor();
    await page.getByText('treadle deploy flight-delay@champion').waitFor();
    await ui.accessible('endpoints, empty');

    await page.goto(`${house.url}/models/${MODEL}/versions/1`);
    await page.getByRole('button', { name: 'Deploy…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Deploy v1 of flight-delay' });
    await dialog.getByText('It is made new').waitFor();
    await dialog.getByText('No evaluation says').waitFor();
    await dialog.getByText('Then v1 answers.').waitFor();
    assert.equal(
      await dialog.getByRole('radio', { name: 'A share' }).isDisabled(),
      true,
      'nobody to share with',
    );
    await dialog.getByLabel('Endpoint').fill('no spaces please!');
    await dialog.getByText('Letters, digits, dot, dash and underscore').waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Deploy' }).isDisabled(), true);
    await dialog.getByLabel('Endpoint').fill(MODEL);
    await dialog.getByLabel('Note').fill('the first one');
    await ui.accessible('deploying');
    await dialog.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(`**/endpoints/${MODEL}`);
    await page.getByRole('heading', { name: 'Revision 1', exact: true }).waitFor();
    await page.getByText('“the first one”').waitFor();
    await ui.accessible('endpoint, not asked yet');
    const { endpoint } = await detail();
    assert.equal(endpoint.current?.revision, 1);
    assert.equal(endpoint.revisions, 1, 'one click is one revision');
    await ui.close();
  },
);

test('it is asked by a form, as JSON, and says what was wrong with a field', { skip }, async () => {
  const ui = await house.open(`/endpoints/${MODEL}?tab=try`, { expected: /infer/ });
  const { page } = ui;
  await page.getByText('Nothing was asked from here yet').waitFor();
  await page.getByLabel('distance').fill('far');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('a number is needed, not “far”').waitFor();
  await page.getByLabel('distance').fill('2000');
  await page.getByLabel('hour').fill('21');
  await page.getByRole('button', { name: 'Send' }).click();
  const answers = page.getByRole('region', { name: 'Answers' });
  await answers.getByText('v1, revision 1').waitFor();
  await answers.getByText('probabilities').first().waitFor();
  await ui.accessible('an answer');
  // The same as JSON, and what the server refuses is told in its words.
  await page.getByRole('tab', { name: 'JSON' }).click();
  await page.waitForURL('**tab=try&form=json');
  const body = page.getByLabel('The request, Open Inference Protocol');
  assert.match(await body.inputValue(), /"data": \[2000\]/, 'the form’s values are there');
  await body.fill('{"inputs": []}');
  await page.getByRole('button', { name: 'Send' }).click();
  await page
    .getByRole('alert')
    .getByText(/distance|inputs/)
    .waitFor();
  await ui.accessible('a refused request');
  // And from elsewhere.
  await page.getByRole('tab', { name: 'Form' }).click();
  await page.getByLabel('In', { exact: true }).selectOption('tritonclient');
  await page.getByText('tritonclient.http as http').waitFor();
  // Every answer leads to its story.
  await answers.getByRole('link').first().click();
  await page.waitForURL('**/predictions/*');
  await page.getByRole('heading', { name: 'Where this prediction comes from' }).waitFor();
  await ui.close();
});

test('a canary is started from the page, and the traffic is seen as it is answered', { skip }, async () => {
  const ui = await house.open(`/endpoints/${MODEL}`);
  const { page } = ui;
  await page.getByRole('button', { name: 'Deploy…' }).click();
  const dialog = page.getByRole('dialog', { name: `Deploy to ${MODEL}` });
  await dialog.getByLabel('Model').selectOption(MODEL);
  await dialog.getByLabel('Version').selectOption('v2');
  await dialog.getByRole('radio', { name: 'A share' }).check();
  await dialog.getByLabel('Share of the requests, %').fill('30');
  await dialog.getByText('Then v1 answers 70 %, v2 answers 30 %.').waitFor();
  await ui.accessible('starting a canary');
  await dialog.getByRole('button', { name: 'Start the canary' }).click();
  await page.getByRole('heading', { name: 'Revision 2', exact: true }).waitFor();
  await page.getByRole('img', { name: 'v1 answers 70 %, v2 answers 30 %' }).waitFor();
  for (let i = 0; i < 60; i++)
    await predicted(house.url, { distance: 300 + i * 20, hour: 5 + (i % 17) }, `c${i}`);
  const charts = page.getByRole('figure', { name: 'Requests a second' });
  await charts.getByText('primary flight-delay v1').waitFor();
  await charts.getByText('canary flight-delay v2').waitFor();
  await page.getByRole('figure', { name: 'Latency, p95' }).waitFor();
  await page.getByRole('combobox', { name: 'Latency' }).selectOption('p99');
  await page.waitForURL('**latency=p99');
  await page.getByRole('figure', { name: 'Latency, p99' }).waitFor();
  await ui.accessible('live');
  // The stored minutes know of it, too, and what is kept of each answer can be said here.
  await page.getByRole('tab', { name: 'Past' }).click();
  await page.getByRole('figure', { name: 'Requests a minute' }).getByText('canary flight-delay v2').waitFor();
  await page.getByRole('combobox', { name: 'The last' }).selectOption('7 days');
  await page.waitForURL('**span=week');
  await page.getByRole('figure', { name: 'Latency, p99 of each minute' }).waitFor();
  await ui.accessible('past');
  await page.getByRole('tab', { name: 'Records' }).click();
  await page.getByRole('combobox', { name: 'Keep of each answer' }).selectOption('outputs alone');
  await page.getByText('outputs alone will be kept of the next answers').waitFor();
  assert.equal((await detail()).endpoint.records, 'outputs');
  await page.getByRole('combobox', { name: 'For', exact: true }).selectOption('90 days');
  await page.getByText('predictions will be kept for 90 days').waitFor();
  assert.equal((await detail()).endpoint.keep_ms, 90 * 86_400_000);
  // A shorter time deletes, and is asked about first.
  await page.getByRole('combobox', { name: 'For', exact: true }).selectOption('1 day');
  await page.getByRole('dialog').getByText('Keep predictions for 1 day only?').waitFor();
  await ui.accessible('a shorter time');
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await detail()).endpoint.keep_ms, 90 * 86_400_000);
  await page.getByRole('combobox', { name: 'Values of' }).selectOption('hour');
  await page.getByRole('combobox', { name: 'are recorded' }).selectOption('never');
  await page.getByText('what was recorded before stays on disk').waitFor();
  await page.getByText('hour: never', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Of', exact: true }).selectOption('10 % of predictions');
  await page.getByText('10 % of the next predictions will be recorded').waitFor();
  const { sample, columns } = (await detail()).endpoint;
  assert.deepEqual([sample, columns], [0.1, { in_hour: 'drop' }]);
  await ui.accessible('records');
  await ui.close();
});

test('a shadow that answers otherwise is shown with examples', { skip }, async () => {
  await deployed(house.url, { version: '1', shadow: { model: MODEL, version: '2', percent: 100 } });
  const ui = await house.open(`/endpoints/${MODEL}?tab=shadow`);
  const { page } = ui;
  const region = page.getByRole('region', { name: 'What the shadow would have answered' });
  for (let i = 0; i < 20; i++) await predicted(house.url, { distance: 300 + i * 90, hour: 22 });
  await region.getByText('flight-delay v2').first().waitFor();
  await region.getByText(/differ/).waitFor();
  await region.getByRole('columnheader', { name: 'Shadow said' }).waitFor();
  await ui.accessible('shadow differences');
  await ui.close();
});

test('one click rolls back, after saying what will answer', { skip }, async () => {
  const ui = await house.open(`/endpoints/${MODEL}?tab=revisions`);
  const { page } = ui;
  const before = (await detail()).endpoint;
  await page.getByRole('button', { name: 'Roll back' }).click();
  const dialog = page.getByRole('dialog', { name: `Roll ${MODEL} back to revision 2?` });
  await dialog.getByText('Then v1 answers 70 %, v2 answers 30 %').waitFor();
  await ui.accessible('rolling back');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await detail()).endpoint.revisions, before.revisions, 'who thinks again changes nothing');
  // Any earlier one can be restored as well.
  const first = page.getByRole('row').filter({ has: page.getByRole('link', { name: '1', exact: true }) });
  await first.getByRole('button', { name: 'Restore' }).click();
  const restore = page.getByRole('dialog', { name: `Roll ${MODEL} back to revision 1?` });
  await restore.getByLabel('Why').fill('the canary was no better');
  await restore.getByRole('button', { name: 'Roll back' }).click();
  await page.getByRole('heading', { name: 'Revision 4', exact: true }).waitFor();
  await page.getByText('rollback to revision 1').first().waitFor();
  const { items } = await ask<{ items: Revision[] }>(
    house.url,
    'GET',
    `/api/v1/endpoints/${MODEL}/revisions`,
  );
  assert.deepEqual(
    items.map(({ revision, cause, restores, note }) => [revision, cause, restores, note]),
    [
      [4, 'rollback', 1, 'the canary was no better'],
      [3, 'deploy', undefined, undefined],
      [2, 'deploy', undefined, undefined],
      [1, 'deploy', undefined, 'the first one'],
    ],
  );
  await page.getByLabel('State').selectOption('superseded');
  await page.waitForURL('**state=superseded');
  await eventually(page, "document.querySelectorAll('[role=row]').length === 4", 'a head and three rows');
  await ui.accessible('revisions');
  await ui.close();
});

test('a version that cannot be loaded leaves the old one answering, and says why', { skip }, async () => {
  const broken = await ask<{ id: string }>(house.url, 'POST', '/api/v1/runs', {
    experiment: '0',
    name: 'broken',
  });
  const put = (name: string, text: string) =>
    ask(house.url, 'PUT', `/api/v1/runs/${broken.id}/artifacts/model/${name}`, Buffer.from(text));
  await put(
    'MLmodel',
    'flavors:\n  onnx:\n    data: model.onnx\n  python_function:\n    data: model.onnx\n    loader_module: mlflow.onnx\n',
  );
  await put('model.onnx', 'this is no model');
  await ask(house.url, 'POST', `/api/v1/models/${MODEL}/versions`, {
    source: `runs:/${broken.id}/model`,
    run_id: broken.id,
  });
  const ui = await house.open(`/endpoints/${MODEL}`);
  const { page } = ui;
  await ask(house.url, 'POST', `/api/v1/endpoints/${MODEL}/revisions`, { model: MODEL, version: '3' });
  await page
    .getByRole('alert')
    .getByText(/Revision 5 \(v3 answers\) failed/)
    .waitFor();
  await page.getByText('Revision 4 goes on answering').waitFor();
  await predicted(house.url, { distance: 500, hour: 9 });
  await ui.accessible('a failed revision');
  await ui.close();
});

test('the list says who answers, how busy; Home and the palette lead there', { skip }, async () => {
  const ui = await house.open('/endpoints');
  const { page } = ui;
  for (let i = 0; i < 30; i++) await predicted(house.url, { distance: 300 + i * 20, hour: 12 });
  await page.reload();
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: MODEL, exact: true }) });
  await row.getByRole('link', { name: `${MODEL} v1` }).waitFor();
  await row.getByRole('img', { name: /Requests of the last minute/ }).waitFor();
  await ui.accessible('endpoints');
  await page.getByRole('searchbox', { name: 'Filter by name' }).fill('nothing');
  await page.getByText('No endpoint is called “nothing”').waitFor();
  await page.goto(`${house.url}/`);
  const card = page.getByRole('article', { name: 'Endpoints' });
  await card.getByRole('link', { name: `${MODEL}: v1` }).waitFor();
  await ui.accessible('home with an endpoint');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('flight');
  await page.getByRole('option', { name: /flight-delay.*v1 answers/ }).click();
  await page.waitForURL(`**/endpoints/${MODEL}`);
  await ui.close();
});

test('on a phone, in the dark; taking an endpoint away asks for its name', { skip }, async () => {
  for (const address of [
    '/endpoints',
    ...['live', 'try', 'revisions'].map((tab) => `/endpoints/${MODEL}?tab=${tab}`),
    '/predictions',
  ]) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page.getByRole('heading', { level: 1 }).waitFor();
    await ui.page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      `nothing runs off ${address}`,
    );
    await ui.close();
  }
  const ui = await house.open(`/endpoints/${MODEL}`);
  const { page } = ui;
  await page.getByRole('button', { name: 'Delete the endpoint' }).click();
  const dialog = page.getByRole('dialog', { name: `Take ${MODEL} away?` });
  assert.equal(await dialog.getByRole('button', { name: 'Take it away' }).isDisabled(), true);
  await dialog.getByLabel(`Type ${MODEL}`).fill(MODEL);
  await ui.accessible('taking an endpoint away');
  await dialog.getByRole('button', { name: 'Take it away' }).click();
  await page.waitForURL('**/endpoints');
  await page.getByText('No endpoint yet').waitFor();
  await ui.close();

  const gone = await house.open(`/endpoints/${MODEL}`, { expected: /endpoints\/flight-delay/ });
  await gone.page
    .getByRole('alert')
    .getByText(/no endpoint/)
    .first()
    .waitFor();
  await gone.accessible('no such endpoint');
  await gone.close();
});
