import { askGuards } from '../models/index.ts';
import type { Ctx, LineageEdge, Tx } from '../platform/ctx/index.ts';
import type { ModelPlace } from '../runtimes/index.ts';
import type { Variant } from './contract.ts';
import type { Engine } from './engine.ts';
import { moveOf } from './new-revision.ts';
import {
  changeEndpoint,
  changeRevision,
  findRevisionById,
  selectRevisions,
  type NamedRevision,
} from './store.ts';
import { placesOf, storedPlaces, tableEntry } from './table.ts';
import { previousOf, variantsOf } from './views.ts';

export interface Ready {
  variants: readonly Variant[];
  places: readonly ModelPlace[];
  load_ms: number;
}

/**
 * The switch, on disk: the new one is live and the old one superseded (or failed, where it could not answer) in one transaction.
 * The planes hear of it after the commit, so that a crash in between repeats the switch and never undoes it. False when the
 * revision gave way meanwhile.
 */
export async function goLive(
  tx: Tx,
  row: NamedRevision,
  { variants, places, load_ms }: Ready,
  { data, guards }: Pick<Engine, 'data' | 'guards'>,
): Promise<boolean> {
  const now = tx.clock.now();
  const live = await selectRevisions(tx, row.endpoint_id, { states: ['live'], limit: 10 });
  // The note of a rollback that nobody asked for says why the one before it could not go on.
  const failed = row.cause === 'automatic-rollback' ? (row.note ?? 'it could not answer') : undefined;
  const changed = await changeRevision(tx, row.id, ['preparing'], {
    state: 'live',
    live_at: now,
    variants: JSON.stringify(variants),
    places: storedPlaces(places, data),
    load_ms,
  });
  if (!changed) return false;
  await askGuards(tx, guards, [moveOf(row.endpoint, row.id, live[0], variants)]);
  const olds = live.filter(({ id }) => id !== row.id);
  for (const old of olds) {
    await changeRevision(tx, old.id, ['live'], {
      state: failed === undefined ? 'superseded' : 'failed',
      ended_at: now,
      ...(failed === undefined ? {} : { problem: failed.slice(0, 4000) }),
    });
  }
  await changeEndpoint(tx, row.endpoint_id, { updated_at: now });
  const from = `revision:${row.id}`;
  const restored =
    row.restores === null
      ? undefined
      : (await selectRevisions(tx, row.endpoint_id, { before: row.restores + 1, limit: 1 }))[0];
  const edges: LineageEdge[] = [
    ...variants.map(({ version_ref }) => ({ from, to: version_ref, relation: 'serves' })),
    ...variants.flatMap(({ evaluation }) =>
      evaluation === undefined ? [] : [{ from, to: evaluation, relation: 'judged-by' }],
    ),
    ...(restored ? [{ from, to: `revision:${restored.id}`, relation: 'restores' }] : []),
  ];
  const reason = failed ?? row.note;
  await tx.record({
    action:
      row.cause === 'deploy'
        ? 'revision.started'
        : `revision.${row.cause === 'rollback' ? 'rolled_back' : 'rolled_back_by_itself'}`,
    resource: from,
    ...(olds[0] ? { before: { revision: olds[0].revision, ref: `revision:${olds[0].id}` } } : {}),
    after: {
      endpoint: row.endpoint,
      revision: row.revision,
      ...(row.restores === null ? {} : { restores: row.restores }),
      variants: variants.map(({ role, version_ref, percent, runtime }) => ({
        role,
        version_ref,
        percent,
        runtime,
      })),
    },
    ...(reason === null ? {} : { reason: reason.slice(0, 2000) }),
    edges: distinct(edges),
  });
  await tx.emit({
    type: row.cause === 'deploy' ? 'revision.started' : 'revision.rolled_back',
    subject: from,
    data: {
      endpoint: row.endpoint,
      revision: row.revision,
      cause: row.cause,
      ...(reason === null ? {} : { reason: reason.slice(0, 2000) }),
    },
  });
  return true;
}

/** After the commit: every plane switches. Resolves when all have. */
export async function switchTo(ctx: Ctx, id: string, engine: Engine): Promise<void> {
  const row = await findRevisionById(ctx, id);
  if (row?.state === 'live') await putEntry(ctx, row, engine);
  engine.watch.changed(id);
}

/** Resolves when every plane has it. What is to be recorded of its predictions may be said anew meanwhile: then they hear that, too. */
export async function putEntry(ctx: Ctx, row: NamedRevision, engine: Engine): Promise<void> {
  for (let one = row; ;) {
    await engine.planes.put(...(await entryOf(ctx, one, engine)));
    const now = await findRevisionById(ctx, row.id);
    if (now?.state !== 'live' || (now.records === one.records && now.rules === one.rules)) return;
    one = { ...one, records: now.records, rules: now.rules };
  }
}

/** The entry of a live revision, with the one before it as its fallback where that is loaded. */
async function entryOf(
  ctx: Ctx,
  row: NamedRevision,
  engine: Engine,
): Promise<Parameters<Engine['planes']['put']>> {
  const before = await previousOf(ctx, row);
  const places = before ? placesOf(before, engine.data) : [];
  const fallback =
    places.length > 0 && places.every(({ key }) => engine.planes.has(key)) ? before : undefined;
  engine.live.know(row, variantsOf(row));
  if (fallback) engine.live.know(fallback, variantsOf(fallback));
  return [tableEntry(row, fallback, engine), [...placesOf(row, engine.data), ...(fallback ? places : [])]];
}

const distinct = (edges: readonly LineageEdge[]): LineageEdge[] => [
  ...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values(),
];
