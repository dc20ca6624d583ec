import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { freshPostgres } from '../../test/postgres.ts';
import { releasesSuite } from './releases.suite.ts';

releasesSuite('SQLite', openTest);

const url = process.env['TREADLE_TEST_PG'];
if (url === undefined || url === '') {
  test('Postgres: the whole suite', {
    skip: 'TREADLE_TEST_PG is not set: releases were not tried on a real Postgres',
  });
} else {
  releasesSuite('Postgres', async () => {
    const database = await freshPostgres(url);
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
