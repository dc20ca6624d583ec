import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { cannotRun, eventually, openUi, type UiHouse } from './ui-browser.ts';
import { seed, type Seeded } from './ui-seed.ts';

/** A person goes through home, experiments, runs and their comparison, in a real browser against a real server. */

let house: UiHouse;
let seeded: Seeded;

before(async () => {
  if (cannotRun !== undefined) return;
  house = await openUi();
  seeded = await seed(house.server);
});
after(async () => {
  if (cannotRun !== undefined) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

const skip = cannotRun ?? false;
const idOf = (name: string) => seeded.runs.get(name)!;

test('home draws the legs with their state, and follows what happens by itself', { skip }, async () => {
  const ui = await house.open('/');
  const { page } = ui;
  const station = (name: string) => page.getByRole('article', { name });
  await station('Runs').getByText('36 runs').waitFor();
  await station('Data').getByRole('link', { name: 'flights@v2' }).waitFor();
  await station('Models')
    .getByRole('link', { name: /^flight-delay v[2-9]$/ })
    .waitFor();
  assert.equal(await station('Models').getByText('@champion').count(), 0, 'that is version 1');
  await ui.accessible('home');

  // Another person starts a run: it appears without a reload.
  await page.evaluate('window.stillHere = true');
  const reply = await fetch(`${house.url}/api/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment: seeded.experiment, name: 'brand-new' }),
  });
  assert.ok(reply.ok);
  await station('Runs').getByRole('link', { name: 'brand-new' }).waitFor();
  await station('Runs').getByText('2 live').waitFor();
  assert.equal(await page.evaluate('window.stillHere'), true);
  await station('Runs').getByRole('link', { name: 'brand-new' }).click();
  await page.waitForURL('**/runs/*');
  await ui.close();
});

test('the run table is filtered, sorted, chosen from and shared by its address', { skip }, async () => {
  const ui = await house.open(`/experiments/${seeded.experiment}`);
  const { page } = ui;
  await page.getByRole('link', { name: 'boosted-35' }).waitFor();
  await ui.accessible('run table');

  await page.keyboard.press('/');
  await page.keyboard.type("metrics.auc > 0.7 AND params.model = 'boosted'");
  await page.keyboard.press('Enter');
  await eventually(
    page,
    "document.querySelectorAll('[data-row]').length > 0 && ![...document.querySelectorAll('[data-row]')].some((row) => row.textContent.includes('forest-'))",
    'only boosted models are left',
  );
  assert.match(page.url(), /filter=metrics\.auc/);

  await page.getByRole('button', { name: 'auc', exact: true }).click();
  await page.waitForURL(/sort=-metrics\.auc/);
  await eventually(
    page,
    "document.querySelector('th[aria-sort=descending]')?.textContent === 'auc'",
    'sorted by auc',
  );
  await eventually(
    page,
    "document.querySelector('.table-scroll').ariaBusy === 'false'",
    'the answer is there',
  );
  const values = await page.evaluate<number[]>(
    "[...document.querySelectorAll('[data-row]')].map((row) => Number(row.querySelectorAll('td')[5].textContent))",
  );
  assert.ok(values.length >= 2 && values.every((value) => value > 0.7), String(values));
  assert.deepEqual(
    values,
    values.toSorted((a, b) => b - a),
  );

  // The keyboard alone: down a row, choose it, down, choose, compare.
  for (const row of [0, 1]) {
    await page.keyboard.press('j');
    const focused = `document.activeElement.closest('[data-row]')?.dataset.row === '${row}'`;
    await eventually(page, focused, `row ${row} has the focus`);
    await page.keyboard.press('x');
    await page.getByText(`${row + 1} run${row === 0 ? '' : 's'} selected`).waitFor();
  }
  await page.getByText('2 runs selected').waitFor();
  const shared = page.url();
  await ui.close();

  const other = await house.open(shared.slice(house.url.length));
  await other.page.getByText('2 runs selected').waitFor();
  await other.page.getByRole('link', { name: 'Compare' }).click();
  await other.page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
  await other.close();
});

test('a wrong filter is told where it is wrong, and how one is written', { skip }, async () => {
  const ui = await house.open(`/experiments/${seeded.experiment}`, { expected: /400 \(Bad Request\)/ });
  const { page } = ui;
  const field = page.getByRole('combobox', { name: 'Filter runs' });
  await field.fill('metrics.auc >> 1');
  await field.press('Enter');
  await page
    .getByRole('alert')
    .getByText(/at character 14/)
    .waitFor();
  await page.getByRole('heading', { name: 'How a filter is written' }).waitFor();
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  // Nobody loses the rows to a slip.
  await page.getByText('All runs are shown meanwhile.').waitFor();
  await page.getByRole('link', { name: 'boosted-35' }).waitFor();
  await ui.accessible('wrong filter');
  // A name that no run has: the real one is a press away.
  await field.fill('auc > 0.7');
  await field.press('Enter');
  await page.getByText('No run here has').waitFor();
  await page.getByRole('button', { name: 'metrics.auc', exact: true }).click();
  await page.waitForURL(/filter=metrics\.auc/);
  await page.getByRole('alert').waitFor({ state: 'detached' });
  // What may follow is offered while typing, and taken by the keyboard.
  await field.fill('');
  await field.pressSequentially('params.mo');
  const offers = page.getByRole('listbox', { name: 'What may stand here' });
  await offers.getByRole('option', { name: 'params.model' }).waitFor();
  await ui.accessible('completion');
  await field.press('ArrowDown');
  await field.press('Enter');
  await field.press('ArrowDown');
  await field.press('Enter');
  await offers.getByRole('option', { name: 'forest' }).waitFor();
  await field.pressSequentially('for');
  await field.press('ArrowDown');
  await field.press('Enter');
  assert.equal(await field.inputValue(), "params.model = 'forest' ");
  await field.press('Escape');
  await field.press('Enter');
  await page.waitForURL(/filter=params\.model/);
  await page.getByRole('button', { name: 'Clear the filter' }).click();
  await page.getByRole('link', { name: 'boosted-35' }).waitFor();
  await ui.close();
});

test('runs are grouped by the server, and a group opens as a filter', { skip }, async () => {
  const ui = await house.open(`/experiments/${seeded.experiment}?group=params.model`);
  await ui.page.getByRole('row', { name: /forest 12/ }).waitFor();
  await ui.accessible('groups');
  await ui.page.getByRole('button', { name: 'forest' }).click();
  await ui.page.waitForURL(/filter=params\.model/);
  await ui.page.getByRole('link', { name: 'forest-1', exact: true }).waitFor();
  await ui.close();
});

test('table and charts are one work place, and a view of it is kept under a name', { skip }, async () => {
  const ui = await house.open(`/experiments/${seeded.experiment}?q=train`);
  const { page } = ui;
  const charts = page.getByRole('region', { name: 'Charts' });
  await charts.getByRole('slider', { name: /^train\/loss/ }).waitFor();
  await ui.accessible('work place');

  // The same filter feeds both.
  await page.keyboard.press('/');
  await page.keyboard.type("params.model = 'forest'");
  await page.keyboard.press('Enter');
  await charts.getByText('12 runs', { exact: true }).waitFor();
  // A column stays in sight and goes before another, by its menu alone.
  await page.getByRole('button', { name: 'More of Started' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Keep in sight' }).press('Enter');
  await page.waitForURL(/pin=started/);
  await eventually(
    page,
    "document.querySelectorAll('.table-row')[0].querySelectorAll('.table-pin').length === 2",
    'two columns stay in sight',
  );
  await page.getByRole('button', { name: 'Star forest-1', exact: true }).press('Enter');
  await eventually(page, "document.querySelector('.star[aria-pressed=true]') !== null", 'the star is there');

  // One chart is drawn other than the rest, and the link says so.
  await charts.getByRole('button', { name: 'Settings of train/loss' }).press('Enter');
  await page.getByRole('checkbox', { name: 'Log scale' }).check();
  await page.waitForURL(/set=train\/loss%3Flog=1/i);
  await ui.accessible('settings of a chart');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Views' }).press('Enter');
  await page.getByRole('textbox', { name: 'Name of this view' }).fill('Forests');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Forests' }).waitFor();
  await ui.accessible('views');
  await ui.close();

  const other = await house.open(`/experiments/${seeded.experiment}`);
  await other.page.getByRole('button', { name: 'Views' }).press('Enter');
  await other.page.getByRole('link', { name: 'Forests' }).press('Enter');
  await other.page.waitForURL(/filter=.*pin=started/);
  await other.page.getByRole('region', { name: 'Charts' }).getByText('12 runs', { exact: true }).waitFor();
  await other.close();
});

test('what is brushed in a chart of whole runs filters the table', { skip }, async () => {
  const ui = await house.open(
    `/experiments/${seeded.experiment}?see=parallel&axes=params.model&axes=metrics.auc&filter=params.model != ''`,
  );
  const { page } = ui;
  const charts = page.getByRole('region', { name: 'Charts' });
  await charts.getByText('36 of 36 runs inside').waitFor();
  await ui.accessible('parallel coordinates');
  await charts.getByRole('button', { name: 'model' }).press('Enter');
  await page
    .getByRole('group', { name: 'Runs whose params.model is' })
    .getByRole('checkbox', { name: 'linear' })
    .uncheck();
  await page.waitForURL(/brush=params\.model/);
  await charts.getByText('24 of 36 runs inside').waitFor();
  await page.getByText('24 runs', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  // The pointer does the same: the upper half of the second axis.
  const box = (await charts.locator('.grip').nth(1).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/brush=metrics\.auc/);
  const chips = page.getByRole('list', { name: 'Brushed' });
  assert.equal(await chips.getByRole('listitem').count(), 2);
  await ui.accessible('brushed');

  await charts.getByRole('tab', { name: 'Scatter' }).click();
  await charts.getByRole('img', { name: /of 36 runs, \d+ of them inside/ }).waitFor();
  await ui.accessible('scatter of runs');
  await charts.getByRole('tab', { name: 'Importance' }).click();
  await charts.getByText(/n = 36; the params tell \d+ % of its variance/).waitFor();
  await ui.accessible('importance');
  await ui.close();
});

test('many runs are tagged and deleted at once', { skip }, async () => {
  const ui = await house.open(`/experiments/${seeded.experiment}?filter=params.model = 'linear'&pane=table`);
  const { page } = ui;
  await page.getByRole('checkbox', { name: 'Select all that are loaded' }).check();
  await page.getByText('12 runs selected').waitFor();
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Tag 12 runs' });
  await dialog.getByRole('combobox', { name: 'Key' }).fill('family');
  await dialog.getByRole('textbox', { name: 'Value' }).fill('simple');
  await ui.accessible('tagging');
  await dialog.getByRole('button', { name: 'Tag', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const found = await fetch(`${house.url}/api/v1/runs/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiments: [seeded.experiment], filter: "tags.family = 'simple'", columns: [] }),
  });
  assert.equal(((await found.json()) as { items: unknown[] }).items.length, 12);
  await ui.close();
});

