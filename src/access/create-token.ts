import type { Ctx } from '../platform/ctx/index.ts';
import { forbidden, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { NewToken, Token } from './contract.ts';
import { hashSecret, newSecret } from './secret.ts';
import { insertToken, workspaceExists } from './store.ts';

const DAY = 86_400_000;

/**
 * Makes a token. The secret is returned once and kept only as a hash. Nobody gives away more than they have: an admin makes tokens of
 * their own workspace, and only an owner one of another workspace or another owner's.
 */
export async function createToken(
  ctx: Ctx,
  input: NewToken & {
    execution?: string;
    /** Milliseconds, instead of days. */
    life?: number;
  },
): Promise<{ token: Token; secret: string }> {
  if (ctx.actor.role !== 'owner') {
    if (input.role === 'owner')
      throw forbidden('only an owner of the server makes tokens of owners', { field: 'role' });
    if (input.workspace !== undefined && input.workspace !== ctx.workspace)
      throw forbidden(`an admin of workspace '${ctx.workspace}' makes tokens of that workspace only`, {
        field: 'workspace',
        hint: 'leave the workspace out, or ask an owner of the server',
      });
  }
  const secret = newSecret();
  const now = ctx.clock.now();
  const token: Token = {
    id: newId(now),
    name: input.name,
    workspace: input.workspace ?? ctx.workspace,
    role: input.role,
    prefix: secret.slice(0, 10),
    created_at: now,
    created_by: ctx.actor.name,
    expires_at: now + (input.life ?? (input.days ?? 90) * DAY),
    ...(input.execution === undefined ? {} : { execution: input.execution }),
  };
  await ctx.write(async (tx) => {
    if (!(await workspaceExists(tx, token.workspace))) {
      throw missing(`there is no workspace '${token.workspace}'`, {
        field: 'workspace',
        hint: 'treadle workspace create makes one',
      });
    }
    await insertToken(tx, token, hashSecret(secret));
    await tx.record({
      action: 'token.created',
      resource: `token:${token.id}`,
      after: { name: token.name, role: token.role, expires_at: token.expires_at },
    });
    await tx.emit({ type: 'token.created', subject: `token:${token.id}` });
  });
  return { token, secret };
}
