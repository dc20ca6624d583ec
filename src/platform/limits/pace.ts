/** Until then nobody asks how fast it goes, ms. */
const GRACE = 20_000;
/** After it, at least so many bytes a second, from the first one on. */
const RATE = 1024;

/**
 * How long something may take to come, by how much of it has come. Who sends a byte a minute holds memory and a connection as
 * long as they like; who sends quickly may send much.
 */
export class Pace {
  private since: number;
  private readonly most: number;

  /** `now` on the clock of `performance.now()`; `most`: how long it may take at any speed, ms. */
  constructor(now: number, most = Infinity) {
    this.since = now;
    this.most = most;
  }

  /** Time in which nobody read: it is not the sender's. */
  excuse(ms: number): void {
    this.since += ms;
  }

  late(now: number, bytes: number): boolean {
    return now - this.since > Math.min(this.most, GRACE + (bytes / RATE) * 1000);
  }
}
