import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Region } from './backend.ts';

/** Neighbours in a pack are read together up to this many bytes, over gaps as wide as the header between them. */
const TOGETHER = 1024 * 1024;
const GAP = 4096;

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
        if (bytesRead === 0)
          throw new Error(`pack ${pack} ends at ${start + done}, before byte ${start + length}`);
        done += bytesRead;
      }
      return bytes;
    } finally {
      reading.users--;
      this.#closeIfDone(reading);
    }
  }

  /** In the order of the regions; neighbours cost one read. Blobs that were committed together lie together, so most reads have some. */
  async readAll(regions: readonly Region[]): Promise<Buffer[]> {
    const found = new Map<Region, Buffer>();
    const sorted = regions.toSorted((a, b) =>
      a.pack < b.pack ? -1 : a.pack > b.pack ? 1 : a.start - b.start,
    );
    let run: Region[] = [];
    let end = 0;
    const flush = async (): Promise<void> => {
      const first = run[0];
      if (!first) return;
      const bytes = await this.read({ ...first, length: end - first.start });
      for (const region of run)
        found.set(
          region,
          bytes.subarray(region.start - first.start, region.start - first.start + region.length),
        );
      run = [];
    };
    for (const region of sorted) {
      const first = run[0];
      const reach = region.start + region.length;
      if (first && (first.pack !== region.pack || region.start > end + GAP || reach - first.start > TOGETHER))
        await flush();
      end = run.length === 0 ? reach : Math.max(end, reach);
      run.push(region);
    }
    await flush();
    return regions.map((region) => found.get(region)!);
  }

  /** Its file is gone: who reads it reads on, and nobody else gets it. */
  drop(pack: string): void {
    const reading = this.#open.get(pack);
    if (!reading) return;
    this.#open.delete(pack);
    reading.dropped = true;
    this.#closeIfDone(reading);
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

  /** Off the list, a pack is closed by its last reader: whoever is in the middle of it must not lose the file. */
  #closeIfDone(reading: Reading): void {
    if (!reading.dropped || reading.users > 0) return;
    reading.handle.then((handle) => handle.close()).catch(() => undefined);
  }
}
