import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { forbidden } from '../platform/errors/index.ts';
import type { Token } from './contract.ts';
import { extendToken, revokeTokenRow, selectLiveOf } from './store.ts';

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

/** Stops what the steps of an execution still could show, but for those of tries that go on. */
export async function revokeTokensOf(
  tx: Tx,
  execution: string,
  but: ReadonlySet<string> = NONE,
): Promise<void> {
  for (const { id } of await selectLiveOf(tx, execution)) if (!but.has(id)) await revokeToken(tx, id);
}

const NONE: ReadonlySet<string> = new Set();

/** Stops the tokens of all steps but these, in every workspace: what a server that ended without a word left open. */
export function revokeLeftTokens(house: Ctx, but: ReadonlySet<string>): Promise<void> {
  return house.write(async (tx) => {
    for (const { id, workspace } of await selectLiveOf(tx, undefined))
      if (!but.has(id)) await revokeToken(tx.as({ workspace }), id);
  });
}

/** A step goes on: its token, too. One that was revoked stays so. */
export const prolongToken = (tx: Tx, id: string, until: number): Promise<void> => extendToken(tx, id, until);
