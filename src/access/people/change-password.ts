import type { Ctx } from '../../platform/ctx/index.ts';
import { forbidden, invalid, TreadleError } from '../../platform/errors/index.ts';
import type { Passwords } from './passwords.ts';
import { findPerson } from './store.ts';
import { setPassword } from './update-user.ts';

/** One's own password: whoever found a browser open does not know the one that holds. */
export async function changePassword(
  ctx: Ctx,
  passwords: Passwords,
  input: { current: string; password: string },
): Promise<void> {
  const row = ctx.actor.user === undefined ? undefined : await findPerson(ctx, ctx.actor.user);
  if (!row) throw forbidden('this is for a person who signed in');
  await passwords.check(ctx, row.name, input.current, `self:${row.id}`).catch((error: unknown) => {
    if (error instanceof TreadleError && error.kind === 'unauthenticated')
      throw invalid('the current password is another one', { field: 'current' });
    throw error;
  });
  await setPassword(ctx, row.id, input.password);
}
