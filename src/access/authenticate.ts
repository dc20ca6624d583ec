import type { Actor, Ctx, Role } from '../platform/ctx/index.ts';
import { forbidden, invalid, missing, unauthenticated } from '../platform/errors/index.ts';
import type { Token } from './contract.ts';
import { actorOf } from './people/explain.ts';
import type { Passwords } from './people/passwords.ts';
import { selectGrantedWorkspaces } from './grants/store.ts';
import { grantsIn, rolesIn } from './people/rights.ts';
import { findPerson, selectRoles, type PersonRow } from './people/store.ts';
import { strongest, within } from './roles.ts';
import { endOf, openSession } from './sessions/session.ts';
import { hashSecret, looksLikeSecret } from './secret.ts';
import { selectTokenByHash, touchToken, workspaceExists } from './store.ts';

export interface Credentials {
  authorization: string | undefined;
  /** The workspace the caller names in a header. */
  workspace: string | undefined;
  /** A header says that somebody between the caller and this server passed the request on. */
  proxied: boolean;
  /** It comes from a process behind our walls: a step or a model, which is not the owner although it runs on this machine. */
  walled?: boolean;
  /** The secret of a session, from a cookie. What is said in `authorization` comes first. */
  session?: string | undefined;
  /** Where the machine's owner works with this browser: nobody else's, and no reason to refuse them. */
  chosen?: string | undefined;
  /** Where they come from, for how often they may be wrong. */
  address?: string | undefined;
}

export interface Authenticated {
  actor: Actor;
  workspace: string;
  /** When the credential ends, for whoever remembers the answer. */
  until?: number;
  /** What opened it: `token:ID`, `session:ID`. */
  credential?: string;
}

/** Who asks from the machine itself is called so. */
export const OWNER_NAME = 'local owner';
const OWNER: Actor = { kind: 'owner', id: 'owner', name: OWNER_NAME, role: 'owner' };
/** In the workspace by grants alone. */
const GUEST = 'guest' as const;
const MINUTE = 60_000;
const MAKE_ONE =
  'send Authorization: Bearer trd_… (an admin makes one with treadle token create), or Basic with name and password';

/**
 * Who the caller is and which workspace they are in. A credential that is present but wrong is refused,
 * also where none would be needed. `ownerAllowed`: the server listens on loopback only. Without `passwords` nobody signs in with one.
 */
export async function authenticate(
  ctx: Ctx,
  credentials: Credentials,
  ownerAllowed: boolean,
  passwords?: Passwords,
): Promise<Authenticated> {
  if (credentials.authorization === undefined && credentials.session !== undefined)
    return enterBySession(ctx, credentials.session, credentials.workspace);
  if (credentials.authorization === undefined) {
    if (!ownerAllowed) throw unauthenticated('this server needs a token', { hint: MAKE_ONE });
    // Whoever came through a proxy may be anybody; only the machine's own callers are its owner.
    if (credentials.proxied)
      throw unauthenticated('this request came through a proxy, so it needs a token', { hint: MAKE_ONE });
    if (credentials.walled === true)
      throw unauthenticated('this request comes from a step, so it needs a token', {
        hint: 'a step has its own in MLFLOW_TRACKING_TOKEN',
      });
    const { workspace, chosen } = credentials;
    // A browser may remember a workspace of another server on this machine, or of a data folder that was here before.
    const stays = workspace === undefined && chosen !== undefined && (await workspaceExists(ctx, chosen));
    return { actor: OWNER, workspace: stays ? chosen : await enter(ctx, workspace ?? 'default') };
  }
  const shown = shownBy(credentials.authorization);
  if (shown?.name !== undefined && !looksLikeSecret(shown.secret) && passwords) {
    const { name, secret } = shown;
    const row = await passwords.check(ctx, name, secret, credentials.address ?? 'not known');
    return enterAs(ctx, row, credentials.workspace);
  }
  const token =
    shown !== undefined && looksLikeSecret(shown.secret)
      ? await selectTokenByHash(ctx, hashSecret(shown.secret))
      : undefined;
  const now = ctx.clock.now();
  if (!token || token.revoked_at !== undefined)
    throw unauthenticated('the token is not known here', {
      hint: 'check it for typos, or ask an admin for a new one',
    });
  if (token.expires_at <= now)
    throw unauthenticated(`the token '${token.name}' has expired`, { hint: 'ask an admin for a new one' });
  const workspace =
    token.role === 'owner' && credentials.workspace !== undefined
      ? await enter(ctx, credentials.workspace)
      : token.workspace;
  if (credentials.workspace !== undefined && credentials.workspace !== workspace) {
    throw forbidden(
      `the token '${token.name}' belongs to another workspace than '${credentials.workspace}'`,
      {
        field: 'workspace',
        hint: 'a token is of one workspace: leave the workspace out, or ask an admin there for a token',
      },
    );
  }
  const actor = await actorOfToken(ctx, token, workspace);
  if (now - (token.last_used_at ?? 0) > MINUTE) await ctx.write((tx) => touchToken(tx, token.id, now));
  return { actor, workspace, until: token.expires_at, credential: `token:${token.id}` };
}

