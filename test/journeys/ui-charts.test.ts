import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { createRun, logBatch } from '../../src/tracking/index.ts';
import { cannotRun, openUi, type UiHouse } from './ui-browser.ts';

/** Curves with values that are not finite, values that a log axis has no place for, and times of long before the run. */

const skip = cannotRun ?? false;
let house: UiHouse;
let run: string;
/** A year before the run. */
const BEFORE = Date.now() - 365 * 86_400_000;
const ODD = new Map([
  [5, Number.NaN],
  [9, Infinity],
  [12, -Infinity],
]);
const valueAt = (step: number) => (step === 15 ? 0 : step === 16 ? -1 : 1 / (1 + step));

before(async () => {
  if (skip !== false) return;
  house = await openUi();
  const { ctx } = house.server;
  run = await createRun(ctx, { experiment: '0', name: 'odd' });
  await logBatch(ctx, run, {
    metrics: Array.from({ length: 21 }, (_, step) => ({
      key: 'loss',
      value: ODD.get(step) ?? valueAt(step),
      step,
      time: BEFORE + step * 1000,
    })),
  });
});
after(async () => {
  if (skip !== false) return;
  assert.deepEqual(house.server.errors, []);
  await house[Symbol.asyncDispose]();
});

/** Where each axis begins and ends, times in ms: at the points, however far from the start of the run. */
const AXES = [
  ['step', 0, 20],
  ['relative', 0, 20_000],
  ['wall', BEFORE, BEFORE + 20_000],
] as const;

for (const [axis, from, to] of AXES) {
  test(
    `on the ${axis} axis a curve spans its own points, and a log scale says what it leaves out`,
    { skip },
    async () => {
      const ui = await house.open(`/runs/${run}?tab=metrics&x=${axis}`);
      const { page } = ui;
      const plot = page.getByRole('slider', { name: /^loss\./ });
      await plot.waitFor();
      const ends = [await plot.getAttribute('aria-valuemin'), await plot.getAttribute('aria-valuemax')].map(
        Number,
      );
      assert.ok(Math.abs(ends[0]! - from) < 0.01 && Math.abs(ends[1]! - to) < 0.01, ends.join(' … '));
      assert.equal(await page.getByText('log axis leaves out').count(), 0);
      await ui.accessible(`a chart on the ${axis} axis`);
      await page.goto(`${house.url}/runs/${run}?tab=metrics&x=${axis}&log=true`);
      await page.getByText('The log axis leaves out 2 values at or below 0.').waitFor();
      await ui.close();
    },
  );
}
