import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { Revision } from './contract.ts';
import type { Engine } from './engine.ts';
import type { PrepareJob } from './jobs.ts';
import { addRevision, type NewRevision, type Wish } from './new-revision.ts';
import { requireEndpoint, requireRevision, type NamedRevision } from './store.ts';
import { placesOf, storedPlaces } from './table.ts';
import { unexpected } from './takeover.ts';
import { previousOf, variantsOf } from './views.ts';

export interface TakingBack {
  endpoint: string;
  /** The revision whose traffic is taken up again. */
  to: number;
  /** The revision that answers now. */
  expects: number;
  cause: Exclude<Revision['cause'], 'deploy'>;
  note: string;
  /** Who asks, where it is no person: `release:<id>`. */
  asked_by: string;
}

/**
 * A rollback that is part of a larger change: written in the caller's transaction, made so by the job. Its models are mostly loaded
 * still, so that takes milliseconds.
 */
export async function takeBack(
  tx: Tx,
  { endpoint, to, expects, cause, note, asked_by }: TakingBack,
  engine: Engine,
  job: PrepareJob,
): Promise<NamedRevision> {
  const target = await requireRevision(tx, await requireEndpoint(tx, endpoint), to);
  const { row, gaveWay } = await addRevision(
    tx,
    { endpoint, cause, ...asBefore(target, engine), back: await backOf(tx, target), note, asked_by },
    false,
    engine.guards,
    async ({ live }) => {
      if (live?.revision !== expects) throw unexpected(endpoint, expects, live);
      return [];
    },
  );
  await tx.enqueue(job, { revision: row.id });
  tx.afterCommit(() => {
    for (const id of gaveWay) engine.watch.changed(id);
  });
  return row;
}

/** What a new revision has from the one whose traffic it takes up. */
export function asBefore(
  target: NamedRevision,
  { data }: Pick<Engine, 'data'>,
): Pick<NewRevision, 'restores' | 'variants' | 'wishes' | 'places' | 'sticky' | 'strict'> {
  const places = placesOf(target, data);
  return {
    restores: target.revision,
    variants: variantsOf(target),
    wishes: JSON.parse(target.wishes) as Wish[], // written by this room
    places: places.length > 0 ? storedPlaces(places, data) : undefined,
    sticky: target.sticky === 1,
    strict: target.strict === 1,
  };
}

/** Whether it is a step of a rollout, in which a canary or a shadow is on trial. */
export const isStep = (row: NamedRevision): boolean => row.back !== null && variantsOf(row).length > 1;

/** Of a revision that takes up the traffic of another one: what a further rollback goes back to. */
export const backOf = async (ctx: Ctx, target: NamedRevision): Promise<number> =>
  (await previousOf(ctx, target))?.revision ?? 0;
