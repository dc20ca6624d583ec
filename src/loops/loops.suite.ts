import assert from 'node:assert/strict';
import test from 'node:test';
import { testClock } from '../platform/clock/index.ts';
import type { OpenDatabase } from '../platform/db/databases.suite.ts';
import { openHouse, type House } from '../platform/jobs/house.suite.ts';
import type { Trigger } from './contract.ts';
import type { Below, Engine } from './engine.ts';
import { openLoops } from './index.ts';
import { measures } from './measures.ts';
import { pauseLoop, resumeLoop, runLoop } from './by-hand.ts';
import { createEngine } from './jobs.ts';
import { replayLoop } from './replay-loop.ts';
import { migrations } from './schema.ts';
import { setLoop } from './set-loop.ts';
import { getLoop, getTurn, listTurns } from './views.ts';

/** Rooms below that train nothing: what was started, how it stands, and which alerts are open. */
export function below() {
  const state = {
    started: [] as string[],
    executions: new Map<string, { state: string; reason?: string }>(),
    alerts: [] as Array<{ id: string; cause: string; state: string; summary: string }>,
    work: 'w1',
    windows: [] as object[],
    trained: new Set<string>(),
    /** No run of the pipeline has gone through yet. */
    fresh: false,
    /** At so many looks an execution that no loop began goes on. */
    goesOn: 0,
    /** Of executions whose gate came to an end. */
    releases: new Map<string, object>(),
  };
  const rooms: Below = {
    pipelines: {
      // Of what is prepared the room reads these.
      prepare: async () =>
        (state.fresh
          ? undefined
          : {
              prepared: { pipeline: 'flights', data: [] },
              model: 'late',
              endpoint: 'late',
              work: state.work,
              from: { id: 'e0', number: 1 },
            }) as never,
      async start(ctx, _retrain, within) {
        const id = `e${state.started.length + 1}`;
        await ctx.write((tx) => within(tx, { id, number: state.started.length + 2 }));
        state.started.push(id);
        state.executions.set(id, { state: 'running' });
        return id;
      },
      standing: async (_ctx, id) => state.executions.get(id) as never,
      trainedBefore: async (_ctx, { work }) =>
        state.trained.has(work) ? { id: 'e9', number: 9 } : undefined,
      underWay: async () => (state.goesOn-- > 0 ? { pipeline: 'flights', number: 1 } : undefined) as never,
      trainedOn: async () => [],
      took: async () => [60_000],
      declared: async () => undefined,
    },
    releases: {
      find: async () => undefined,
      ofExecution: async (_ctx, id) => state.releases.get(id) as never,
    },
    monitoring: {
      openAlerts: async () => state.alerts as never,
      windows: async () => ({ items: state.windows }) as never,
    },
    serving: {
      tellers: {
        endpoints: async (_ctx, refs) =>
          new Map(refs.map((ref) => [ref, { facts: { id: 'x', name: 'late', deleted: false }, from: [] }])),
      },
    },
  };
  return { state, rooms };
}

const DAY = 86_400_000;
/** A Sunday, noon. */
const START = Date.parse('2026-03-01T12:00:00Z');

