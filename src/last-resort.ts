import type { Log } from './platform/log/index.ts';

/** How long a tidy end may take after something that nobody caught, ms. */
const TIDY = 5_000;

/**
 * What nobody caught says one line in the log and ends the process with 1 after a tidy attempt: its state is no longer known, and
 * whoever watches over it starts it anew. Everything that was acknowledged is on disk.
 */
export function endOnUncaught(log: Log, close: () => Promise<void>): void {
  let ending = false;
  const end = (what: string, error: unknown): void => {
    if (ending) return;
    ending = true;
    log.error(`the server ends: ${what}`, { error: error instanceof Error ? error : String(error) });
    setTimeout(() => process.exit(1), TIDY).unref();
    close().then(
      () => process.exit(1),
      () => process.exit(1),
    );
  };
  process.on('uncaughtException', (error) => end('an error that nobody caught', error));
  process.on('unhandledRejection', (reason) => end('a promise that nobody waited for failed', reason));
}
