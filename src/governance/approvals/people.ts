import { AS_A_PERSON, covers, personOf, rightsOf, ROLES, type Rights } from '../../access/index.ts';
import type { Ctx, Resource } from '../../platform/ctx/index.ts';
import { forbidden } from '../../platform/errors/index.ts';
import type { Person } from './standing.ts';

/** Who it is that acts: a person is called by their name, whichever token they show. */
export async function nameOf(ctx: Ctx): Promise<string> {
  const { user, name } = ctx.actor;
  const person = user === undefined ? undefined : await personOf(ctx, user);
  return person?.name ?? name;
}

/**
 * As what people may decide about a move today, by their ids: by their roles, or as approvers of what it is about by a grant; to break the
 * glass takes a role. Who is not known, or may not enter any more, is left out.
 */
export async function peopleOf(
  ctx: Ctx,
  things: readonly Resource[],
  users: Iterable<string>,
  read: (user: string) => Promise<Rights | undefined> = (user) => rightsOf(ctx, user),
): Promise<ReadonlyMap<string, Person>> {
  const known = new Map<string, Person>();
  for (const user of new Set(users)) {
    const found = await read(user);
    if (!found || found.person.disabled) continue;
    const { person, roles: held } = found;
    // An admin has what an approver has.
    const granted = found.granted(things);
    const roles = ROLES.filter(
      (role) =>
        held.some((one) => covers(one, role)) ||
        (role === 'approver' && granted.some((one) => covers(one, role))),
    );
    known.set(user, { roles, service: person.kind === 'service' });
  }
  return known;
}

/** The person who acts; throws where nobody in particular does. */
export function personHere(ctx: Pick<Ctx, 'actor'>): string {
  const { user, kind } = ctx.actor;
  if (user !== undefined && kind !== 'service') return user;
  throw forbidden(
    kind === 'owner'
      ? 'whoever asks from the machine itself is nobody in particular, and only people approve'
      : 'only people approve, and this credential is of none',
    {
      hint: AS_A_PERSON,
      code: 'no-person',
    },
  );
}
