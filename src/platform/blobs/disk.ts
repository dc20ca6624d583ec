import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, rename, rm, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lockCollecting, lockDataFolder } from '../db/index.ts';
import { newId } from '../ids/index.ts';
import type { BlobBackend, Staged } from './backend.ts';
import { diskError } from './disk-error.ts';
import { fingerprint } from './fingerprint.ts';
import { listFiles, listPacks } from './list-stored.ts';
import { startPack } from './new-pack.ts';
import { PackReader } from './pack-reader.ts';
import { PackWriter } from './pack-writer.ts';
import { SharedCopies } from './shared-copies.ts';
import type { Doomed } from './store.ts';
import { inspectFolder, MarkFile, writeStoreId } from './store-file.ts';
import { syncDirectory } from './sync-directory.ts';

/** While a large blob streams in, its bytes are handed to the disk every so often, so that the last fsync is short. */
const FLUSH_EVERY = 64 * 1024 * 1024;

/**
 * Blobs in a folder: `packs/` for small ones, `files/` for large ones, `temp/` for what is under way, `copies/` for what is lent, `lost/` for bytes that a start
 * found and no row knows.
 */
export function openDisk(folder: string): BlobBackend {
  const packs = path.join(folder, 'packs');
  const files = path.join(folder, 'files');
  const temp = path.join(folder, 'temp');
  const writer = new PackWriter(packs, path.join(folder, 'lost'));
  const reader = new PackReader(packs);
  const copies = path.join(folder, 'copies');
  const shared = new SharedCopies(copies);
  let unlock = (): void => undefined;
  let marks: MarkFile | undefined;
  // Only hashes and ids of our own are ever joined to a folder.
  const place = (hash: string): string => {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`'${hash}' is not a BLAKE3 hash`);
    return path.join(files, hash.slice(0, 2), hash);
  };
  const remove = async ({ kind, name }: Doomed): Promise<void> => {
    if (kind === 'pack') {
      await rm(path.join(packs, `${name}.pack`), { force: true });
      reader.drop(name);
    } else {
      await rm(place(name), { force: true });
      await shared.drop(name);
    }
  };
  return {
    async recover({ end, doomed }) {
      // Also where the database is elsewhere: two writers would cut off each other's packs.
      unlock = lockDataFolder(folder);
      for (const one of [temp, copies]) await rm(one, { recursive: true, force: true });
      for (const one of [folder, temp, copies, files]) await mkdir(one, { recursive: true, mode: 0o700 });
      for (const one of doomed) await remove(one);
      await writer.recover(end);
      marks = await MarkFile.open(folder);
    },
    async readId() {
      const { id } = await inspectFolder(folder);
      return id === 'broken' ? undefined : id;
    },
    writeId: (id) => writeStoreId(folder, id),
    mark: (mark) => marks?.set(mark),
    async resetMark() {
      await marks?.reset();
    },
    append: (pieces) => guarded(() => writer.append(pieces)),
    sync: (regions) => guarded(() => writer.sync(regions)),
    discard: (regions) => writer.discard(regions),
    readRegions: (regions) => reader.readAll(regions),
    stage: () => guarded(() => stage(path.join(temp, newId()), place)),
    statFile: (hash) => fingerprint(place(hash)),
    openFile: (hash, range) => createReadStream(place(hash), { ...range, highWaterMark: 1024 * 1024 }),
    copyFile: (hash, to, mode) => guarded(() => copy(place(hash), to, mode)),
    lendFile: (hash, to) =>
      guarded(() => shared.lend(hash, to, (copied) => copy(place(hash), copied, 0o444))),
    exclusive: () => lockCollecting(folder),
    seal: () => writer.seal(),
    packs: () => listPacks(packs),
    files: () => listFiles(files),
    startPack: () => guarded(() => startPack(path.join(temp, newId()), packs)),
    remove,
    scratch: () =>
      guarded(async () => {
        const fresh = path.join(temp, newId());
        await mkdir(fresh, { mode: 0o700 });
        return fresh;
      }),
    requireWritable: () => guarded(() => tryWrite(temp, [files, packs])),
    async close() {
      await writer.close();
      await reader.close();
      await marks?.close();
      unlock();
    },
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error);
  }
}

/**
 * Goes the way of a write: a file is born in one folder, and ends in others. Where only one of them takes none, large blobs are still
 * refused, or small ones as soon as their pack is full.
 */
async function tryWrite(birthplace: string, places: readonly string[]): Promise<void> {
  const name = `${newId()}.probe`;
  const file = path.join(birthplace, name);
  const moved = places.map((folder) => path.join(folder, name));
  try {
    await writeFile(file, Buffer.alloc(4096, 1), { flag: 'wx', mode: 0o600, flush: true });
    for (const there of moved) {
      await mkdir(path.dirname(there), { recursive: true, mode: 0o700 });
      await rename(file, there);
      await rename(there, file);
    }
  } finally {
    for (const one of [file, ...moved]) await rm(one, { force: true }).catch(() => undefined);
  }
}

async function stage(file: string, place: (hash: string) => string): Promise<Staged> {
  const handle = await open(file, 'wx', 0o600);
  let closed = false;
  let written = 0;
  let flushed = 0;
  let flushing = Promise.resolve();
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await handle.close();
  };
  return {
    async abort() {
      await flushing.catch(() => undefined);
      await close();
      await unlink(file).catch(() => undefined);
    },
    write: (chunks) =>
      guarded(async () => {
        const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        const { bytesWritten } = await handle.writev([...chunks], written);
        written += bytesWritten;
        // A short write says that the disk is about to be full; the rest then says it is.
        if (bytesWritten < length) {
          const rest = Buffer.concat(chunks).subarray(bytesWritten);
          for (let done = 0; done < rest.length;) {
            const more = await handle.write(rest, done, rest.length - done, written);
            done += more.bytesWritten;
            written += more.bytesWritten;
          }
        }
        if (written - flushed < FLUSH_EVERY) return;
        flushed = written;
        await flushing; // at most one behind, and its error ends the upload
        flushing = handle.datasync();
        flushing.catch(() => undefined);
      }),
    finish: (hash) =>
      guarded(async () => {
        await flushing;
        await handle.chmod(0o444); // nobody writes to it any more, not even by mistake
        await handle.sync();
        await close();
        const to = place(hash);
        const folder = path.dirname(to);
        const made = await mkdir(folder, { recursive: true, mode: 0o700 });
        if (made !== undefined) await syncDirectory(path.dirname(folder));
        await rename(file, to);
        await syncDirectory(folder);
      }),
  };
}

async function copy(from: string, to: string, mode: number): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await chmod(to, mode);
}
