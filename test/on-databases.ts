import test from 'node:test';
import { openTest, type TestServer } from './harness.ts';
import { migratedPostgres } from './postgres.ts';

/** Tries a suite on SQLite and, where the tests have one, on a real Postgres; `tried` says what else would not have been. */
export function onDatabases(
  tried: string,
  suite: (on: 'SQLite' | 'Postgres', open: () => Promise<TestServer>) => void,
): void {
  suite('SQLite', openTest);
  const url = process.env['TREADLE_TEST_PG'];
  if (url === undefined || url === '') {
    void test('Postgres: the whole suite', {
      skip: `TREADLE_TEST_PG is not set: ${tried} not tried on a real Postgres`,
    });
    return;
  }
  suite('Postgres', async () => {
    const database = await migratedPostgres(url);
    const server = await openTest({ db: database.url });
    return {
      ...server,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
      },
    };
  });
}
