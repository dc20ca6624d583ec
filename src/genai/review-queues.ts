import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, invalid, missing } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { decodePage, encodePage, queryDigest } from '../platform/search/index.ts';
import { getExperiment } from '../tracking/index.ts';
import { checkName } from './limits.ts';
import { activeExperiment } from './scorers.ts';
import {
  changeItem,
  findItems,
  insertItems,
  putQueue,
  queuesWith,
  removeItems,
  removeQueue,
  requireLabelSchema,
  requireQueue,
  selectItems,
  selectQueues,
  type ItemRow,
  type QueueRow,
} from './store-labels.ts';

const MOST_ITEMS = 1000;
const MOST_USERS = 500;

export interface NewQueue {
  experiment: string;
  name: string;
  type: 'USER' | 'CUSTOM';
  created_by?: string | undefined;
  users?: readonly string[];
  schemas?: readonly string[];
}

const distinct = (texts: readonly string[], field: string): string[] => {
  if (texts.length > MOST_USERS)
    throw invalid(`'${field}' names ${texts.length}, and may name ${MOST_USERS}`, { field });
  return [...new Set(texts.map((one) => checkName(one, field, 255)))];
};

/** Questions are of the experiment whose traces are looked through. */
async function checkSchemas(tx: Tx, experiment: number, ids: readonly string[]): Promise<string[]> {
  const own = distinct(ids, 'schema_ids');
  for (const id of own)
    if ((await requireLabelSchema(tx, id)).experiment_id !== experiment)
      throw missing(`label schema '${id}' is of another experiment`, { field: 'schema_ids' });
  return own;
}

async function say(tx: Tx, action: string, id: string, after: object = {}): Promise<void> {
  const resource = `review_queue:${id}`;
  await tx.record({ action: `review_queue.${action}`, resource, after: { ...after } });
  await tx.emit({ type: `review_queue.${action}`, subject: resource });
}

export async function createQueue(ctx: Ctx, input: NewQueue): Promise<QueueRow> {
  const name = checkName(input.name, 'name', 255);
  const users = input.type === 'USER' ? [name] : distinct(input.users ?? [], 'users');
  const experiment = await activeExperiment(ctx, input.experiment);
  return ctx.write(async (tx) => {
    const schemas = await checkSchemas(tx, experiment, input.schemas ?? []);
    const key = name.toLowerCase();
    if ((await selectQueues(tx, experiment)).some((one) => one.name_key === key))
      throw conflict(`Review queue with name '${name}' already exists (names are case-insensitive).`, {
        field: 'name',
        hint: 'choose another name',
      });
    const now = tx.clock.now();
    const row: QueueRow = {
      id: `rq-${newId(now)}`,
      workspace: tx.workspace,
      experiment_id: experiment,
      name,
      name_key: key,
      type: input.type,
      users: JSON.stringify(users),
      schemas: JSON.stringify(schemas),
      created_by: input.created_by || (input.type === 'USER' ? name : tx.actor.name),
      created_at: now,
      updated_at: now,
    };
    await putQueue(tx, row);
    await say(tx, 'created', row.id, { name });
    return row;
  });
}

/** The one queue of a user; made at first. */
export async function userQueue(ctx: Ctx, experiment: string, user: string): Promise<QueueRow> {
  const name = checkName(user, 'user', 255);
  const found = (await listQueues(ctx, { experiment })).find((one) => one.name_key === name.toLowerCase());
  if (!found) return createQueue(ctx, { experiment, name, type: 'USER' });
  if (found.type !== 'USER')
    throw conflict(`A non-user queue named '${name}' already exists`, {
      field: 'user',
      hint: 'rename that queue first',
    });
  return found;
}

export const getQueue = requireQueue;

export async function listQueues(
  ctx: Ctx,
  { experiment, user, item }: { experiment: string; user?: string | undefined; item?: string | undefined },
): Promise<QueueRow[]> {
  const rows = await selectQueues(ctx, Number((await getExperiment(ctx, experiment)).id));
  const having = item === undefined ? undefined : await queuesWith(ctx, item);
  const wanted = user?.toLowerCase();
  return rows.filter(
    (row) =>
      (having === undefined || having.has(row.id)) &&
      (wanted === undefined || usersOf(row).some((one) => one.toLowerCase() === wanted)),
  );
}

