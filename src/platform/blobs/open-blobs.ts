import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createTurns, inPortions, type Turns } from '../aside/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Database } from '../db/index.ts';
import { newId } from '../ids/index.ts';
import { invalid, missing } from '../errors/index.ts';
import type { BlobBackend } from './backend.ts';
import type { BlobContent, BlobStore } from './blob-store.ts';
import { checkAll } from './check.ts';
import { collect } from './collect.ts';
import { diskError } from './disk-error.ts';
import { Guard } from './guard.ts';
import { Intake } from './intake.ts';
import { markNewest } from './mark-newest.ts';
import { Reader, type ReaderParts } from './reader.ts';
import {
  clearDoomed,
  insertBlobs,
  selectBlob,
  selectBlobs,
  selectDoomed,
  selectKnown,
  selectPackEnd,
  selectStoreId,
  upsertStoreId,
  type BlobRow,
} from './store.ts';

/** `readMany` looks up this many rows at once, and reads ahead about this many bytes. */
const BATCH = 500;
const STEP = 4 * 1024 * 1024;
interface BlobParts extends ReaderParts {
  clock: Clock;
}

/** The store over one back end and the rows of one database. Sets aside what a killed process left, then opens. */
export async function openBlobs(parts: BlobParts): Promise<BlobStore> {
  const { database, backend, clock } = parts;
  const doomed = await selectDoomed(database.db);
  await backend.recover({ end: (pack) => selectPackEnd(database.db, pack), doomed });
  await clearDoomed(database, doomed);
  await claim(database, backend);
  const reader = new Reader(parts);
  const guard = new Guard(clock);
  const intakes = new Set<Intake>();

  const find = async (hash: string): Promise<BlobRow> => {
    const row = await selectBlob(database, hash);
    if (!row) throw missing(`there is no blob ${hash}`, { field: 'hash' });
    return row;
  };

  const store: BlobStore = {
    async put(source, expected = {}) {
      const [info] = await store.putMany([{ bytes: source, expected }]);
      return info!;
    },
    async putMany(sources) {
      const intake = new Intake(backend, {
        known: (hashes) => selectKnown(database, hashes),
        intact: (hash, known) => reader.isIntact(hash, known),
        guard,
        clock,
      });
      intakes.add(intake);
      try {
        try {
          for await (const input of sources) await intake.take(input);
          await intake.settle();
        } catch (error) {
          await intake.abort();
          throw diskError(error);
        }
        const { rows: fresh, mended, touched } = intake;
        const ours = await insertBlobs(database, { fresh, mended, touched, now: clock.now() });
        // Only what rows say is marked: bytes that somebody else stored first have theirs, and a mark beyond all rows would look, after
        // a crash, as if the database were an older one.
        const turns = createTurns();
        for (const { hash, pack, start, stored } of ours) {
          const due = turns();
          if (due) await due;
          if (pack !== null) {
            backend.mark({ pack: { name: pack, end: start + stored } });
            reader.forget(hash);
          } else {
            backend.mark({ file: hash });
            await reader.trust(hash);
          }
        }
      } finally {
        // Until here gc keeps away from what was stored, and from its packs.
        intakes.delete(intake);
        await intake.release();
      }
      return intake.infos;
    },
    async has(hashes) {
      const sizes = new Map<string, number>();
      for await (const part of inPortions(hashes, BATCH)) {
        await guard.touch(part);
        for (const [hash, { size }] of await selectKnown(database, part))
          if (!reader.isBad(hash)) sizes.set(hash, size);
      }
      return sizes;
    },
    async info(hash) {
      const row = await selectBlob(database, hash);
      return row && { hash, size: row.size };
    },
    async open(hash, range) {
      const row = await find(hash);
      const within = range && clip(range, row.size);
      if (row.pack === null) return reader.openLarge(row, within);
      const bytes = await reader.readSmall(row);
      return Readable.from([within ? bytes.subarray(within.start, within.end + 1) : bytes], {
        objectMode: false,
      });
    },
    async *readMany(hashes) {
      const turns = createTurns();
      let batch: string[] = [];
      for (const hash of hashes) {
        batch.push(hash);
        if (batch.length < BATCH) continue;
        yield* readBatch(database, reader, batch, turns);
        batch = [];
      }
      if (batch.length > 0) yield* readBatch(database, reader, batch, turns);
    },
    read: (hash, limit = 16 * 1024 * 1024) => reader.readNamed(hash, limit),
    async materialise(hash, path, { mode = 0o644, shared = false } = {}) {
      const row = await find(hash);
      if (row.pack === null) {
        await reader.requireSound(row);
        if (shared) await backend.lendFile(hash, path);
        else await backend.copyFile(hash, path, mode);
      } else {
        const bytes = await reader.readSmall(row);
        await writeFile(path, bytes, { flag: 'wx', mode }).catch((error: unknown) => {
          throw diskError(error);
        });
      }
    },
    async matches(hash, path) {
      const row = await selectBlob(database, hash);
      return row !== undefined && reader.matches(row, path);
    },
    scratch: () => backend.scratch(),
    requireWritable: () => backend.requireWritable(),
    check: (signal) => checkAll(database, reader, signal),
    collect: (options) =>
      collect(
        {
          database,
          backend,
          clock,
          reader,
          guard,
          writing: (pack) => [...intakes].some((one) => one.writes(pack)),
        },
        options,
      ),
    close: () => backend.close(),
  };
  return store;
}

/**
 * Database and folder say the same of themselves: the store that they are, and how often it was opened. The row comes first, so that
 * the folder is at most one behind.
 */
async function claim(database: Database, backend: BlobBackend): Promise<void> {
  const [own, there] = [await selectStoreId(database.db), await backend.readId()];
  const id = { store: own?.store ?? there?.store ?? newId(), starts: (there?.starts ?? 0) + 1 };
  await upsertStoreId(database, id);
  await backend.writeId(id);
  await markNewest(database, backend);
}

function clip({ start, end }: { start: number; end: number }, size: number): { start: number; end: number } {
  if (start < 0 || start >= size || end < start) {
    throw invalid(`bytes ${start}-${end} lie outside the ${size} bytes there are`, {
      field: 'range',
      hint: 'ask for a range inside the file',
    });
  }
  return { start, end: Math.min(end, size - 1) };
}

/** One batch of `readMany`. */
async function* readBatch(
  database: Database,
  reader: Reader,
  hashes: readonly string[],
  turns: Turns,
): AsyncGenerator<BlobContent> {
  const found = await selectBlobs(database, hashes);
  const rows = hashes.map((hash) => {
    const row = found.get(hash);
    if (!row) throw missing(`there is no blob ${hash}`, { field: 'hash' });
    return row;
  });
  const packed = rows.filter(({ pack }) => pack !== null);
  // Large batches of middling blobs are read in steps, so that memory stays within a few MiB.
  const ready = new Map<BlobRow, Buffer>();
  for (const row of rows) {
    if (row.pack === null) {
      yield { hash: row.hash, size: row.size, content: await reader.openLarge(row) };
      continue;
    }
    if (!ready.has(row)) {
      const from = packed.indexOf(row);
      let to = from;
      for (let bytes = 0; to < packed.length && bytes < STEP; to++) bytes += packed[to]!.stored;
      const step = packed.slice(from, to);
      const stored = await reader.readPacked(step);
      step.forEach((one, i) => ready.set(one, stored[i]!));
    }
    const due = turns();
    if (due) await due;
    const content = await reader.unpack(row, ready.get(row)!);
    ready.delete(row);
    yield { hash: row.hash, size: row.size, content };
  }
}
