import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { openTest } from '../harness.ts';

interface Postgres {
  url: string;
  end(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}
const scripts = new URL('../../scripts/', import.meta.url);
const { findPostgres } = (await import(new URL('setup/test-tools.mjs', scripts).href)) as {
  findPostgres(): string | undefined;
};
const { startPostgres } = (await import(new URL('test/postgres.mjs', scripts).href)) as {
  startPostgres(bin: string): Promise<Postgres>;
};
const bin = process.env['TREADLE_TEST_QUICK'] === '1' ? undefined : findPostgres();

test(
  'a Postgres that ends under load and comes back: requests are told so, nothing acknowledged is lost, the server lives on',
  { skip: bin === undefined ? 'no PostgreSQL is installed here' : false, timeout: 300_000 },
  async (t) => {
    const postgres = await startPostgres(bin!);
    const stray: unknown[] = [];
    const hear = (error: unknown): void => void stray.push(error);
    process.on('uncaughtException', hear).on('unhandledRejection', hear);
    try {
      await using server = await openTest({ db: postgres.url });
      const kept = new Set<string>();
      const refused: Array<{ status: number; body: string }> = [];
      let going = true;
      let n = 0;
      const client = async (): Promise<void> => {
        while (going) {
          const name = `model-${n++}`;
          const answer = await fetch(`${server.url}/api/v1/models`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ name }),
          });
          const body = await answer.text();
          if (answer.status < 300) kept.add(name);
          else {
            refused.push({ status: answer.status, body });
            await sleep(20);
          }
        }
      };
      // One transaction that is open and idle when the connection breaks: no query is there to hear of it.
      const idle = async (): Promise<void> => {
        while (going) {
          await server.parts.database
            .write(async (db) => {
              await sql`select 1`.execute(db);
              await sleep(50);
              await sql`select 1`.execute(db);
            })
            .catch(() => sleep(20));
        }
      };
      const until = async (condition: () => boolean): Promise<void> => {
        while (!condition()) await sleep(10);
      };
      const ready = async (): Promise<number> => (await fetch(`${server.url}/ready`)).status;
      const work = Promise.all([...Array.from({ length: 6 }, client), idle(), idle()]);
      for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
        const before = kept.size;
        await until(() => kept.size > before + 30);
        const told = refused.length;
        await postgres.end(signal);
        await until(() => refused.length > told + 5);
        while ((await ready()) !== 503) await sleep(50);
        assert.equal((await fetch(`${server.url}/health`)).status, 200);
        await postgres.start();
        const again = kept.size;
        await until(() => kept.size > again + 30);
        while ((await ready()) !== 200) await sleep(50);
      }
      going = false;
      await work;
      for (const { status, body } of refused) {
        assert.equal(status, 503, body);
        assert.match(body, /"kind":"unavailable","message":"Postgres cannot be reached/);
      }
      const { rows } = await sql<{ name: string }>`select name from model`.execute(server.ctx.db);
      const there = new Set(rows.map(({ name }) => name));
      for (const name of kept) assert.ok(there.has(name), `acknowledged ${name} is there`);
      assert.deepEqual(stray, [], 'nothing that would have ended the process');
      t.diagnostic(`${kept.size} changes kept, ${refused.length} refused`);
    } finally {
      process.off('uncaughtException', hear).off('unhandledRejection', hear);
      await postgres.stop();
    }
  },
);
