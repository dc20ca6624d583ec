import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import type { LineageGraph } from '../../src/ledger/contract.ts';
import type { RunStep } from '../../src/pipelines/contract.ts';
import { Project } from './pipelines/project.ts';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { ask, commitFiles } from './ui-data.ts';

/** Pipelines: an execution is watched while it runs, asked why, searched, cancelled and run again. */

let house: UiHouse;
let project: Project;
const skip = cannotRun ?? false;

before(async () => {
  if (cannotRun !== undefined) return;
  house = await openUi();
  await commitFiles(house.url, 'labels', { 'labels.csv': 'id,label\n1,cat\n' });
  project = new Project(house.url);
  project
    .write(
      'treadle.yaml',
      `name: demo
env: system
params: { rate: 0.1 }
data: { labels: labels@main }
steps:
  prep:
    run: sh prep.sh {labels} {clean}
    code: [prep.sh]
    out: { clean: clean.txt }
  train:
    run: sh train.sh {clean} {rate} {model}
    code: [train.sh]
    out: { model: model.txt }
`,
    )
    .write(
      'prep.sh',
      'for i in $(seq 1 300); do echo "line $i"; done; cp "$1" "$2" 2>/dev/null || echo clean > "$2"\n',
    )
    .write('train.sh', 'printf "\\033[32mtraining with rate $2\\033[0m\\n"; echo model > "$3"\n');
});
after(async () => {
  if (cannotRun !== undefined) return;
  project[Symbol.dispose]();
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

test(
  'no pipeline yet: the file and the commands are taught; the first execution appears',
  { skip },
  async () => {
    const ui = await house.open('/pipelines');
    const { page } = ui;
    await page.getByText('No pipeline yet').waitFor();
    await page.getByText('treadle check').waitFor();
    await ui.accessible('pipelines, empty');
    const first = await project.run();
    assert.equal(first.state, 'succeeded', first.reason ?? '');
    await page.getByRole('link', { name: 'demo' }).waitFor();
    await page.getByText('2 succeeded').waitFor();
    await ui.accessible('pipelines');
    await page.getByRole('link', { name: 'demo' }).click();
    await page.waitForURL('**/pipelines/demo');
    await page.getByRole('link', { name: /^#1 succeeded/ }).waitFor();
    await ui.accessible('pipeline');
    await ui.close();
  },
);

test(
  'an execution by its number: graph, why, inputs, outputs, log with search and download, the file',
  { skip },
  async () => {
    const ui = await house.open('/pipelines/demo/executions/1');
    const { page } = ui;
    await page.waitForURL('**/executions/*');
    const graph = page.getByRole('figure', { name: 'Steps of demo #1' });
    await graph.getByRole('link', { name: /labels@v1/ }).waitFor();
    await graph.getByRole('link', { name: /prep/ }).click();
    await page.waitForURL('**?step=prep');
    await page.getByText('It has not run before').waitFor();
    await ui.accessible('execution');

    await page.getByRole('tab', { name: 'Log' }).click();
    await page.getByRole('log').getByText('line 1', { exact: true }).waitFor();
    await page.getByText('300 lines').waitFor();
    await page.getByRole('searchbox', { name: 'Find in the log' }).fill('line 29');
    await page.getByText('1 of 11').waitFor();
    await page.getByRole('button', { name: 'Next match' }).click();
    await page.getByText('2 of 11').waitFor();
    await page.getByRole('log').getByText('line 290').waitFor();
    assert.match(page.url(), /find=line/);
    await ui.accessible('log');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    assert.equal(file.suggestedFilename(), 'demo-1-prep.log');
    assert.equal(
      readFileSync((await file.path())!, 'utf8')
        .trimEnd()
        .split('\n').length,
      300,
    );

    await page.getByRole('tab', { name: 'In and out' }).click();
    await page.getByRole('row', { name: /clean\.txt/ }).waitFor();
    await ui.accessible('in and out');
    await page.getByRole('tab', { name: 'Time and resources' }).click();
    await page.getByText('CPU time').waitFor();
    await ui.accessible('time and resources');
    await page.getByRole('tab', { name: 'treadle.yaml' }).click();
    await eventually(
      page,
      "document.querySelectorAll('.yaml-here').length === 4",
      'the lines of the chosen step are marked',
    );
    await ui.accessible('file');
    await page.getByRole('tab', { name: 'Code, data, parameters' }).click();
    await page.getByRole('row', { name: /rate/ }).getByText('0.1').waitFor();
    await ui.accessible('about');
    await ui.close();
  },
);

test(
  'why a step ran is told field by field; and that one did not, and from where it was taken',
  { skip },
  async () => {
    const second = await project.run({ params: { rate: 0.5 } });
    const ui = await house.open(`/executions/${second.id}?step=train&view=why`);
    const { page } = ui;
    const row = page.getByRole('row', { name: /rate/ });
    await row.getByText('0.1').waitFor();
    await row.getByText('0.5').waitFor();
    await ui.accessible('why it ran');
    await page.getByRole('figure').getByRole('link', { name: /prep/ }).click();
    await page.getByRole('link', { name: 'demo #1' }).waitFor();
    await ui.accessible('why it did not');
    await ui.close();
  },
);

test('a failure opens on what the step said', { skip }, async () => {
  project.write('train.sh', 'echo "no such column: delay" >&2; exit 3\n');
  const third = await project.run();
  assert.equal(third.state, 'failed');
  const ui = await house.open(`/executions/${third.id}`);
  await ui.page.getByRole('log').getByText('no such column: delay').waitFor();
  await ui.page.getByText('It failed.').waitFor();
  await ui.accessible('failed execution');
  await ui.close();
});

test('a running step is followed as it speaks, and cancelled', { skip }, async () => {
  project.write(
    'train.sh',
    'i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo "epoch $i"; sleep 0.1; done; echo model > "$3"\n',
  );
  const { id } = await project.start();
  const ui = await house.open(`/executions/${id}?step=train&view=log`);
  const { page } = ui;
  const log = page.getByRole('log');
  await log
    .getByText(/^epoch \d+$/)
    .first()
    .waitFor();
  const last = async () => Number(/epoch (\d+)\s*$/.exec((await log.innerText()).trim())?.[1] ?? 0);
  const before = await last();
  await eventually(
    page,
    `Number(/epoch (\\d+)\\s*$/.exec(document.querySelector('[role=log]').innerText.trim())?.[1] ?? 0) > ${before}`,
    'the log goes on',
  );
  await page.getByRole('button', { name: 'Follow', pressed: true }).waitFor();
  await ui.accessible('running execution');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the execution' }).click();
  await page.getByRole('heading', { name: /demo #4 cancelled/ }).waitFor();
  await page.getByRole('button', { name: 'Run again' }).waitFor();
  assert.equal((await project.ended(id)).state, 'cancelled');
  await ui.close();
});

test('running again keeps what is cached', { skip }, async () => {
  project.write('train.sh', 'printf "\\033[32mtraining with rate $2\\033[0m\\n"; echo model > "$3"\n');
  const ui = await house.open('/pipelines/demo/executions/1');
  const { page } = ui;
  await page.getByRole('button', { name: 'Run again' }).click();
  await ui.accessible('running again');
  await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('heading', { name: /demo #5 succeeded/ }).waitFor();
  await page.getByRole('figure').getByText('cached: same as #1').first().waitFor();
  await ui.close();
});

test('an execution that is not there says so', { skip }, async () => {
  const ui = await house.open('/pipelines/demo/executions/77');
  await ui.page.getByText('demo has no execution 77').waitFor();
  await ui.accessible('no such execution');
  await ui.close();
  const missing = await house.open(`/executions/${'0'.repeat(32)}`, { expected: /executions\/0+/ });
  await missing.page.getByRole('alert').first().waitFor();
  await missing.close();
});

test('on a phone, in the dark', { skip }, async () => {
  for (const [address, words] of [
    ['/pipelines', 'demo'],
    ['/pipelines/demo', '#1'],
    ['/pipelines/demo/executions/1', 'sh train.sh {clean} {rate} {model}'],
    ['/pipelines/demo/executions/3', 'no such column: delay'],
  ] as const) {
    const ui = await house.open(address, { width: 390, height: 844, theme: 'dark' });
    await ui.page.getByText(words, { exact: true }).first().waitFor();
    await ui.accessible(`${address}, narrow and dark`);
    await eventually(
      ui.page,
      "document.querySelector('#main').scrollWidth <= document.querySelector('#main').clientWidth",
      'nothing runs off the page',
    );
    await ui.close();
  }
});

test(
  "a step's run says what it read and made, as its lineage does; what was left out of its metrics is said",
  { skip },
  async () => {
    project.write(
      'treadle.yaml',
      `name: facts
env: system
data: { labels: labels@main }
steps:
  prep:
    run: ls {labels} > {clean}
    out: { clean: clean.csv }
  train:
    run: |
      cat {clean} > {model}; ls {labels} >> {model}
      echo '{"auc": 0.75, "odd?": 1}' > {metrics}
    out: { model: model.txt, metrics: metrics.json }
model: { name: counted, from: train.model }
`,
    );
    const execution = await project.run();
    assert.equal(execution.state, 'succeeded', execution.reason ?? '');
    const [prep, train] = execution.steps;
    const facts = await ask<RunStep>(house.url, 'GET', `/api/v1/runs/${train!.run_id}/step`);
    assert.deepEqual(
      {
        step: facts.step,
        data: facts.data.map(({ dataset, version }) => `${dataset}@${version}`),
        read: facts.read.map(({ step, output, run_id }) => [step, output.name, run_id]),
        lost: facts.lost,
        made: facts.made.map(({ step, output }) => `${step}.${output.name}`),
        models: facts.models,
      },
      {
        step: 'train',
        data: ['labels@v1'],
        read: [['prep', 'clean', prep!.run_id]],
        lost: [],
        made: ['train.model', 'train.metrics'],
        models: [{ name: 'counted', version: 1 }],
      },
    );
    const { edges } = await ask<LineageGraph>(
      house.url,
      'GET',
      `/api/v1/lineage/run%3A${train!.run_id}?depth=1`,
    );
    const arrows = new Set(edges.map(({ from, relation, to }) => `${from} ${relation} ${to}`));
    const own = `run:${train!.run_id}`;
    for (const arrow of [
      `${own} read dataset_version:${facts.data[0]!.version_id}`,
      `${own} read run:${prep!.run_id}`,
      ...facts.made.map(({ output }) => `${own} produced blob:${output.digest}`),
    ])
      assert.ok(arrows.has(arrow), arrow);
    // The name of a model is that of today.
    await ask(house.url, 'PATCH', '/api/v1/models/counted', { name: 'counted lines' });

    const ui = await house.open(`/runs/${train!.run_id}`);
    const { page } = ui;
    const side = page.locator('.overview-side');
    await side.getByRole('link', { name: 'labels@v1' }).waitFor();
    await side.getByText('model.txt').waitFor();
    await side.getByText('metrics.json').waitFor();
    await side.getByRole('link', { name: 'counted lines v1' }).waitFor();
    assert.equal(await side.getByText(/None was|Nothing but/).count(), 0);
    await ui.accessible("a step's run");
    await side.getByRole('link', { name: 'of step prep' }).click();
    await page.waitForURL(`**/runs/${prep!.run_id}`);
    await side.getByRole('link', { name: 'clean.csv' }).waitFor();
    await side.getByRole('link', { name: 'step prep' }).click();
    await page.waitForURL(`**/executions/${execution.id}?step=prep`);
    await page.getByRole('link', { name: /train/ }).first().click();
    await page.getByRole('note', { name: 'Left out of train' }).getByText(/odd/).waitFor();
    await page.locator('.lead-parts').getByRole('link', { name: 'its run' }).click();
    await page.waitForURL(`**/runs/${execution.run_id}`);
    await side.getByRole('link', { name: 'labels@v1' }).waitFor();
    await side.getByText('train.model').waitFor();
    await side.getByRole('link', { name: 'counted lines v1' }).click();
    await page.waitForURL('**/models/counted*lines/versions/1');
    await ui.close();
  },
);
