import type { Ctx, Role, Tx } from '../../platform/ctx/index.ts';
import { conflict, invalid, limited } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Grant, GrantKind, WorkspaceRole } from '../contract.ts';
import { requireGroup, requirePerson, selectMembers } from '../people/store.ts';
import { RIGHTS_CHANGED } from '../people/update-user.ts';
import { toRole } from '../roles.ts';
import {
  countGrantsOf,
  deleteGrant,
  insertGrant,
  requireGrant,
  selectGrants,
  selectGrantsOf,
  type GrantRow,
  type NamedGrant,
} from './store.ts';

/** Each request of somebody reads theirs. Who needs more has a pattern, a group, or a role. */
const MOST = 1000;
const LIMIT = 100;

export interface NewGrant {
  user?: string;
  group?: string;
  level: WorkspaceRole;
  kind: GrantKind;
  name: string;
}

/** Lets somebody, or a group, act on the things of a name or pattern, whatever their role in the workspace. */
export function addGrant(ctx: Ctx, input: NewGrant): Promise<Grant> {
  return ctx.write(async (tx) => {
    const to = await principalOf(tx, input);
    if (to.service && input.level === 'approver')
      throw invalid('a service account approves nothing', {
        field: 'level',
        hint: 'grant it viewer, editor or admin; people approve',
      });
    if ((await countGrantsOf(tx, to.id)) >= MOST)
      throw limited(`'${to.name}' has ${MOST} grants in workspace '${tx.workspace}', and no more are kept`, {
        field: to.group ? 'group' : 'user',
        hint: 'grant a pattern such as flights*, or give a role: treadle user role NAME viewer',
      });
    const row: GrantRow = {
      id: newId(tx.clock.now()),
      workspace: tx.workspace,
      principal: to.id,
      level: input.level,
      kind: input.kind,
      name: input.name,
      created_at: tx.clock.now(),
      created_by: tx.actor.name,
    };
    if (!(await insertGrant(tx, row)))
      throw conflict(`'${to.name}' is ${input.level} of ${input.kind} ${input.name} already`, {
        field: 'name',
        hint: 'treadle grant list shows what is granted',
      });
    await told(tx, 'grant.added', row, to.group);
    return toGrant(await requireGrant(tx, row.id));
  });
}

export function removeGrant(ctx: Ctx, id: string): Promise<void> {
  return ctx.write(async (tx) => {
    const row = await requireGrant(tx, id);
    await deleteGrant(tx, id);
    await told(tx, 'grant.removed', row, row.group !== null);
  });
}

export async function listGrants(
  ctx: Ctx,
  query: {
    search?: string;
    kind?: GrantKind;
    level?: WorkspaceRole;
    user?: string;
    group?: string;
    sort?: 'name' | 'made';
    limit?: number;
    page?: string;
  },
): Promise<{ items: Grant[]; next?: string }> {
  const { user, group, sort = 'name', limit = LIMIT, page, ...rest } = query;
  const principal =
    user === undefined && group === undefined ? undefined : (await principalOf(ctx, { user, group })).id;
  const rows = await selectGrants(ctx, {
    ...rest,
    principal,
    sort,
    limit: limit + 1,
    after: page === undefined ? undefined : cursorOf(page),
  });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toGrant),
    ...(rows.length > limit && last ? { next: `${last.id}:${last.name}` } : {}),
  };
}

/** What the caller was granted, their groups’ among it; of a token no more than its role says. */
export async function ownGrants(ctx: Ctx): Promise<Array<Pick<Grant, 'level' | 'kind' | 'name'>>> {
  const { actor } = ctx;
  const person = actor.user ?? (actor.kind === 'service' ? actor.id : undefined);
  if (person === undefined || actor.grants === undefined) return [];
  const found = await selectGrantsOf(ctx, person, ctx.workspace);
  // What one has of their own and by a group, or by a wider pattern, is told once.
  const own = new Map<string, Pick<Grant, 'level' | 'kind' | 'name'>>();
  for (const { kind, name } of found)
    for (const level of actor.grants.on({ kind, name }))
      own.set(`${level} ${kind} ${name}`, { level: ofGrant(level), kind: kindOf(kind), name });
  return [...own.values()];
}

function cursorOf(page: string): { key: string; id: string } {
  const colon = page.indexOf(':');
  if (colon > 0) return { id: page.slice(0, colon), key: page.slice(colon + 1) };
  throw invalid('this is not a page of this list', {
    field: 'page',
    hint: "hand back the answer's `next`",
  });
}

async function principalOf(
  ctx: Pick<Ctx, 'db'>,
  { user, group }: { user?: string | undefined; group?: string | undefined },
): Promise<{ id: string; name: string; group: boolean; service: boolean }> {
  if ((user === undefined) === (group === undefined))
    throw invalid('a grant is of a user or service, or of a group', {
      field: 'user',
      hint: 'name one of the two: user or group',
    });
  if (user !== undefined) {
    const { id, name, kind } = await requirePerson(ctx, user);
    return { id, name, group: false, service: kind === 'service' };
  }
  const { id, name } = await requireGroup(ctx, group!);
  return { id, name, group: true, service: false };
}

/** As a grant says it: no grant makes an owner. */
export function ofGrant(level: Role): WorkspaceRole {
  if (level === 'owner') throw new Error('the database holds a grant that makes an owner');
  return level;
}

function toGrant(row: NamedGrant): Grant {
  return {
    id: row.id,
    ...(row.group === null
      ? { user: row.user ?? row.principal, user_kind: row.user_kind === 'service' ? 'service' : 'user' }
      : { group: row.group }),
    level: ofGrant(toRole(row.level)),
    kind: kindOf(row.kind),
    name: row.name,
    created_at: row.created_at,
    created_by: row.created_by,
  };
}

const KINDS: readonly GrantKind[] = ['dataset', 'model', 'endpoint', 'environment', 'experiment'];

export function kindOf(text: string): GrantKind {
  const kind = KINDS.find((one) => one === text);
  if (kind === undefined) throw new Error(`the database holds a grant on an unknown kind '${text}'`);
  return kind;
}

/** One entry for the grant; each whose rights it changes is told of by themselves. */
async function told(
  tx: Tx,
  action: 'grant.added' | 'grant.removed',
  row: GrantRow,
  group: boolean,
): Promise<void> {
  const { level, kind, name } = row;
  const state = { [group ? 'group' : 'user']: row.principal, level, kind, name };
  const resource = `grant:${row.id}`;
  await tx.record({ action, resource, [action === 'grant.added' ? 'after' : 'before']: state });
  await tx.emit({ type: action, subject: resource });
  const affected = group
    ? (await selectMembers(tx, row.principal)).map(({ person }) => person)
    : [row.principal];
  for (const person of affected) await tx.emit({ type: RIGHTS_CHANGED, subject: `user:${person}` });
}
