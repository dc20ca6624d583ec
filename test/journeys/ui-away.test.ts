import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { freePort } from '../free-port.ts';
import { openTest } from '../harness.ts';
import { createExperiment, createRun, logBatch } from '../../src/tracking/index.ts';
import { cannotRun, openUi, type UiHouse } from './ui-browser.ts';

/** The server goes away while somebody looks, and comes back; and answers that arrive after the news that they are old. */

const skip = cannotRun ?? false;
let house: UiHouse;
let data: string;
before(async () => {
  data = mkdtempSync(path.join(tmpdir(), 'treadle-away-'));
  if (skip === false) house = await openUi({ data, config: { port: await freePort() } });
});
after(async () => {
  if (skip === false) await house[Symbol.asyncDispose]();
  rmSync(data, { recursive: true, force: true });
});

test('an answer that was on its way when its subject changed is asked for again', { skip }, async () => {
  const { ctx } = house.server;
  const ui = await house.open('/');
  const { page } = ui;
  await page.getByText('Live', { exact: true }).waitFor();
  // The first list is read by the server, and held back until the change has been told.
  let release = (): void => {};
  const told = new Promise<void>((resolve) => (release = resolve));
  let held = 0;
  await page.route('**/api/v1/experiments*', async (route) => {
    const first = held++ === 0;
    const answer = await route.fetch();
    if (first) await told;
    await route.fulfill({ response: answer });
  });
  const heard = page.waitForRequest(/\/api\/v1\/experiments/);
  await page.getByRole('link', { name: 'Experiments' }).first().click();
  await heard;
  await createExperiment(ctx, { name: 'made meanwhile' });
  // What the change touches and is on the page already is read anew: then the news has arrived.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(held, 1, 'the first answer is still on its way');
  release();
  await page.getByText('made meanwhile').first().waitFor();
  await ui.close();
});

test('while the server is away every page says so, keeps what it shows, and heals', { skip }, async () => {
  const { ctx } = house.server;
  const run = await createRun(ctx, { experiment: '0', name: 'seen before' });
  await logBatch(ctx, run, { metrics: [{ key: 'loss', value: 1, step: 0, time: 1 }] });
  const ui = await house.open('/experiments/0', { expected: /ERR_|Failed to load|status of 50/ });
  const { page } = ui;
  const { port } = new URL(house.url);
  await page.getByText('seen before').first().waitFor();
  // What was never answered would say so in its own place.
  await page.getByRole('figure', { name: 'loss' }).waitFor();
  await house.server.close();
  await page.getByText('The server does not answer.').waitFor();
  await ui.accessible('the server is away');
  assert.ok(await page.getByText('seen before').first().isVisible(), 'what was shown stays');
  // A page whose code was not fetched before: waited for, and not taken for a newer version.
  await page.getByRole('link', { name: 'Ledger' }).first().click();
  await page.getByText('The server does not answer.').waitFor();
  await page.getByRole('link', { name: 'Experiments' }).first().click();
  await page.getByRole('link', { name: 'Ledger' }).first().click();
  await new Promise((resolve) => setTimeout(resolve, 2500)); // longer than one look at the server takes
  assert.equal(await page.getByText(/newer version|broke/i).count(), 0);

  await using back = await openTest({ data, config: { port: Number(port) } });
  await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Ledger' }).waitFor();
  await page.getByRole('link', { name: 'Experiments' }).first().click();
  await createExperiment(back.ctx, { name: 'after the return' });
  await page.getByText('after the return').first().waitFor();

  await page.context().setOffline(true);
  await page.getByText('The server does not answer.').waitFor();
  assert.ok(await page.getByText('after the return').first().isVisible());
  await page.context().setOffline(false);
  await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
  await ui.close();
});
