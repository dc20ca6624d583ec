import type { Actor, Ctx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Identity } from '../sessions/oidc.ts';
import {
  findByExternal,
  findByIdentity,
  findPerson,
  insertPerson,
  replaceGroupsOf,
  requirePerson,
  updatePerson,
  type PersonRow,
} from './store.ts';
import { RIGHTS_CHANGED } from './update-user.ts';

/**
 * The person whom a provider means: by its own word for them alone, since a name or an address may be given to somebody else. Who comes for the first
 * time gets an account without roles. Where the provider says groups, those of our groups with these names are theirs, and no others.
 */
export async function personByIdentity(ctx: Ctx, identity: Identity): Promise<PersonRow> {
  const { issuer, subject, called, groups } = identity;
  // Two first times at once: the index lets one of them in.
  // Whom a directory made by the provider's own word for them is met for the first time here.
  const known = await findByIdentity(ctx, issuer, subject);
  const found = known ?? (await findByExternal(ctx, subject));
  const id = found?.id ?? newId(ctx.clock.now());
  const actor: Actor = { kind: 'user', id, name: found?.name ?? called, role: 'viewer', user: id };
  return ctx.as({ actor }).write(async (tx) => {
    if (found && !known) await updatePerson(tx, id, { issuer, subject });
    if (!found) {
      await insertPerson(tx, {
        id,
        kind: 'user',
        name: await freeName(tx, called),
        full_name: null,
        password: null,
        owner: 0,
        issuer,
        subject,
        external_id: null,
        disabled_at: null,
        removed_at: null,
        created_at: ctx.clock.now(),
        created_by: 'sign-in provider',
      });
      await tx.record({
        action: 'user.added',
        resource: `user:${id}`,
        after: { kind: 'user', by: 'provider' },
      });
      await tx.emit({ type: 'user.added', subject: `user:${id}` });
    }
    if (groups !== undefined && (await replaceGroupsOf(tx, id, groups))) {
      await tx.record({ action: 'user.groups_set', resource: `user:${id}`, after: { by: 'provider' } });
      await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${id}` });
    }
    return requirePerson(tx, id);
  });
}

/** What they are called there in the form of our names, with a number where somebody has it. */
async function freeName(ctx: Ctx, called: string): Promise<string> {
  const plain =
    called
      .toLowerCase()
      .replaceAll(/[^a-z0-9._@+-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 100) || 'user';
  const name = /^[0-9a-f]{32}$/.test(plain) ? `user-${plain}` : plain;
  for (let number = 1; ; number++) {
    const tried = number === 1 ? name : `${name}-${number}`;
    if (!(await findPerson(ctx, tried))) return tried;
  }
}
