import { Type } from 'typebox';
import { openPlace, type TestDatabase } from '../platform/db/databases.suite.ts';
import type { Migration } from '../platform/db/index.ts';
import type { Subscriber } from '../platform/events/index.ts';
import { openHouse } from '../platform/jobs/house.suite.ts';
import { job } from '../platform/jobs/index.ts';
import { migrations, openLedger } from './index.ts';

/** What the killed process leaves behind for the one that looks: one row for each thing that took effect. */
export type EffectTables = { effect: { kind: string; n: number } };
export const EFFECTS: Migration = {
  id: 'test-effect',
  sql: ['create table effect (kind text not null, n bigint not null)'],
};

export interface KillOrder {
  place: NonNullable<TestDatabase['place']>;
  keyFile: string;
  from: number;
}

/** Run as a program (`node kill-child.suite.ts '{…}'`): enqueues numbers from `from` on and works them off, until it is killed. */
async function main(order: KillOrder): Promise<void> {
  const database = await openPlace(order.place);
  const work = job({
    name: 'test.work',
    payload: Type.Object({ n: Type.Integer() }),
    attempts: 1_000,
    lease: 600,
    concurrency: 8,
    async run(ctx, { n }, { finish, signal }) {
      await new Promise((resolve) => setTimeout(resolve, (n * 7) % 20));
      if (signal.aborted) return;
      await ctx.write(async (tx) => {
        await tx.db.$extendTables<EffectTables>().insertInto('effect').values({ kind: 'job', n }).execute();
        await tx.record({
          action: 'work.done',
          resource: `work:${n}`,
          edges: [{ from: `work:${n}`, to: 'seed:1', relation: 'read' }],
        });
        await tx.emit({ type: 'work.done', subject: `work:${n}`, data: { n } });
        await finish(tx);
      });
    },
  });
  const subscriber: Subscriber = {
    name: 'counter',
    types: ['work.done'],
    async handle(tx, event) {
      await tx.db
        .$extendTables<EffectTables>()
        .insertInto('effect')
        .values({ kind: 'heard', n: Number(event.subject.slice(5)) })
        .execute();
    },
  };
  const house = await openHouse(database, {
    migrations: [...migrations, EFFECTS],
    ledger: openLedger({ keyFile: order.keyFile }),
    types: [work],
    subscribers: [subscriber],
  });
  process.stdout.write('ready\n');
  for (let n = order.from; ;) {
    const group = Array.from({ length: 5 }, () => n++);
    await Promise.all(
      group.map(async (one) => {
        await house.ctx.write(async (tx) => {
          await tx.db
            .$extendTables<EffectTables>()
            .insertInto('effect')
            .values({ kind: 'asked', n: one })
            .execute();
          await tx.record({ action: 'work.asked', resource: `work:${one}`, after: { n: one } });
          await tx.enqueue(work, { n: one });
        });
        process.stdout.write(`acknowledged ${one}\n`);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

if (import.meta.main) await main(JSON.parse(process.argv[2]!) as KillOrder);
