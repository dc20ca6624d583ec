import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import type { Recording } from './contract.ts';
import type { Engine } from './engine.ts';
import { switchTo } from './go-live.ts';
import { keptFor } from './kept-for.ts';
import type { ColumnRule } from './plane/protocol.ts';
import { rulesNow, withRules } from './record-rules.ts';
import { nameColumns, type RecordedColumn } from './recorded-columns.ts';
import { changeEndpoint, requireEndpoint, selectHeads, type EndpointRow } from './store.ts';

/** What is kept of an endpoint's predictions from now on, and how long, ms. */
export interface Keeping {
  records?: Recording | undefined;
  keep_ms?: number | undefined;
  sample?: number | undefined;
  columns?: Readonly<Record<string, ColumnRule | 'keep'>> | undefined;
  note?: string | undefined;
}

const HOUR = 3_600_000;

/**
 * Says for each answer from now on what is recorded of it. What was kept before stays until its time is over; a shorter time holds for it,
 * too, within the hour. Returns what the change does not do.
 */
export async function setRecording(
  ctx: Ctx,
  name: string,
  asked: Keeping,
  engine: Engine,
): Promise<string[]> {
  const { records, keep_ms, sample, columns } = asked;
  if ([records, keep_ms, sample, columns].every((one) => one === undefined))
    throw invalid('nothing is said that should change', {
      field: 'body',
      hint: 'say one or more of records (all, outputs or none), keep_ms, sample and columns',
    });
  if (keep_ms !== undefined && keep_ms % HOUR !== 0)
    throw invalid(`predictions are kept for whole hours, and ${keep_ms} ms are none`, {
      field: 'keep_ms',
      hint: 'say a multiple of 3600000, an hour; on the command line for example --keep 36h or --keep 90d',
    });
  const endpoint = await ctx.write(async (tx) => {
    const found = await requireEndpoint(tx, name);
    const named = columns && nameColumns(columns, columnsOf(found, engine), rulesNow(found).columns);
    await changeKeeping(tx, found, { ...asked, columns: named });
    return found;
  });
  await applyRecording(ctx, endpoint, engine);
  return notesOf(endpoint, asked, engine);
}

/** What the models of an endpoint take, the shadow's and the canary's included. */
function columnsOf({ id, name }: EndpointRow, { planes }: Engine): RecordedColumn[] {
  const specs = (planes.entry(id)?.variants ?? []).flatMap(({ key }) => planes.find(key)?.spec ?? []);
  if (specs.length === 0)
    throw conflict(`no model answers at '${name}' now, so nobody knows its columns`, {
      field: 'columns',
      hint: `deploy one first; with --records none nothing is recorded until the columns are said`,
      code: 'not-loaded',
    });
  return specs.flatMap(({ inputs }) =>
    inputs.length === 0
      ? [{ name: 'body', single: true }]
      : inputs.map((one) => ({
          name: one.name,
          single: one.shape.slice(1).every((length) => length === 1),
        })),
  );
}

function notesOf({ keep_ms }: EndpointRow, { columns, records }: Keeping, { keepMs }: Engine): string[] {
  const told = Object.entries(columns ?? {});
  return [
    ...(told.length > 0 || records !== undefined
      ? [
          `what was recorded before stays on disk as it is until its time is over (${keptFor(keep_ms ?? keepMs)})`,
        ]
      : []),
    ...(told.some(([name, rule]) => name === 'key' && rule !== 'keep')
      ? ['outcomes that are told by key and time no longer meet predictions: tell them by the ids of these']
      : []),
  ];
}

/** After the commit: the planes keep what is said now. */
export async function applyRecording(ctx: Ctx, endpoint: EndpointRow, engine: Engine): Promise<void> {
  const live = (await selectHeads(ctx, [endpoint])).get(endpoint.id)?.live;
  if (live && engine.planes.entry(endpoint.id)?.serial === live.serial) await switchTo(ctx, live.id, engine);
}

/** A part of whatever else changes at the endpoint; columns by what the log calls them. */
export async function changeKeeping(tx: Tx, endpoint: EndpointRow, keeping: Keeping): Promise<void> {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  const row: Parameters<typeof changeEndpoint>[2] = {};
  for (const key of ['records', 'keep_ms'] as const) {
    if (keeping[key] === undefined || keeping[key] === endpoint[key]) continue;
    before[key] = endpoint[key];
    after[key] = keeping[key];
    Object.assign(row, { [key]: keeping[key] });
  }
  const rules = rulesNow(endpoint);
  const { sample = rules.sample } = keeping;
  if (sample !== rules.sample) {
    before['sample'] = rules.sample;
    after['sample'] = sample;
  }
  const changed = Object.entries(keeping.columns ?? {}).filter(
    ([name, rule]) => rule !== (rules.columns[name] ?? 'keep'),
  );
  if (changed.length > 0) {
    before['columns'] = Object.fromEntries(changed.map(([name]) => [name, rules.columns[name] ?? 'keep']));
    after['columns'] = Object.fromEntries(changed);
  }
  if (Object.keys(after).length === 0) return;
  if (changed.length > 0 || sample !== rules.sample) {
    const named = { ...rules.columns, ...Object.fromEntries(changed) };
    const columns = Object.fromEntries(
      Object.entries(named).flatMap(([name, rule]) => (rule === 'keep' ? [] : [[name, rule] as const])),
    );
    row.rules = withRules(endpoint, { since: tx.clock.now(), sample, columns });
  }
  await changeEndpoint(tx, endpoint.id, { ...row, updated_at: tx.clock.now() });
  const resource = `endpoint:${endpoint.id}`;
  const { note: reason } = keeping;
  await tx.record({
    action: 'endpoint.changed',
    resource,
    before,
    after,
    ...(reason === undefined ? {} : { reason }),
  });
  await tx.emit({ type: 'endpoint.changed', subject: resource, data: { name: endpoint.name, ...after } });
}
