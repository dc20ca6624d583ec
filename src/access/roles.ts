import type { Role } from '../platform/ctx/index.ts';

export const ROLES: readonly Role[] = ['viewer', 'editor', 'approver', 'admin', 'owner'];

/** What each role has besides itself. Neither of editor and approver has the other. */
const HAS: Record<Role, readonly Role[]> = {
  viewer: [],
  editor: ['viewer'],
  approver: ['viewer'],
  admin: ['viewer', 'editor', 'approver'],
  owner: ['viewer', 'editor', 'approver', 'admin'],
};

export const covers = (one: Role, other: Role): boolean => one === other || HAS[one].includes(other);

/** What a credential of role `most` opens for somebody who has `roles` now: never more than either of the two. */
export function within(most: Role, roles: readonly Role[]): Role[] {
  const met = roles.map((role): Role => {
    if (covers(most, role)) return role;
    return covers(role, most) ? most : 'viewer';
  });
  // What another one covers says nothing.
  const distinct = [...new Set(met)];
  return distinct.filter((role) => !distinct.some((other) => other !== role && covers(other, role)));
}

/** The one that says most, in the order of the table. */
export const strongest = (roles: readonly Role[]): Role | undefined =>
  ROLES.findLast((role) => roles.includes(role));

export function toRole(text: string): Role {
  const role = ROLES.find((one) => one === text);
  if (role === undefined) throw new Error(`the database holds an unknown role '${text}'`);
  return role;
}
