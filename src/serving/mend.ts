import type { Ctx } from '../platform/ctx/index.ts';
import { messageOf } from '../platform/errors/index.ts';
import type { Engine } from './engine.ts';
import { keysOf } from './plane-process.ts';
import { preparePlaces } from './prepare-revision.ts';
import { findRevisionBySerial } from './store.ts';

/**
 * A model that ended or was not loaded may not be at fault: the environment beneath it may have broken, or its files gone. Where that is
 * so they are made anew, in the same place, and planes find them at their next try. True when that was it.
 */
export type Mend = (key: string) => Promise<boolean>;

export function createMend(
  engine: () => Pick<Engine, 'data' | 'runtimes'> & { planes: Pick<Engine['planes'], 'entries' | 'place'> },
  ctxOf: (workspace: string) => Ctx,
): Mend {
  /** Every plane tells of its own trouble, and of each new try. */
  const mending = new Map<string, Promise<boolean>>();

  async function mend(key: string): Promise<boolean> {
    const { planes, runtimes } = engine();
    const entry = [...planes.entries()].find((one) => keysOf(one).includes(key));
    const place = entry && planes.place(key);
    if (!entry || !place || (await runtimes.isWhole(place))) return false;
    const { serial } = entry.variants.some((one) => one.key === key) ? entry : (entry.fallback ?? entry);
    const ctx = ctxOf(entry.workspace);
    const told = { endpoint: entry.name, revision: entry.revision };
    ctx.log.warn('the files or the environment of a model are broken; they are made anew', told);
    try {
      const row = await findRevisionBySerial(ctx, serial);
      if (!row) return false;
      await preparePlaces(ctx, row, engine(), (stage) => ctx.log.debug(stage, told));
      return await runtimes.isWhole(place);
    } catch (error) {
      ctx.log.error('a model’s environment could not be made anew', { ...told, error: messageOf(error) });
      return false;
    }
  }

  return (key) => {
    let work = mending.get(key);
    if (!work) {
      work = mend(key).finally(() => mending.delete(key));
      mending.set(key, work);
    }
    return work;
  };
}
