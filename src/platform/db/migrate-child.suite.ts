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

/** The same steps; the process kills itself when step `at` is reached. */
function killedAt(at: number): Migration[] {
  return LONG.map(({ id, sql }, step) => ({
    id,
    get sql() {
      if (step === at) process.kill(process.pid, 'SIGKILL');
      return sql;
    },
  }));
}

/** Run as a program: migrates the place given as JSON until the step given second, and dies there. */
if (import.meta.main) {
  const [place, at] = process.argv.slice(2);
  const database = await openPlace(JSON.parse(place!) as NonNullable<TestDatabase['place']>);
  await migrate(database, killedAt(Number(at)));
  process.kill(process.pid, 'SIGKILL');
}
