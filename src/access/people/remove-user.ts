import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict } from '../../platform/errors/index.ts';
import { dropTrustsOf } from '../exchange/store.ts';
import { dropGrantsOf } from '../grants/store.ts';
import { endSessionsOf } from '../sessions/session.ts';
import { dropRights, requirePerson, updatePerson } from './store.ts';
import { keepAnOwner, RIGHTS_CHANGED } from './update-user.ts';

/** Takes somebody out for good. The id stays, since the ledger says what it did; name, password and identity are gone, and the name is free. */
export function removeUser(ctx: Ctx, nameOrId: string): Promise<void> {
  return ctx.write(async (tx) => {
    const row = await requirePerson(tx, nameOrId);
    const { id } = row;
    if (ctx.actor.user === id)
      throw conflict('nobody removes themselves', { field: 'user', hint: 'ask another owner of the server' });
    await keepAnOwner(tx, row);
    const now = ctx.clock.now();
    await endSessionsOf(tx, id);
    await dropRights(tx, id);
    await dropGrantsOf(tx, id);
    await dropTrustsOf(tx, id);
    await updatePerson(tx, id, {
      name: `removed:${id}`,
      full_name: null,
      password: null,
      owner: 0,
      issuer: null,
      subject: null,
      external_id: null,
      disabled_at: now,
      removed_at: now,
    });
    await tx.record({ action: 'user.removed', resource: `user:${id}` });
    await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${id}` });
  });
}
