import type { Log } from '../log/index.ts';
import type { Database } from './database.ts';
import type { Db } from './db.ts';
import { wakeAll } from './wake.ts';

/** Serialisation failure and deadlock: Postgres asks for the transaction to be run again. */
const RETRYABLE = new Set(['40001', '40P01']);

/**
 * `Database.write` over Kysely's own transactions, run again when Postgres asks for it. So a change must do nothing outside of its
 * transaction: it may happen several times, and only the last one counts. `wakes` are of one attempt for the same reason.
 */
export function retryingWriter(db: Db, log: Log): Database['write'] {
  return async (change) => {
    for (let attempt = 1; ; attempt++) {
      const wakes: Array<() => void> = [];
      try {
        const value = await db
          .transaction()
          .execute((transaction) => change(transaction, (wake) => void wakes.push(wake)));
        wakeAll(wakes, log);
        return value;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (attempt >= 8 || !RETRYABLE.has(code)) throw error;
        // By chance: two that got in each other's way and waited equally long would meet again.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
      }
    }
  };
}
