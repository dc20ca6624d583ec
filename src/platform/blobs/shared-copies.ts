import { link, rm } from 'node:fs/promises';
import path from 'node:path';
import { fingerprint, type Fingerprint } from './fingerprint.ts';

/** Bytes of all copies together; the one that was used longest ago goes first. */
const MOST = 8 * 1024 ** 3;

/**
 * Copies of large blobs that are made once and lent to many readers, each as a hard link of the copy: a look into a table of a
 * gigabyte must not copy a gigabyte each time. Who writes to one changes the copy alone, and that is noticed before it is lent again.
 */
export class SharedCopies {
  readonly #folder: string;
  readonly #made = new Map<string, { print: string; size: number }>();
  readonly #making = new Map<string, Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `make` writes the blob to a new file. */
  async lend(hash: string, to: string, make: (place: string) => Promise<void>): Promise<void> {
    const place = path.join(this.#folder, hash);
    let making = this.#making.get(hash);
    if (!making) {
      making = this.#ensure(hash, place, make).finally(() => this.#making.delete(hash));
      this.#making.set(hash, making);
    }
    await making;
    await link(place, to);
  }

  async drop(hash: string): Promise<void> {
    await this.#making.get(hash)?.catch(() => undefined);
    if (this.#made.delete(hash)) await rm(path.join(this.#folder, hash), { force: true });
  }

  async #ensure(hash: string, place: string, make: (place: string) => Promise<void>): Promise<void> {
    const made = this.#made.get(hash);
    this.#made.delete(hash);
    if (made !== undefined && printOf(await fingerprint(place)) === made.print) {
      this.#made.set(hash, made); // to the end: the map is the LRU list
      return;
    }
    await rm(place, { force: true });
    await make(place);
    const now = await fingerprint(place);
    if (now) this.#made.set(hash, { print: printOf(now)!, size: now.size });
    let bytes = 0;
    for (const { size } of this.#made.values()) bytes += size;
    for (const [oldest, { size }] of this.#made) {
      if (bytes <= MOST || oldest === hash) break;
      bytes -= size;
      this.#made.delete(oldest);
      await rm(path.join(this.#folder, oldest), { force: true });
    }
  }
}

/** Each new link changes the file's ctime, so only what writing changes counts. */
const printOf = (found: Fingerprint | undefined): string | undefined =>
  found && found.print.slice(0, found.print.lastIndexOf(':'));
