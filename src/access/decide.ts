import type { Action } from '../platform/http/contract.ts';
import type { Actor, Role } from '../platform/ctx/index.ts';

const RANK: Record<Role, number> = { viewer: 1, editor: 2, admin: 3, owner: 4 };
const NEEDS: Record<string, number> = { read: 1, write: 2, admin: 3 };

/** The whole policy: a pure function of the actor's role and the matched route's action. */
export function decide(actor: Actor, action: Action): boolean {
  if (action === 'public') return true;
  // What reaches over the walls between workspaces is the server's, whatever the verb.
  const needed = action.startsWith('server:') ? RANK.owner : NEEDS[action.slice(action.lastIndexOf(':') + 1)];
  return needed !== undefined && RANK[actor.role] >= needed;
}
