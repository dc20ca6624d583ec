import { TreadleError } from '../errors/index.ts';
import type { Collected, Collecting } from './blob-store.ts';
import type { CollectParts } from './collect-parts.ts';
import { HEADER } from './piece.ts';
import {
  deleteDoomed,
  insertDoomed,
  moveBlobs,
  noteReach,
  selectPack,
  sumPack,
  type BlobRow,
} from './store.ts';

/** A pack is rewritten when this share of it is needed by nobody: below that, much would be copied for little space. */
const WORTH = 0.2;
/** A new pack takes what is left of old ones up to about this, bytes. */
const PACK_BYTES = 64 * 1024 * 1024;
/** Copied between two turns of everybody else. */
const STEP_BYTES = 2 * 1024 * 1024;
/** Rows of one transaction: every other writer waits for it. */
const STEP_ROWS = 200;

interface Rewriting {
  dryRun: boolean;
  compact: boolean;
  signal: AbortSignal | undefined;
  /** Bytes that a dry run would have taken out of each pack, without their headers, and how many blobs. */
  gone: ReadonlyMap<string, { blobs: number; stored: number }>;
  result: Collected;
}

/**
 * Packs of which much is needed by nobody: what is left of them is copied to a new pack, the rows follow, and the old packs go. Both
 * hold the bytes until all rows have moved, so a kill in between costs space until the next gc, and nothing else.
 */
export async function* rewritePacks(
  parts: CollectParts,
  { dryRun, compact, signal, gone, result }: Rewriting,
): AsyncGenerator<Collecting> {
  const { database, backend } = parts;
  // Listed before the seal: a pack that a put makes from here on is not looked at.
  const packs = await backend.packs();
  // Whoever is putting bytes has no rows yet that say so: such a pack looks emptier than it is.
  const busy = dryRun ? new Set<string>() : await backend.seal();
  // Blobs of a sealed pack may have been marked since the rows were removed.
  if (!dryRun) await backend.resetMark();
  let group: Array<{ name: string; dead: number }> = [];
  let filled = 0;
  const done = { blobs: 0, bytes: 0 };
  const flush = async (): Promise<void> => {
    const moved = await moveRest(
      parts,
      group.map(({ name }) => name),
    );
    done.blobs += moved.blobs;
    done.bytes += moved.bytes;
    for (const { name, dead } of group) {
      if (await removeEmpty(parts, name)) {
        result.packs.rewritten++;
        result.freed += dead;
      } else result.left += dead;
    }
    group = [];
    filled = 0;
  };
  for (const { name, size } of packs) {
    signal?.throwIfAborted();
    if (busy.has(name) || parts.writing(name)) continue;
    const rows = await sumPack(database, name);
    const out = gone.get(name) ?? { blobs: 0, stored: 0 };
    const blobs = rows.blobs - (dryRun ? out.blobs : 0);
    const needed = rows.stored - (dryRun ? out.stored : 0) + blobs * HEADER;
    const dead = size - needed;
    if (dead <= 0) continue;
    if (blobs > 0 && !compact && dead < size * WORTH) {
      result.left += dead;
    } else if (dryRun) {
      result.packs[blobs === 0 ? 'removed' : 'rewritten']++;
      result.freed += dead;
    } else if (blobs === 0) {
      if (!(await removeEmpty(parts, name))) continue;
      result.packs.removed++;
      result.freed += dead;
    } else {
      if (filled + needed > PACK_BYTES) await flush();
      group.push({ name, dead });
      filled += needed;
    }
    yield { stage: 'rewriting', ...done };
  }
  if (group.length > 0) await flush();
  yield { stage: 'rewriting', ...done };
}

/** Removes a pack that no row names. It is doomed first: after a kill the next start ends it. */
async function removeEmpty({ database, backend }: CollectParts, name: string): Promise<boolean> {
  const pack = { kind: 'pack', name } as const;
  const empty = await database.write(async (db) => {
    if ((await selectPack(db, name, -1, 1)).length > 0) return false;
    await insertDoomed(db, [pack]);
    return true;
  });
  if (!empty) return false;
  await backend.remove(pack);
  await database.write((db) => deleteDoomed(db, pack));
  return true;
}

/** Copies what rows name in these packs to one new pack, and has the rows follow. What is damaged stays where it is. */
async function moveRest(
  parts: CollectParts,
  packs: readonly string[],
): Promise<{ blobs: number; bytes: number }> {
  const { database, backend } = parts;
  const target = await backend.startPack();
  const moves: Array<{ row: BlobRow; start: number }> = [];
  try {
    for (const pack of packs) {
      for (let after = -1; ;) {
        const rows = await selectPack(database.db, pack, after, STEP_ROWS);
        if (rows.length === 0) break;
        for (let from = 0; from < rows.length;) {
          let [to, bytes] = [from, 0];
          while (to < rows.length && bytes < STEP_BYTES) bytes += rows[to++]!.stored;
          // Checked while copied: damaged bytes would otherwise be written anew, and look as if they had come so.
          const sound = await readSound(parts, rows.slice(from, to));
          const starts = await target.append(sound.map(({ bytes: piece }) => piece));
          for (const [i, { row }] of sound.entries()) moves.push({ row, start: starts[i]! + HEADER });
          from = to;
          await new Promise<void>((resolve) => void setImmediate(resolve));
        }
        after = rows.at(-1)!.start;
      }
    }
    if (moves.length === 0) {
      await target.abort();
      return { blobs: 0, bytes: 0 };
    }
    // Until a row names it, it is as good as gone.
    await database.write((db) => insertDoomed(db, [{ kind: 'pack', name: target.name }]));
    await target.publish();
  } catch (error) {
    await target.abort();
    throw error;
  }
  for (let from = 0; from < moves.length; from += STEP_ROWS)
    await database.write(async (db) => {
      if (from === 0) {
        await deleteDoomed(db, { kind: 'pack', name: target.name });
        // Its end is known before the last row has moved: a start in between sets nothing aside.
        await noteReach(db, [{ ...moves.at(-1)!.row, pack: target.name, start: moves.at(-1)!.start }]);
      }
      await moveBlobs(db, moves.slice(from, from + STEP_ROWS), target.name);
    });
  return { blobs: moves.length, bytes: target.size };
}

/** Pieces with their headers, those whose bytes are still the blob's. */
async function readSound(
  { backend, reader }: CollectParts,
  rows: readonly BlobRow[],
): Promise<Array<{ row: BlobRow; bytes: Buffer }>> {
  const regions = rows.map(({ pack, start, stored }) => ({
    pack: pack ?? '',
    start: start - HEADER,
    length: stored + HEADER,
  }));
  const read = await backend.readRegions(regions).catch(() => undefined);
  const sound: Array<{ row: BlobRow; bytes: Buffer }> = [];
  for (const [i, row] of rows.entries()) {
    try {
      const bytes = read?.[i] ?? (await backend.readRegions([regions[i]!]))[0]!;
      await reader.unpack(row, bytes.subarray(HEADER));
      sound.push({ row, bytes });
    } catch (error) {
      // Told and logged by the reader, or a file that cannot be read at all.
      if (error instanceof TreadleError && error.code !== 'blob-damaged') throw error;
    }
  }
  return sound;
}