/** A token of somebody opens what it says and they may now, whichever is less, and acts in their name; one of nobody what it says, in its own. */
async function actorOfToken(ctx: Ctx, token: Token, workspace: string): Promise<Actor> {
  const { id, name, role, execution, person } = token;
  if (person === undefined)
    return { kind: 'token', id, name, role, ...(execution === undefined ? {} : { execution }) };
  const row = await findPerson(ctx, person);
  if (!row || row.disabled_at !== null)
    throw unauthenticated(`the account that the token '${name}' belongs to is disabled`, {
      hint: 'ask an owner of the server',
    });
  const roles = within(role, await rolesIn(ctx, row, workspace));
  const grants = await grantsIn(ctx, row, workspace, { roles, most: role });
  if (roles.length === 0 && grants === undefined) throw outside(row.name, workspace);
  const held = { role: strongest(roles) ?? GUEST, roles, ...(grants === undefined ? {} : { grants }) };
  return row.kind === 'service'
    ? { kind: 'service', id: row.id, name: row.name, ...held, token: name }
    : { kind: 'token', id, name: row.name, ...held, user: row.id, token: name };
}

/** A session is in a workspace of its own choice, as long as its bearer has a role there. */
async function enterBySession(ctx: Ctx, secret: string, named: string | undefined): Promise<Authenticated> {
  const { session, person } = await openSession(ctx, secret);
  const stays = named ?? session.workspace;
  const roles = await rolesIn(ctx, person, stays);
  const open = named !== undefined || roles.length > 0;
  const others = open ? [] : await workspacesOf(ctx, person);
  const workspace = open || others.includes(stays) ? stays : others[0];
  return {
    ...(await enterAs(ctx, person, workspace, workspace === stays ? roles : undefined)),
    until: endOf(session),
    credential: `session:${session.id}`,
  };
}

/** A person comes in: into the workspace they name, or the only one where they have a role. `held`: their roles there, where they were read. */
export async function enterAs(
  ctx: Ctx,
  row: PersonRow,
  named: string | undefined,
  held?: readonly Role[],
): Promise<Authenticated> {
  const workspace = named ?? (await onlyWorkspace(ctx, row));
  const roles = held ?? (await rolesIn(ctx, row, workspace));
  const grants = await grantsIn(ctx, row, workspace, { roles });
  const role = strongest(roles) ?? (grants === undefined ? undefined : GUEST);
  // Whether there is a workspace of this name is nobody's business outside of it.
  if (role === undefined) throw outside(row.name, workspace);
  if (role === 'owner') await enter(ctx, workspace);
  return { actor: actorOf(row, role, roles, grants), workspace };
}

async function onlyWorkspace(ctx: Ctx, row: PersonRow): Promise<string> {
  if (row.owner === 1) return 'default';
  const names = await workspacesOf(ctx, row);
  const [first, ...others] = names;
  if (first === undefined)
    throw forbidden(`'${row.name}' has no role and no grant in any workspace`, {
      hint: 'an admin of a workspace gives one: treadle user role NAME viewer',
    });
  if (others.length === 0) return first;
  throw invalid(`'${row.name}' is in several workspaces: ${names.join(', ')}`, {
    field: 'workspace',
    hint: 'name one in the header X-Treadle-Workspace (TREADLE_WORKSPACE, MLFLOW_WORKSPACE)',
  });
}

/** Where somebody has a role of a workspace, or a grant in it, by name. */
export async function workspacesOf(ctx: Ctx, row: Pick<PersonRow, 'id'>): Promise<string[]> {
  const roles = await selectRoles(ctx, { person: row.id });
  const granted = await selectGrantedWorkspaces(ctx, row.id);
  return [...new Set([...roles.map(({ workspace }) => workspace), ...granted])].toSorted();
}

const outside = (name: string, workspace: string): Error =>
  forbidden(`'${name}' has no role in workspace '${workspace}'`, {
    field: 'workspace',
    hint: 'an admin of it gives one: treadle user role NAME viewer',
  });

export async function enter(ctx: Ctx, workspace: string): Promise<string> {
  if (workspace !== 'default' && !(await workspaceExists(ctx, workspace)))
    throw missing(`there is no workspace '${workspace}'`, {
      field: 'workspace',
      hint: 'treadle workspace create makes one',
    });
  return workspace;
}

/** Bearer, or Basic, which MLflow's client sends with MLFLOW_TRACKING_USERNAME and _PASSWORD: a token, or name and password. */
function shownBy(authorization: string): { name?: string; secret: string } | undefined {
  // Exactly two words: what follows a good credential makes it another one.
  const [, scheme = '', value = ''] = /^([a-z]+) +([^\s,]+)$/i.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return { secret: value };
  if (!/^basic$/i.test(scheme)) return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const [name, secret] = [pair.slice(0, Math.max(colon, 0)), pair.slice(colon + 1)];
  return name === '' || secret === '' ? { secret } : { name, secret };
}
