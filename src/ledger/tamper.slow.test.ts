import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
  closeSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { eachDatabase, openSqliteTest } from '../platform/db/databases.suite.ts';
import { openSqlite, type Database } from '../platform/db/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import { openRoom, sample, type Room } from './room.suite.ts';
import type { LedgerTables } from './schema.ts';
import { picker, TAMPERINGS } from './tamper.suite.ts';

/** How much of it all is done here; `npm run test:deep` does many times as much. */
const SIZE = Number(process.env['TREADLE_TAMPERINGS'] ?? 0.015);

class TakenBack extends Error {}

/** Tampers in a transaction, verifies inside it, and takes all of it back. */
async function tamper(room: Room, size: number, kind: string, seed: number): Promise<boolean> {
  let done = false;
  await assert.rejects(
    room.ctx.write(async (tx) => {
      const expected = await TAMPERINGS[kind]!(tx, size, picker(seed));
      if (expected) {
        const { ok, fault } = await room.ledger.verify(tx);
        const what = `${kind}, seed ${seed}: ${JSON.stringify(fault)}`;
        assert.equal(ok, false, `not found: ${what}`);
        assert.ok(fault);
        if (expected.what !== undefined) assert.equal(fault.what, expected.what, what);
        if (expected.seq !== undefined) assert.equal(fault.seq, expected.seq, what);
        done = true;
      }
      throw new TakenBack();
    }),
    TakenBack,
  );
  return done;
}

async function tamperMany(
  database: Database,
  entries: number,
  times: number,
  firstSeed: number,
): Promise<void> {
  using room = await openRoom(database);
  await room.append(...Array.from({ length: entries }, (_, n) => sample(n)));
  assert.equal((await room.ledger.verify(room.ctx)).ok, true);
  const kinds = Object.keys(TAMPERINGS);
  const found = new Map<string, number>();
  let total = 0;
  for (let seed = firstSeed; total < times; seed++) {
    const kind = kinds[seed % kinds.length]!;
    if (await tamper(room, entries, kind, seed)) {
      total++;
      found.set(kind, (found.get(kind) ?? 0) + 1);
    }
  }
  assert.ok(
    kinds.every((kind) => (found.get(kind) ?? 0) > 0 || (kind === 'a stored subtree' && entries < 256)),
    `never tried: ${kinds.filter((kind) => !found.has(kind)).join(', ')}`,
  );
  assert.equal((await room.ledger.verify(room.ctx)).ok, true, 'the tests left something behind');
}

test('random tamperings of a small ledger are found and named', async () => {
  await using opened = await openSqliteTest();
  await tamperMany(opened.database, 23, 10_000 * SIZE, 1);
});

eachDatabase((name, open) => {
  test(`${name}: random tamperings of a ledger with stored subtrees are found and named`, async () => {
    await using opened = await open();
    await tamperMany(opened.database, 275, Math.max(40, 300 * SIZE), 50_000);
  });
});

test('values of another type that read as the same text are found', async () => {
  await using opened = await openSqliteTest();
  using room = await openRoom(opened.database);
  await room.append({ action: 'a.b', resource: '7', reason: '7' }, sample(1));
  for (const [column, value] of [
    ['reason', 7n],
    ['resource', 7n],
    ['reason', new TextEncoder().encode('7')],
    ['time', 'abc'],
    ['seq', null],
    ['seq', 0.5],
  ] as const) {
    await assert.rejects(
      room.ctx.write(async (tx) => {
        // No text affinity stands in the way of a column that is made anew.
        await tx.db
          .$extendTables<LedgerTables>()
          .updateTable('ledger_entry')
          .set({ [column]: value })
          .where('seq', '=', 0)
          .execute();
        const held = await tx.db
          .$extendTables<LedgerTables>()
          .selectFrom('ledger_entry')
          .select(column)
          .where('resource', '=', '7')
          .executeTakeFirst();
        const same = held !== undefined && typeof held[column] === 'string' && column !== 'time';
        // SQLite turns a number in a text column into that text: then nothing was changed.
        assert.equal((await room.ledger.verify(tx)).ok, same, `${column} = ${String(value)}`);
        throw new TakenBack();
      }),
      TakenBack,
    );
  }
});

test('a byte changed in the database file is found, or it lies outside the ledger', async () => {
  await using opened = await openSqliteTest();
  assert.ok(opened.place && 'file' in opened.place);
  using room = await openRoom(opened.database);
  for (let n = 0; n < 40; n++) await room.append(sample(n));
  const before = await dump(opened.database);
  const folder = mkdtempSync(path.join(tmpdir(), 'treadle-tamper-'));
  const whole = path.join(folder, 'whole.db');
  await opened.database.write(async () => undefined);
  const copied = openCopy(opened.place.file, whole);
  await copied.close();
  const size = statSync(whole).size;
  const pick = picker(7);
  const times = Math.max(80, 1_500 * SIZE);
  let [found, outside] = [0, 0];
  try {
    for (let i = 0; i < times; i++) {
      const file = path.join(folder, `${i}.db`);
      copyFileSync(whole, file);
      const at = 100 + pick(size - 100); // after the file's own header
      const fd = openSync(file, 'r+');
      const byte = Buffer.alloc(1);
      readSync(fd, byte, 0, 1, at);
      byte[0] = byte[0]! ^ (1 << pick(8));
      writeSync(fd, byte, 0, 1, at);
      closeSync(fd);
      let database: Database | undefined;
      try {
        database = openSqlite(file);
        using bent = await openRoom(database, { keyFile: room.keyFile });
        const ok = (await bent.ledger.verify({ ...bent.ctx, scan: database.db })).ok;
        if (ok) {
          assert.equal(await dump(database), before, `byte ${at} was changed and not found`);
          outside++;
        } else {
          found++;
        }
      } catch (error) {
        assert.match(
          messageOf(error),
          /malformed|corrupt|not a database|no such|syntax|newer Treadle|orphan|unsupported|already exists/,
          `byte ${at}`,
        );
        found++; // it does not even open
      } finally {
        await database?.close();
        for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
      }
    }
    assert.ok(found > times / 5 && outside > 0, `${found} found, ${outside} outside: this proved little`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A file of its own with everything in it, and nothing left in a log beside it. */
function openCopy(from: string, to: string): Database {
  copyFileSync(from, to);
  copyFileSync(`${from}-wal`, `${to}-wal`);
  return openSqlite(to);
}

async function dump(database: Database): Promise<string> {
  const db = database.db.$extendTables<LedgerTables>();
  return JSON.stringify([
    await db.selectFrom('ledger_entry').selectAll().orderBy('seq').execute(),
    await db.selectFrom('lineage_edge').selectAll().orderBy('seq').orderBy('n').execute(),
    await db.selectFrom('ledger_head').selectAll().execute(),
    await db.selectFrom('ledger_subtree').selectAll().execute(),
  ]);
}