export async function updateQueue(
  ctx: Ctx,
  id: string,
  change: {
    name?: string | undefined;
    owner?: string | undefined;
    users?: readonly string[] | undefined;
    schemas?: readonly string[] | undefined;
  },
): Promise<QueueRow> {
  return ctx.write(async (tx) => {
    const before = await requireQueue(tx, id);
    if (before.type === 'USER')
      throw invalid(
        "A user queue's name, assigned user, schemas, and owner are fixed and cannot be updated.",
        {
          field: 'queue_id',
        },
      );
    const name = change.name === undefined ? before.name : checkName(change.name, 'name', 255);
    const key = name.toLowerCase();
    if (
      key !== before.name_key &&
      (await selectQueues(tx, before.experiment_id)).some((one) => one.name_key === key)
    )
      throw conflict(`Review queue with name '${name}' already exists (names are case-insensitive).`, {
        field: 'name',
      });
    if (change.schemas !== undefined) {
      const [item] = await selectItems(tx, id, { after: undefined, limit: 1 });
      if (item)
        throw invalid(
          "A review queue's questions are locked once items are assigned to it. Remove the items before changing its questions.",
          { field: 'schema_ids' },
        );
    }
    const row: QueueRow = {
      ...before,
      name,
      name_key: key,
      ...(change.owner === undefined ? {} : { created_by: checkName(change.owner, 'new_owner', 255) }),
      ...(change.users === undefined ? {} : { users: JSON.stringify(distinct(change.users, 'users')) }),
      ...(change.schemas === undefined
        ? {}
        : { schemas: JSON.stringify(await checkSchemas(tx, before.experiment_id, change.schemas)) }),
      updated_at: tx.clock.now(),
    };
    await putQueue(tx, row);
    await say(tx, 'updated', id, { name });
    return row;
  });
}

export async function deleteQueue(ctx: Ctx, id: string): Promise<void> {
  await ctx.write(async (tx) => {
    const { name } = await requireQueue(tx, id);
    await removeQueue(tx, id);
    await say(tx, 'deleted', id, { name });
  });
}

function checkItems(ids: readonly string[]): string[] {
  if (ids.length === 0 || ids.length > MOST_ITEMS)
    throw invalid(`1 to ${MOST_ITEMS} items may be named at once, not ${ids.length}`, { field: 'item_ids' });
  return [...new Set(ids.map((id) => checkName(id, 'item_ids', 250)))];
}

/** Those that are in it already keep their status. */
export async function addItems(ctx: Ctx, queue: string, items: readonly string[]): Promise<ItemRow[]> {
  const ids = checkItems(items);
  return ctx.write(async (tx) => {
    await requireQueue(tx, queue);
    await insertItems(tx, queue, ids);
    await say(tx, 'items_added', queue, { items: ids.length });
    const rows = new Map((await findItems(tx, queue, ids)).map((row) => [row.item_id, row]));
    return ids.flatMap((id) => rows.get(id) ?? []);
  });
}

export async function dropItems(ctx: Ctx, queue: string, items: readonly string[]): Promise<void> {
  const ids = checkItems(items);
  await ctx.write(async (tx) => {
    await requireQueue(tx, queue);
    await removeItems(tx, queue, ids);
    await say(tx, 'items_removed', queue, { items: ids.length });
  });
}

export async function listItems(
  ctx: Ctx,
  queue: string,
  { status, limit, page }: { status?: string | undefined; limit: number; page?: string | undefined },
): Promise<{ items: ItemRow[]; next?: string }> {
  await requireQueue(ctx, queue);
  const digest = queryDigest(['review-items', queue, status ?? null]);
  const cursor = decodePage(digest, page, 2);
  const after = cursor && ([Number(cursor[0]), String(cursor[1])] as const);
  const rows = await selectItems(ctx, queue, { status, after, limit: limit + 1 });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    ...(rows.length > limit && last ? { next: encodePage(digest, [last.created_at, last.item_id]) } : {}),
  };
}

export async function setItemStatus(
  ctx: Ctx,
  queue: string,
  item: string,
  status: 'PENDING' | 'COMPLETE' | 'DECLINED',
  by?: string,
): Promise<ItemRow> {
  return ctx.write(async (tx) => {
    await requireQueue(tx, queue);
    const [before] = await findItems(tx, queue, [item]);
    if (!before)
      throw missing(`Item '${item.slice(0, 80)}' is not in review queue '${queue}'.`, { field: 'item_id' });
    const now = tx.clock.now();
    const done = status !== 'PENDING';
    const change = {
      status,
      completed_by: done ? by || tx.actor.name : null,
      completed_at: done ? now : null,
      updated_at: now,
    };
    await changeItem(tx, queue, item, change);
    await say(tx, 'item_judged', queue, { item, status });
    return { ...before, ...change };
  });
}

/** Written by this room. */
export const usersOf = ({ users }: Pick<QueueRow, 'users'>): string[] => JSON.parse(users) as string[];
export const schemasOf = ({ schemas }: Pick<QueueRow, 'schemas'>): string[] =>
  JSON.parse(schemas) as string[];
