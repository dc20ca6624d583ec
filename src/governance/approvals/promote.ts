import { setAlias, updateVersion } from '../../models/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import { guardMoves } from './guard.ts';
import { asItStands } from './look.ts';
import { requireRequest } from './store.ts';

/** Makes the move that was approved, by the verb that everybody makes it with: the guard finds the approval, or refuses. */
export async function promote(ctx: Ctx, id: string): Promise<void> {
  const row = await requireRequest(ctx, id);
  const { about, model, standing } = await asItStands(ctx, row);
  if (standing.state !== 'approved')
    throw conflict(`this request is ${standing.state}: ${standing.says}`, {
      field: 'request',
      hint: `look at it with: treadle requests ${id}`,
    });
  const reason = `request ${id}`;
  if (about.kind === 'endpoint')
    throw conflict('an endpoint is moved by deploying to it', {
      field: 'request',
      hint: `treadle deploy ${model}@v${row.version} --to ${about.name}`,
    });
  if (about.kind === 'alias')
    await setAlias(ctx, { model, alias: about.name, version: row.version, reason }, [guardMoves]);
  else
    await updateVersion(
      ctx,
      model,
      row.version,
      { stage: about.name === 'Staging' ? 'Staging' : 'Production', reason },
      [guardMoves],
    );
}
