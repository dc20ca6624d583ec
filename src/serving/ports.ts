import type { Ctx } from '../platform/ctx/index.ts';
import type { ModelPlace } from '../runtimes/index.ts';
import type { Runtime } from './contract.ts';

/** What the room needs of others; `serve.ts` fills it in. */

export interface RuntimesPort {
  /** Puts the files of a version where a plane can load them, with the environment that they need; `say` hears what goes on. */
  prepare(
    ctx: Ctx,
    version: { model: string; version: number },
    options: { runtime?: Runtime; limits?: { load: number } },
    say: (stage: string) => void,
  ): Promise<ModelPlace>;
  /** Whether a place can be loaded from as it is, its environment included; `prepare` makes it so again. */
  isWhole(place: ModelPlace): Promise<boolean>;
}
