import assert from 'node:assert/strict';
import test from 'node:test';
import { Type } from 'typebox';
import { until as untilNamed } from '../../../test/until.ts';
import { testClock } from '../clock/index.ts';
import type { Ctx } from '../ctx/index.ts';
import type { OpenDatabase } from '../db/databases.suite.ts';
import type { Database } from '../db/index.ts';
import { invalid, TreadleError } from '../errors/index.ts';
import { openHouse, type House } from './house.suite.ts';
import { job, removeSchedule, setSchedule, type JobRun, type JobType } from './index.ts';
import type { JobTables } from './schema.ts';
import { selectJobs, type JobRow } from './store.ts';

const N = Type.Object({ n: Type.Integer() }, { additionalProperties: false });
const rows = (ctx: Ctx): Promise<JobRow[]> => selectJobs(ctx, { limit: 1_000 });
const states = async (ctx: Ctx): Promise<string[]> => (await rows(ctx)).map(({ state }) => state).toSorted();

/** A type whose runs are noted; `body` may fail or wait. */
function noted(
  options: Partial<JobType<{ n: number }>> = {},
  body: (n: number, run: JobRun, ctx: Ctx) => Promise<void> = async () => undefined,
) {
  const runs: Array<{ n: number; attempt: number; fence: number; workspace: string; actor: string }> = [];
  const type = job({
    name: 'test.note',
    ...options,
    payload: N,
    async run(ctx, { n }, run) {
      runs.push({ n, attempt: run.attempt, fence: run.fence, workspace: ctx.workspace, actor: ctx.actor.id });
      await body(n, run, ctx);
    },
  });
  return { type, runs };
}

const gate = (): { opened: Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
};
const until = async (what: () => boolean | Promise<boolean>): Promise<void> =>
  void (await untilNamed(String(what), what, 10));

