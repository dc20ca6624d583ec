import type { CallerVerdict, Credentials, Report } from './protocol.ts';

/** Credentials that are remembered; a flood of wrong ones must not grow the memory. */
const MOST = 10_000;
/** How long a refusal is remembered: a token made this second works the next. */
const REFUSED_FOR = 2_000;
/** How long the server may take to say who somebody is. */
const PATIENCE = 10_000;
const LONGEST_TIMER = 2 ** 31 - 1;

type Done = (verdict: CallerVerdict) => void;

/** Who asks. The server knows; what it said is remembered until it says that tokens or roles changed. */
export class Callers {
  /** Changes whenever what was said before no longer holds. */
  epoch = 0;
  private readonly known = new Map<string, { verdict: CallerVerdict; until: number }>();
  private readonly asked = new Map<string, { id: number; done: Done[] }>();
  private readonly byId = new Map<number, string>();
  private expiry: { time: number; timer: NodeJS.Timeout } | undefined;
  private next = 1;
  private readonly report: (report: Report) => void;

  constructor(report: (report: Report) => void) {
    this.report = report;
  }

  ask(credentials: Credentials, done: Done): void {
    const { authorization, workspace, proxied } = credentials;
    // A length before each part: no two callers share a key.
    const key = `${proxied ? 'p' : ''}${authorization?.length ?? -1}:${authorization ?? ''}${workspace?.length ?? -1}:${workspace ?? ''}`;
    const found = this.known.get(key);
    if (found && (found.verdict.ok || found.until > performance.now())) return done(found.verdict);
    const open = this.asked.get(key);
    if (open) {
      open.done.push(done);
      return;
    }
    if (this.asked.size >= MOST)
      return done({ ok: false, status: 403, message: 'too many callers are being looked up; ask again' });
    const id = this.next++;
    this.asked.set(key, { id, done: [done] });
    this.byId.set(id, key);
    this.report({ type: 'authenticate', id, credentials });
    setTimeout(() => {
      if (this.byId.has(id))
        this.told(id, { ok: false, status: 403, message: 'the server did not say who this caller is' });
    }, PATIENCE).unref();
  }

  told(id: number, verdict: CallerVerdict): void {
    const key = this.byId.get(id);
    if (key === undefined) return;
    this.byId.delete(id);
    const open = this.asked.get(key);
    this.asked.delete(key);
    if (this.known.size >= MOST) this.known.clear();
    this.known.set(key, { verdict, until: performance.now() + REFUSED_FOR });
    if (verdict.ok && verdict.until !== undefined) this.forgetAt(verdict.until);
    for (const done of open?.done ?? []) done(verdict);
  }

  /** When the first token expires, everybody is asked for again: connections that carry it are met, too. */
  private forgetAt(time: number): void {
    if (this.expiry && this.expiry.time <= time) return;
    clearTimeout(this.expiry?.timer);
    const timer = setTimeout(
      () => this.forget(),
      Math.min(LONGEST_TIMER, Math.max(0, time - Date.now()) + 1),
    );
    this.expiry = { time, timer: timer.unref() };
  }

  forget(): void {
    this.epoch++;
    clearTimeout(this.expiry?.timer);
    this.expiry = undefined;
    this.known.clear();
    // Answers under way may tell of before: those who wait get them, but they are asked again next time.
    for (const [id, key] of this.byId) {
      const open = this.asked.get(key);
      if (!open) continue;
      this.asked.delete(key);
      this.asked.set(`${id}!${key}`, open);
      this.byId.set(id, `${id}!${key}`);
    }
  }
}
