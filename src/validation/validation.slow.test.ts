import test from 'node:test';
import { openTest } from '../../test/harness.ts';
import { freshPostgres } from '../../test/postgres.ts';
import { validationSuite } from './validation.suite.ts';

validationSuite('SQLite', openTest);

const url = process.env['TREADLE_TEST_PG'];
if (url === undefined || url === '') {
  test('Postgres: the suite', {
    skip: 'TREADLE_TEST_PG is not set: evaluations were not tried on a real Postgres',
  });
} else {
  const open = async () => {
    const database = await freshPostgres(url);
    const server = await openTest({ db: database.url });
    return {
      ...server,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await database[Symbol.asyncDispose]();
      },
    };
  };
  validationSuite('Postgres', open, { whole: process.env['TREADLE_TEST_WHOLE'] === '1' });
}
