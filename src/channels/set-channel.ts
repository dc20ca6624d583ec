import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { newSecret } from '../platform/events/index.ts';
import { newId } from '../platform/ids/index.ts';
import type { Channel, ChannelSettings, Route } from './contract.ts';
import type { Parts } from './jobs.ts';
import { checkSettings, moved, settingsOf, targetOf, toChannel } from './settings.ts';
import {
  changeChannel,
  deleteChannel,
  findChannel,
  insertChannel,
  requireChannel,
  selectChannels,
  type ChannelRow,
} from './store.ts';
import { shownChannel } from './views.ts';

/** Of a workspace. */
const MOST = 100;

interface Shown {
  channel: Channel;
  secret?: string;
}

export async function addChannel(
  ctx: Ctx,
  { outbound, causes }: Pick<Parts, 'outbound' | 'causes'>,
  { name, settings, route = {} }: { name: string; settings: ChannelSettings; route?: Route },
): Promise<Shown> {
  const checked = checkSettings(outbound, settings);
  requireCauses(route, causes);
  return ctx.write(async (tx) => {
    const now = tx.clock.now();
    if (await findChannel(tx, name))
      throw conflict(`there is a channel '${name}' already`, {
        field: 'name',
        hint: 'take another name, or change that one',
      });
    if ((await selectChannels(tx)).length >= MOST)
      throw conflict(`workspace '${tx.workspace}' has ${MOST} channels, and may have no more`, {
        hint: 'remove one that nobody needs',
      });
    const row: ChannelRow = {
      id: newId(now),
      workspace: tx.workspace,
      name,
      kind: checked.kind,
      settings: JSON.stringify(checked),
      secret: checked.kind === 'webhook' ? newSecret() : null,
      route: JSON.stringify(route),
      enabled: 1,
      created_at: now,
      created_by: tx.actor.name,
      updated_at: now,
      last_at: null,
      last_error: null,
      failures: 0,
    };
    await insertChannel(tx, row);
    await tx.record({ action: 'channel.created', resource: `channel:${row.id}`, after: digestOf(row) });
    await tx.emit({ type: 'channel.created', subject: `channel:${row.id}` });
    return {
      channel: toChannel(row, { waiting: 0, dead: 0 }),
      ...(row.secret === null ? {} : { secret: row.secret }),
    };
  });
}

export async function updateChannel(
  ctx: Ctx,
  { outbound, causes }: Pick<Parts, 'outbound' | 'causes'>,
  name: string,
  change: { settings?: ChannelSettings; route?: Route; enabled?: boolean; new_secret?: boolean },
): Promise<Shown> {
  if (change.route) requireCauses(change.route, causes);
  return ctx.write(async (tx) => {
    const before = await requireChannel(tx, name);
    const was = settingsOf(before);
    const settings = change.settings ? checkSettings(outbound, change.settings, was) : was;
    if (settings.kind !== was.kind)
      throw invalid(`'${name}' is of kind ${was.kind}, and stays so`, {
        field: 'kind',
        hint: 'add another channel, and remove this one',
      });
    const elsewhere = moved(settings, was);
    const secret =
      settings.kind === 'webhook' && (elsewhere || change.new_secret === true) ? newSecret() : undefined;
    const row: ChannelRow = {
      ...before,
      settings: JSON.stringify(settings),
      route: change.route ? JSON.stringify(change.route) : before.route,
      enabled: change.enabled === undefined ? before.enabled : Number(change.enabled),
      secret: secret ?? before.secret,
      updated_at: tx.clock.now(),
    };
    const { settings: text, route, enabled, secret: signing, updated_at } = row;
    await changeChannel(tx, row.id, { settings: text, route, enabled, secret: signing, updated_at });
    await tx.record({
      action: 'channel.changed',
      resource: `channel:${row.id}`,
      before: digestOf(before),
      after: { ...digestOf(row), new_secret: secret !== undefined },
    });
    await tx.emit({ type: 'channel.changed', subject: `channel:${row.id}` });
    return { channel: await shownChannel(tx, row), ...(secret === undefined ? {} : { secret }) };
  });
}

export async function removeChannel(ctx: Ctx, name: string): Promise<void> {
  await ctx.write(async (tx) => {
    const row = await requireChannel(tx, name);
    await deleteChannel(tx, row.id);
    await tx.record({ action: 'channel.deleted', resource: `channel:${row.id}`, before: digestOf(row) });
    await tx.emit({ type: 'channel.deleted', subject: `channel:${row.id}` });
  });
}

/** A channel that waits for a misspelt cause would be silent, and nobody would know. */
function requireCauses({ causes: asked = [] }: Route, known: readonly string[]): void {
  const at = asked.findIndex((cause) => !known.includes(cause));
  if (at >= 0)
    throw invalid(`there is no cause '${asked[at]}' of alerts`, {
      field: `route.causes[${at}]`,
      hint: `causes are: ${known.join(', ')}`,
    });
}

/** What the ledger keeps: no secret, and of people no address. */
const digestOf = (row: ChannelRow): object => {
  const settings = settingsOf(row);
  return {
    name: row.name,
    kind: row.kind,
    target: settings.kind === 'email' ? settings.host : targetOf(settings),
    route: JSON.parse(row.route) as Route, // written by this room
    enabled: row.enabled === 1,
  };
};
