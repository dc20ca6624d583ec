import path from 'node:path';
import { migrate, openSqlite, type Migration } from '../../../src/platform/db/index.ts';
import { migrations } from '../../../src/rooms.ts';

/** This file, to be run: migrates the data folder given first, and dies at the step given second (counted over the whole list). */
export const KILL_CHILD = import.meta.filename;

if (import.meta.main) {
  const [data, at] = process.argv.slice(2);
  const steps = migrations.map(({ id, sql }, n): Migration => ({
    id,
    get sql() {
      if (n === Number(at)) process.kill(process.pid, 'SIGKILL');
      return sql;
    },
  }));
  await migrate(openSqlite(path.join(data!, 'treadle.db')), steps);
  process.kill(process.pid, 'SIGKILL');
}
