import type { Database } from '../db/index.ts';
import type { Checked } from './blob-store.ts';
import type { Reader } from './reader.ts';
import { scanFiles, scanPacked, type BlobRow } from './store.ts';

/** Read before the next turn of everybody else, bytes. */
const STEP = 4 * 1024 * 1024;

/** All blobs in the order in which they lie on disk; between two parts everybody else has a turn. */
export async function* checkAll(
  database: Database,
  reader: Reader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Checked> {
  for (const select of [scanPacked, scanFiles]) {
    for (let after: BlobRow | undefined; ;) {
      const rows = await select(database, after);
      if (rows.length === 0) break;
      after = rows.at(-1);
      for (let from = 0; from < rows.length;) {
        let [to, bytes] = [from, 0];
        while (to < rows.length && to - from < 64 && bytes < STEP) bytes += rows[to++]!.stored;
        signal?.throwIfAborted();
        const damaged = await reader.check(rows.slice(from, to));
        yield { blobs: to - from, bytes, damaged };
        from = to;
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    }
  }
}
