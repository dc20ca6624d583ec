import type { Ctx } from '../platform/ctx/index.ts';
import { forbidden, invalid, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { NewToken, Token } from './contract.ts';
import { grantsIn, rolesIn } from './people/rights.ts';
import { findPerson, requirePerson } from './people/store.ts';
import { OWNER_NAME } from './authenticate.ts';
import { rolesHere } from './decide.ts';
import { covers } from './roles.ts';
import { hashSecret, newSecret } from './secret.ts';
import { insertToken, workspaceExists } from './store.ts';

/** Whose a token is: a service's that is named, or the person's who makes it. What a program or the machine's owner makes is nobody's. */
async function personFor(ctx: Ctx, service: string | undefined): Promise<string | undefined> {
  if (service === undefined)
    return ctx.actor.user ?? (ctx.actor.kind === 'service' ? ctx.actor.id : undefined);
  const row = await requirePerson(ctx, service);
  if (row.kind !== 'service')
    throw invalid(`'${row.name}' is a person, who makes tokens of their own`, { field: 'service' });
  const roles = await rolesIn(ctx, row, ctx.workspace);
  if (roles.length === 0 && !(await grantsIn(ctx, row, ctx.workspace)))
    throw missing(`service '${row.name}' has no role and no grant in workspace '${ctx.workspace}'`, {
      field: 'service',
      hint: 'give it one first: treadle user role NAME viewer, or treadle grant add NAME viewer model:NAME',
    });
  return row.id;
}

/** What is nobody's acts in its own name: that must not be somebody's. */
async function requireOwnName(ctx: Ctx, name: string): Promise<void> {
  const plain = name.trim().toLowerCase();
  const taken = [OWNER_NAME, 'treadle'].includes(plain) || /^[0-9a-f]{32}$/.test(plain);
  if (!taken && !(await findPerson(ctx, plain))) return;
  throw invalid(`a token of nobody cannot be called '${name}': it would act in that name`, {
    field: 'name',
    hint: 'say what it is for; people make tokens of their own under Settings, and a service has its by --service',
  });
}

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
  const { actor } = ctx;
  const held = rolesHere(actor);
  // A step has its rights by what it runs for, whoever turned it.
  const person = input.execution === undefined ? await personFor(ctx, input.service) : undefined;
  if (
    actor.user !== undefined &&
    input.service === undefined &&
    // Of a guest it opens single things alone, whatever it says.
    !(actor.role === 'guest' && input.role !== 'owner') &&
    !held.some((role) => covers(role, input.role))
  )
    throw forbidden(`you are ${held.join(' and ')} here, and a token of yours opens no more than that`, {
      field: 'role',
      hint: `make one of role ${held.join(' or ')}`,
    });
  if (person === undefined && input.execution === undefined) await requireOwnName(ctx, input.name);
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
    ...(person === undefined ? {} : { person }),
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
      after: {
        name: token.name,
        role: token.role,
        expires_at: token.expires_at,
        ...(person === undefined ? {} : { person }),
      },
    });
    await tx.emit({ type: 'token.created', subject: `token:${token.id}` });
  });
  return { token, secret };
}
