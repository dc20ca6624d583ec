import { setTimeout as sleep } from 'node:timers/promises';
import { systemActor } from '../platform/ctx/create.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, invalid, messageOf } from '../platform/errors/index.ts';
import type { Revision } from './contract.ts';
import type { Engine } from './engine.ts';
import { goLive, switchTo } from './go-live.ts';
import type { PrepareJob } from './jobs.ts';
import { createMend } from './mend.ts';
import type { TableEndpoint } from './plane/protocol.ts';
import { addRevision } from './new-revision.ts';
import {
  findRevisionById,
  requireEndpoint,
  requireRevision,
  selectHeads,
  type EndpointRow,
  type NamedRevision,
} from './store.ts';
import { asBefore, backOf, isStep } from './take-back.ts';
import { placesOf } from './table.ts';
import { previousOf, variantsOf } from './views.ts';

export interface Rollback {
  to?: number | undefined;
  note?: string | undefined;
  cause: Exclude<Revision['cause'], 'deploy'>;
}

/**
 * A new revision with the traffic of an earlier one. The one before the present is kept loaded, so going back to it is one
 * transaction and one line to each plane; an older one is loaded by the job first, as in a deployment.
 */
export async function rollback(
  ctx: Ctx,
  name: string,
  { to, note, cause }: Rollback,
  engine: Engine,
  job: PrepareJob,
): Promise<NamedRevision> {
  const endpoint = await requireEndpoint(ctx, name);
  const live = (await selectHeads(ctx, [endpoint])).get(endpoint.id)?.live;
  const target = await targetOf(ctx, endpoint, live, to);
  const places = placesOf(target, engine.data);
  const releases: Array<() => void> = [];
  try {
    const ready = places.length > 0 && places.every(({ key }) => engine.planes.has(key));
    if (ready)
      // Held until the switch: a deployment that is just finishing might let them go.
      for (const place of places) releases.push((await engine.planes.load(place, place.limits.load)).release);
    const { row, gaveWay } = await ctx.write(async (tx) => {
      const added = await addRevision(
        tx,
        {
          endpoint: name,
          cause,
          ...asBefore(target, engine),
          // A step of a rollout is nothing to come back to.
          back: live && isStep(live) ? await backOf(tx, target) : undefined,
          note,
        },
        false,
        engine.guards,
      );
      if (ready) await goLive(tx, added.row, { variants: variantsOf(target), places, load_ms: 0 }, engine);
      else await tx.enqueue(job, { revision: added.row.id });
      return added;
    });
    for (const id of gaveWay) engine.watch.changed(id);
    if (ready) await switchTo(ctx, row.id, engine);
    return (await findRevisionById(ctx, row.id)) ?? row;
  } finally {
    for (const release of releases) release();
  }
}

async function targetOf(
  ctx: Ctx,
  endpoint: EndpointRow,
  live: NamedRevision | undefined,
  to: number | undefined,
): Promise<NamedRevision> {
  if (to === undefined) {
    const before = live && (await previousOf(ctx, live));
    if (before) return before;
    throw conflict(
      live
        ? `endpoint '${endpoint.name}' has no earlier revision with other traffic to go back to`
        : `nothing answers at endpoint '${endpoint.name}', so there is nothing to roll back`,
      { field: 'to', hint: `name one with --to; treadle endpoints ${endpoint.name} lists them` },
    );
  }
  const target = await requireRevision(ctx, endpoint, to);
  if (target.id === live?.id)
    throw invalid(`revision ${to} is what answers now`, { field: 'to', hint: 'name an earlier one' });
  if (target.live_at === null)
    throw invalid(`revision ${to} never answered (${target.problem ?? target.state})`, {
      field: 'to',
      hint: 'name one that did, or deploy again',
    });
  return target;
}

/** Crashes of a host within a minute that end a revision. */
const TOO_MANY = 3;
/** A revision is the likely reason for the end of whole planes only while it is new, ms. */
const NEW = 10 * 60_000;
/** A model that cannot be loaded again after a restart: waits between the tries, ms. */
const RETRIES = [1_000, 4_000, 10_000];

