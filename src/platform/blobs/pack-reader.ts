import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Region } from './backend.ts';

interface Reading {
  handle: Promise<FileHandle>;
  users: number;
  dropped: boolean;
}

/** Keeps the packs read last open, so that a checkout of thousands of small blobs opens each pack once. */
export class PackReader {
  readonly #folder: string;
  readonly #most: number;
  readonly #open = new Map<string, Reading>();

  constructor(folder: string, most = 32) {
    this.#folder = folder;
    this.#most = most;
  }

  async read({ pack, start, length }: Region): Promise<Buffer> {
    const reading = this.#take(pack);
    try {
      const handle = await reading.handle;
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
        if (bytesRead === 0) throw new Error(`pack ${pack} ends at ${start + done}, before byte ${start + length}`);
        done += bytesRead;
      }
      return bytes;
    } finally {
      reading.users--;
      this.#closeIfDone(reading);
    }
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(all.map(async ({ handle }) => (await handle).close()));
  }

  #take(pack: string): Reading {
    let reading = this.#open.get(pack);
    if (reading) {
      this.#open.delete(pack); // to the end: the map is the LRU list
    } else {
      reading = { handle: open(path.join(this.#folder, `${pack}.pack`), 'r'), users: 0, dropped: false };
      reading.handle.catch(() => this.#open.delete(pack));
    }
    this.#open.set(pack, reading);
    reading.users++;
    for (const [oldest, entry] of this.#open) {
      if (this.#open.size <= this.#most) break;
      this.#open.delete(oldest);
      entry.dropped = true;
      this.#closeIfDone(entry);
    }
    return reading;
  }

  #closeIfDone(reading: Reading): void {
    if (!reading.dropped || reading.users > 0) return;
    reading.handle.then((handle) => handle.close()).catch(() => undefined);
  }
}
