import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../../../test/until.ts';
import type { OpenDatabase } from '../db/databases.suite.ts';
import type { Database } from '../db/index.ts';
import type { ServerSentEvent } from '../http/index.ts';
import { openHouse, type House } from '../jobs/house.suite.ts';
import { pruneEvents, type DeliveredEvent, type Subscriber } from './index.ts';
import type { EventTables } from './schema.ts';
import { ensureCursor, moveCursor } from './store.ts';

const emit = (house: House, n: number, workspace = 'default', type = 'thing.made') =>
  house.ctx.as({ workspace }).write((tx) => tx.emit({ type, subject: `thing:${n}`, data: { n } }));

function listener(name: string, types: string[], fail: (event: DeliveredEvent) => boolean = () => false) {
  const heard: string[] = [];
  const subscriber: Subscriber = {
    name,
    types,
    async handle(tx, event) {
      if (fail(event)) throw new Error(`${name} does not like ${event.subject}`);
      tx.afterCommit(() => void heard.push(`${tx.workspace} ${event.subject}`));
    },
  };
  return { heard, subscriber };
}

/** Reads a stream into a list until told to stop. */
function follow(house: House, options: { after?: number; types?: string[]; workspace?: string } = {}) {
  const aborter = new AbortController();
  const got: ServerSentEvent[] = [];
  const ctx = house.ctx.as({ workspace: options.workspace ?? 'default' });
  const done = (async () => {
    for await (const event of house.events.stream(ctx, {
      after: options.after,
      types: options.types ?? [],
      signal: aborter.signal,
    }))
      got.push(event);
  })();
  return {
    got,
    ids: () => got.filter(({ event }) => event === undefined).map(({ id }) => Number(id)),
    async until(count: number) {
      await until(`${count} events`, () => got.length >= count, 5);
    },
    async stop() {
      aborter.abort();
      await done;
    },
  };
}

