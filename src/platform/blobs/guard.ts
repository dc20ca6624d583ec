import type { Clock } from '../clock/index.ts';
import { HashSet } from './hash-set.ts';

/** Who asked whether a blob is there has this long, ms, until the row that names it must be written: the least grace period of a server. */
const UNDER_WAY = 60 * 60 * 1000;

/**
 * Keeps those who store and ask from being passed by gc. Whoever learns that a blob is there may write a row that names it: so it
 * is not removed for a while after it was asked for, and who asks while it is being removed hears the answer of afterwards.
 * All of it is this process's memory: one process opens a blobs folder, and what is under way ends with it.
 */
export class Guard {
  readonly #clock: Clock;
  readonly #held = new Map<string, number>();
  readonly #dying = new Map<string, Promise<void>>();
  /** Asked for in this period, and in the one before. */
  #now = new HashSet();
  #before = new HashSet();
  #since: number;
  #frozen = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** These are being asked for; returns once none of them is just being removed. */
  async touch(hashes: readonly string[]): Promise<void> {
    this.note(hashes);
    await this.#settled(hashes);
  }

  /** These were found to be there, by somebody who holds them. */
  note(hashes: readonly string[]): void {
    if (this.#frozen === 0 && this.#clock.now() - this.#since > UNDER_WAY) {
      this.#before = this.#now;
      this.#now = new HashSet();
      this.#since = this.#clock.now();
    }
    for (const hash of hashes) this.#now.add(hash);
  }

  /** These are being stored: none of them is removed until the returned function is called. */
  async hold(hashes: readonly string[]): Promise<() => void> {
    for (const hash of hashes) this.#held.set(hash, (this.#held.get(hash) ?? 0) + 1);
    await this.#settled(hashes);
    return () => {
      for (const hash of hashes) {
        const left = this.#held.get(hash)! - 1;
        if (left === 0) this.#held.delete(hash);
        else this.#held.set(hash, left);
      }
    };
  }

  /** What is asked for from now on is remembered until the returned function is called. */
  freeze(): () => void {
    this.#frozen++;
    return () => void this.#frozen--;
  }

  /** Those that nobody holds or has asked for lately; `done` when they are gone. */
  condemn(hashes: readonly string[]): { hashes: string[]; done(): void } {
    const free = hashes.filter(
      (hash) =>
        !this.#held.has(hash) && !this.#dying.has(hash) && !this.#now.has(hash) && !this.#before.has(hash),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const hash of free) this.#dying.set(hash, promise);
    return {
      hashes: free,
      done: () => {
        for (const hash of free) this.#dying.delete(hash);
        resolve();
      },
    };
  }

  async #settled(hashes: readonly string[]): Promise<void> {
    if (this.#dying.size === 0) return;
    await Promise.all(new Set(hashes.flatMap((hash) => this.#dying.get(hash) ?? [])));
  }
}