/** What the job engine promises on every database. */
export function jobsSuite(name: string, open: OpenDatabase): void {
  const check = (
    what: string,
    body: (database: Database, opened: Awaited<ReturnType<OpenDatabase>>) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, async () => {
      await using opened = await open();
      await body(opened.database, opened);
    });
  };
  const settle = async (house: House): Promise<void> => {
    await house.jobs.idle();
    await house.stop();
  };

  check('a job runs once after its commit, in its workspace, as the system', async (database) => {
    const { type, runs } = noted();
    const house = await openHouse(database, { types: [type] });
    const id = await house.ctx.as({ workspace: 'other' }).write((tx) => tx.enqueue(type, { n: 7 }));
    await settle(house);
    assert.deepEqual(runs, [{ n: 7, attempt: 1, fence: 1, workspace: 'other', actor: 'system' }]);
    assert.deepEqual(await rows(house.ctx), [], 'the wall between workspaces');
    const [row] = await rows(house.ctx.as({ workspace: 'other' }));
    assert.equal(row?.id, id);
    assert.equal(row.state, 'done');
    assert.deepEqual(house.lines, []);
    assert.deepEqual(house.records, []);
  });

  check('a change that fails enqueues nothing', async (database) => {
    const { type, runs } = noted();
    const house = await openHouse(database, { types: [type] });
    await assert.rejects(
      house.ctx.write(async (tx) => {
        await tx.enqueue(type, { n: 1 });
        throw new Error('no');
      }),
    );
    await settle(house);
    assert.deepEqual(runs, []);
    assert.deepEqual(await rows(house.ctx), []);
  });

  check('a wrong payload or an unknown type never gets into the queue', async (database) => {
    const { type } = noted();
    const house = await openHouse(database, { types: [type] });
    await assert.rejects(
      house.ctx.write((tx) => tx.enqueue(type, { n: 'seven' } as never)),
      (error) => error instanceof TreadleError && error.kind === 'invalid' && error.field === 'n',
    );
    await assert.rejects(
      house.ctx.write((tx) => tx.enqueue({ ...type, name: 'test.other' }, { n: 1 })),
      /test\.other is not registered/,
    );
    await settle(house);
    assert.deepEqual(await rows(house.ctx), []);
  });

  check('one key is one job, in one workspace and type', async (database) => {
    const { type, runs } = noted();
    const house = await openHouse(database, { types: [type] });
    const put = (workspace: string, n: number) =>
      house.ctx.as({ workspace }).write((tx) => tx.enqueue(type, { n }, { uniqueKey: 'k' }));
    const [first, second, other] = [await put('default', 1), await put('default', 2), await put('other', 3)];
    assert.equal(second, first);
    assert.notEqual(other, first);
    await settle(house);
    assert.deepEqual(
      runs.map(({ n }) => n).toSorted((a, b) => a - b),
      [1, 3],
    );
  });

  check('a failure is tried again with growing waits, then it is final and told', async (database) => {
    const clock = testClock();
    const heard: unknown[] = [];
    const { type, runs } = noted({ attempts: 3, backoff: 1_000 }, async (n) => {
      throw new Error(`broken ${n}`);
    });
    const subscriber = {
      name: 's',
      types: ['job.failed'],
      handle: async (_tx: unknown, event: { subject: string }) => void heard.push(event.subject),
    };
    const house = await openHouse(database, { clock, types: [type], subscribers: [subscriber] });
    const id = await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await house.jobs.idle();
    assert.equal(runs.length, 1);
    clock.advance(900);
    await house.jobs.tick();
    await house.jobs.idle();
    assert.equal(runs.length, 1, 'it did not wait');
    clock.advance(300);
    await house.jobs.tick();
    await house.jobs.idle();
    assert.equal(runs.length, 2);
    clock.advance(3_900);
    await house.jobs.tick();
    await house.jobs.idle();
    assert.equal(runs.length, 2, 'the second wait is four times as long');
    clock.advance(1_000);
    await house.jobs.tick();
    await house.jobs.idle();
    const [row] = await rows(house.ctx);
    assert.equal(row?.state, 'failed');
    assert.equal(row.error, 'broken 1');
    assert.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1, 2, 3],
    );
    await house.events.settled();
    assert.deepEqual(heard, [`job:${id}`]);
    await house.stop();
  });

  check('a failure whose words hold a NUL, such as those of a program, is recorded', async (database) => {
    const { type } = noted({ attempts: 1 }, async () => {
      throw new Error('it said \0');
    });
    const house = await openHouse(database, { types: [type] });
    await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await settle(house);
    const [row] = await rows(house.ctx);
    assert.deepEqual([row?.state, row?.error], ['failed', 'it said \ufffd']);
  });

  check('an error that no repeat can mend is final at once', async (database) => {
    const { type, runs } = noted({ attempts: 5 }, async () => {
      throw invalid('never right');
    });
    const house = await openHouse(database, { types: [type] });
    await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await settle(house);
    assert.equal(runs.length, 1);
    assert.deepEqual(await states(house.ctx), ['failed']);
  });

  check('no more run at once than the type allows, and a full type holds no other up', async (database) => {
    const wait = gate();
    let [now, most] = [0, 0];
    const { type, runs } = noted({ concurrency: 3 }, async () => {
      most = Math.max(most, ++now);
      await wait.opened;
      now--;
    });
    const other = noted({ name: 'test.other' });
    const house = await openHouse(database, { types: [type, other.type] });
    await house.ctx.write(async (tx) => {
      for (let n = 0; n < 20; n++) await tx.enqueue(type, { n });
    });
    await house.ctx.write((tx) => tx.enqueue(other.type, { n: 99 }));
    await until(() => runs.length === 3 && other.runs.length === 1);
    wait.open();
    await settle(house);
    assert.equal(most, 3);
    assert.deepEqual(
      runs.map(({ n }) => n),
      Array.from({ length: 20 }, (_, n) => n),
      'in the order of the queue',
    );
  });

  check('a job waits for its time', async (database) => {
    const clock = testClock();
    const { type, runs } = noted();
    const house = await openHouse(database, { clock, types: [type] });
    await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }, { runAt: clock.now() + 60_000 }));
    await house.jobs.tick();
    await house.jobs.idle();
    assert.equal(runs.length, 0);
    clock.advance(60_000);
    await house.jobs.tick();
    await settle(house);
    assert.equal(runs.length, 1);
  });

  check('result and mark commit together, once', async (database) => {
    const { type } = noted({}, async (n, run, ctx) => {
      await ctx.write(async (tx) => {
        await tx.emit({ type: 'test.made', subject: `thing:${n}` });
        await run.finish(tx);
      });
      await assert.rejects(
        ctx.write((tx) => tx.emit({ type: 'test.late', subject: 'thing:late' })),
        (error) => error instanceof TreadleError && error.code === 'lease-lost',
      );
    });
    const heard: string[] = [];
    const subscriber = {
      name: 's',
      types: ['*'],
      handle: async (_tx: unknown, event: { subject: string }) => void heard.push(event.subject),
    };
    const house = await openHouse(database, { types: [type], subscribers: [subscriber] });
    await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await house.jobs.idle();
    await house.events.settled();
    await house.stop();
    assert.deepEqual(await states(house.ctx), ['done']);
    assert.deepEqual(heard, ['thing:1']);
    assert.deepEqual(house.lines, []);
  });

  check('an attempt that lost its lease can write nothing more', async (database) => {
    const [started, go] = [gate(), gate()];
    const outcome: string[] = [];
    const { type } = noted({}, async (_n, _run, ctx) => {
      started.open();
      await go.opened;
      await ctx
        .write((tx) => tx.emit({ type: 'test.stale', subject: 'thing:1' }))
        .then(
          () => outcome.push('written'),
          (error: unknown) => outcome.push(error instanceof TreadleError ? (error.code ?? '') : 'other'),
        );
      await ctx
        .as({ workspace: 'other' })
        .write((tx) => tx.emit({ type: 'test.stale', subject: 'thing:2' }))
        .then(
          () => outcome.push('written'),
          () => outcome.push('refused'),
        );
    });
    const house = await openHouse(database, { types: [type] });
    const id = await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await started.opened;
    // As if another process had taken the job over.
    await house.ctx.db
      .$extendTables<JobTables>()
      .updateTable('job')
      .set({ fence: 5 })
      .where('id', '=', id)
      .execute()
      .catch(() =>
        house.ctx.write((tx) =>
          tx.db
            .$extendTables<JobTables>()
            .updateTable('job')
            .set({ fence: 5 })
            .where('id', '=', id)
            .execute(),
        ),
      );
    go.open();
    await until(() => outcome.length === 2);
    await settle(house);
    assert.deepEqual(outcome, ['lease-lost', 'refused']);
    const [row] = await rows(house.ctx);
    assert.equal(row?.state, 'running', 'the end of a stale attempt is not recorded');
    assert.equal(row.fence, 5);
  });

  check('cancelling tells the attempt, and refuses what it still writes', async (database) => {
    const started = gate();
    let aborted = false;
    const { type } = noted({}, async (_n, { signal }, ctx) => {
      started.open();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      aborted = true;
      await ctx.write((tx) => tx.emit({ type: 'test.late', subject: 'thing:1' }));
    });
    const house = await openHouse(database, { types: [type] });
    const running = await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    const later = await house.ctx.write((tx) =>
      tx.enqueue(type, { n: 2 }, { runAt: Date.now() + 1_000_000 }),
    );
    await started.opened;
    await assert.rejects(
      house.jobs.cancel(house.ctx.as({ workspace: 'other' }), running),
      (error) => error instanceof TreadleError && error.kind === 'missing',
    );
    await house.jobs.cancel(house.ctx, running);
    await house.jobs.cancel(house.ctx, later);
    await until(() => aborted);
    await settle(house);
    assert.deepEqual(await states(house.ctx), ['cancelled', 'cancelled']);
    await assert.rejects(house.jobs.cancel(house.ctx, running), /is cancelled already/);
  });

  check('an orderly stop gives unfinished work back, uncounted; the next start runs it', async (database) => {
    const { type, runs } = noted({ attempts: 1 }, async (_n, { signal }) => {
      if (runs.length > 1) return;
      await new Promise<void>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('told to stop')), { once: true }),
      );
    });
    const house = await openHouse(database, { types: [type] });
    await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await until(() => runs.length === 1);
    await house.stop();
    assert.deepEqual(await states(house.ctx), ['queued']);
    const next = await openHouse(database, { types: [type] });
    await settle(next);
    assert.deepEqual(await states(next.ctx), ['done']);
    assert.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1, 1],
    );
  });

  check('work that ignores the stop is given back too, and its late end is refused', async (database) => {
    const go = gate();
    let late: Promise<void> | undefined;
    const { type, runs } = noted({}, async (_n, _run, ctx) => {
      if (runs.length > 1) return;
      await go.opened;
      late = ctx.write((tx) => tx.emit({ type: 'test.late', subject: 'thing:1' }));
      await late;
    });
    const house = await openHouse(database, { types: [type] });
    await house.ctx.write((tx) => tx.enqueue(type, { n: 1 }));
    await until(() => runs.length === 1);
    await house.stop({ drain: 20 });
    assert.deepEqual(await states(house.ctx), ['queued']);
    const next = await openHouse(database, { types: [type] });
    await next.jobs.idle();
    go.open();
    await until(() => late !== undefined);
    await assert.rejects(late!);
    await next.stop();
    assert.deepEqual(await states(next.ctx), ['done']);
    assert.equal(runs.length, 2);
  });

  check('what a dead process left running is taken up, though not for ever', async (database) => {
    const { type, runs } = noted({ attempts: 2 });
    const clock = testClock();
    const dead = await openHouse(database, { clock, types: [type], start: false });
    const ids = await dead.ctx.write(async (tx) => [
      await tx.enqueue(type, { n: 1 }),
      await tx.enqueue(type, { n: 2 }),
    ]);
    // As a killed process leaves them: running, leased, nobody there.
    await dead.ctx.write(async (tx) => {
      const jobs = tx.db.$extendTables<JobTables>();
      // One was there at more crashes than it may have failures, the other at each of very many.
      for (const [i, id] of ids.entries()) {
        await jobs
          .updateTable('job')
          .set({
            state: 'running',
            attempt: [3, 20][i]!,
            fence: i + 1,
            holder: 'dead',
            lease_until: clock.now() + 30_000,
          })
          .where('id', '=', id)
          .execute();
      }
    });
    const house = await openHouse(database, { clock, types: [type] });
    await house.jobs.idle();
    if (database.dialect.shared) {
      assert.equal(runs.length, 0, 'the lease of another process still holds');
      clock.advance(31_000);
      await house.jobs.tick();
      await house.jobs.idle();
    }
    await house.stop();
    assert.deepEqual(
      runs.map(({ n, attempt, fence }) => ({ n, attempt, fence })),
      [{ n: 1, attempt: 4, fence: 2 }],
    );
    assert.deepEqual(await states(house.ctx), ['done', 'failed']);
    const failed = (await rows(house.ctx)).find(({ state }) => state === 'failed');
    assert.match(failed?.error ?? '', /stopped during attempt 20, the last one/);
  });

  check('two processes share the work and run each job once', async (database, { another }) => {
    if (!another) return; // one process owns this database
    // A job ends once both processes have begun one: neither can do it all.
    const began = (): boolean => one.runs.length > 0 && two.runs.length > 0;
    const one = noted({ concurrency: 3 }, () => until(began));
    const two = noted({ concurrency: 3 }, () => until(began));
    const first = await openHouse(database, { types: [one.type] });
    const second = await openHouse(await another(), { types: [two.type] });
    await first.ctx.write(async (tx) => {
      for (let n = 0; n < 100; n++) await tx.enqueue(one.type, { n });
    });
    await until(async () => (await states(first.ctx)).filter((state) => state === 'done').length === 100);
    await first.stop();
    await second.stop();
    const ran = [...one.runs, ...two.runs].map(({ n }) => n).toSorted((a, b) => a - b);
    assert.deepEqual(
      ran,
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.ok(began());
  });

  check(
    'a schedule fires at its nominal times, once each, however many processes look',
    async (database, { another }) => {
      const clock = testClock(Date.parse('2026-03-28T12:00:00Z'));
      const { type } = noted();
      const schedule = {
        name: 'nightly',
        type,
        payload: { n: 1 },
        cron: '30 2 * * *',
        timeZone: 'Europe/Berlin',
      };
      const house = await openHouse(database, { clock, types: [type], schedules: [schedule] });
      const second = another
        ? await openHouse(await another(), { clock, types: [type], schedules: [schedule] })
        : undefined;
      const both = [house, ...(second ? [second] : [])];
      for (const to of [
        '2026-03-29T00:59:59Z',
        '2026-03-29T01:00:00Z',
        '2026-03-30T00:29:59Z',
        '2026-03-30T00:30:00Z',
      ]) {
        clock.advance(Date.parse(to) - clock.now());
        await Promise.all(both.map(({ jobs }) => jobs.tick()));
        await Promise.all(both.map(({ jobs }) => jobs.idle()));
      }
      for (const { stop } of both) await stop();
      const fired = (await rows(house.ctx))
        .filter((row) => row.type === type.name)
        .map((row) => new Date(row.scheduled_for ?? 0).toISOString());
      // On 29 March 02:30 does not exist in Berlin: it moves to the next moment that does.
      assert.deepEqual(fired.toSorted(), ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
    },
  );

  check(
    'ticks missed while nothing ran are dropped, fired once or fired each, as the schedule says',
    async (database) => {
      const clock = testClock(Date.parse('2026-11-23T00:10:00Z'));
      const { type } = noted({ concurrency: 10 });
      const schedules = (['none', 'last', 'all'] as const).map((catchUp, n) => ({
        name: catchUp,
        type,
        payload: { n },
        cron: '0 * * * *',
        catchUp,
      }));
      const house = await openHouse(database, { clock, types: [type], schedules });
      await house.stop();
      clock.advance(5 * 3_600_000); // five ticks pass: 01:00 … 05:00
      const next = await openHouse(database, { clock, types: [type], schedules });
      await next.jobs.idle();
      const fired = async (): Promise<Record<string, number[]>> => {
        const mine = (await rows(next.ctx)).filter((row) => row.type === type.name);
        return Object.fromEntries(
          schedules.map(({ name: key, payload: { n } }) => [
            key,
            mine
              .filter((row) => row.payload === `{"n":${n}}`)
              .map((row) => new Date(row.scheduled_for ?? 0).getUTCHours())
              .toSorted((a, b) => a - b),
          ]),
        );
      };
      assert.deepEqual(await fired(), { none: [], last: [5], all: [1, 2, 3, 4, 5] });
      clock.advance(50 * 60_000 + 5_000); // 06:00:05, on time
      await next.jobs.tick();
      await next.jobs.idle();
      await next.stop();
      assert.deepEqual(await fired(), { none: [6], last: [5, 6], all: [1, 2, 3, 4, 5, 6] });
    },
  );

  check(
    'a schedule can be set, kept, changed and removed; a wrong one is refused by field',
    async (database) => {
      const clock = testClock(Date.parse('2026-11-23T00:10:00Z'));
      const { type, runs } = noted();
      const house = await openHouse(database, { clock, types: [type] });
      const set = (cron: string, timeZone = 'UTC') =>
        house.ctx.write((tx) => setSchedule(tx, { name: 's', type, payload: { n: 1 }, cron, timeZone }));
      await assert.rejects(
        set('61 * * * *'),
        (error) =>
          error instanceof TreadleError && error.field === 'cron' && /minute: 61/.test(error.message),
      );
      await assert.rejects(
        set('0 * * * *', 'Mars/Olympus'),
        (error) => error instanceof TreadleError && error.field === 'timeZone',
      );
      await set('0 * * * *');
      clock.advance(3_000_000); // 01:00
      await set('0 * * * *'); // again, unchanged: the tick that is due is not lost
      await house.jobs.tick();
      await house.jobs.idle();
      assert.equal(runs.length, 1);
      await set('30 * * * *');
      clock.advance(1_800_000);
      await house.jobs.tick();
      await house.jobs.idle();
      assert.equal(runs.length, 2);
      assert.equal(await house.ctx.write((tx) => removeSchedule(tx, 's')), true);
      assert.equal(await house.ctx.write((tx) => removeSchedule(tx, 's')), false);
      clock.advance(7_200_000);
      await house.jobs.tick();
      await settle(house);
      assert.equal(runs.length, 2);
    },
  );
}
