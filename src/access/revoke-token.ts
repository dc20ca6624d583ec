import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { forbidden } from '../platform/errors/index.ts';
import type { Token } from './contract.ts';
import { revokeTokenRow, selectLiveOf } from './store.ts';

/** Stops a token at once; revoking it again changes nothing. An owner's is stopped by an owner only. */
export function revokeToken(ctx: Ctx, id: string): Promise<Token> {
  return ctx.write(async (tx) => {
    const token = await revokeTokenRow(tx, id, ctx.clock.now());
    if (token.role === 'owner' && ctx.actor.role !== 'owner')
      throw forbidden('only an owner of the server revokes the token of an owner', { field: 'id' });
    await tx.record({ action: 'token.revoked', resource: `token:${id}` });
    await tx.emit({ type: 'token.revoked', subject: `token:${id}` });
    return token;
  });
}

/** Stops what the steps of an execution still could show: of an earlier driver, or of one that a crash took. */
export async function revokeTokensOf(tx: Tx, execution: string): Promise<void> {
  for (const id of await selectLiveOf(tx, execution)) await revokeToken(tx, id);
}
