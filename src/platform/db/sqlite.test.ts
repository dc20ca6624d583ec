import assert from 'node:assert/strict';
import test from 'node:test';
import { sql } from 'kysely';
import { TreadleError } from '../errors/index.ts';
import { openSqliteTest } from './databases.suite.ts';
import { migrate, type Db } from './index.ts';

type Tables = { item: { id: string; text: string } };
const items = (db: Db) => db.$extendTables<Tables>();
const MIGRATION = { id: 'test-001', sql: ['create table item (id text primary key, text text not null)'] };
const put = (db: Db, id: string, size = 1) =>
  items(db)
    .insertInto('item')
    .values({ id, text: 'x'.repeat(size) })
    .execute();

test('a full disk: what does not fit is refused whole and says so, what was there stays, and it goes on afterwards', async () => {
  await using opened = await openSqliteTest();
  const { database } = opened;
  await migrate(database, [MIGRATION]);
  await database.write((db) => put(db, 'before'));
  // SQLite treats its page limit like the end of the disk (SQLITE_FULL).
  const limit = (pages: number) =>
    database.write((db) => sql.raw(`pragma max_page_count = ${pages}`).execute(db));
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.db);
  await limit(rows[0]!.page_count + 20);

  const woken: string[] = [];
  const results = await Promise.allSettled([
    database.write((db) => put(db, 'small')),
    database.write(async (db, afterCommit) => {
      afterCommit(() => void woken.push('large'));
      await put(db, 'first of two');
      await put(db, 'large', 1_000_000);
    }),
    database.write((db) => put(db, 'another')),
  ]);
  const large = results[1];
  assert.ok(large.status === 'rejected' && large.reason instanceof TreadleError);
  assert.equal(large.reason.kind, 'unavailable');
  assert.match(large.reason.message, /disk .* is full/);
  assert.deepEqual(woken, []);
  // Each of the others is kept exactly if it was acknowledged.
  const expected = [
    'before',
    ...(['small', 'large', 'another'] as const).filter((_, i) => results[i]?.status === 'fulfilled'),
  ];
  const ids = (await items(database.db).selectFrom('item').select('id').execute()).map(({ id }) => id);
  assert.deepEqual(ids.toSorted(), expected.toSorted());

  await limit(1_000_000);
  await database.write((db) => put(db, 'large', 1_000_000));
  assert.deepEqual(await database.dialect.tableFaults(database.db, 'item'), []);
});

test('changes that arrive together share a commit, each with its own fate', async () => {
  await using opened = await openSqliteTest();
  const { database } = opened;
  await migrate(database, [MIGRATION]);
  const before = await walFrames(database.db);
  await Promise.all(Array.from({ length: 200 }, (_, i) => database.write((db) => put(db, `g${i}`))));
  const grouped = (await walFrames(database.db)) - before;
  for (let i = 0; i < 200; i++) await database.write((db) => put(db, `s${i}`));
  const single = (await walFrames(database.db)) - before - grouped;
  // One by one, each commit writes its pages again; together they are written a few times at most.
  assert.ok(
    grouped * 4 < single,
    `${grouped} pages were written for 200 changes at once, ${single} for 200 one by one`,
  );
});

void test('the log is moved into the file beside the loop, and begins anew', async () => {
  await using opened = await openSqliteTest();
  const { database } = opened;
  await migrate(database, [MIGRATION]);
  const text = 'x'.repeat(100_000);
  let most = 0;
  // 25 pages each, and so 30,000 in all: six times as many as wait before they are moved.
  for (let i = 0; i < 1200; i++) {
    await database.write((db) =>
      items(db)
        .insertInto('item')
        .values({ id: `l${i}`, text })
        .execute(),
    );
    most = Math.max(most, await walFrames(database.db));
  }
  // SQLite by itself would move them at 100,000 pages.
  assert.ok(most > 4000 && most < 16_100, `${most} pages were in the log at most`);
  const { rows } = await sql<{ n: number; size: number }>`
    select count(*) as n, sum(length(text)) as size from item`.execute(database.db);
  assert.deepEqual({ ...rows[0] }, { n: 1200, size: 1200 * text.length });
});

/** Pages in the write-ahead log: reading it moves nothing. */
async function walFrames(db: Db): Promise<number> {
  const { rows } = await sql<{ log: number }>`pragma wal_checkpoint(noop)`.execute(db);
  return rows[0]!.log;
}

test('a value that SQLite cannot hold is refused by name', async () => {
  await using opened = await openSqliteTest();
  const { database } = opened;
  await migrate(database, [MIGRATION]);
  await assert.rejects(
    database.write((db) =>
      items(db)
        .insertInto('item')
        .values({ id: 'x', text: new Date(0) as unknown as string })
        .execute(),
    ),
    /Date.* cannot be a SQL parameter/,
  );
  assert.deepEqual(await items(database.db).selectFrom('item').selectAll().execute(), []);
});
