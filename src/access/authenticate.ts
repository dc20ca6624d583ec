import type { Actor, Ctx } from '../platform/ctx/index.ts';
import { forbidden, missing, unauthenticated } from '../platform/errors/index.ts';
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
}

const OWNER: Actor = { kind: 'owner', id: 'owner', name: 'local owner', role: 'owner' };
const MINUTE = 60_000;
const MAKE_ONE = 'send Authorization: Bearer trd_…; an admin makes one with treadle token create';

/**
 * Who the caller is and which workspace they are in. A credential that is present but wrong is refused,
 * also where none would be needed. `ownerAllowed`: the server listens on loopback only. `until`: when the credential ends, for
 * whoever remembers the answer.
 */
export async function authenticate(
  ctx: Ctx,
  credentials: Credentials,
  ownerAllowed: boolean,
): Promise<{ actor: Actor; workspace: string; until?: number }> {
  if (credentials.authorization === undefined) {
    if (!ownerAllowed) throw unauthenticated('this server needs a token', { hint: MAKE_ONE });
    // Whoever came through a proxy may be anybody; only the machine's own callers are its owner.
    if (credentials.proxied)
      throw unauthenticated('this request came through a proxy, so it needs a token', { hint: MAKE_ONE });
    if (credentials.walled === true)
      throw unauthenticated('this request comes from a step, so it needs a token', {
        hint: 'a step has its own in MLFLOW_TRACKING_TOKEN',
      });
    return { actor: OWNER, workspace: await enter(ctx, credentials.workspace ?? 'default') };
  }
  const secret = secretOf(credentials.authorization);
  const token =
    secret !== undefined && looksLikeSecret(secret)
      ? await selectTokenByHash(ctx, hashSecret(secret))
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
  if (now - (token.last_used_at ?? 0) > MINUTE) await ctx.write((tx) => touchToken(tx, token.id, now));
  return {
    actor: {
      kind: 'token',
      id: token.id,
      name: token.name,
      role: token.role,
      ...(token.execution === undefined ? {} : { execution: token.execution }),
    },
    workspace,
    until: token.expires_at,
  };
}

async function enter(ctx: Ctx, workspace: string): Promise<string> {
  if (workspace !== 'default' && !(await workspaceExists(ctx, workspace)))
    throw missing(`there is no workspace '${workspace}'`, {
      field: 'workspace',
      hint: 'treadle workspace create makes one',
    });
  return workspace;
}

/** Bearer, or the password of Basic: what MLflow's client sends with MLFLOW_TRACKING_USERNAME and _PASSWORD. */
function secretOf(authorization: string): string | undefined {
  // Exactly two words: what follows a good credential makes it another one.
  const [, scheme = '', value = ''] = /^([a-z]+) +([^\s,]+)$/i.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}
