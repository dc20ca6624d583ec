import assert from 'node:assert/strict';
import test from 'node:test';
import { sql } from 'kysely';
import { openAnyPostgres } from './databases.suite.ts';
import { migrate, openPostgres } from './index.ts';

type Tables = { item: { id: string; n: number; text: string } };

void test('what Postgres refuses in a request is told in our kinds, read or write', async () => {
  await using opened = await openAnyPostgres();
  const { database } = opened;
  await migrate(database, [
    {
      id: 'test-001',
      sql: [`create table item (id text primary key, n bigint not null, text text not null)`],
    },
  ]);
  const items = database.db.$extendTables<Tables>();
  const put = (id: string, n: number, text = '') =>
    database.write((db) => db.$extendTables<Tables>().insertInto('item').values({ id, n, text }).execute());
  await put('a', 1);
  await assert.rejects(put('b', 1, 'x\0y'), { kind: 'invalid', message: /NUL/ });
  await assert.rejects(items.selectFrom('item').selectAll().where('text', '=', 'x\0y').execute(), {
    kind: 'invalid',
  });
  await assert.rejects(put('b', 1e30), { kind: 'invalid' });
  await assert.rejects(items.selectFrom('item').selectAll().where('n', '>', 1.5).execute(), {
    kind: 'invalid',
  });
  await assert.rejects(put('a', 2), { kind: 'conflict' });
  await assert.rejects(sql`select wrong`.execute(database.db), /wrong/); // ours: stays what it is
  assert.deepEqual(await items.selectFrom('item').selectAll().execute(), [{ id: 'a', n: 1, text: '' }]);
});

void test('a Postgres that is not there is unavailable, not a fault of the server', async () => {
  await assert.rejects(openPostgres('postgres://nobody@127.0.0.1:1/none'), { kind: 'unavailable' });
});
