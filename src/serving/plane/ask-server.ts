import { unavailable } from '../../platform/errors/index.ts';
import type { About, AboutAnswer, Report } from './protocol.ts';

/** How long the server may take to ask all planes, ms. */
const PATIENCE = 5_000;
/** Questions that may wait for it. */
const MOST = 1_000;

/** Asks the server for what one plane alone does not know: the sum over all. */
export class ServerAsker {
  private readonly waiting = new Map<number, (error: Error | undefined, answer?: AboutAnswer) => void>();
  private readonly report: (report: Report) => void;
  private next = 1;

  constructor(report: (report: Report) => void) {
    this.report = report;
  }

  ask(about: About, done: (error: Error | undefined, answer?: AboutAnswer) => void): void {
    if (this.waiting.size >= MOST) return done(unavailable('too much is being asked of the server'));
    const id = this.next++;
    const timer = setTimeout(() => {
      this.waiting.delete(id);
      done(
        unavailable('the server did not add up what its processes did', { hint: 'ask again in a moment' }),
      );
    }, PATIENCE).unref();
    this.waiting.set(id, (error, answer) => {
      clearTimeout(timer);
      done(error, answer);
    });
    this.report({ type: 'ask', id, about });
  }

  told(id: number, answer: AboutAnswer): void {
    const done = this.waiting.get(id);
    this.waiting.delete(id);
    done?.(undefined, answer);
  }
}
