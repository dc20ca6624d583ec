import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { cannotRun, openUi, type UiHouse } from './ui-browser.ts';

/** The frame around every page, on a server that knows nothing yet. */

let house: UiHouse;
before(async () => {
  if (cannotRun === undefined) house = await openUi();
});
after(async () => {
  if (cannotRun !== undefined) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});
const skip = cannotRun ?? false;

test('an empty server teaches the first commands', { skip }, async () => {
  for (const [address, words] of [
    ['/', 'treadle data commit'],
    ['/experiments', 'MLFLOW_TRACKING_URI'],
    ['/experiments/0', 'MLFLOW_EXPERIMENT_ID=0'],
    ['/compare', 'Choose runs to compare'],
  ] as const) {
    const ui = await house.open(address);
    await ui.page.getByText(words).first().waitFor();
    await ui.accessible(`empty ${address}`);
    await ui.close();
  }
});

test('whatever the theme and the width, pages are accessible and nothing runs over', { skip }, async () => {
  for (const theme of ['light', 'dark'] as const) {
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      const ui = await house.open('/', { theme, width, height });
      await ui.page.getByText('treadle data commit').waitFor();
      await ui.accessible(`home ${theme} ${width}`);
      const over = await ui.page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      assert.ok(over <= 0, `the page is ${over} px too wide at ${width}`);
      await ui.close();
    }
  }
});

test('the palette finds, goes and does; by keyboard alone', { skip }, async () => {
  const made = await fetch(`${house.url}/api/v1/experiments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: "it's 100% late" }),
  });
  const { id } = (await made.json()) as { id: string };
  const ui = await house.open('/');
  const { page } = ui;
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Search and commands' });
  await field.waitFor();
  await ui.accessible('palette');
  await page.keyboard.type("it's 100%");
  await page.getByRole('option', { name: /it's 100% late/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/experiments/${id}`);

  await page.keyboard.press('Control+k');
  // Fast fingers: Enter follows the last letter at once.
  await field.fill('dark theme');
  await field.press('Enter');
  await field.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
  await page.reload();
  await page.waitForSelector('h1');
  // Remembered, and there before the first paint.
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
  await ui.close();
});

test('keys go places, are listed, and can be switched off', { skip }, async () => {
  const ui = await house.open('/');
  const { page } = ui;
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.waitForURL('**/experiments');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await help.getByText('Go to Experiments').waitFor();
  await ui.accessible('keyboard help');
  await help.getByRole('checkbox', { name: /Single-key shortcuts/ }).uncheck();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.waitForTimeout(300);
  assert.match(page.url(), /\/experiments$/);
  await ui.close();
});

test('the first stop of the Tab key skips the navigation; focus can be seen', { skip }, async () => {
  const ui = await house.open('/');
  const { page } = ui;
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate('document.activeElement.id'), 'main');
  await page.keyboard.press('Tab');
  const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
  assert.equal(outline, 'solid');
  await ui.close();
});

test('an address that leads nowhere, and a thing that is not there, say so', { skip }, async () => {
  const ui = await house.open('/nowhere/at/all');
  await ui.page.getByText('There is nothing at this address').waitFor();
  await ui.accessible('nowhere');
  await ui.close();
  const missing = await house.open('/runs/nope', { expected: /404/ });
  await missing.page.getByRole('alert').waitFor();
  await missing.accessible('missing run');
  await missing.close();
});

test('on a telephone the navigation is a drawer that closes behind the one who chose', { skip }, async () => {
  const ui = await house.open('/', { width: 390, height: 844 });
  const { page } = ui;
  await page.getByRole('button', { name: 'Open navigation' }).click();
  const drawer = page.getByRole('dialog', { name: 'Navigation' });
  await drawer.waitFor();
  await ui.accessible('drawer');
  await drawer.getByRole('link', { name: 'Experiments' }).click();
  await page.getByRole('heading', { name: 'Experiments' }).waitFor();
  await drawer.waitFor({ state: 'detached' });
  await ui.close();
});

test('a stream of news that breaks is said, and found again when it is back', { skip }, async () => {
  const ui = await house.open('/', { expected: /ERR_|Failed to load/ });
  const { page } = ui;
  await page.getByText('Live', { exact: true }).waitFor();
  await page.route('**/api/v1/events*', (route) => route.abort());
  await page.reload();
  await page.getByText('Reconnecting').waitFor();
  await page.getByText('treadle data commit').waitFor();
  await ui.accessible('reconnecting');
  await page.unroute('**/api/v1/events*');
  await page.getByText('Live', { exact: true }).waitFor();
  await ui.close();
});

test('the first page needs little JavaScript, and only from here', { skip }, async () => {
  const script = path.join(import.meta.dirname, '..', '..', 'ui', 'scripts', 'first-load.mjs');
  // Exits with 1 past the budget of 250 KB gzip, counting what index.html and the home page import.
  const told = execFileSync(process.execPath, [script], { encoding: 'utf8' });
  assert.match(told, /first load of JavaScript/);

  const ui = await house.open('/');
  await ui.page.getByText('treadle data commit').waitFor();
  const scripts = await ui.page.evaluate<{ name: string; sent: number }[]>(
    "performance.getEntriesByType('resource').filter((entry) => entry.name.endsWith('.js')).map((entry) => ({ name: entry.name, sent: entry.encodedBodySize }))",
  );
  assert.ok(scripts.length >= 3, 'the browser told of no scripts');
  const sent = scripts.reduce((sum, script) => sum + script.sent, 0);
  assert.ok(sent < 250 * 1024, `${sent} bytes of JavaScript were sent`);
  await ui.close();
});