export function loopsSuite(on: string, open: OpenDatabase): void {
  const check = (
    what: string,
    triggers: Trigger[],
    body: (room: Room) => Promise<void>,
    more: object = {},
  ): void => {
    test(`${on}: ${what}`, async () => {
      await using opened = await open();
      const clock = testClock(START);
      const { state, rooms } = below();
      const loops = openLoops(rooms);
      const engine = createEngine(rooms);
      const house = await openHouse(opened.database, {
        clock,
        types: loops.jobs,
        subscribers: loops.subscribers,
        migrations,
      });
      const settle = async (): Promise<void> => {
        await house.events.settled();
        await house.jobs.tick();
        await house.jobs.idle();
        await house.events.settled();
        await house.jobs.idle();
      };
      const room: Room = {
        house,
        engine,
        state,
        settle,
        async pass(ms) {
          clock.advance(ms);
          await settle();
        },
        async end(id, to, reason) {
          state.executions.set(id, { state: to, ...(reason === undefined ? {} : { reason }) });
          await house.ctx.write((tx) => tx.emit({ type: `execution.${to}`, subject: `execution:${id}` }));
          await settle();
        },
        alert: async (type, id, cause) => {
          await house.ctx.write((tx) =>
            tx.emit({
              type: `alert.${type}`,
              subject: `alert:${id}`,
              data: { endpoint_id: 'x', cause, summary: `${cause} of x` },
            }),
          );
          await settle();
        },
        run: (reason, options = {}) => runLoop(house.ctx, engine, 'late', { reason, ...options }),
        set: (next) =>
          setLoop(house.ctx, engine, 'late', {
            pipeline: 'flights',
            endpoint: 'late',
            triggers: next,
            ...more,
          }),
        turns: async () =>
          (await listTurns(house.ctx, { loop: 'late' })).items
            .toReversed()
            .map(({ trigger, state: stands, code }) =>
              [trigger.split(' ')[0], stands, ...(code === undefined ? [] : [code])].join(' '),
            ),
        loop: () => getLoop(house.ctx, engine, 'late'),
        pause: (reason) => pauseLoop(house.ctx, 'late', reason),
        resume: () => resumeLoop(house.ctx, engine, 'late', undefined),
      };
      try {
        await room.set(triggers);
        await body(room);
        assert.deepEqual(house.lines, []);
      } finally {
        await house.stop();
      }
    });
  };

  check(
    'a schedule turns it once at each of its times, and what follows is followed to its end',
    [{ kind: 'daily', at: '03:00' }],
    async (room) => {
      const { state } = room;
      await room.pass(DAY - 1);
      assert.deepEqual(state.started, ['e1']);
      assert.deepEqual(await room.turns(), ['daily training']);
      state.trained.add('w1');
      await room.end('e1', 'succeeded');
      assert.deepEqual(await room.turns(), ['daily trained']);
      // Nothing has come since.
      await room.pass(DAY);
      assert.deepEqual(await room.turns(), ['daily trained', 'daily no_op']);
      state.work = 'w2';
      await room.pass(DAY);
      assert.deepEqual(state.started, ['e1', 'e2']);
      const [last] = (await listTurns(room.house.ctx, {})).items;
      const { transitions, execution } = await getTurn(room.house.ctx, last!.id);
      assert.deepEqual(
        transitions.map((one) => one.state),
        ['triggered', 'training'],
      );
      assert.equal(execution?.id, 'e2');
      assert.deepEqual(
        room.house.records
          .filter(({ resource }) => resource === `loop_turn:${last!.id}`)
          .map(({ action }) => action),
        ['loop_turn.triggered', 'loop_turn.training'],
      );
    },
  );

  check(
    'an alert turns it once, however often it fires; an alert on the data holds it up until it is mended',
    [{ kind: 'performance' }],
    async (room) => {
      const { state } = room;
      const drop = { id: 'a1', cause: 'performance', state: 'firing', summary: 'auc is 0.55' };
      state.alerts = [
        drop,
        { id: 'a2', cause: 'data', state: 'firing', summary: 'in_distance: 40 % missing' },
      ];
      await room.alert('firing', 'a2', 'data');
      assert.deepEqual(await room.turns(), []);
      await room.alert('firing', 'a1', 'performance');
      assert.deepEqual(await room.turns(), ['performance waiting data-alert']);
      await room.alert('firing', 'a1', 'performance');
      assert.match((await room.loop()).blocked ?? '', /40 % missing/);
      assert.deepEqual(state.started, []);
      state.alerts = [drop];
      await room.alert('resolved', 'a2', 'data');
      assert.deepEqual(await room.turns(), ['performance training']);
      await room.alert('firing', 'a1', 'performance');
      assert.deepEqual(state.started, ['e1']);
      // Drift was not asked for.
      await room.alert('firing', 'a3', 'drift');
      assert.deepEqual(await room.turns(), ['performance training']);
    },
  );

  check(
    'what waits for an alert that is resolved meanwhile is over',
    [{ kind: 'performance' }],
    async (room) => {
      const { state } = room;
      state.alerts = [
        { id: 'a1', cause: 'performance', state: 'firing', summary: 'auc is 0.55' },
        { id: 'a2', cause: 'data', state: 'firing', summary: 'broken' },
      ];
      await room.alert('firing', 'a1', 'performance');
      state.alerts = [];
      await room.alert('resolved', 'a1', 'performance');
      assert.deepEqual(await room.turns(), ['performance skipped over']);
      assert.deepEqual(state.started, []);
    },
  );

  check(
    'one training of a model at a time; cooldown, budget and back-off hold triggers up, and no person',
    [{ kind: 'drift' }],
    async (room) => {
      const { state } = room;
      const drift = async (id: string): Promise<void> => {
        state.alerts = [...state.alerts, { id, cause: 'drift', state: 'firing', summary: 'moved' }];
        await room.alert('firing', id, 'drift');
      };
      await drift('a1');
      await drift('a2');
      await room.run('now');
      await room.settle();
      assert.deepEqual(await room.turns(), [
        'drift training',
        'drift waiting under-way',
        'manual skipped under-way',
      ]);
      await room.end('e1', 'failed', 'exit 1');
      // The one that waited looked again, and waits for what the failure brought.
      assert.deepEqual((await room.turns()).slice(0, 2), ['drift failed', 'drift waiting back-off']);
      assert.equal((await room.loop()).failed, 1);
      await room.pass(10 * 60_000 + 1);
      assert.deepEqual((await room.turns())[1], 'drift waiting cooldown');
      await room.pass(60 * 60_000);
      assert.deepEqual(state.started, ['e1', 'e2']);
      await room.end('e2', 'succeeded');
      await drift('a3');
      assert.equal((await room.turns()).at(-1), 'drift waiting cooldown');
      await room.pass(3 * 60 * 60_000);
      assert.equal((await room.turns()).at(-1), 'drift waiting budget');
      await room.run('people have no budget');
      await room.settle();
      assert.equal((await room.turns()).at(-1), 'manual training');
    },
    { budget: { runs: 2, per: 'day' } },
  );

  check(
    'what comes while the first run of the pipeline goes on waits for its end, and is no failure',
    [{ kind: 'drift' }],
    async (room) => {
      const { state, house } = room;
      Object.assign(state, { fresh: true, goesOn: Infinity });
      assert.match((await room.loop()).blocked ?? '', /^no run of pipeline '\w+' has gone through yet/);
      state.alerts = [{ id: 'a1', cause: 'drift', state: 'firing', summary: 'moved' }];
      await room.alert('firing', 'a1', 'drift');
      assert.deepEqual(await room.turns(), ['drift waiting under-way']);
      Object.assign(state, { fresh: false, goesOn: 0 });
      await house.ctx.write((tx) =>
        tx.emit({ type: 'execution.succeeded', subject: 'execution:e0', data: { pipeline: 'flights' } }),
      );
      await room.settle();
      assert.deepEqual(await room.turns(), ['drift training']);
    },
  );

  check(
    'what ends between a look at it and the word that it is waited for holds nothing up',
    [{ kind: 'drift' }],
    async (room) => {
      const { state } = room;
      state.goesOn = 1;
      state.alerts = [{ id: 'a1', cause: 'drift', state: 'firing', summary: 'moved' }];
      await room.alert('firing', 'a1', 'drift');
      assert.deepEqual(await room.turns(), ['drift training']);
    },
  );

  check(
    'after candidates that did not hold people are asked, until somebody resumes it',
    [{ kind: 'daily', at: '03:00' }],
    async (room) => {
      const { state } = room;
      for (const id of ['e1', 'e2']) {
        state.work = id;
        await room.pass(DAY);
        // The first is refused, the second proven neither good enough nor bad: the champion stays both times.
        if (id === 'e2')
          state.releases.set(id, {
            id: 'r2',
            ref: 'release:r2',
            state: 'rejected',
            reason: 'too few rows',
            ended_at: 1,
            gate: { verdict: 'inconclusive' },
          });
        await room.end(id, 'rejected', 'auc 0.5');
      }
      assert.deepEqual(await room.turns(), ['daily rejected', 'daily rejected inconclusive']);
      const called = await room.loop();
      assert.deepEqual([called.state, called.rejected], ['needs_people', 2]);
      assert.match(
        called.reason ?? '',
        /2 candidates in a row .* neither proven good enough nor bad\): judge on more rows/,
      );
      await room.pass(DAY);
      assert.equal((await room.turns()).at(-1), 'daily skipped needs-people');
      const [family] = await measures(room.house.ctx);
      assert.deepEqual(
        family?.samples.flatMap(({ labels, value }) =>
          value > 0 ? [[labels['loop'], labels['trigger'], labels['result'], value]] : [],
        ),
        [
          ['late', 'daily', 'rejected', 2],
          ['late', 'daily', 'skipped', 1],
        ],
      );
      assert.ok(family.samples.some(({ labels, value }) => labels['trigger'] === 'manual' && value === 0));
      await room.resume();
      state.work = 'e3';
      await room.pass(DAY);
      await room.end('e3', 'succeeded');
      const after = await room.loop();
      assert.deepEqual([after.state, after.rejected, state.started.length], ['active', 0, 3]);
      assert.deepEqual(
        room.house.records.map(({ action }) => action).filter((action) => action.startsWith('loop.')),
        ['loop.created', 'loop.needs_people', 'loop.resumed'],
      );
    },
    { rejections: 2 },
  );

  check(
    'paused it turns for nobody but a person; a dry run starts nothing',
    [{ kind: 'daily', at: '03:00' }],
    async (room) => {
      await room.pause('frozen');
      await room.pass(DAY);
      assert.deepEqual(await room.turns(), ['daily skipped paused']);
      await room.run('look', { dry_run: true });
      await room.settle();
      assert.deepEqual(await room.turns(), ['daily skipped paused', 'manual skipped dry-run']);
      assert.deepEqual(room.state.started, []);
      await room.run('now');
      await room.settle();
      assert.deepEqual(room.state.started, ['e1']);
    },
  );

  check(
    'a trigger that is set again unchanged keeps its place, and one that goes turns no more',
    [{ kind: 'daily', at: '03:00' }],
    async (room) => {
      await room.set([
        { kind: 'daily', at: '03:00' },
        { kind: 'weekly', at: 'Mon 04:00' },
      ]);
      await room.pass(DAY);
      // Both are due when somebody looks, and either may be first.
      const turns = await room.turns();
      assert.deepEqual(turns.map((turn) => turn.replace(/ .*/, '')).toSorted(), ['daily', 'weekly']);
      assert.deepEqual(turns.map((turn) => turn.replace(/^\w+ /, '')).toSorted(), [
        'skipped under-way',
        'training',
      ]);
      await room.set([]);
      await room.pass(7 * DAY);
      assert.equal((await room.turns()).length, 2);
    },
  );

  check(
    'policies are replayed on the windows of its endpoint',
    [{ kind: 'weekly', at: 'Mon 03:00' }],
    async (room) => {
      const replayed = () => replayLoop(room.house.ctx, room.engine, 'late', { days: 60 });
      await assert.rejects(replayed, /no window of its last 60 watched days/);
      // Forty days up to now, newest first; another version answers from the twentieth on, and each loses 0.002 of its auc a day.
      const days = Array.from({ length: 40 }, (_, i) => {
        const age = (39 - i) % 20;
        const value = 0.8 - 0.002 * (age + 0.5);
        return {
          from: START - (i + 1) * DAY,
          to: START - i * DAY,
          version: i < 20 ? 2 : 1,
          signals: [
            {
              signal: 'performance',
              value,
              state: age > 17 ? 'alert' : 'ok',
              evidence: { figures: [{ name: 'auc', value }] },
            },
          ],
        };
      });
      room.state.windows = days;
      const told = await replayed();
      assert.deepEqual([told.windows, told.scored, told.metric, told.training_ms], [40, 40, 'auc', 60_000]);
      assert.ok(Math.abs(told.ageing!.per_day + 0.002) < 1e-9);
      const of = (name: string) => told.policies.find((one) => one.name === name)!;
      assert.deepEqual(
        ['as it was', 'never', 'daily 03:00 UTC', 'weekly Mon 03:00 UTC', 'performance', 'drift'].map(
          (name) => of(name).retrains,
        ),
        [1, 0, 40, 5, 2, 0],
      );
      assert.equal(of('weekly Mon 03:00 UTC').cost_ms, 5 * 60_000);
      assert.ok(of('never').gain!.value < 0 && of('weekly Mon 03:00 UTC').gain!.value > 0.01);
      assert.match(told.assumptions.join(), /a training takes 1 minute/);
      // Days that were played within two seconds each are days.
      const at = (i: number) => ({ from: START - (i + 1) * 2000, to: START - i * 2000, stands_for_ms: DAY });
      room.state.windows = days.map((day, i) => ({ ...day, ...at(i) }));
      assert.deepEqual(await replayed(), told);
    },
  );
}

interface Room {
  house: House;
  engine: Engine;
  state: ReturnType<typeof below>['state'];
  settle(): Promise<void>;
  pass(ms: number): Promise<void>;
  end(execution: string, state: string, reason?: string): Promise<void>;
  alert(type: 'firing' | 'resolved', id: string, cause: string): Promise<void>;
  run(reason: string, options?: { dry_run?: boolean; force?: boolean }): Promise<string>;
  set(triggers: Trigger[]): Promise<void>;
  turns(): Promise<string[]>;
  loop(): ReturnType<typeof getLoop>;
  pause(reason: string): Promise<void>;
  resume(): Promise<void>;
}
