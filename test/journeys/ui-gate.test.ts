import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import test, { after, before } from 'node:test';
import type { Endpoint } from '../../src/serving/contract.ts';
import { constantOnnx, registerOnnx } from '../onnx-model.ts';
import { until } from '../until.ts';
import { Project } from './pipelines/project.ts';
import { apiOf } from './serving/api.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask, commitFiles } from './ui-data.ts';
import { makeModels, noPython } from './ui-serving.ts';

/** The gate of a pipeline in the browser: what passes is deployed, what was judged on rows it knew is rejected. */

let house: UiHouse;
let project: Project;
let folder: string | undefined;
const missing = cannotRun ?? noPython;
const skip = missing ?? false;

before(async () => {
  if (missing !== undefined) return;
  house = await openUi();
  project = new Project(house.url);
  folder = await makeModels();
  const text = (name: string) => [name, readFileSync(path.join(folder!, name), 'utf8')] as const;
  await commitFiles(
    house.url,
    'flights',
    Object.fromEntries(['train.csv', 'holdout.csv', 'leaky.csv'].map(text)),
    { branch: 'main' },
  );
  for (const name of readdirSync(path.join(folder, 'second')))
    project.write(`made/${name}`, readFileSync(path.join(folder, 'second', name)));
  project
    .write('prep.sh', 'cp "$1/train.csv" "$3"; cp "$1/$2" "$4"\n')
    .write('train.sh', 'mkdir -p "$2"; cp made/* "$2"\n')
    .write(
      'treadle.yaml',
      `name: delays
env: system
params: { judged: holdout.csv }
data: { flights: flights@main }
steps:
  prep:
    run: sh prep.sh {flights} {judged} {train} {holdout}
    code: [prep.sh]
    out: { train: train.csv, holdout: holdout.csv }
  train:
    run: sh train.sh {train} {model}
    code: [train.sh, made]
    out: { model: model/ }
model: { name: delays, from: train.model }
gate:
  data: prep.holdout
  key: [date, flight]
  label: late
  rules: [auc >= 0.70, p95_latency_ms < 60000]
deploy: { endpoint: delays }
`,
    );
});
after(async () => {
  if (missing !== undefined) return;
  project[Symbol.dispose]();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

test('what passes the gate is shown with its rules, its proof and where it answers', { skip }, async () => {
  const { id } = await project.start();
  const ui = await house.open(`/executions/${id}`);
  const { page } = ui;
  await page.getByRole('heading', { name: 'delays #1 succeeded' }).waitFor();
  const gate = page.getByRole('region', { name: 'Gate' });
  await gate.getByText('pass').first().waitFor();
  await gate.getByText('auc >= 0.70').waitFor();
  await gate.getByText('prep.holdout', { exact: true }).waitFor();
  const deployment = page.getByRole('region', { name: 'Deployment' });
  await deployment.getByText('live').waitFor();
  await deployment.getByRole('link', { name: 'revision 1' }).waitFor();
  await ui.accessible('an execution that passed its gate');
  await gate.getByRole('link', { name: /The evaluation/ }).click();
  await page.waitForURL('**/evaluations/*');
  await page.getByText('It passes').waitFor();
  await page.getByRole('link', { name: /pipeline execution/ }).waitFor();
  await ui.accessible('the evaluation of a gate');

  await page.goto(`${house.url}/executions/${id}`);
  await page.getByRole('link', { name: 'its release' }).click();
  await page.waitForURL('**/releases/*');
  await page.getByRole('heading', { name: 'delays v1 gate, then delays succeeded' }).waitFor();
  const way = page.getByRole('region', { name: 'Its way' });
  for (const state of ['requested', 'judging', 'judged', 'promoted', 'deploying', 'succeeded'])
    await way.getByRole('listitem').filter({ hasText: state }).first().waitFor();
  await way.getByText('the alias champion names delays version 1').waitFor();
  await page.getByText('nothing answered at delays then').waitFor();
  await ui.accessible('a release');
  await ui.close();
});

test('what was judged on rows that it knew is rejected, and nothing new answers', { skip }, async () => {
  const { id } = await project.start({ params: { judged: 'leaky.csv' } });
  const ui = await house.open(`/executions/${id}`);
  const { page } = ui;
  await page.getByRole('heading', { name: 'delays #2 rejected' }).waitFor();
  const gate = page.getByRole('region', { name: 'Gate' });
  await gate.getByText('fail').first().waitFor();
  await gate.getByText(/100 rows/).waitFor();
  await page
    .getByText(/is the champion and answers at endpoint delays from before/)
    .first()
    .waitFor();
  await ui.accessible('an execution that was rejected');
  const { items } = await ask<{ items: Endpoint[] }>(house.url, 'GET', '/api/v1/endpoints');
  assert.deepEqual(
    items.map(({ name, revisions }) => [name, revisions]),
    [['delays', 1]],
  );
  await page.goto(`${house.url}/pipelines/delays`);
  await page.getByLabel('State').selectOption('rejected');
  await page.waitForURL('**state=rejected');
  await page.getByRole('link', { name: /^#2 rejected/ }).waitFor();
  await ui.accessible('rejected executions');
  await ui.close();

  const releases = await house.open('/releases');
  await releases.page.getByLabel('State').selectOption('rejected');
  await releases.page.waitForURL('**state=rejected');
  const table = releases.page.getByRole('table', { name: 'Releases' });
  await table.getByRole('link', { name: 'rejected release of delays v1' }).waitFor();
  assert.equal(await table.getByRole('link', { name: /^succeeded/ }).count(), 0);
  await releases.page.goto(`${house.url}/releases?sort=state`);
  await table.getByRole('link', { name: 'succeeded release of delays v1' }).waitFor();
  const states = await table.getByRole('link', { name: / release of delays/ }).allTextContents();
  assert.deepEqual(
    states.map((text) => text.split(' ')[0]),
    ['rejected', 'succeeded'],
  );
  await releases.accessible('releases');
  await table.getByRole('link', { name: 'rejected release of delays v1' }).click();
  await releases.page.waitForURL('**/releases/*');
  const address = new URL(releases.page.url()).pathname;
  await releases.close();
  const small = await house.open(address, { width: 390, height: 844, theme: 'dark' });
  await small.page.getByRole('region', { name: 'Its way' }).waitFor();
  await small.accessible('a release, narrow and dark');
  await eventually(
    small.page,
    "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
    'nothing runs off the page',
  );
  await small.close();

  const narrow = await house.open(`/executions/${id}`, { width: 390, height: 844, theme: 'dark' });
  await narrow.page.getByRole('region', { name: 'Gate' }).waitFor();
  await narrow.accessible('rejected, narrow and dark');
  await eventually(
    narrow.page,
    "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
    'nothing runs off the page',
  );
  await narrow.close();
});

test(
  'a rollout shows its steps and its evidence; a person holds it and lets it have all',
  { skip },
  async () => {
    for (const answer of [1, 2]) await registerOnnx(house.server.ctx, 'const', constantOnnx(answer));
    const api = apiOf(house.url);
    await api.deploy('const', '1');
    const rollout = { steps: [20, 60], every_s: 3600, within_s: 7200 };
    const { id } = await api.post<{ id: string }>('/api/v1/releases', {
      model: 'const',
      version: '2',
      deploy: { endpoint: 'const', rollout },
    });
    const ui = await house.open(`/releases/${id}`);
    const { page } = ui;
    await page.getByRole('heading', { name: 'const v2 const rolling out' }).waitFor();
    const region = page.getByRole('region', { name: 'Rollout' });
    await region
      .getByRole('listitem')
      .filter({ hasText: /20 %\s*now/ })
      .waitFor();
    // Its first seconds are no evidence: it is cold.
    const evidence = region.getByText(/^hold: not yet shown to be good enough in errors, latency \([1-9]/);
    await until('evidence', async () => (await api.ask('const')) && (await evidence.isVisible()), 50);
    await region.getByRole('figure', { name: 'Evidence, in multiples of what a decision needs' }).waitFor();
    await ui.accessible('a rollout');
    await region.getByRole('button', { name: 'Hold' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('late trains are looked at');
    await page.getByRole('dialog').getByRole('button', { name: 'Hold' }).click();
    await region.getByText('late trains are looked at', { exact: false }).waitFor();

    await page.goto(`${house.url}/endpoints/const`);
    await page.getByText('const v2 is being rolled out').waitFor();
    await ui.accessible('an endpoint with a rollout');
    await page.getByRole('link', { name: 'Its evidence and decisions' }).click();
    await page.waitForURL('**/releases/*');
    await region.getByRole('button', { name: 'Promote' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill('enough was seen');
    await page.getByRole('dialog').getByRole('button', { name: 'Promote' }).click();
    await page.getByRole('heading', { name: 'const v2 const succeeded' }).waitFor();
    const way = page.getByRole('region', { name: 'Its way' });
    await way.getByText(/^all requests, revision 3: local owner: enough was seen$/).waitFor();
    assert.equal((await api.ask('const')).version, '2');
    // It goes back to before the rollout, not to the step before.
    assert.equal((await api.rollback('const')).restores, 1);
    assert.equal((await api.ask('const')).version, '1');
    await ui.close();
  },
);