/** Goes back by itself when a model cannot go on, once for each revision, and never back from a rollback of its own. */
export function createGuard(engine: () => Engine, ctxOf: (workspace: string) => Ctx, job: PrepareJob) {
  const mend = createMend(engine, ctxOf);
  const busy = new Set<string>();
  const lost = new Map<string, number>();

  async function giveUp(
    { id: endpoint, serial, workspace }: TableEndpoint,
    reason: string,
    youngerThan = Infinity,
  ): Promise<void> {
    if (busy.has(endpoint)) return;
    busy.add(endpoint);
    const ctx = ctxOf(workspace).as({ actor: systemActor });
    try {
      const held = engine().planes.entry(endpoint);
      if (!held || held.serial !== serial) return;
      const row = await requireEndpoint(ctx, held.name);
      const live = (await selectHeads(ctx, [row])).get(row.id)?.live;
      if (!live || live.serial !== serial || ctx.clock.now() - (live.live_at ?? 0) > youngerThan) return;
      const told = { endpoint: held.name, revision: held.revision, reason };
      if (live.cause === 'automatic-rollback') {
        ctx.log.error(
          'a revision that a rollback restored fails as well; it stays, so as not to go round',
          told,
        );
        return;
      }
      if (!(await previousOf(ctx, live))) {
        ctx.log.error('a revision fails, and there is none to go back to', told);
        return;
      }
      ctx.log.warn('a revision fails and is rolled back', told);
      await rollback(ctx, held.name, { cause: 'automatic-rollback', note: reason }, engine(), job);
    } catch (error) {
      ctx.log.error('a rollback failed', { endpoint, error: messageOf(error) });
    } finally {
      busy.delete(endpoint);
    }
  }

  /** Revisions in which this model answers; a shadow's troubles are its own. */
  const answering = (key: string) =>
    [...engine().planes.entries()].filter(({ variants }) =>
      variants.some((one) => one.key === key && one.role !== 'shadow'),
    );
  /** Told to who asks of the endpoint, until it is loaded. */
  const note = (key: string, problem: string): void => {
    for (const { serial, variants, fallback } of engine().planes.entries())
      for (const one of [{ serial, variants }, ...(fallback ? [fallback] : [])]) {
        const variant = one.variants.find((named) => named.key === key);
        if (variant) engine().faults.note(one.serial, `${variant.model} v${variant.version}: ${problem}`);
      }
  };
  const everywhere = async (key: string, reason: (model: string) => string): Promise<void> => {
    await Promise.all(
      answering(key).map((entry) => {
        const { model, version } = entry.variants.find((one) => one.key === key)!;
        return giveUp(entry, reason(`${model} v${version}`));
      }),
    );
  };

  return {
    async crashed(key: string, crash: { reason: string; recent: number; back_in?: number }): Promise<void> {
      if (await mend(key)) return;
      if (crash.recent < TOO_MANY && crash.back_in !== undefined) return;
      await everywhere(
        key,
        (model) =>
          `${model} crashed ${crash.recent} times within a minute${crash.back_in === undefined ? ' and was given up' : ''}: ${crash.reason}`,
      );
    },
    /** Loaded before, and not any more: tried again a few times, for a machine that is just starting is slow. */
    async lost(key: string, problem: string): Promise<void> {
      const tried = lost.get(key) ?? 0;
      lost.set(key, tried + 1);
      const wait = RETRIES[tried];
      note(key, problem);
      ctxOf('default').log.warn('a model that should answer could not be loaded', { key, problem, tried });
      if (wait === undefined) {
        lost.delete(key);
        await everywhere(key, (model) => `${model} cannot be loaded again: ${problem}`);
        return;
      }
      await sleep(wait, undefined, { ref: false });
      await mend(key);
      if (await engine().reload(key)) lost.delete(key);
    },
    /** Whole planes end, again and again, since something new answers. */
    async fell(recent: number, why: string): Promise<void> {
      if (recent < TOO_MANY) return;
      const newest = [...engine().planes.entries()].toSorted((a, b) => b.serial - a.serial)[0];
      if (!newest) return;
      await giveUp(
        newest,
        `the serving process ended ${recent} times within a minute, and this revision was the last change: ${why}`,
        NEW,
      );
    },
  };
}
