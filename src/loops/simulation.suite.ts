import assert from 'node:assert/strict';
import { random, type Random } from '../../test/random.ts';
import { testClock, type Clock } from '../platform/clock/index.ts';
import { createCtx, type Caller, type Parts } from '../platform/ctx/create.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { migrate, type Database } from '../platform/db/index.ts';
import { createEvents, migrations as eventMigrations } from '../platform/events/index.ts';
import { newId } from '../platform/ids/index.ts';
import { createJobs, migrations as jobMigrations } from '../platform/jobs/index.ts';
import { createLog } from '../platform/log/index.ts';
import { nextTimes } from '../platform/schedule/index.ts';
import type { Trigger } from './contract.ts';
import type { Below } from './engine.ts';
import { openLoops } from './index.ts';
import { createEngine } from './jobs.ts';
import { migrations, type LoopTables } from './schema.ts';
import { setLoop } from './set-loop.ts';
import { timetableOf } from './triggers.ts';

/**
 * Random schedules in random time zones across a change of clocks, on servers that share a database, die before or after random commits,
 * sleep for days, and have clocks of their own that jump by an hour; events come twice. What turned is compared with what the
 * calendar names (`platform/schedule` has another reading of that).
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Kolkata',
];

export interface Plan {
  seed: number;
  schedules: number;
  /** How often time goes on, by hours to days. */
  steps: number;
  servers: number;
  /** Of all commits, those at which a server dies. */
  deadly: number;
}

export interface Outcome {
  planned: number;
  lost: string[];
  doubled: string[];
  /** Times that no calendar names. */
  strange: string[];
  turns: number;
  trained: number;
  kills: number;
  jumps: number;
}

class Killed extends Error {}

interface World {
  database: Database;
  clock: Clock & { advance(ms: number): void };
  seeded: Random;
  /** Of when somebody dies: how many commits there are hangs on the machine, and the rest of the plan shall not. */
  fates: Random;
  deadly: number;
  kills: number;
  /** Executions that were begun by a commit, and their pipelines. */
  begun: Map<string, string>;
  /** Of them, those that go on. */
  running: Set<string>;
}

