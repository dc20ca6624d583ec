import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import { inPortions } from '../../platform/aside/index.ts';
import type { DataTables } from '../schema.ts';
import type { DatasetRow } from '../store.ts';
import type { Oid } from './oid.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<DataTables>();

/** An object that DVC clients sent to a dataset, or that became a version of it. */
export interface StoredObject {
  hash: string;
  size: number;
  /** The version that it became. */
  version: string | undefined;
}

export async function selectObject(
  ctx: Ctx,
  dataset: DatasetRow,
  { layout, text }: Oid,
): Promise<StoredObject | undefined> {
  const row = await tables(ctx)
    .selectFrom('dvc_object')
    .select(['hash', 'size', 'version'])
    .where('workspace', '=', ctx.workspace)
    .where('dataset', '=', dataset.id)
    .where('layout', '=', layout)
    .where('oid', '=', text)
    .executeTakeFirst();
  return row && { hash: row.hash, size: row.size, version: row.version ?? undefined };
}

/** Those that are there, by their names. */
export async function selectObjects(
  ctx: Ctx,
  dataset: DatasetRow,
  layout: Oid['layout'],
  oids: readonly string[],
): Promise<Map<string, { hash: string; size: number }>> {
  const found = new Map<string, { hash: string; size: number }>();
  for await (const portion of inPortions(oids, 500)) {
    const rows = await tables(ctx)
      .selectFrom('dvc_object')
      .select(['oid', 'hash', 'size'])
      .where('workspace', '=', ctx.workspace)
      .where('dataset', '=', dataset.id)
      .where('layout', '=', layout)
      .where('oid', 'in', portion)
      .execute();
    for (const { oid, hash, size } of rows) found.set(oid, { hash, size });
  }
  return found;
}

/** Whether any directory came to this dataset. */
export async function hasListing(ctx: Ctx, dataset: DatasetRow): Promise<boolean> {
  const row = await tables(ctx)
    .selectFrom('dvc_object')
    .select('oid')
    .where('workspace', '=', ctx.workspace)
    .where('dataset', '=', dataset.id)
    .where('oid', 'like', '%.dir')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** `loose`: no version holds its bytes, so that the row does. Sent again, it is needed again, and still what it became. */
export async function putObject(
  tx: Tx,
  dataset: DatasetRow,
  { layout, text }: Oid,
  object: { hash: string; size: number; loose: boolean; version?: string },
): Promise<void> {
  const { hash, size } = object;
  const said = {
    hash,
    size,
    loose: object.loose ? 1 : 0,
    ...(object.version === undefined ? {} : { version: object.version }),
  };
  await tables(tx)
    .insertInto('dvc_object')
    .values({
      workspace: tx.workspace,
      dataset: dataset.id,
      layout,
      oid: text,
      version: null,
      ...said,
      created_at: tx.clock.now(),
    })
    .onConflict((on) => on.columns(['dataset', 'layout', 'oid']).doUpdateSet(said))
    .execute();
}

/** A version holds them from now on. */
export async function tieObjects(
  tx: Tx,
  dataset: DatasetRow,
  layout: Oid['layout'],
  oids: readonly string[],
): Promise<void> {
  await tables(tx)
    .updateTable('dvc_object')
    .set({ loose: 0 })
    .where('workspace', '=', tx.workspace)
    .where('dataset', '=', dataset.id)
    .where('layout', '=', layout)
    .where('loose', '=', 1)
    .where('oid', 'in', oids)
    .execute();
}

/** What became a version that is gone is there no more: of a directory whose files may go, DVC would believe that it has them all. */
export async function deleteObjectsOf(
  tx: Tx,
  version: { id: string; dataset: string; hash: string },
): Promise<void> {
  // Another version may hold the very same files: then the objects are its own.
  const twin = await tables(tx)
    .selectFrom('dataset_version')
    .select('id')
    .where('workspace', '=', tx.workspace)
    .where('dataset', '=', version.dataset)
    .where('hash', '=', version.hash)
    .where('id', '!=', version.id)
    .where('deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (twin) {
    await tables(tx)
      .updateTable('dvc_object')
      .set({ version: twin.id })
      .where('workspace', '=', tx.workspace)
      .where('version', '=', version.id)
      .execute();
    return;
  }
  await tables(tx)
    .deleteFrom('dvc_object')
    .where('workspace', '=', tx.workspace)
    .where('version', '=', version.id)
    .execute();
}
