import { openPlace, type TestDatabase } from './databases.suite.ts';
import { migrate, type Migration } from './index.ts';

/** Long enough to be killed in the middle: 30 tables, each filled by later steps. */
export const LONG: Migration[] = Array.from({ length: 30 }, (_, i) => ({
  id: `test-${String(i).padStart(3, '0')}`,
  sql: [
    `create table t${i} (id text primary key, n bigint not null)`,
    ...Array.from({ length: 100 }, (_unused, n) => `insert into t${i} (id, n) values ('${n}', ${n})`),
    `create index t${i}_n on t${i} (n)`,
  ],
}));

/** Run as a program: migrates the place given as JSON. */
if (import.meta.main) {
  const database = await openPlace(JSON.parse(process.argv[2]!) as NonNullable<TestDatabase['place']>);
  process.stdout.write('ready\n');
  await migrate(database, LONG);
  process.stdout.write('migrated\n');
  await database.close();
}