test('columns are chosen, and the choice is in the address', { skip }, async () => {
  const ui = await house.open(`/experiments/${seeded.experiment}`);
  const { page } = ui;
  await page.getByRole('link', { name: 'boosted-35' }).waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('searchbox', { name: 'Find a column' }).fill('stage');
  await page.getByRole('checkbox', { name: 'stage' }).check();
  await ui.accessible('column chooser');
  await page.keyboard.press('Escape');
  await page.waitForURL(/cols=tags\.stage/);
  await eventually(
    page,
    "(document.querySelector('.table-scroll').scrollTo(9999, 0), [...document.querySelectorAll('th')].some((head) => head.textContent === 'stage'))",
    'the column is there',
  );
  await ui.close();
});

test('a run shows its curves without losing a spike, and zooms by asking again', { skip }, async () => {
  const ui = await house.open(`/runs/${idOf('boosted-2')}?tab=metrics&q=grad`);
  const { page } = ui;
  const chart = page.getByRole('slider', { name: /^grad_norm/ });
  await chart.waitFor();
  // The spike at step 41,234 of 60,000 is in what the chart says of itself.
  assert.match((await chart.getAttribute('aria-label')) ?? '', /highest 25\b/);
  await ui.accessible('metrics');

  const asked: { from?: number; to?: number }[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/v1/series'))
      asked.push(request.postDataJSON() as { from?: number; to?: number });
  });
  const box = (await chart.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.66, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.74, box.y + 60, { steps: 6 });
  await page.mouse.up();
  await page.waitForURL(/zoom=/);
  await eventually(page, "!document.querySelector('.chart-loading')", 'the part is loaded');
  const [from, to] = new URL(page.url()).searchParams.get('zoom')!.split(':').map(Number) as [number, number];
  assert.ok(from > 30_000 && to < 50_000 && from < 41_234 && to > 41_234, page.url());
  assert.ok(
    asked.some((body) => body.from !== undefined && body.from <= from && body.to! >= to),
    JSON.stringify(asked),
  );
  assert.match((await chart.getAttribute('aria-label')) ?? '', /highest 25\b/);

  // The same by keyboard, and back.
  await chart.focus();
  await page.keyboard.press('ArrowLeft');
  assert.match((await chart.getAttribute('aria-valuetext')) ?? '', /^step [\d,]+: /);
  await page.keyboard.press('0');
  await eventually(page, "!location.search.includes('zoom')", 'the zoom is gone');

  await page.getByRole('button', { name: 'View grad_norm as a table' }).click();
  await page.getByRole('table', { name: 'grad_norm as a table' }).waitFor();
  await ui.accessible('chart as a table');
  await ui.close();
});

