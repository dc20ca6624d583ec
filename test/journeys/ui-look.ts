import type { UiPage } from './ui-browser.ts';

/** Pictures for whoever looks at a page: wide and as on a phone, light and dark. None unless TREADLE_SHOTS names a folder. */
export async function look({ page }: Pick<UiPage, 'page'>, what: string): Promise<void> {
  const folder = process.env['TREADLE_SHOTS'];
  if (folder === undefined) return;
  const was = page.viewportSize();
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const)
    for (const theme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      await page.screenshot({ path: `${folder}/${what}-${theme}-${width}.png`, fullPage: true });
    }
  if (was) await page.setViewportSize(was);
  await page.emulateMedia({ colorScheme: 'light' });
}
