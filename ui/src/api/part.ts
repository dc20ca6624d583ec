/** Code that is fetched when it is first needed. A server that is away is waited for; only another build is "a newer version". */

/** The server has another build of the UI than the one that runs here. */
export class Outdated extends Error {
  constructor() {
    super('this page was updated on the server since you opened it');
  }
}

const UNFETCHED = /dynamically imported module|module script|preload/i;
const TRIES = 3;
const PAUSE_MS = 2000;

/** Wraps a dynamic import: `lazyRouteComponent(part(() => import('./page.tsx')))`. */
export const part =
  <T>(load: () => Promise<T>): (() => Promise<T>) =>
  async () => {
    for (let tries = 1; ;) {
      try {
        return await load();
      } catch (error) {
        if (!(error instanceof Error) || !UNFETCHED.test(error.message)) throw error;
        const server = await lookAtServer();
        if (server === 'newer') throw new Outdated();
        if (server === 'same' && tries++ >= TRIES)
          throw new Error('a part of this page could not be fetched', { cause: error });
        await new Promise((resolve) => setTimeout(resolve, server === 'away' ? PAUSE_MS : 200));
      }
    }
  };

async function lookAtServer(): Promise<'away' | 'same' | 'newer'> {
  try {
    const page = await fetch('/', { cache: 'no-store', headers: { accept: 'text/html' } });
    if (!page.ok) return 'away';
    const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.src;
    return script === undefined || (await page.text()).includes(new URL(script).pathname) ? 'same' : 'newer';
  } catch {
    return 'away';
  }
}