test('smoothing stays in the address, and a value that is no number is marked', { skip }, async () => {
  const ui = await house.open(`/runs/${idOf('boosted-5')}?tab=metrics&smooth=0.9&q=train`);
  const { page } = ui;
  await page.getByRole('slider', { name: /^train\/loss.*not finite at 1 place/ }).waitFor();
  assert.equal(await page.getByRole('slider', { name: 'Smoothing' }).inputValue(), '0.9');
  await page.getByRole('combobox', { name: 'by' }).selectOption('Gaussian');
  await page.waitForURL(/smooth=3&.*smoother=gauss/);
  await page.getByRole('combobox', { name: 'by' }).selectOption('exponential average');
  await page.waitForURL(/smoother=ema/);
  await page.getByRole('combobox', { name: 'Across' }).selectOption('a metric');
  await page.waitForURL(/x=metric/);
  await page.getByRole('combobox', { name: 'Across' }).selectOption('step');
  // What was drawn is taken along.
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('button', { name: 'Download train/loss' })
      .click()
      .then(() => page.getByRole('menuitem', { name: 'Numbers (CSV)' }).click()),
  ]);
  const csv = readFileSync(await file.path(), 'utf8');
  assert.match(csv, /^series,id,step,value,min,max,points,smoothed \(exponential average 0\.6\)/);
  assert.match(csv, /,NaN,,,1,/);
  await page.getByRole('button', { name: 'Log scale' }).click();
  await page.waitForURL(/log=1/);
  await ui.accessible('smoothed');
  await ui.close();
});

