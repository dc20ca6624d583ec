import { open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { newId } from '../ids/index.ts';
import type { NewPack } from './backend.ts';
import { diskError } from './disk-error.ts';
import { syncDirectory } from './sync-directory.ts';

/** Written beside the packs, where the next start drops it, and moved there whole. */
export async function startPack(file: string, packs: string): Promise<NewPack> {
  const handle = await open(file, 'wx', 0o600);
  const name = newId();
  let size = 0;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    name,
    get size() {
      return size;
    },
    async append(pieces) {
      const starts = pieces.map((piece) => (size += piece.length) - piece.length);
      const bytes = Buffer.concat(pieces);
      try {
        for (let done = 0; done < bytes.length;)
          done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
      } catch (error) {
        throw diskError(error);
      }
      return starts;
    },
    async publish() {
      // Bytes, then name, then the folder with the name: rows point here next, and the old packs go after that.
      await handle.sync();
      await close();
      await rename(file, path.join(packs, `${name}.pack`));
      await syncDirectory(packs);
    },
    async abort() {
      await close();
      await unlink(file).catch(() => undefined);
    },
  };
}