/** What the outbox and its readers promise on every database. */
export function eventsSuite(name: string, open: OpenDatabase): void {
  const check = (
    what: string,
    body: (database: Database, opened: Awaited<ReturnType<OpenDatabase>>) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, async () => {
      await using opened = await open();
      await body(opened.database, opened);
    });
  };

  check('a fact commits or vanishes with its change, and numbers have no gaps', async (database) => {
    const house = await openHouse(database);
    await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) =>
        house.ctx.write(async (tx) => {
          await tx.emit({ type: 'thing.made', subject: `thing:${n}` });
          if (n % 4 === 0) throw new Error('no');
        }),
      ),
    );
    const rows = await database.db
      .$extendTables<EventTables>()
      .selectFrom('event')
      .select(['seq', 'subject'])
      .orderBy('seq')
      .execute();
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    assert.ok(rows.every(({ subject }) => Number(subject.slice(6)) % 4 !== 0));
    await house.stop();
  });

  check(
    'a subscriber that takes long has few events a transaction, each once and in order',
    async (database) => {
      const heard: number[] = [];
      let handled = 0;
      const slow: Subscriber = {
        name: 'slow',
        types: ['thing.made'],
        async handle(tx, event) {
          for (const until = performance.now() + 11; performance.now() < until;);
          handled++;
          // What the same transaction handled is known by its end.
          tx.afterCommit(() => void heard.push(handled));
          assert.equal(event.subject, `thing:${heard.length}`);
        },
      };
      const house = await openHouse(database, { subscribers: [slow] });
      await house.ctx.write(async (tx) => {
        for (let n = 0; n < 5; n++) await tx.emit({ type: 'thing.made', subject: `thing:${n}`, data: { n } });
      });
      await house.events.settled();
      assert.deepEqual(heard, [1, 2, 3, 4, 5]);
      assert.deepEqual(house.lines, []);
      await house.stop();
    },
  );

  check(
    'a subscriber hears its types once, in order, each in its workspace; nobody else hears',
    async (database) => {
      const [things, others, all] = [
        listener('things', ['thing.made']),
        listener('others', ['other.made']),
        listener('all', ['*']),
      ];
      const house = await openHouse(database, {
        subscribers: [things.subscriber, others.subscriber, all.subscriber],
      });
      for (let n = 0; n < 120; n++) await emit(house, n, n % 2 === 0 ? 'default' : 'other');
      await house.events.settled();
      const expected = Array.from(
        { length: 120 },
        (_, n) => `${n % 2 === 0 ? 'default' : 'other'} thing:${n}`,
      );
      assert.deepEqual(things.heard, expected);
      assert.deepEqual(all.heard, expected);
      assert.deepEqual(others.heard, []);
      assert.deepEqual(house.lines, []);
      await house.stop();
    },
  );

  check('what was committed before a crash is heard after it, once', async (database) => {
    const before = listener('things', ['thing.made']);
    const first = await openHouse(database, { subscribers: [before.subscriber] });
    await emit(first, 0);
    await first.events.settled();
    await first.stop();
    // As after a kill between the commit and the delivery: the outbox has it, the cursor does not.
    const dead = await openHouse(database, { start: false });
    await emit(dead, 1);
    await emit(dead, 2);
    const after = listener('things', ['thing.made']);
    const second = await openHouse(database, { subscribers: [after.subscriber] });
    await second.events.settled();
    await second.stop();
    assert.deepEqual(before.heard, ['default thing:0']);
    assert.deepEqual(after.heard, ['default thing:1', 'default thing:2']);
  });

  check(
    'a subscriber that fails tries again without losing its place, then the event is parked and it goes on',
    async (database) => {
      let tries = 0;
      const flaky = listener('flaky', ['thing.made'], ({ subject }) => subject === 'thing:1' && ++tries < 3);
      const broken = listener('broken', ['thing.made'], ({ subject }) => subject === 'thing:1');
      const house = await openHouse(database, {
        subscribers: [flaky.subscriber, broken.subscriber],
        waits: [5, 5, 5],
      });
      for (let n = 0; n < 4; n++) await emit(house, n);
      await house.events.settled();
      await house.stop();
      assert.deepEqual(
        flaky.heard,
        [0, 1, 2, 3].map((n) => `default thing:${n}`),
      );
      assert.deepEqual(
        broken.heard,
        [0, 2, 3].map((n) => `default thing:${n}`),
      );
      const parked = await database.db
        .$extendTables<EventTables>()
        .selectFrom('event_parked')
        .select(['subscriber', 'seq', 'error'])
        .execute();
      assert.deepEqual(
        parked.map((row) => ({ ...row })),
        [{ subscriber: 'broken', seq: 2, error: 'broken does not like thing:1' }],
      );
      assert.ok(house.lines.some((line) => line.includes('parked')));
    },
  );

  check('a handler that fails takes its own work back with it', async (database) => {
    let tries = 0;
    const subscriber: Subscriber = {
      name: 'chain',
      types: ['thing.made'],
      async handle(tx, event) {
        await tx.emit({ type: 'chain.made', subject: event.subject });
        if (++tries === 1) throw new Error('once');
      },
    };
    const house = await openHouse(database, { subscribers: [subscriber], waits: [1] });
    await emit(house, 1);
    await house.events.settled();
    await house.stop();
    const rows = await database.db
      .$extendTables<EventTables>()
      .selectFrom('event')
      .select('type')
      .orderBy('seq')
      .execute();
    assert.deepEqual(
      rows.map(({ type }) => type),
      ['thing.made', 'chain.made'],
    );
  });

  // Who gives an event up parks it only when this says so: another process may have been luckier with it meanwhile.
  check('a cursor never moves back', async (database) => {
    const house = await openHouse(database, { start: false });
    await house.ctx.write((tx) => ensureCursor(tx, 'fragile'));
    const move = (seq: number) => house.ctx.write((tx) => moveCursor(tx, 'fragile', seq));
    assert.deepEqual(
      [await move(3), await move(1), await move(3), await move(4)],
      [true, false, false, true],
    );
    const rows = await database.db
      .$extendTables<EventTables>()
      .selectFrom('event_cursor')
      .select('seq')
      .execute();
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      [4],
    );
    await house.stop();
  });

  check('two processes deliver each event once', async (database, { another }) => {
    if (!another) return;
    const [one, two] = [listener('things', ['thing.made']), listener('things', ['thing.made'])];
    const first = await openHouse(database, { subscribers: [one.subscriber] });
    const second = await openHouse(await another(), { subscribers: [two.subscriber] });
    await Promise.all(Array.from({ length: 60 }, (_, n) => emit(n % 2 === 0 ? first : second, n)));
    await until('all events', () => one.heard.length + two.heard.length >= 60);
    await first.stop();
    await second.stop();
    assert.equal(new Set([...one.heard, ...two.heard]).size, 60);
    assert.equal(one.heard.length + two.heard.length, 60);
  });

  check('a stream shows its own workspace from now on, filtered, and ends when told', async (database) => {
    const house = await openHouse(database);
    await emit(house, 0);
    const [mine, typed] = [follow(house), follow(house, { types: ['thing.done'] })];
    await Promise.all([mine.until(1), typed.until(1)]);
    assert.deepEqual(mine.got[0], { event: 'ready', id: '1', data: { seq: 1 } });
    await emit(house, 1);
    await emit(house, 2, 'other');
    await emit(house, 3, 'default', 'thing.done');
    await Promise.all([mine.until(3), typed.until(2)]);
    assert.deepEqual(mine.ids(), [2, 4]);
    assert.deepEqual(typed.ids(), [4]);
    const { data } = mine.got[2]!;
    assert.partialDeepStrictEqual(data, {
      seq: 4,
      type: 'thing.done',
      subject: 'thing:3',
      workspace: 'default',
      actor: 'tester',
      data: { n: 3 },
    });
    await Promise.all([mine.stop(), typed.stop()]);
    await house.stop();
  });

  check('however many streams follow, the outbox is read once for all of them', async (database) => {
    let asked = 0;
    const db = database.db.withPlugin({
      transformQuery({ node }) {
        asked++;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const house = await openHouse({ ...database, db }, { start: false });
    const streams = Array.from({ length: 120 }, (_, i) =>
      follow(house, { workspace: i % 2 === 0 ? 'default' : 'other' }),
    );
    await Promise.all(streams.map((stream) => stream.until(1)));
    asked = 0;
    for (let n = 1; n <= 5; n++) {
      await emit(house, n, n % 2 === 0 ? 'other' : 'default');
      await Promise.all(
        streams.map((stream, i) => stream.until(1 + Math.floor((n + (i % 2 === 0 ? 1 : 0)) / 2))),
      );
    }
    const [first, second] = streams;
    assert.deepEqual(first!.ids(), [1, 3, 5]);
    assert.deepEqual(second!.ids(), [2, 4]);
    // Two for each event at most; a start of the tail may still have been under way.
    assert.ok(asked > 0 && asked <= 12, `${asked} questions for five events and 120 streams`);
    await Promise.all(streams.map((stream) => stream.stop()));
    await house.stop();
  });

  check('a stream resumes where its reader left off, over many pages', async (database) => {
    const house = await openHouse(database);
    await house.ctx.write(async (tx) => {
      for (let n = 0; n < 450; n++) await tx.emit({ type: 'thing.made', subject: `thing:${n}` });
    });
    const late = follow(house, { after: 17 });
    await late.until(433);
    await emit(house, 1_000);
    await late.until(434);
    assert.deepEqual(
      late.ids(),
      Array.from({ length: 434 }, (_, i) => i + 18),
    );
    await late.stop();
    await house.stop();
  });

  check('a reader whose place is gone, or that lags too far, is told to start anew', async (database) => {
    const house = await openHouse(database);
    await emit(house, 0);
    const future = follow(house, { after: 99 }); // from another life of this server
    await future.until(1);
    assert.deepEqual(future.got[0], { event: 'reset', id: '1', data: { seq: 1 } });
    await emit(house, 1);
    await future.until(2);
    assert.deepEqual(future.ids(), [2]);
    await future.stop();

    await house.ctx.write(async (tx) => {
      for (let n = 0; n < 5_100; n++) await tx.emit({ type: 'thing.made', subject: `thing:${n}` });
    });
    const slow = follow(house, { after: 1 });
    await slow.until(1);
    assert.deepEqual(slow.got, [{ event: 'reset', id: '5102', data: { seq: 5102 } }]);
    await slow.stop();
    await house.stop();
  });

  check(
    'old events are forgotten, but not those that a subscriber waits for, and numbers go on',
    async (database) => {
      let now = 1_700_000_000_000;
      const clock = { now: () => now };
      const made = listener('things', ['thing.made']);
      const house = await openHouse(database, { clock, subscribers: [made.subscriber], start: false });
      const prune = pruneEvents(house.events);
      const run = async (): Promise<number[]> => {
        await prune.run(
          house.ctx,
          {},
          {
            id: 'x',
            attempt: 1,
            fence: 1,
            signal: new AbortController().signal,
            finish: async () => undefined,
          },
        );
        const rows = await database.db
          .$extendTables<EventTables>()
          .selectFrom('event')
          .select('seq')
          .orderBy('seq')
          .execute();
        return rows.map(({ seq }) => seq);
      };
      await house.events.start(house.ctxFor);
      await emit(house, 1);
      await house.events.settled();
      await house.events.stop(); // from here on nobody listens
      await emit(house, 2);
      await emit(house, 3);
      now += 8 * 86_400_000;
      await emit(house, 4, 'default', 'other.made');
      assert.deepEqual(await run(), [2, 3, 4]);
      const again = await openHouse(database, {
        clock,
        subscribers: [listener('things', ['thing.made']).subscriber],
      });
      await again.events.settled();
      await again.stop();
      now += 8 * 86_400_000;
      assert.deepEqual(await run(), [4], 'the newest stays: it holds the number');
      await emit(house, 5);
      const rows = await database.db
        .$extendTables<EventTables>()
        .selectFrom('event')
        .select('seq')
        .orderBy('seq')
        .execute();
      assert.deepEqual(
        rows.map(({ seq }) => seq),
        [4, 5],
      );
    },
  );
}