test('artifacts are looked into, and nothing of them runs', { skip }, async () => {
  const run = idOf('forest-1');
  const evil =
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><script>window.parent.hacked = true; window.hacked = true</script><rect width="40" height="40" fill="red"/></svg>';
  await fetch(`${house.url}/api/v1/runs/${run}/artifacts/plots/evil.svg`, {
    method: 'PUT',
    body: evil,
    headers: { 'content-type': 'image/svg+xml' },
  });
  const ui = await house.open(`/runs/${run}?tab=artifacts`);
  const { page } = ui;
  await page.getByRole('button', { name: 'report' }).click();
  await page.getByRole('button', { name: /errors\.csv/ }).click();
  await page.getByRole('cell', { name: 'JFK' }).waitFor();
  await ui.accessible('table artifact');
  await page.getByRole('button', { name: /metrics\.json/ }).click();
  await page.getByText('"by_origin": {').waitFor();
  await page.getByRole('button', { name: 'plots' }).click();
  await page.getByRole('button', { name: /calibration\.png/ }).click();
  await eventually(
    page,
    "document.querySelector('.preview-image img')?.naturalWidth === 320",
    'the picture is drawn',
  );
  await page.getByRole('button', { name: /evil\.svg/ }).click();
  await eventually(
    page,
    "document.querySelector('.preview-image img')?.naturalWidth === 40",
    'the drawing is drawn',
  );
  assert.equal(await page.evaluate('window.hacked'), undefined);
  await ui.close();
});

