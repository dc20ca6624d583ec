import path from 'node:path';
import { systemClock } from '../clock/index.ts';
import { migrate, openSqlite, type Database } from '../db/index.ts';
import { migrations, openBlobs, openDisk, type BlobBackend } from './index.ts';
import { needs } from './needs.suite.ts';

/** Counts what gc does to disk and rows, and dies at a given moment: before or after a step, or inside a transaction. */
function counting(at: number): { step: () => void; seen: () => number } {
  let seen = 0;
  return {
    step() {
      if (++seen === at) process.kill(process.pid, 'SIGKILL');
    },
    seen: () => seen,
  };
}

/** This file, to be run. */
export const CHILD = import.meta.filename;

const WATCHED = ['resetMark', 'seal', 'startPack', 'remove', 'writeId'] as const;

/** Run as a program: collects the store in the folder given first, and dies at the step given second (0: never). */
if (import.meta.main) {
  const [home, at] = process.argv.slice(2);
  const { step, seen } = counting(Number(at));
  const database = openSqlite(path.join(home!, 'test.db'));
  const watched: Database = {
    ...database,
    write: async (change) => {
      step();
      const value = await database.write(async (db, afterCommit) => {
        const made = await change(db, afterCommit);
        step();
        return made;
      });
      step();
      return value;
    },
  };
  const disk = openDisk(path.join(home!, 'blobs'));
  const backend: BlobBackend = { ...disk };
  for (const name of WATCHED) {
    const work = disk[name].bind(disk) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(backend, {
      [name]: async (...args: unknown[]) => {
        step();
        const value = await work(...args);
        step();
        if (name !== 'startPack') return value;
        const pack = value as Awaited<ReturnType<BlobBackend['startPack']>>;
        const publish = pack.publish.bind(pack);
        const append = pack.append.bind(pack);
        return Object.assign(pack, {
          append: async (pieces: readonly Uint8Array[]) => {
            const starts = await append(pieces);
            step();
            return starts;
          },
          publish: async () => {
            step();
            await publish();
            step();
          },
        });
      },
    });
  }
  await migrate(database, migrations);
  const store = await openBlobs({ database: watched, backend, clock: systemClock });
  for await (const { stage } of store.collect({ users: [needs], grace: 0, compact: true })) void stage;
  await store.close();
  await database.close();
  process.stdout.write(String(seen()));
}
