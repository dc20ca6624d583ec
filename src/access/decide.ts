import type { Action } from '../platform/http/contract.ts';
import type { Actor, Role } from '../platform/ctx/index.ts';

const RANK: Record<Role, number> = { viewer: 1, editor: 2, admin: 3, owner: 4 };
const NEEDS: Record<string, number> = { read: 1, write: 2, admin: 3 };

const STEP_WRITES: ReadonlySet<string> = new Set(['run:write', 'logged_model:write']);

/** The whole policy: a pure function of the actor's role and the matched route's action. */
export function decide(actor: Actor, action: Action): boolean {
  if (action === 'public') return true;
  // A step reads, and logs to runs and models of its own; which ones those are is asked where they are written.
  if (actor.execution !== undefined && !action.endsWith(':read') && !STEP_WRITES.has(action)) return false;
  // What reaches over the walls between workspaces is the server's, whatever the verb.
  const needed = action.startsWith('server:') ? RANK.owner : NEEDS[action.slice(action.lastIndexOf(':') + 1)];
  return needed !== undefined && RANK[actor.role] >= needed;
}