interface Server {
  clock: Clock & { offset: number };
  alerts: Ctx;
  isDead(): boolean;
  /** Resolves when all that is due is done, or it has died. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export async function simulate(database: Database, plan: Plan): Promise<Outcome> {
  const seeded = random(plan.seed);
  const begins = Date.parse(
    seeded.pick(['2026-03-05T00:00:00Z', '2026-03-26T00:00:00Z', '2026-10-22T00:00:00Z']),
  );
  const world: World = {
    database,
    clock: testClock(begins + seeded.integer(24 * 60) * MINUTE),
    seeded,
    fates: random(plan.seed + 1e6),
    deadly: 0,
    kills: 0,
    begun: new Map(),
    running: new Set(),
  };
  await migrate(database, [...eventMigrations, ...jobMigrations, ...migrations]);
  const servers: Server[] = [];
  for (let i = 0; i < plan.servers; i++) servers.push(await start(world));
  const triggers = Array.from({ length: plan.schedules }, () => anySchedule(seeded));
  const since = world.clock.now();
  for (const [i, trigger] of triggers.entries())
    await setLoop(servers[0]!.alerts, createEngine(below(world)), `l${i}`, {
      pipeline: `p${i}`,
      endpoint: `e${i}`,
      triggers: [trigger, { kind: 'performance' }],
      cooldown_ms: 0,
      budget: { runs: 1000, per: 'day' },
    });
  world.deadly = plan.deadly;
  const fired: string[] = [];
  let furthest = since;
  let jumps = 0;
  const settleAll = async (): Promise<void> => {
    for (const [i, server] of servers.entries()) {
      await server.settle();
      if (!server.isDead()) furthest = Math.max(furthest, server.clock.now());
      else {
        const { offset } = server.clock;
        await server.stop();
        servers[i] = await start(world, offset);
      }
    }
  };
  for (let step = 0; step < plan.steps; step++) {
    const kind = seeded.uniform();
    world.clock.advance(kind < 0.15 ? seeded.integer(60) * HOUR : seeded.integer(9 * 60) * MINUTE + 1);
    if (kind > 0.7) {
      // A clock that is set, or a machine that wakes with a wrong one.
      seeded.pick(servers).clock.offset = seeded.pick([-HOUR, 0, HOUR]);
      jumps++;
    }
    if (kind > 0.4) fired.push(await fireTwice(world, servers[0]!, plan.schedules));
    await settleAll();
    await endAll(world, servers);
    await settleAll();
  }
  world.deadly = 0;
  for (let round = 0; round < 4; round++) {
    // Leases and waits of what died are over.
    world.clock.advance(2 * HOUR);
    await settleAll();
    await endAll(world, servers);
  }
  const outcome = await judge(world, { triggers, since, furthest, fired });
  for (const server of servers) await server.stop();
  return { ...outcome, kills: world.kills, jumps };
}

function anySchedule(seeded: Random): Trigger {
  const time = `${String(seeded.integer(24)).padStart(2, '0')}:${String(seeded.integer(60)).padStart(2, '0')}`;
  const { kind, at } = seeded.pick<() => Pick<Trigger, 'kind' | 'at'>>([
    () => ({ kind: 'daily', at: time }),
    () => ({ kind: 'daily', at: '02:30' }),
    () => ({ kind: 'weekly', at: `${seeded.pick(['Mon', 'Thu', 'Sun'])} ${time}` }),
    () => ({ kind: 'monthly', at: `${seeded.pick(['1', '27', 'last'])} ${time}` }),
    () => ({ kind: 'cron', at: `${seeded.integer(60)} */${seeded.pick([4, 6, 8])} * * *` }),
    () => ({ kind: 'cron', at: `*/30 ${seeded.pick([0, 1, 2, 3])} * * *` }),
  ])();
  return {
    kind,
    at: at!,
    time_zone: seeded.pick(ZONES),
    catch_up: seeded.pick(['all', 'all', 'last', 'none']),
  };
}

/** Rooms below whose executions are what a commit left of them. */
const below = (world: World): Below => ({
  pipelines: {
    // Of what is prepared the room reads these; no two are the same work.
    prepare: async (_ctx, pipeline) =>
      ({
        prepared: { pipeline, data: [] },
        model: pipeline,
        endpoint: `e${pipeline.slice(1)}`,
        work: newId(),
        from: { id: 'x', number: 1 },
      }) as never,
    async start(ctx, { prepared }, within) {
      const id = newId();
      await ctx.write(async (tx) => {
        await within(tx, { id, number: world.begun.size + 1 });
        tx.afterCommit(() => {
          world.begun.set(id, prepared.pipeline);
          world.running.add(id);
        });
      });
      return id;
    },
    standing: async (_ctx, id) =>
      ({ id, number: 1, pipeline: 'p', state: world.running.has(id) ? 'running' : 'succeeded' }) as never,
    trainedBefore: async () => undefined,
    underWay: async () => undefined,
    trainedOn: async () => [],
    took: async () => [60_000],
    declared: async () => undefined,
  },
  releases: { find: async () => undefined, ofExecution: async () => undefined },
  monitoring: {
    // Every alert that was fired goes on.
    openAlerts: async (_ctx, endpoint) =>
      Array.from({ length: 2000 }, (_, i) => ({ id: `${endpoint}a${i}`, cause: 'performance' })) as never,
    windows: async () => ({ items: [] }),
  },
  serving: {
    tellers: {
      endpoints: async (_ctx, refs) =>
        new Map(
          refs.map((ref) => [
            ref,
            { facts: { id: ref, name: ref.replace(/^endpoint:/, ''), deleted: false }, from: [] },
          ]),
        ),
    },
  },
});

/** A process of its own: what it does after its death reaches nothing. */
async function start(world: World, offset = 0): Promise<Server> {
  const { database, fates } = world;
  const clock = { offset, now: () => world.clock.now() + clock.offset };
  let dead = false;
  let die = (): void => undefined;
  const died = new Promise<void>((resolve) => (die = resolve));
  const kill = (): never => {
    if (!dead) world.kills++;
    dead = true;
    die();
    throw new Killed('the process died');
  };
  const mortal: Database = {
    ...database,
    db: database.db,
    scan: database.scan,
    dialect: database.dialect,
    async write(change) {
      if (dead) kill();
      const fate = fates.uniform() / (world.deadly === 0 ? Infinity : world.deadly);
      const result = await database.write(async (db, afterCommit) => {
        const made = await change(db, afterCommit);
        if (world.deadly > 0 && fate < 0.5) kill();
        return made;
      });
      if (world.deadly > 0 && fate < 1) kill();
      return result;
    },
  };
  const log = createLog('error', () => undefined);
  const events = createEvents({ log, shared: true, waits: [0, 0, 0] });
  const jobs = createJobs({ log, shared: true });
  const parts: Parts = {
    database: mortal,
    clock,
    log,
    blobs: undefined as never, // nothing here touches bytes
    ledger: { append: async () => undefined },
    outbox: events.outbox,
    queue: jobs.queue,
  };
  const ctxFor = (caller: Caller): Ctx => createCtx(parts, caller);
  const loops = openLoops(below(world));
  for (const subscriber of loops.subscribers) events.subscribe(subscriber);
  jobs.register(...loops.jobs);
  jobs.schedule(loops.schedule);
  await Promise.race([died, events.start(ctxFor).then(() => jobs.start(ctxFor))]).catch(unlessKilled);
  return {
    clock,
    alerts: ctxFor({ actor: { kind: 'owner', id: 'o', name: 'o', role: 'owner' }, workspace: 'default' }),
    isDead: () => dead,
    async settle() {
      const work = async (): Promise<void> => {
        for (let i = 0; i < 9 && !dead; i++) {
          if (i % 3 === 0) await events.settled();
          else if (i % 3 === 1) await jobs.tick();
          else await jobs.idle();
        }
      };
      await Promise.race([died, work()]).catch(unlessKilled);
    },
    async stop() {
      await jobs.stop({ drain: 0 }).catch(unlessKilled);
      await events.stop();
    },
  };
}

function unlessKilled(error: unknown): void {
  if (!(error instanceof Killed)) throw error;
}

/** An alert that fires, and fires again. */
async function fireTwice(world: World, server: Server, loops: number): Promise<string> {
  const endpoint = `e${world.seeded.integer(loops)}`;
  const alert = `${endpoint}a${world.seeded.integer(2000)}`;
  for (let i = 0; i < 2; i++)
    await server.alerts
      .write((tx) =>
        tx.emit({
          type: 'alert.firing',
          subject: `alert:${alert}`,
          data: { endpoint_id: endpoint, cause: 'performance', summary: 'worse' },
        }),
      )
      .catch(unlessKilled);
  return alert;
}

/** Everything that trains ends well, and says so twice. */
async function endAll(world: World, servers: readonly Server[]): Promise<void> {
  const ended = [...world.running];
  world.running.clear();
  for (const id of [...ended, ...ended])
    await servers
      .at(-1)!
      .alerts.write((tx) => tx.emit({ type: 'execution.succeeded', subject: `execution:${id}` }))
      .catch(unlessKilled);
}

async function judge(
  { database, begun, running }: World,
  {
    triggers,
    since,
    furthest,
    fired,
  }: { triggers: readonly Trigger[]; since: number; furthest: number; fired: readonly string[] },
): Promise<Omit<Outcome, 'kills' | 'jumps'>> {
  const turns = await database.db
    .$extendTables<LoopTables>()
    .selectFrom('loop_turn')
    .select(['loop_name', 'kind', 'trigger_name', 'planned_for', 'occurrence', 'state', 'execution'])
    .execute();
  const lost: string[] = [];
  const doubled: string[] = [];
  const strange: string[] = [];
  let planned = 0;
  for (const [i, trigger] of triggers.entries()) {
    const own = turns.filter(({ loop_name, kind }) => loop_name === `l${i}` && kind !== 'performance');
    const times = timesUntil(trigger, since, furthest);
    planned += times.length;
    const found = new Map<number, number>();
    for (const { planned_for } of own) found.set(planned_for!, (found.get(planned_for!) ?? 0) + 1);
    const say = (time: number): string =>
      `l${i} ${trigger.catch_up} ${trigger.kind} ${trigger.at} ${trigger.time_zone} ${new Date(time).toISOString()}`;
    for (const [time, n] of found) {
      if (n > 1) doubled.push(say(time));
      if (!times.includes(time)) strange.push(say(time));
    }
    // Of what was missed in a row, the other policies make up for the last alone: that one must be there.
    const must = trigger.catch_up === 'all' ? times : times.slice(-1);
    for (const time of must) if (!found.has(time)) lost.push(say(time));
  }
  const alerts = turns.filter(({ kind }) => kind === 'performance').map(({ occurrence }) => occurrence);
  if (new Set(alerts).size < alerts.length) doubled.push('an alert');
  // An alert whose event a dying server never committed was never fired; what was committed is in the outbox.
  for (const { occurrence } of turns.filter(({ kind }) => kind === 'performance'))
    if (!fired.includes(occurrence.replace(/^alert:/, ''))) strange.push(occurrence);
  const executions = turns.flatMap(({ execution }) => execution ?? []);
  if (new Set(executions).size < executions.length) doubled.push('an execution of two turns');
  for (const id of begun.keys()) if (!executions.includes(id)) doubled.push(`execution ${id} of no turn`);
  for (const id of executions) if (!begun.has(id)) lost.push(`execution ${id}`);
  for (const turn of turns)
    if (turn.execution !== null && !running.has(turn.execution) && turn.state !== 'trained')
      lost.push(`the end of ${turn.loop_name} ${turn.trigger_name}: ${turn.state}`);
    else if (turn.state === 'triggered')
      lost.push(`${turn.loop_name} ${turn.trigger_name} was never looked at`);
  return { planned, lost, doubled, strange, turns: turns.length, trained: executions.length };
}

function timesUntil(trigger: Trigger, since: number, until: number): number[] {
  const table = timetableOf(trigger, 'trigger');
  const times: number[] = [];
  for (let last = since; ;) {
    const [next] = nextTimes(table, last, 1);
    if (next === undefined || next > until) return times;
    times.push(next);
    last = next;
  }
}

/** Fails with what went wrong, and with the seed that shows it again. */
export function assertOnce(outcome: Outcome, seed: number): void {
  const { lost, doubled, strange } = outcome;
  assert.deepEqual({ lost, doubled, strange }, { lost: [], doubled: [], strange: [] }, `seed ${seed}`);
}
