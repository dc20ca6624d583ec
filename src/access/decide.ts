import type { Action } from '../platform/http/contract.ts';
import type { Actor, Role } from '../platform/ctx/index.ts';

export interface Rule {
  /** How the action of a route ends; `server` is how it begins. */
  verb: 'read' | 'write' | 'approve' | 'admin' | 'own' | 'server';
  roles: readonly Role[];
  says: string;
}

/** The whole policy, as data: what decides is what is shown. */
export const POLICY: readonly Rule[] = [
  {
    verb: 'read',
    roles: ['viewer', 'editor', 'approver', 'admin', 'owner'],
    says: 'looks at what the workspace holds, and asks its models',
  },
  { verb: 'write', roles: ['editor', 'admin', 'owner'], says: 'makes, changes and deletes' },
  {
    verb: 'approve',
    roles: ['approver', 'admin', 'owner'],
    says: 'approves what others made: a person alone, no service and no step',
  },
  { verb: 'admin', roles: ['admin', 'owner'], says: 'manages tokens, people, webhooks and channels' },
  {
    verb: 'own',
    roles: ['viewer', 'editor', 'approver', 'admin', 'owner'],
    says: 'what is theirs alone (password, sessions, tokens): who signed in, never a token',
  },
  { verb: 'server', roles: ['owner'], says: 'what reaches over the walls between workspaces' },
];

export interface Decision {
  allowed: boolean;
  because: string;
}

const STEP_WRITES: ReadonlySet<string> = new Set(['run:write', 'logged_model:write']);
const NO = (because: string): Decision => ({ allowed: false, because });

const ruleOf = (action: Action): Rule | undefined => {
  // What reaches over the walls between workspaces is the server's, whatever the verb.
  const verb = action.startsWith('server:') ? 'server' : action.slice(action.lastIndexOf(':') + 1);
  return POLICY.find((rule) => rule.verb === verb);
};

/** May they, and why: a pure function of who asks and the matched route's action, over the table above. */
export function decide(actor: Actor, action: Action): Decision {
  if (action === 'public') return { allowed: true, because: 'it is open to everybody' };
  // A step reads, and logs to runs and models of its own; which ones those are is asked where they are written.
  if (actor.execution !== undefined && !action.endsWith(':read') && !STEP_WRITES.has(action))
    return NO('a step reads, and writes to runs and models of its own alone');
  const rule = ruleOf(action);
  if (!rule) return NO(`no rule names the action '${action}'`);
  if (rule.verb === 'own' && actor.kind !== 'user')
    return NO('it is for a person who signed in with a password or a session');
  if (rule.verb === 'approve' && actor.user === undefined)
    return NO('only a person approves, and nobody answers for this caller');
  const held = actor.roles ?? [actor.role];
  const by = held.find((role) => rule.roles.includes(role));
  const verb = rule.verb === 'server' ? `server: what ${rule.says}` : `${rule.verb}: ${rule.says}`;
  return by === undefined
    ? NO(`${held.join(' and ')} may not ${verb}; ${rule.roles.join(', ')} may`)
    : { allowed: true, because: `${by} may ${verb}` };
}

/** The verbs that are open to somebody, for whoever shows them what they can do. */
export const verbsOf = (actor: Actor): Rule['verb'][] =>
  POLICY.map(({ verb }) => verb).filter(
    (verb) => decide(actor, verb === 'server' ? 'server:admin' : `workspace:${verb}`).allowed,
  );
