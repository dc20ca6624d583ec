import type { Ctx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { JobRun } from '../platform/jobs/index.ts';
import { holdVersion } from '../models/index.ts';
import { ModelFault, type ModelPlace } from '../runtimes/index.ts';
import type { Variant } from './contract.ts';
import type { Engine } from './engine.ts';
import { goLive, switchTo } from './go-live.ts';
import { failRevision, type Wish } from './new-revision.ts';
import { LoadFailure } from './plane-process.ts';
import { findRevisionById, type NamedRevision } from './store.ts';
import { placesOf } from './table.ts';
import { variantsOf } from './views.ts';

/** A revision that ended the server so many times is not tried again. */
const MOST_ATTEMPTS = 5;
/**
 * Above the model's own limit for loading, which the plane enforces, and the trial of joined rows, after which a host may be loaded
 * again: for a plane that does not answer at all.
 */
const SLACK = 35_000;

/** Where models lie on this machine is nobody's business: what is left names the file within the model. */
const FOLDERS = /[^\s'"]*\/runtimes\/models\/[^\s/'"]+\//g;

/** Fetches and loads a revision's models in every plane, then switches. Whatever goes wrong, the old one goes on. */
export async function prepareRevision(ctx: Ctx, id: string, run: JobRun, engine: Engine): Promise<void> {
  const row = await findRevisionById(ctx, id);
  if (!row) return;
  if (row.state !== 'preparing') return switchTo(ctx, id, engine);
  const began = performance.now();
  const say = (stage: string): void => {
    engine.stages.set(id, stage);
    engine.watch.changed(id);
  };
  const releases: Array<() => void> = [];
  try {
    if (run.attempt > MOST_ATTEMPTS)
      throw new LoadFailure(`the server ended ${MOST_ATTEMPTS} times while it was preparing this`);
    const variants = variantsOf(row);
    const places = await preparePlaces(ctx, row, engine, say);
    say(`loading ${places.length === 1 ? 'the model' : `${places.length} models`}`);
    const loads = await Promise.allSettled(
      places.map(async (place, i) => {
        try {
          const loaded = await engine.planes.load(place, 2 * place.limits.load + SLACK);
          releases.push(loaded.release);
        } catch (error) {
          if (error instanceof LoadFailure)
            throw new LoadFailure(`${called(variants[i]!)}: ${error.message}`);
          throw error;
        }
      }),
    );
    const failed = loads.find((load) => load.status === 'rejected');
    if (failed) throw failed.reason;
    say('switching');
    const ready = {
      variants: variants.map((variant, i) => ({ ...variant, runtime: places[i]!.runtime })),
      places,
      load_ms: Math.round(performance.now() - began),
    };
    const live = await ctx.write(async (tx) => {
      // Deleted meanwhile, by force: what goes live must be there after the next start, too.
      if (row.cause === 'deploy')
        for (const { model, version } of variants) await holdVersion(tx, model, version);
      const changed = await goLive(tx, row, ready, engine);
      await run.finish(tx);
      return changed;
    });
    if (live) await switchTo(ctx, id, engine);
  } catch (error) {
    // A stop of the server or a lost lease: somebody goes on with it.
    if (run.signal.aborted) throw error;
    if (!(error instanceof LoadFailure) && !(error instanceof TreadleError))
      ctx.log.error('a revision failed inside Treadle', { revision: id, error });
    const problem = problemOf(error).replaceAll(FOLDERS, '');
    await ctx.write(async (tx) => {
      await failRevision(tx, row, problem);
      await run.finish(tx);
    });
  } finally {
    for (const release of releases) release();
    engine.stages.delete(id);
    engine.watch.changed(id);
  }
}

/** Where the files of each variant are on this machine: where they were before, if all is whole there, or fetched anew. */
export async function preparePlaces(
  ctx: Ctx,
  row: NamedRevision,
  engine: Pick<Engine, 'data' | 'runtimes'>,
  say: (stage: string) => void,
): Promise<ModelPlace[]> {
  const variants = variantsOf(row);
  const known = placesOf(row, engine.data);
  if (
    known.length === variants.length &&
    (await Promise.all(known.map((place) => engine.runtimes.isWhole(place)))).every(Boolean)
  )
    return known;
  const wishes = JSON.parse(row.wishes) as Wish[]; // written by this room
  const places: ModelPlace[] = [];
  for (const [i, variant] of variants.entries()) {
    const { runtime, load } = wishes[i] ?? {};
    const told = (stage: string): void => say(variants.length === 1 ? stage : `${called(variant)}: ${stage}`);
    told('fetching the model');
    try {
      places.push(
        await engine.runtimes.prepare(
          ctx,
          { model: variant.model, version: variant.version },
          {
            ...(runtime === undefined ? {} : { runtime }),
            ...(load === undefined ? {} : { limits: { load } }),
          },
          told,
        ),
      );
    } catch (error) {
      if (error instanceof ModelFault) throw new LoadFailure(`${called(variant)}: ${error.message}`);
      if (!(error instanceof TreadleError)) throw error;
      throw new LoadFailure(
        `${called(variant)}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`,
      );
    }
  }
  return places;
}

const called = ({ model, version }: Variant): string => `${model} v${version}`;

function problemOf(error: unknown): string {
  if (error instanceof LoadFailure) return error.message;
  if (error instanceof TreadleError)
    return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  return `something went wrong inside Treadle: ${outwardMessageOf(error)}`;
}
