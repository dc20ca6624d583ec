import { unavailable } from '../errors/index.ts';
import type { Collected, Collecting, CollectOptions } from './blob-store.ts';
import type { CollectParts } from './collect-parts.ts';
import { HashSet } from './hash-set.ts';
import { markNewest } from './mark-newest.ts';
import { removeBlobs, removeLooseFiles } from './remove-blobs.ts';
import { rewritePacks } from './rewrite-packs.ts';
import { scanFiles, scanPacked, selectPinned, type BlobRow } from './store.ts';
import { walkUses, type Broken } from './walk-uses.ts';

/**
 * Gives back the space of blobs that nobody names. Two looks over everything that names blobs, so that a row which moved between
 * the pages of one is seen by the other; then rows go before bytes. Killed anywhere it leaves rows without bytes never, and bytes
 * without rows only where they are known as doomed or are found by the next one. See docs/decisions/gc.md.
 */
export async function* collect(
  parts: CollectParts,
  options: CollectOptions,
): AsyncGenerator<Collecting, Collected> {
  const release = parts.backend.exclusive();
  // From before the first look: who finds a blob from here on may name it where the look has been already.
  const thaw = parts.guard.freeze();
  try {
    return yield* collectAlone(parts, options);
  } finally {
    thaw();
    release();
  }
}

async function* collectAlone(
  parts: CollectParts,
  options: CollectOptions,
): AsyncGenerator<Collecting, Collected> {
  const { database, backend, clock } = parts;
  const { dryRun = false, compact = false, signal } = options;
  const before = clock.now() - options.grace;
  const used = new HashSet();
  for (const hash of await selectPinned(database.db)) used.add(hash);
  yield* look(parts, options, used);
  const result: Collected = {
    used: 0,
    removed: { blobs: 0, bytes: 0 },
    kept: { blobs: 0, bytes: 0 },
    freed: 0,
    left: 0,
    packs: { removed: 0, rewritten: 0 },
  };
  if (!dryRun) {
    yield* look(parts, options, used);
    // The mark may name what is about to go: after a crash the next start would take the rows for those of an older database.
    await backend.resetMark();
  }
  /** Bytes that a dry run would take out of each pack. */
  const gone = new Map<string, { blobs: number; stored: number }>();
  for (const scan of [scanPacked, scanFiles]) {
    for (let after: BlobRow | undefined; ;) {
      const rows = await scan(database, after);
      if (rows.length === 0) break;
      after = rows.at(-1);
      signal?.throwIfAborted();
      const free: BlobRow[] = [];
      for (const row of rows) {
        if (used.has(row.hash)) result.used++;
        else if (row.created_at > before) count(result.kept, [row]);
        else free.push(row);
      }
      const removed = dryRun ? free : await removeBlobs(parts, free, before, options.users);
      count(result.removed, removed);
      const there = new Set(removed.map(({ hash }) => hash));
      count(
        result.kept,
        free.filter(({ hash }) => !there.has(hash)),
      );
      for (const { pack, stored } of removed) {
        if (pack === null) result.freed += stored;
        else {
          const so = gone.get(pack) ?? { blobs: 0, stored: 0 };
          gone.set(pack, { blobs: so.blobs + 1, stored: so.stored + stored });
        }
      }
      yield { stage: 'removing', ...result.removed };
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }
  result.freed += await removeLooseFiles(parts, before, dryRun);
  yield* rewritePacks(parts, { dryRun, compact, signal, gone, result });
  if (!dryRun) await markNewest(database, backend);
  return result;
}

/** Adds everything that is needed. Where that cannot be told, nothing may go. */
async function* look(
  { database, reader }: CollectParts,
  { users, signal }: CollectOptions,
  used: HashSet,
): AsyncGenerator<Collecting> {
  const faults: Broken[] = [];
  const walking = { database, read: (hash: string, limit: number) => reader.readNamed(hash, limit) };
  for (const user of users) {
    signal?.throwIfAborted();
    await walkUses(
      walking,
      user,
      (hash) => used.add(hash),
      (fault) => faults.push(fault),
    );
    yield { stage: 'looking', blobs: used.size, bytes: 0 };
  }
  const [first] = faults;
  if (!first) return;
  throw unavailable(
    `nothing was removed: the list ${first.hash} of ${first.by} cannot be read, so nobody knows what it names (${first.reason})${faults.length > 1 ? `, and ${faults.length - 1} more` : ''}`,
    {
      code: 'blob-damaged',
      hint: 'treadle verify names everything that is damaged; put it back from a backup, or delete what uses it, then try again',
    },
  );
}

function count(sum: { blobs: number; bytes: number }, rows: readonly BlobRow[]): void {
  sum.blobs += rows.length;
  for (const { stored } of rows) sum.bytes += stored;
}
