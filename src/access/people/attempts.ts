import { limited } from '../../platform/errors/index.ts';

const MINUTE = 60_000;
/** A flood of names must not grow the memory. */
const MOST = 50_000;

/** Wrong passwords so far. The first `free` cost nothing; then each doubles the pause, up to a quarter of an hour. */
interface Tally {
  wrong: number;
  last: number;
  open: number;
}

/**
 * How often somebody may be wrong: counted for a name at an address, for an address, and for a name wherever it comes from (which
 * may be wrong more often, so that nobody keeps its bearer out easily). Who was right is not counted.
 */
export class Attempts {
  private readonly tallies = new Map<string, Tally>();

  /** Throws `limited` when one of these has to wait. What is let in counts as wrong until it is right: many at once are many. */
  begin(name: string, address: string, now: number): void {
    let until = 0;
    for (const { key } of kinds(name, address)) until = Math.max(until, this.tallies.get(key)?.open ?? 0);
    if (until <= now) return this.count(name, address, now);
    const seconds = Math.ceil((until - now) / 1000);
    throw limited('too many wrong passwords', {
      hint: `try again in ${seconds} s; a new password, which an owner of the server sets, is asked for at once`,
      code: 'sign-in',
      retryAfter: seconds,
    });
  }

  private count(name: string, address: string, now: number): void {
    // A flood of names pushes out what was wrong longest ago, never what is wrong now.
    for (const key of this.tallies.keys()) {
      if (this.tallies.size + 3 <= MOST) break;
      this.tallies.delete(key);
    }
    for (const { key, free } of kinds(name, address)) {
      const tally = this.tallies.get(key) ?? { wrong: 0, last: now, open: 0 };
      // An hour without one forgives.
      const wrong = (now - tally.last > 60 * MINUTE ? 0 : tally.wrong) + 1;
      const over = wrong - free;
      const pause = over < 0 ? 0 : Math.min(15 * MINUTE, 10_000 * 2 ** Math.min(over, 10));
      // Set anew it stands last: the order of the map is that of the newest wrong password.
      this.tallies.delete(key);
      this.tallies.set(key, { wrong, last: now, open: now + pause });
    }
  }

  /** A new password ends the wait of its bearer, from wherever. An address that was wrong with many names still waits. */
  forget(name: string): void {
    for (const key of this.tallies.keys()) if (key.startsWith(`${name}\0`)) this.tallies.delete(key);
  }

  right(name: string, address: string): void {
    const [both, ...others] = kinds(name, address);
    this.tallies.delete(both.key);
    for (const { key } of others) {
      const tally = this.tallies.get(key);
      if (tally) this.tallies.set(key, { ...tally, wrong: Math.max(0, tally.wrong - 1), open: 0 });
    }
  }
}

const kinds = (name: string, address: string) =>
  [
    { key: `${name}\0${address}`, free: 5 },
    { key: `\0${address}`, free: 50 },
    { key: `${name}\0`, free: 100 },
  ] as const;
