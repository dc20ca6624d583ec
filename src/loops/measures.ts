import type { Ctx } from '../platform/ctx/index.ts';
import type { Family } from '../platform/exposition/index.ts';
import { OVER } from './move.ts';
import { settingsOf } from './settings.ts';
import { selectLoops } from './store.ts';
import { countEnded } from './store-turns.ts';

/** Loops of a workspace that are told of. */
const MOST = 500;

/** What loops tell Prometheus, from the turns that are kept: as long as the loop is there, which is for good over restarts. */
export async function measures(ctx: Ctx): Promise<Family[]> {
  const [loops, ended] = await Promise.all([selectLoops(ctx, { limit: MOST }), countEnded(ctx)]);
  const { workspace } = ctx;
  const samples = loops.flatMap((loop) => {
    const own = ended.filter(({ loop_name }) => loop_name === loop.name);
    const declared = settingsOf(loop).triggers.map(({ kind }) => kind);
    const kinds = new Set(['manual', ...declared, ...own.map(({ kind }) => kind)]);
    // What it has not met yet is told as 0, so that the first one is a rise.
    return [...kinds].flatMap((kind) =>
      OVER.map((result) => ({
        labels: { workspace, loop: loop.name, trigger: kind, result },
        value: own.find((one) => one.kind === kind && one.state === result)?.count ?? 0,
      })),
    );
  });
  return [
    {
      name: 'treadle_retrain_runs_total',
      help: 'Turns of loops that are over, by what triggered them and how they ended.',
      type: 'counter',
      samples,
    },
  ];
}