test(
  'a person writes the verdict and a note; both are kept, and the ledger knows who',
  { skip },
  async () => {
    const run = idOf('linear-3');
    const ui = await house.open(`/runs/${run}`);
    const { page } = ui;
    await page.getByRole('button', { name: 'Write verdict' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'What came of this run?' });
    assert.equal(await dialog.getByRole('button', { name: 'Write verdict' }).isDisabled(), true);
    await dialog.getByRole('radio', { name: /rejected/ }).check();
    await dialog.getByRole('textbox', { name: 'Reason' }).fill('The holdout was in the training data.');
    await ui.accessible('verdict');
    await dialog.getByRole('button', { name: 'Write verdict' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('The holdout was in the training data.').waitFor();
    await page.getByRole('button', { name: 'Write a note' }).click();
    await page.getByRole('textbox', { name: 'Note' }).fill('Try again on v2.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Try again on v2.').waitFor();
    await ui.close();

    const kept = (await (await fetch(`${house.url}/api/v1/runs/${run}`)).json()) as {
      note: string;
      outcome: { verdict: string; by: string };
    };
    assert.equal(kept.note, 'Try again on v2.');
    assert.deepEqual([kept.outcome.verdict, kept.outcome.by], ['rejected', 'local owner']);
    const ledger = (await (await fetch(`${house.url}/api/v1/ledger/entries?resource=run:${run}`)).json()) as {
      items: { actor: { name: string } }[];
    };
    assert.ok(ledger.items.length > 0 && ledger.items.every((entry) => entry.actor.name === 'local owner'));
  },
);

test('every part of a run is usable: lineage, resources, environment', { skip }, async () => {
  for (const [tab, proof] of [
    ['lineage', 'flights@v2'],
    ['resources', 'Peak memory'],
    ['environment', 'scikit-learn==1.5.2'],
  ] as const) {
    const ui = await house.open(`/runs/${idOf('boosted-2')}?tab=${tab}`);
    await ui.page.getByText(proof).first().waitFor();
    await ui.accessible(tab);
    await ui.close();
  }
});

test('runs are compared: what differs, numbers side by side, curves in one chart', { skip }, async () => {
  const ids = ['forest-1', 'boosted-2', 'linear-3'].map((name) => `runs=${idOf(name)}`).join('&');
  const ui = await house.open(`/compare?${ids}`);
  const { page } = ui;
  await page.getByRole('slider', { name: /^train\/loss\. .*forest-1: .*boosted-2: .*linear-3: / }).waitFor();
  await ui.accessible('compare charts');
  await page.getByRole('tab', { name: 'Made with' }).click();
  await page.getByRole('cell', { name: 'flights@v2' }).waitFor();
  assert.equal(await page.getByRole('cell', { name: 'python code' }).count(), 0);
  const rows = page.getByRole('row');
  const different = await rows.count();
  await page.getByRole('checkbox', { name: 'Only what differs' }).uncheck();
  await page.waitForURL(/all=1/);
  assert.ok((await rows.count()) > different);
  await ui.accessible('compare params');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('row', { name: /forest-1 finished/ }).waitFor();
  await ui.accessible('compare runs');
  await page.getByRole('tab', { name: 'Metrics' }).click();
  await page.getByRole('row', { name: /^auc / }).waitFor();
  await page.getByRole('tab', { name: 'Scatter' }).click();
  await page.getByRole('link', { name: /^linear-3: params\.depth/ }).waitFor();
  await ui.accessible('scatter');
  await page.getByRole('button', { name: 'Leave out linear-3' }).click();
  await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
  await ui.close();
});
