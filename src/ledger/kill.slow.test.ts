import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { Type } from 'typebox';
import { eachDatabase, openPlace } from '../platform/db/databases.suite.ts';
import { openHouse } from '../platform/jobs/house.suite.ts';
import { job } from '../platform/jobs/index.ts';
import { until } from '../../test/until.ts';
import { EFFECTS, type EffectTables, type KillOrder } from './kill-child.suite.ts';
import { migrations, openLedger } from './index.ts';

/** `npm run test:deep` kills more often. */
const KILLS = Number(process.env['TREADLE_LEDGER_KILLS'] ?? 2);
/** After so many acknowledged jobs the first is killed, the second and so on: before any, between two, after many. */
const MOMENTS = [0, 14, 2, 40, 1, 9, 5, 3, 27, 0, 7, 33];

/** Runs the child and kills it once it has acknowledged `after` jobs. Returns the numbers that it acknowledged. */
async function runAndKill(order: KillOrder, after: number): Promise<number[]> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'kill-child.suite.ts'), JSON.stringify(order)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [out, errors] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (out.includes('ready') && out.split('acknowledged').length > after) child.kill('SIGKILL');
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  assert.equal(signal, 'SIGKILL', `the child ended by itself (${code}): ${errors}`);
  return [...out.matchAll(/acknowledged (\d+)\n/g)].map((match) => Number(match[1]));
}

eachDatabase((name, open) => {
  if (name === 'PGlite') return; // lives and dies with its process
  test(`${name}: killed ${KILLS} times, nothing acknowledged is lost, each job takes effect once, the ledger holds`, async () => {
    await using opened = await open();
    const { place } = opened;
    assert.ok(place);
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-kill-'));
    const keyFile = path.join(folder, 'ledger.key');
    const asked = new Set<number>();
    try {
      for (let i = 0; i < KILLS; i++) {
        // A killed writer may leave no lock behind; on SQLite the file is opened by one process at a time.
        for (const n of await runAndKill({ place, keyFile, from: i * 100_000 }, MOMENTS[i % MOMENTS.length]!))
          asked.add(n);
      }
      assert.ok(asked.size > KILLS, `only ${asked.size} jobs were acknowledged: this proved little`);

      const database = await openPlace(place);
      // The same type and subscriber as in the child, to work off what the kills left over.
      const rest = job({
        name: 'test.work',
        payload: Type.Object({ n: Type.Integer() }),
        attempts: 1_000,
        lease: 600,
        concurrency: 8,
        async run(ctx, { n }, { finish }) {
          await ctx.write(async (tx) => {
            await tx.db
              .$extendTables<EffectTables>()
              .insertInto('effect')
              .values({ kind: 'job', n })
              .execute();
            await tx.emit({ type: 'work.done', subject: `work:${n}` });
            await finish(tx);
          });
        },
      });
      const subscriber = {
        name: 'counter',
        types: ['work.done'],
        handle: async (
          tx: Parameters<Parameters<typeof house.ctx.write>[0]>[0],
          event: { subject: string },
        ) =>
          void (await tx.db
            .$extendTables<EffectTables>()
            .insertInto('effect')
            .values({ kind: 'heard', n: Number(event.subject.slice(5)) })
            .execute()),
      };
      const ledger = openLedger({ keyFile });
      const house: Awaited<ReturnType<typeof openHouse>> = await openHouse(database, {
        migrations: [...migrations, EFFECTS],
        ledger,
        types: [rest],
        subscribers: [subscriber],
      });
      const effects = async (kind: string): Promise<number[]> =>
        (
          await database.db
            .$extendTables<EffectTables>()
            .selectFrom('effect')
            .select('n')
            .where('kind', '=', kind)
            .orderBy('n')
            .execute()
        ).map(({ n }) => n);
      const wanted = await effects('asked');
      await until('all events', async () => (await effects('heard')).length >= wanted.length);
      assert.deepEqual(
        [...asked].filter((n) => !wanted.includes(n)),
        [],
        'acknowledged and lost',
      );
      assert.deepEqual(await effects('job'), wanted, 'each job takes effect once');
      assert.deepEqual(await effects('heard'), wanted, 'each event is heard once');
      const { ok, fault } = await ledger.verify(house.ctx);
      assert.ok(ok, JSON.stringify(fault));
      await house.stop();
      await database.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
