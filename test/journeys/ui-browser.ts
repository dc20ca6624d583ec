import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, type BrowserContext, type ConsoleMessage, type Page, type Request } from 'playwright-core';
import { openTest, type TestServer } from '../harness.ts';
import { processEnd } from '../process-end.ts';
import { answered, PATIENCE, until } from '../until.ts';

/** A real server and a real Chromium, for journeys through the UI. */
export interface UiHouse {
  server: TestServer;
  url: string;
  open(address: string, options?: PageOptions): Promise<UiPage>;
  [Symbol.asyncDispose](): Promise<void>;
}
export interface PageOptions {
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
  /** Console errors that the journey provokes on purpose. */
  expected?: RegExp;
}
export interface UiPage {
  page: Page;
  /** axe finds nothing, in the state that the page is in now. */
  accessible(what: string): Promise<void>;
  /** Nothing went to the console as an error, and no request to another host was tried. */
  close(): Promise<void>;
}

/** The first is Chromium without its windows: a page in it is open in less than half the time of the processor. */
const CANDIDATES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map(
  (name) => `/usr/bin/${name}`,
);
const chromiumPath = process.env['TREADLE_CHROMIUM'] ?? CANDIDATES.find((file) => existsSync(file));
const built = existsSync(path.join(import.meta.dirname, '..', '..', 'ui', 'dist', 'index.html'));

/** Why a browser journey cannot run here; undefined when it can. */
export const cannotRun: string | undefined =
  chromiumPath === undefined
    ? 'no Chromium here: install it, or set TREADLE_CHROMIUM'
    : built
      ? undefined
      : 'the UI is not built: run npm start once';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // What a page runs lives for a second: compilers that make it fast take longer than they save.
  '--js-flags=--no-opt,--no-maglev',
];

/** A page that is opened is a new person's: it knows nothing of what others chose. Reloaded it is the same person's. */
const FORGET = `if (location.protocol === 'http:' && sessionStorage.getItem('opened') === null) { localStorage.clear(); sessionStorage.setItem('opened', 'yes'); }`;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

interface OpenBrowser {
  context: BrowserContext;
  /** Pages whose journey has ended, for the next one: a new page is a new process, that compiles everything anew. */
  idle: Page[];
  close(): Promise<void>;
}

async function openBrowser(): Promise<OpenBrowser> {
  const browser = await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    headless: true,
    args: FLAGS,
  });
  const close = async (): Promise<void> => {
    try {
      await answered('the browser that is closed', browser.close());
    } catch {
      // It belongs to this process alone, which could not end before it.
      killChildren(/chrom/i);
    }
  };
  try {
    // One for all pages: what was fetched and compiled once is there for the next.
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB' });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(FORGET);
    return { context, idle: [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The browser of a process that several journeys share, from the first of them on. */
let shared: Promise<OpenBrowser> | undefined;

function sharedBrowser(end: NonNullable<typeof processEnd>): Promise<OpenBrowser> {
  if (shared === undefined) {
    const opening = openBrowser();
    shared = opening;
    // One that could not be opened has failed its test already.
    end.push(() =>
      opening.then(
        (browser) => browser.close(),
        () => undefined,
      ),
    );
  }
  return shared;
}

export async function openUi(options: Parameters<typeof openTest>[0] = {}): Promise<UiHouse> {
  const server = await openTest(options);
  try {
    const { context, idle, close } = await (processEnd ? sharedBrowser(processEnd) : openBrowser());
    // The house before had another port, of which a cookie knows nothing.
    await context.clearCookies();
    return {
      server,
      url: server.url,
      open: async (address, pageOptions = {}) =>
        openPage(idle.pop() ?? (await context.newPage()), idle, server.url + address, pageOptions),
      async [Symbol.asyncDispose]() {
        if (!processEnd) await close();
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function openPage(page: Page, idle: Page[], address: string, options: PageOptions): Promise<UiPage> {
  const { origin } = new URL(address);
  await page.setViewportSize({ width: options.width ?? 1440, height: options.height ?? 900 });
  await page.emulateMedia({ colorScheme: options.theme ?? 'light' });
  const complaints: string[] = [];
  const onConsole = (message: ConsoleMessage): void => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = `${message.text()} ${message.location().url}`;
    if (!options.expected?.test(text)) complaints.push(text);
  };
  const onError = (error: Error): void => void complaints.push(error.stack ?? error.message);
  const onRequest = (request: Request): void => {
    if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== origin)
      complaints.push(`asked another host: ${request.url()}`);
  };
  page.on('request', onRequest);
  // What the journey before left running ends here, and may complain of that.
  page.once('framenavigated', () => page.on('console', onConsole).on('pageerror', onError));
  await page.goto(address);
  await page.waitForSelector('h1');
  return {
    page,
    async accessible(what) {
      if (!(await page.evaluate<boolean>('Boolean(window.axe)'))) await page.evaluate(axe);
      await page.evaluate(WATCH_TABLES);
      const busy = page.locator('.table-busy').first();
      let violations: Violation[];
      let turned: boolean;
      do {
        await busy.waitFor({ state: 'detached' }); // rows of before are dimmed meanwhile
        await page.evaluate('tablesTurned = false');
        violations = await answered(
          `axe on ${what}`,
          page.evaluate<Violation[]>(
            "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((found) => found.violations)",
          ),
        );
        turned = await page.evaluate<boolean>('tablesTurned');
      } while (violations.length > 0 && turned);
      const told = violations.map(
        ({ id, help, nodes }) =>
          `${id}: ${help}\n${nodes
            .slice(0, 4)
            .map(({ html, failureSummary }) => `   ${html.slice(0, 200)}\n   ${failureSummary ?? ''}`)
            .join('\n')}`,
      );
      assert.deepEqual(told, [], `axe on ${what}`);
    },
    async close() {
      // A request that is on its way through a handler ends with the page, which is no fault of the journey.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.setExtraHTTPHeaders({});
      // The next to have this page is somebody else (FORGET).
      await answered('the page that is left', page.evaluate('sessionStorage.clear()'));
      page.off('console', onConsole).off('pageerror', onError).off('request', onRequest);
      idle.push(page);
      assert.deepEqual(complaints, []);
    },
  };
}

/** Notes that a table was dimmed, or no longer, since somebody last asked: axe takes its time, and both may fall into it. */
const WATCH_TABLES = `
  if (window.tablesTurned === undefined) {
    window.tablesTurned = false;
    new MutationObserver((records) => {
      window.tablesTurned ||= records.some(({ target }) => target.classList.contains('table-scroll'));
    }).observe(document, { subtree: true, attributeFilter: ['class'] });
  }`;

/**
 * Waits until a condition of the page holds, and says which did not. By asking again and again: Playwright's own way
 * evaluates in the page, which the content security policy rightly forbids.
 */
export async function eventually(page: Page, expression: string, what: string): Promise<void> {
  await until(
    `${what} (${expression}) at ${page.url()}`,
    () => answered(what, page.evaluate<boolean>(`Boolean(${expression})`)),
    60,
  );
}

/** On Linux; elsewhere there are none to be seen. */
function killChildren(name: RegExp): void {
  const file = `/proc/${process.pid}/task/${process.pid}/children`;
  for (const pid of existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : [])
    if (pid > 0 && name.test(readFileSync(`/proc/${pid}/comm`, 'utf8'))) process.kill(pid, 'SIGKILL');
}
