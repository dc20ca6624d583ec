import assert from 'node:assert/strict';
import test from 'node:test';
import { sql } from 'kysely';
import type { OpenDatabase } from './databases.suite.ts';
import { insertMany, migrate, type Database, type Db, type Migration } from './index.ts';

type Tables = { item: { id: string; n: number; x: number | null; text: string | null } };
const MIGRATION: Migration = {
  id: 'test-001',
  sql: [`create table item (id text primary key, n bigint not null, x double precision, text text)`],
};
const items = (db: Db) => db.$extendTables<Tables>();
const count = async (db: Db): Promise<number> =>
  (await items(db).selectFrom('item').selectAll().execute()).length;
const put = (db: Db, id: string, n = 0) =>
  items(db).insertInto('item').values({ id, n, x: null, text: null }).execute();

/** What every database promises to the rooms. */
export function databaseSuite(name: string, open: OpenDatabase): void {
  const check = (
    what: string,
    body: (database: Database, opened: Awaited<ReturnType<OpenDatabase>>) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, async () => {
      await using opened = await open();
      await migrate(opened.database, [MIGRATION]);
      await body(opened.database, opened);
    });
  };

  check('a change that fails leaves nothing, and those beside it in the group stay', async (database) => {
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) =>
        database.write(async (db) => {
          await put(db, `a${i}`);
          if (i % 3 === 0) throw new Error(`change ${i} failed`);
          await put(db, `b${i}`);
          return i;
        }),
      ),
    );
    for (const [i, result] of results.entries()) {
      if (i % 3 === 0)
        assert.equal(
          result.status === 'rejected' && result.reason instanceof Error && result.reason.message,
          `change ${i} failed`,
        );
      else assert.equal(result.status === 'fulfilled' && result.value, i);
    }
    const ids = (await items(database.db).selectFrom('item').select('id').execute())
      .map(({ id }) => id)
      .toSorted();
    const expected = Array.from({ length: 60 }, (_, i) => i)
      .filter((i) => i % 3 !== 0)
      .flatMap((i) => [`a${i}`, `b${i}`])
      .toSorted();
    assert.deepEqual(ids, expected);
  });

  check('a broken statement fails its own change alone', async (database) => {
    const [good, bad, after] = await Promise.allSettled([
      database.write((db) => put(db, 'one')),
      database.write(async (db) => {
        await put(db, 'two');
        await put(db, 'two'); // taken, and by nobody else: Postgres may take changes in any order
      }),
      database.write((db) => put(db, 'three')),
    ]);
    assert.deepEqual([good.status, bad.status, after.status], ['fulfilled', 'rejected', 'fulfilled']);
    assert.equal(await count(database.db), 2);
  });

  check('a change sees its own writes; what is acknowledged is seen by every reader', async (database) => {
    await database.write(async (db) => {
      await put(db, 'x');
      assert.equal(await count(db), 1);
    });
    assert.equal(await count(database.db), 1);
    assert.equal(await count(database.scan), 1);
  });

  check(
    'afterCommit runs once the change is visible, before its promise resolves, and never for a change that failed',
    async (database) => {
      const log: string[] = [];
      const seen: Array<Promise<number>> = [];
      await database.write(async (db, afterCommit) => {
        afterCommit(() => {
          log.push('woken');
          seen.push(count(database.db));
        });
        await put(db, 'x');
        log.push('changed');
      });
      log.push('acknowledged');
      await assert.rejects(
        database.write(async (db, afterCommit) => {
          afterCommit(() => void log.push('never'));
          await put(db, 'y');
          throw new Error('no');
        }),
      );
      await database.write((db) => put(db, 'z'));
      assert.deepEqual(log, ['changed', 'woken', 'acknowledged']);
      assert.ok((await seen[0]!) >= 1, 'the wake came before the commit');
    },
  );

  check('writers at once lose no update', async (database) => {
    await database.write((db) => put(db, 'counter'));
    await Promise.all(
      Array.from({ length: 100 }, () =>
        database.write((db) =>
          items(db)
            .updateTable('item')
            .set((eb) => ({ n: eb('n', '+', 1) }))
            .where('id', '=', 'counter')
            .execute(),
        ),
      ),
    );
    assert.equal((await items(database.db).selectFrom('item').select('n').executeTakeFirstOrThrow()).n, 100);
  });

  check('the sequence lock makes read-then-write a total order', async (database) => {
    const numbers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        database.write(async (db) => {
          await database.dialect.sequenceLock('test')?.execute(db);
          const n = await count(db);
          await put(db, `k${i}`, n);
          return n;
        }),
      ),
    );
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 60 }, (_, i) => i),
    );
  });

  check('values come back as they went in', async (database) => {
    const odd = 'ünïcode \u{1f600} \\ % _ \' " \n';
    const values = [
      { id: odd, n: Number.MAX_SAFE_INTEGER, x: 1e-300, text: '' },
      { id: 'b', n: -1, x: 0.1 + 0.2, text: null },
      { id: 'c', n: 1_795_411_460_094, x: null, text: odd },
    ];
    await database.write((db) => items(db).insertInto('item').values(values).execute());
    for (const reader of [database.db, database.scan]) {
      const back = await items(reader).selectFrom('item').selectAll().orderBy('n').execute();
      assert.deepEqual(
        back.map((row) => ({ ...row })), // SQLite's rows have no prototype
        values.toSorted((a, b) => a.n - b.n),
      );
    }
  });

  check('like tells cases apart, ilike does not, and nothing escapes', async (database) => {
    await database.write(async (db) => {
      for (const id of ['Alpha', 'alpha', 'al\\ha', 'al%ha']) await put(db, id);
    });
    const find = async (operator: 'like' | 'ilike', pattern: string): Promise<string[]> => {
      const rows = await items(database.db)
        .selectFrom('item')
        .select('id')
        .where((eb) => database.dialect[operator](eb.ref('id'), pattern))
        .execute();
      return rows.map(({ id }) => id).toSorted();
    };
    assert.deepEqual(await find('like', 'al%a'), ['al%ha', 'al\\ha', 'alpha']);
    assert.deepEqual(await find('ilike', 'AL_HA'), ['Alpha', 'al%ha', 'al\\ha', 'alpha']);
    assert.deepEqual(await find('like', 'al\\ha'), ['al\\ha']);
  });

  check('many rows go in by few statements, and conflicts can be left out', async (database) => {
    for (const size of [0, 1, 255, 256, 257, 1_000]) {
      const rows = Array.from({ length: size }, (_, i) => [`${size}-${i}`, i, i / 3, null]);
      const written = await database.write((db) =>
        insertMany(db, database.dialect, 'item', ['id', 'n', 'x', 'text'], rows),
      );
      assert.equal(written, size);
    }
    const again = await database.write((db) =>
      insertMany(
        db,
        database.dialect,
        'item',
        ['id', 'n', 'x', 'text'],
        [
          ['1-0', 9, null, null],
          ['new', 9, null, null],
        ],
        'on conflict do nothing',
      ),
    );
    assert.equal(again, 1);
    assert.equal(await count(database.db), 1_770);
  });

  check('a long read does not hold writers up, and its error says what was wrong', async (database) => {
    // A busy disk may make a write take longer than a read of a certain length: then the next is longer.
    let tries = 0;
    for (let length = 2_000_000, ended = true; ended; length *= 10) {
      ended = false;
      const long = sql<{
        n: number;
      }>`with recursive c(x) as (select 1 union all select x + 1 from c where x < ${sql.lit(length)}) select count(*) as n from c`
        .execute(database.scan)
        .finally(() => (ended = true));
      await database.write((db) => put(db, `x${tries++}`));
      const waited = ended && name !== 'PGlite'; // it has one connection
      assert.equal(Number((await long).rows[0]?.n), length);
      ended = waited;
      assert.ok(!waited || length < 200_000_000, 'the write waited for the read');
    }
    await assert.rejects(sql`select * from no_such_table`.execute(database.scan), /no_such_table/);
    assert.equal(await count(database.scan), tries);
  });

  check('migrations run once, in order, and never twice', async (database) => {
    assert.deepEqual(await migrate(database, [MIGRATION]), []);
    const second: Migration = {
      id: 'test-002',
      sql: [`alter table item add column extra text`, `update item set extra = 'x'`],
    };
    assert.deepEqual(await migrate(database, [MIGRATION, second]), ['test-002']);
    assert.deepEqual(await migrate(database, [MIGRATION, second]), []);
  });

  check('a migration that fails leaves nothing of itself or of those before it', async (database) => {
    const good: Migration = { id: 'test-002', sql: [`create table second (id text)`] };
    const bad: Migration = {
      id: 'test-003',
      sql: [`create table third (id text)`, `insert into no_such_table values (1)`],
    };
    await assert.rejects(migrate(database, [MIGRATION, good, bad]), /no_such_table/);
    await assert.rejects(sql`select * from second`.execute(database.db));
    await assert.rejects(sql`select * from third`.execute(database.db));
    assert.deepEqual(await migrate(database, [MIGRATION, good]), ['test-002']);
  });

  check('a database of a newer Treadle is refused, and so are two steps of one name', async (database) => {
    await assert.rejects(migrate(database, []), /newer Treadle \(it has test-001\)/);
    await assert.rejects(migrate(database, [MIGRATION, MIGRATION]), /two migrations are called test-001/);
  });

  check('servers that start together migrate once', async (database, { another }) => {
    const second: Migration = { id: 'test-002', sql: [`create table second (id text)`] };
    const others = another ? [await another(), await another()] : [];
    const applied = await Promise.all([database, ...others].map((one) => migrate(one, [MIGRATION, second])));
    assert.deepEqual(applied.flat(), ['test-002']);
  });

  check('a callback that throws is told, and stops neither its change nor any other', async (database) => {
    const woken: string[] = [];
    const change = (id: string) =>
      database.write(async (db, afterCommit) => {
        afterCommit(() => {
          throw Object.assign(new Error('the wake failed'), { code: '40001' });
        });
        afterCommit(() => void woken.push(id));
        await put(db, id);
        return id;
      });
    assert.deepEqual(await Promise.all([change('a'), change('b')]), ['a', 'b']);
    assert.equal(await change('c'), 'c');
    assert.deepEqual(woken.toSorted(), ['a', 'b', 'c']);
    assert.equal(await count(database.db), 3);
  });

  check(
    'a deadlock is resolved by running a change again, and wakes only once',
    async (database, { another }) => {
      if (!another) return; // where one writer exists there is none
      const other = await another();
      await database.write(async (db) => {
        await put(db, 'a');
        await put(db, 'b');
      });
      let wakes = 0;
      let tries = 0;
      let holding = 0;
      const both = Promise.withResolvers<void>();
      const add = (db: Db, id: string) =>
        items(db)
          .updateTable('item')
          .set((eb) => ({ n: eb('n', '+', 1) }))
          .where('id', '=', id)
          .execute();
      const cross = (one: Database, first: string, second: string) =>
        one.write(async (db, afterCommit) => {
          tries++;
          afterCommit(() => wakes++);
          await add(db, first);
          if (++holding === 2) both.resolve(); // each holds what the other wants next
          await both.promise;
          await add(db, second);
        });
      await Promise.all([cross(database, 'a', 'b'), cross(other, 'b', 'a')]);
      const rows = await items(database.db).selectFrom('item').select('n').execute();
      assert.deepEqual(
        rows.map(({ n }) => n),
        [2, 2],
      );
      assert.equal(wakes, 2);
      assert.ok(tries > 2);
    },
  );
}
