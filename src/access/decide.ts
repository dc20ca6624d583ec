import type { Action } from '../platform/http/contract.ts';
import type { Actor, Resource, Role } from '../platform/ctx/index.ts';
import type { GrantKind } from './contract.ts';

export interface Rule {
  /** How the action of a route ends; `server` is how it begins. */
  verb: 'read' | 'write' | 'approve' | 'admin' | 'own' | 'server';
  roles: readonly Role[];
  says: string;
  /** Whether a grant on a thing may say so, of that thing. */
  granted: boolean;
}

/** The whole policy, as data: what decides is what is shown. Grants stand for the role that they name, on what they name. */
export const POLICY: readonly Rule[] = [
  {
    verb: 'read',
    roles: ['viewer', 'editor', 'approver', 'admin', 'owner'],
    says: 'looks at what the workspace holds, and asks its models',
    granted: true,
  },
  { verb: 'write', roles: ['editor', 'admin', 'owner'], says: 'makes, changes and deletes', granted: true },
  {
    verb: 'approve',
    roles: ['approver', 'admin', 'owner'],
    says: 'approves what others made: a person alone, no service and no step',
    granted: true,
  },
  {
    verb: 'admin',
    roles: ['admin', 'owner'],
    says: 'manages tokens, roles, services, grants, webhooks and channels',
    granted: true,
  },
  {
    verb: 'own',
    roles: ['viewer', 'editor', 'approver', 'admin', 'owner'],
    says: 'what is theirs alone (password, sessions, tokens): who signed in, never a token',
    granted: false,
  },
  {
    verb: 'server',
    roles: ['owner'],
    says: 'makes workspaces and groups, adds and disables people, sets their passwords',
    granted: false,
  },
];

export interface Decision {
  allowed: boolean;
  because: string;
}

const STEP_WRITES: ReadonlySet<string> = new Set(['run:write', 'logged_model:write']);
const NO = (because: string): Decision => ({ allowed: false, because });
const YES = (because: string): Decision => ({ allowed: true, because });

const ruleOf = (action: Action): Rule | undefined => {
  // What reaches over the walls between workspaces is the server's, whatever the verb.
  const verb = action.startsWith('server:') ? 'server' : action.slice(action.lastIndexOf(':') + 1);
  return POLICY.find((rule) => rule.verb === verb);
};

/**
 * May they, and why: a pure function of who asks (with the roles and grants that they have in the workspace at that moment), the matched
 * route's action and what it is about, over the table above. Without a resource only roles count.
 */
export function decide(actor: Actor, action: Action, resource?: Resource): Decision {
  if (action === 'public') return YES('it is open to everybody');
  // A step reads, and logs to runs and models of its own; which ones those are is asked where they are written.
  if (actor.execution !== undefined && !action.endsWith(':read') && !STEP_WRITES.has(action))
    return NO('a step reads, and writes to runs and models of its own alone');
  const rule = ruleOf(action);
  if (!rule) return NO(`no rule names the action '${action}'`);
  if (rule.verb === 'own') {
    return actor.kind === 'user'
      ? YES(`own: ${rule.says}`)
      : NO('it is for a person who signed in with a password or a session');
  }
  if (rule.verb === 'approve' && actor.user === undefined)
    return NO('only a person approves, and nobody answers for this caller');
  const held = rolesHere(actor);
  const by = held.find((role) => rule.roles.includes(role));
  const verb =
    rule.verb === 'server' ? 'manage the whole server' : rule.verb === 'admin' ? 'administer' : rule.verb;
  if (by !== undefined) return YES(`${by} may ${verb}: ${rule.says}`);
  const refused = `${held.length === 0 ? 'who has no role here' : held.join(' and ')} may not ${verb}: ${rule.says}; ${rule.roles.join(', ')} may`;
  if (!rule.granted || resource === undefined || actor.grants === undefined) return NO(refused);
  if ('listed' in resource && rule.verb === 'read') return YES('a list shows to each what they may see');
  const granted = actor.grants.on(resource).find((role) => rule.roles.includes(role));
  return granted === undefined
    ? NO(`${refused}, and no grant says so of this`)
    : YES(`a grant makes them ${granted} of ${thing(resource)}, who may ${rule.verb}`);
}

/** Of which kind of things a grant opens what is done to a noun. */
const GRANTED: ReadonlyMap<string, GrantKind> = new Map([
  ['dataset', 'dataset'],
  ['model', 'model'],
  ['endpoint', 'endpoint'],
  ['environment', 'environment'],
  ['experiment', 'experiment'],
  ['run', 'experiment'],
]);

/** What opens an action to somebody who may not do it now. */
export function whatOpens(actor: Actor, action: Action): string {
  const verb = ruleOf(action)?.verb;
  if (verb === 'server') return 'ask an owner of the server';
  if (verb === 'own') return 'sign in with name and password';
  if (verb === 'approve' && actor.user === undefined && actor.execution === undefined) return AS_A_PERSON;
  if (actor.grants === undefined) return 'ask an admin for a higher role, or for a token with one';
  const kind = GRANTED.get(action.slice(0, action.indexOf(':')));
  return kind === undefined
    ? 'ask an admin for a role; a grant opens single datasets, models, endpoints, environments and experiments alone'
    : `ask an admin for a role, or for a grant on it: treadle grant add NAME editor ${kind}:NAME`;
}

/** How somebody who is nobody in particular becomes a person. */
export const AS_A_PERSON =
  'do it as a person who may: sign in with their name and password in the browser (/sign-in), or set TREADLE_TOKEN to a token of their own, which they make there under Settings → Your tokens; treadle user add NAME --role approver adds one';

/** All roles that somebody has in the workspace; none where they are there by grants alone. */
export const rolesHere = ({ role, roles }: Actor): readonly Role[] =>
  roles ?? (role === 'guest' ? [] : [role]);

const thing = (resource: Resource): string =>
  'name' in resource ? `the ${resource.kind} ${resource.name}` : `some ${resource.kind}`;

/** The verbs that are open to somebody in the whole workspace, for whoever shows them what they can do. */
export const verbsOf = (actor: Actor): Rule['verb'][] =>
  POLICY.map(({ verb }) => verb).filter(
    (verb) => decide(actor, verb === 'server' ? 'server:admin' : `workspace:${verb}`).allowed,
  );
