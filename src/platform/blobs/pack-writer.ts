import { mkdir, open, readdir, rename, stat, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../ids/index.ts';
import type { Region } from './backend.ts';
import { copyTail } from './copy-tail.ts';
import { syncDirectory } from './sync-directory.ts';

/**
 * A pack is closed once it is larger than this. Thousands of small blobs are then one file to open, to sync and to copy; gc rewrites a
 * pack as a whole, and a backup looks at it as a whole, so it must not be as large as the store either.
 */
const PACK_BYTES = 64 * 1024 * 1024;

interface OpenPack {
  name: string;
  handle: FileHandle;
  end: number;
  /** Regions at the end that no sync has settled yet, oldest first; freed ones at the tail are cut off. */
  tail: Array<{ region: Region; free: boolean }>;
  /** The sync that covers everything appended until it starts. */
  nextSync: Promise<void> | undefined;
  runningSync: Promise<void> | undefined;
  retired: boolean;
  users: number;
}

/**
 * Appends to one open pack at a time. Appends queue up; syncs that arrive together are one fsync.
 * What a failed append wrote is cut off again, so a full disk keeps nothing.
 */
export class PackWriter {
  readonly #folder: string;
  readonly #lost: string;
  #current: OpenPack | undefined;
  /** Retired packs that some caller must still sync or discard. */
  readonly #packs = new Map<string, OpenPack>();
  #queue: Promise<unknown> = Promise.resolve();

  /** `lost` takes what no row knows. */
  constructor(folder: string, lost: string) {
    this.#folder = folder;
    this.#lost = lost;
  }

  /**
   * Moves away what a killed process appended behind the last known blob, and goes on with that pack. Nothing is removed: if it is
   * the rows that are wrong, the bytes are still there.
   */
  async recover(end: (pack: string) => Promise<number>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // Names sort by time, and one pack is open at a time: only the newest can have a loose end.
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.pack')).toSorted();
    for (const name of names.toReversed()) {
      const file = path.join(this.#folder, name);
      const pack = name.slice(0, -'.pack'.length);
      const known = await end(pack);
      const { size } = await stat(file);
      if (known === 0) {
        await mkdir(this.#lost, { recursive: true, mode: 0o700 });
        await rename(file, path.join(this.#lost, name));
        await syncDirectory(this.#lost);
        continue;
      }
      // A pack shorter than its rows has lost bytes: never write there again, and let reads say so.
      if (size < known) return;
      if (size > known) {
        await mkdir(this.#lost, { recursive: true, mode: 0o700 });
        await copyTail(file, known, path.join(this.#lost, `${pack}-${known}-${size}.tail`));
        await truncate(file, known);
      }
      if (known < PACK_BYTES) this.#adopt(pack, await open(file, 'r+'), known);
      return;
    }
  }

  append(pieces: readonly Uint8Array[]): Promise<Region[]> {
    return this.#serial(async () => {
      const pack = await this.#writable();
      const start = pack.end;
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      try {
        await writeAll(pack.handle, pieces, start, length);
      } catch (error) {
        // What was half written gives its space back, on a full disk above all. Where not even cutting works the pack is left alone.
        await pack.handle.truncate(start).catch(() => this.#retire(pack));
        throw error;
      }
      pack.end = start + length;
      let at = start;
      return pieces.map((piece) => {
        const region = { pack: pack.name, start: at, length: piece.length };
        at += piece.length;
        // Until it is settled the file stays open: another pack may have become the current one meanwhile.
        pack.users++;
        pack.tail.push({ region, free: false });
        return region;
      });
    });
  }

  async sync(regions: readonly Region[]): Promise<void> {
    const packs = new Set(regions.map(({ pack }) => this.#pack(pack)));
    for (const pack of packs) await this.#syncPack(pack);
    await this.#settle(regions, false);
  }

  discard(regions: readonly Region[]): Promise<void> {
    return this.#settle(regions, true);
  }

  /** What comes now goes to a new pack. Returns those whose pieces are not all settled. */
  seal(): Promise<ReadonlySet<string>> {
    return this.#serial(async () => {
      if (this.#current) this.#retire(this.#current);
      return new Set(this.#packs.keys());
    });
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    for (const { handle } of this.#packs.values()) await handle.close();
    this.#packs.clear();
    this.#current = undefined;
  }

  /** Appends and cuts one after the other: both move the end, and two at once would write into one place. Syncs need no turn. */
  #serial<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #pack(name: string): OpenPack {
    const pack = this.#packs.get(name);
    if (!pack) throw new Error(`pack ${name} is not open for writing`);
    return pack;
  }

  #adopt(name: string, handle: FileHandle, end: number): OpenPack {
    const pack: OpenPack = {
      name,
      handle,
      end,
      tail: [],
      nextSync: undefined,
      runningSync: undefined,
      retired: false,
      users: 0,
    };
    this.#packs.set(name, pack);
    this.#current = pack;
    return pack;
  }

  async #writable(): Promise<OpenPack> {
    if (this.#current && this.#current.end < PACK_BYTES) return this.#current;
    if (this.#current) this.#retire(this.#current);
    const name = newId();
    const handle = await open(path.join(this.#folder, `${name}.pack`), 'wx', 0o600);
    // Its name, once: what is synced later are the bytes, and bytes of a file without a name are gone with the power.
    await syncDirectory(this.#folder);
    return this.#adopt(name, handle, 0);
  }

  #retire(pack: OpenPack): void {
    pack.retired = true;
    if (this.#current === pack) this.#current = undefined;
    this.#release(pack);
  }

  #release(pack: OpenPack): void {
    if (!pack.retired || pack.users > 0 || !this.#packs.delete(pack.name)) return;
    void pack.handle.close().catch(() => undefined);
  }

  #syncPack(pack: OpenPack): Promise<void> {
    // A running fsync may have started before our bytes were written; the next one covers them.
    pack.nextSync ??= (async () => {
      await pack.runningSync?.catch(() => undefined);
      pack.runningSync = pack.nextSync;
      pack.nextSync = undefined;
      try {
        // The bytes and their end, without times that nobody reads, which would be one more write.
        await pack.handle.datasync();
      } catch (error) {
        // After a failed fsync nobody knows what is on disk: leave this pack alone from now on.
        this.#retire(pack);
        throw error;
      }
    })();
    return pack.nextSync;
  }

  /** Regions are either durable (kept) or given up (freed, and cut off where they are the end of the pack). */
  async #settle(regions: readonly Region[], free: boolean): Promise<void> {
    const byPack = Map.groupBy(regions, ({ pack }) => pack);
    for (const [name, mine] of byPack) {
      const pack = this.#pack(name);
      const set = new Set(mine);
      pack.users -= mine.length;
      if (free) {
        for (const entry of pack.tail) if (set.has(entry.region)) entry.free = true;
        await this.#serial(() => this.#cut(pack));
      } else {
        const last = pack.tail.findLastIndex(({ region }) => set.has(region));
        // Everything up to a kept region can no longer be the loose end.
        pack.tail.splice(0, last + 1);
      }
      this.#release(pack);
    }
  }

  async #cut(pack: OpenPack): Promise<void> {
    let end = pack.end;
    // From the end only: what others have appended behind a freed region stays, and that region is a gap until gc rewrites the pack.
    while (pack.tail.at(-1)?.free === true) end = pack.tail.pop()!.region.start;
    if (end === pack.end) return;
    await pack.handle.truncate(end);
    pack.end = end;
  }
}

async function writeAll(
  handle: FileHandle,
  pieces: readonly Uint8Array[],
  start: number,
  length: number,
): Promise<void> {
  // writev takes at most 1024 buffers; many small ones are cheaper as one.
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  for (let done = 0; done < length;) {
    const { bytesWritten } = await handle.write(bytes, done, length - done, start + done);
    done += bytesWritten;
  }
}
