import assert from 'node:assert/strict';
import test from 'node:test';
import type { LoopDetail, Turn } from '../../src/loops/contract.ts';
import { runHere } from '../cli.ts';
import { until } from '../until.ts';
import { Project } from './pipelines/project.ts';
import { apiOf } from './serving/api.ts';
import { cannotRun, openUi } from './ui-browser.ts';
import { commitFiles } from './ui-data.ts';

/** A loop is made on its page, is turned by hand and by new data, and each turn says what became of it and why. */
test('a loop is made, turned, paused, and tells of each turn', { skip: cannotRun ?? false }, async () => {
  await using house = await openUi();
  using project = new Project(house.url);
  const api = apiOf(house.url);
  await commitFiles(house.url, 'labels', { 'labels.csv': 'id,label\n1,cat\n' });
  project.write(
    'treadle.yaml',
    `name: demo
env: system
data: { labels: labels@main }
steps:
  train:
    run: cp {labels}/labels.csv {model}
    code: [treadle.yaml]
    out: { model: model.txt }
`,
  );
  assert.equal((await project.run()).state, 'succeeded');

  const ui = await house.open('/loops', { expected: /loops\/preview/ });
  const { page } = ui;
  await page.getByText('No model is kept fresh yet').waitFor();
  await ui.accessible('no loops');
  await page.getByRole('button', { name: 'New loop' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Pipeline').fill('demo');
  await dialog.getByLabel('Time zone').fill('Europe/Berlin');
  await dialog.getByLabel('At', { exact: true }).fill('25:00');
  await dialog.getByText("'25:00' is no daily time").waitFor();
  await dialog.getByLabel('At', { exact: true }).fill('03:00');
  await dialog.getByText(/^then .* · /).waitFor();
  await dialog.getByRole('button', { name: 'Another trigger' }).click();
  await dialog.getByLabel('When', { exact: true }).last().selectOption('data');
  await dialog.getByLabel('Dataset').fill('labels@main');
  await ui.accessible('a loop that is made');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await page.getByText('v1 was trained on').waitFor();
  assert.equal((await api.get<LoopDetail>('/api/v1/loops/demo')).triggers.length, 2);

  // Nothing is new.
  const turn = async (reason: string, dry = false): Promise<void> => {
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('dialog').getByLabel('Why').fill(reason);
    if (dry)
      await page
        .getByRole('dialog')
        .getByLabel(/dry run/)
        .check();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: dry ? /Say what/ : 'Run now' })
      .click();
  };
  await turn('to see');
  await page.getByText(/nothing is new: execution 1 trained the same/).waitFor();
  await commitFiles(house.url, 'labels', { 'labels.csv': 'id,label\n1,cat\n2,dog\n' });
  await page.getByText(/labels@main is v2; v1 was trained on last/).waitFor();
  await turn('what would it do?', true);
  await page.getByText(/^it would run demo as execution 1 did, on labels@v2/).waitFor();
  await turn('new labels');
  const trained = await until('it has trained', async () =>
    (await api.get<{ items: Turn[] }>('/api/v1/loop-turns?loop=demo')).items.find(
      ({ state }) => state === 'trained',
    ),
  );
  assert.deepEqual([trained.execution?.number, trained.kind, trained.cause], [2, 'manual', 'new labels']);
  await page.getByRole('link', { name: /^trained by manual/ }).click();
  await page.getByRole('article', { name: 'A turn' }).getByText('run demo as execution 1 did').waitFor();
  await ui.accessible('a loop with a turn');

  const shown = await runHere(house.url, 'loop', 'history', 'demo');
  assert.match(shown.out, /manual +trained +#2 .* new labels/);
  const status = await runHere(house.url, 'loop', 'status', 'demo');
  assert.match(status.out, /daily 03:00 Europe\/Berlin\n +next: .*\n +data labels@main: v2 was trained on/);
  const refused = await runHere(house.url, 'loop', 'set', 'demo', '--monthly', '31 03:00');
  assert.match(refused.err, /'31 03:00' is no monthly time/);

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByLabel('Why').fill('frozen until Monday');
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await page.getByText(/Paused by local owner: frozen until Monday/).waitFor();
  await ui.close();

  const shots = process.env['TREADLE_SHOTS'];
  for (const [theme, width] of [
    ['dark', 1440],
    ['light', 390],
  ] as const)
    for (const [what, address] of [
      ['loop', `/loops/demo?turn=${trained.id}`],
      ['loops', '/loops'],
      ['home', '/'],
    ] as const) {
      const seen = await house.open(address, { theme, width });
      await seen.page
        .getByText(what === 'loop' ? /^Paused by/ : 'demo')
        .first()
        .waitFor();
      await seen.accessible(`${what}, ${theme}`);
      if (shots !== undefined)
        await seen.page.screenshot({ path: `${shots}/${what}-${theme}-${width}.png`, fullPage: true });
      await seen.close();
    }
  assert.deepEqual(house.server.errors, []);
});
