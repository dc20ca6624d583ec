import { unavailable } from '../../../platform/errors/index.ts';
import type { Tensor } from '../../../runtimes/index.ts';
import type { PredictionIds } from '../../prediction-id.ts';
import { arrange } from '../arrange.ts';
import type { Job } from '../lane.ts';
import type { Target } from '../table.ts';
import type { Answered, Hook, Hooks } from './hook.ts';

/** Copies that may wait for a shadow. */
const WAITING = 64;
/** How long a copy may wait, ms. */
const PATIENCE = 10_000;
const BUSY = unavailable('the shadow is busy or not there, so it was not asked');

/**
 * Asks the shadows what a champion was asked, after its answer is on its way. What becomes of a copy goes to all hooks, this one's
 * own neighbours, which is why they are only handed in once they are there.
 */
export function shadowing(ids: PredictionIds, hooks: () => Hooks): Hook {
  function ask(shadow: Target, answered: Answered, outputs: readonly Tensor[]): void {
    const at = performance.now();
    const { route, given = [], params, key, prediction } = answered;
    const lane = shadow.lane!;
    let inputs: ReadonlyArray<Tensor | undefined>;
    try {
      inputs = arrange(lane.model.spec, given);
    } catch (error) {
      return hooks().failed(shadow, error as Error, true); // it takes other inputs than the champion
    }
    const { batchable } = lane.model.spec;
    const rows = batchable && params === undefined ? (inputs.find(Boolean)?.shape[0] ?? 0) : 0;
    const job: Job = {
      inputs,
      rows,
      params,
      deadline: at + PATIENCE,
      settle(error, own, _body, first) {
        if (first) hooks().called(shadow);
        if (error || !own) return hooks().failed(shadow, error ?? new Error('no answer'), true);
        const ms = performance.now() - at;
        const name = ids.next(shadow.serial, shadow.role);
        hooks().answered({
          route,
          target: shadow,
          prediction: name,
          at: ids.made.at,
          counter: ids.made.counter,
          rows: Math.max(1, rows),
          ms,
          queued: (job.begun ?? at) - at,
          key,
          params,
          given,
          inputs,
          outputs: own,
          body: undefined,
          text: undefined,
          copyOf: { prediction, outputs },
        });
      },
    };
    lane.push(job);
  }

  return {
    answered(answered) {
      const { route, target, outputs } = answered;
      if (route.shadows.length === 0 || target.role !== 'champion' || outputs === undefined) return;
      for (const shadow of route.shadows) {
        if (Math.random() * 100 >= shadow.variant.percent) continue;
        if (shadow.lane?.ready !== true || shadow.counters.waiting >= WAITING) {
          hooks().failed(shadow, BUSY, false);
          continue;
        }
        hooks().asked(shadow);
        setImmediate(ask, shadow, answered, outputs);
      }
    },
  };
}
