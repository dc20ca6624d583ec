// All SQL of the room in one file, so that the wall between workspaces can be checked at one sitting.
import type { Selectable } from 'kysely';
import { takeRoom, whereSeen } from '../access/index.ts';
import { inPortions } from '../platform/aside/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { insertNew } from '../platform/db/index.ts';
import { conflict, missing } from '../platform/errors/index.ts';
import type { KnownTable } from '../tables/index.ts';
import type { Dataset, DatasetVersion, Ref, RefMove, TableFormat, TableProfile } from './contract.ts';
import type { DataTables } from './schema.ts';

type VersionRow = Selectable<DataTables['dataset_version']>;
export type DatasetRow = Selectable<DataTables['dataset']>;
export type RefRow = Selectable<DataTables['dataset_ref']>;

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<DataTables>();

export const findDataset = (ctx: Ctx, name: string): Promise<DatasetRow | undefined> =>
  tables(ctx)
    .selectFrom('dataset')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('name', '=', name)
    .executeTakeFirst();

export async function requireDataset(ctx: Ctx, name: string): Promise<DatasetRow> {
  const row = await findDataset(ctx, name);
  if (!row)
    throw missing(`there is no dataset '${name}' in workspace '${ctx.workspace}'`, {
      field: 'dataset',
      hint: 'treadle data ls lists them',
    });
  return row;
}

export async function insertDataset(tx: Tx, row: DatasetRow): Promise<void> {
  await tables(tx).insertInto('dataset').values(row).execute();
}

export async function selectDatasets(ctx: Ctx, after: string, limit: number): Promise<Dataset[]> {
  const rows = await tables(ctx)
    .selectFrom('dataset')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where((eb) => whereSeen(ctx, 'dataset', eb.ref('name')))
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
  return toDatasets(ctx, rows);
}

export async function toDataset(ctx: Ctx, row: DatasetRow): Promise<Dataset> {
  return (await toDatasets(ctx, [row]))[0]!;
}

/** With their latest versions, in one query however many there are. */
async function toDatasets(ctx: Ctx, rows: readonly DatasetRow[]): Promise<Dataset[]> {
  if (rows.length === 0) return [];
  const versions = await tables(ctx)
    .selectFrom('dataset_version as version')
    .selectAll('version')
    .where('version.workspace', '=', ctx.workspace)
    .where(
      'version.dataset',
      'in',
      rows.map(({ id }) => id),
    )
    .where('version.number', '=', (eb) =>
      eb
        .selectFrom('dataset_version as newest')
        .select(({ fn }) => fn.max('newest.number').as('number'))
        .whereRef('newest.dataset', '=', 'version.dataset')
        .where('newest.deleted_at', 'is', null),
    )
    .execute();
  const latest = new Map(versions.map((version) => [version.dataset, version]));
  return rows.map(({ id, name, created_at, created_by }) => {
    const version = latest.get(id);
    return {
      id,
      name,
      created_at,
      created_by,
      versions: version?.number ?? 0,
      ...(version ? { latest: toVersion(version, name) } : {}),
    };
  });
}

/** Numbers have no gaps, so the latest one is also how many there are. */
export async function nextNumber(tx: Tx, dataset: DatasetRow): Promise<number> {
  const row = await tables(tx)
    .selectFrom('dataset_version')
    .select('number')
    .where('workspace', '=', tx.workspace)
    .where('dataset', '=', dataset.id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return (row?.number ?? 0) + 1;
}

export async function insertVersion(tx: Tx, dataset: DatasetRow, version: DatasetVersion): Promise<void> {
  const { dataset: _name, name: _v, parents, meta, source, ...rest } = version;
  await tables(tx)
    .insertInto('dataset_version')
    .values({
      ...rest,
      workspace: tx.workspace,
      dataset: dataset.id,
      parents: JSON.stringify(parents),
      meta: JSON.stringify(meta),
      source: source ?? null,
    })
    .execute();
}

/** One that is there; `deleted` finds the others, too, for their names. */
export async function selectVersion(
  ctx: Ctx,
  id: string,
  { deleted = false } = {},
): Promise<DatasetVersion | undefined> {
  return (await selectVersionsById(ctx, [id], { deleted }))[0];
}

export async function selectVersionsById(
  ctx: Ctx,
  ids: readonly string[],
  { deleted = false } = {},
): Promise<DatasetVersion[]> {
  const rows = await tables(ctx)
    .selectFrom('dataset_version')
    .innerJoin('dataset', 'dataset.id', 'dataset_version.dataset')
    .selectAll('dataset_version')
    .select('dataset.name as dataset_name')
    .where('dataset_version.workspace', '=', ctx.workspace)
    .where('dataset_version.id', 'in', ids)
    .$if(!deleted, (query) => query.where('dataset_version.deleted_at', 'is', null))
    .execute();
  return rows.map((row) => toVersion(row, row.dataset_name));
}

/** Of datasets and versions alike: an id belongs to one of them at most. */
export async function selectNames(
  ctx: Ctx,
  ids: readonly string[],
): Promise<{ id: string; dataset: string; version?: string }[]> {
  const datasets = await tables(ctx)
    .selectFrom('dataset')
    .select(['id', 'name'])
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', ids)
    .execute();
  const versions = await tables(ctx)
    .selectFrom('dataset_version')
    .innerJoin('dataset', 'dataset.id', 'dataset_version.dataset')
    .select(['dataset_version.id', 'dataset_version.number', 'dataset.name'])
    .where('dataset_version.workspace', '=', ctx.workspace)
    .where('dataset_version.id', 'in', ids)
    .execute();
  return [
    ...datasets.map(({ id, name }) => ({ id, dataset: name })),
    ...versions.map(({ id, name, number }) => ({ id, dataset: name, version: `v${number}` })),
  ];
}

/** By number, by id, or by the first digits of the hash: then the earliest with that content, so that the answer stays. */
export async function findVersion(
  ctx: Ctx,
  dataset: DatasetRow,
  by: { number: number } | { id: string } | { prefix: string },
): Promise<DatasetVersion[]> {
  const query = tables(ctx)
    .selectFrom('dataset_version')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('dataset', '=', dataset.id)
    .where('deleted_at', 'is', null)
    .orderBy('number');
  const rows = await (
    'number' in by
      ? query.where('number', '=', by.number)
      : 'id' in by
        ? query.where('id', '=', by.id)
        : // `g` comes behind every hex digit in every collation.
          query.where('hash', '>=', by.prefix).where('hash', '<', `${by.prefix}g`)
  ).execute();
  return rows.map((row) => toVersion(row, dataset.name));
}

export async function selectVersions(
  ctx: Ctx,
  dataset: DatasetRow,
  before: number,
  limit: number,
): Promise<DatasetVersion[]> {
  const rows = await tables(ctx)
    .selectFrom('dataset_version')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('dataset', '=', dataset.id)
    .where('number', '<', before)
    .where('deleted_at', 'is', null)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => toVersion(row, dataset.name));
}

/** Its row stays, without its files. */
export async function markDeleted(tx: Tx, version: string): Promise<void> {
  await tables(tx)
    .updateTable('dataset_version')
    .set({ deleted_at: tx.clock.now() })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', version)
    .execute();
}

/** The dataset with its versions and refs. Returns how many versions there were. */
export async function deleteDatasetRows(tx: Tx, dataset: DatasetRow): Promise<number> {
  const room = tables(tx);
  const mine = { workspace: tx.workspace, dataset: dataset.id };
  for (const table of ['dvc_object', 'dataset_ref', 'dataset_ref_move', 'dataset_protection'] as const)
    await room
      .deleteFrom(table)
      .where('workspace', '=', mine.workspace)
      .where('dataset', '=', mine.dataset)
      .execute();
  const { numDeletedRows } = await room
    .deleteFrom('dataset_version')
    .where('workspace', '=', mine.workspace)
    .where('dataset', '=', mine.dataset)
    .executeTakeFirst();
  await room
    .deleteFrom('dataset')
    .where('workspace', '=', mine.workspace)
    .where('id', '=', mine.dataset)
    .execute();
  return Number(numDeletedRows);
}

export async function updateProfileState(tx: Tx, version: string, state: 'ready' | 'pending'): Promise<void> {
  await tables(tx)
    .updateTable('dataset_version')
    .set({ profile: state })
    .where('workspace', '=', tx.workspace)
    .where('id', '=', version)
    .execute();
}

export const findRef = (ctx: Ctx, dataset: DatasetRow, name: string): Promise<RefRow | undefined> =>
  tables(ctx)
    .selectFrom('dataset_ref')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('dataset', '=', dataset.id)
    .where('name', '=', name)
    .executeTakeFirst();

export async function selectRefs(ctx: Ctx, dataset: DatasetRow): Promise<Ref[]> {
  const rows = await tables(ctx)
    .selectFrom('dataset_ref')
    .innerJoin('dataset_version', 'dataset_version.id', 'dataset_ref.version')
    .leftJoin('dataset_protection as protection', (join) =>
      join
        .onRef('protection.workspace', '=', 'dataset_ref.workspace')
        .onRef('protection.dataset', '=', 'dataset_ref.dataset')
        .onRef('protection.branch', '=', 'dataset_ref.name'),
    )
    .selectAll('dataset_ref')
    .select(['dataset_version.number', 'protection.created_at as protected_at'])
    .where('dataset_ref.workspace', '=', ctx.workspace)
    .where('dataset_ref.dataset', '=', dataset.id)
    .orderBy('dataset_ref.kind')
    .orderBy('dataset_ref.name')
    .execute();
  return rows.map(({ name, kind, number, version, updated_at, updated_by, protected_at: held }) => ({
    name,
    kind: kind === 'tag' ? 'tag' : 'branch',
    version: `v${number}`,
    version_id: version,
    updated_at,
    updated_by,
    ...(held === null ? {} : { protected: true }),
  }));
}

export const findProtection = (
  ctx: Ctx,
  dataset: DatasetRow,
  branch: string,
): Promise<Selectable<DataTables['dataset_protection']> | undefined> =>
  tables(ctx)
    .selectFrom('dataset_protection')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('dataset', '=', dataset.id)
    .where('branch', '=', branch)
    .executeTakeFirst();

export async function setProtection(
  tx: Tx,
  dataset: DatasetRow,
  branch: string,
  wanted: boolean,
): Promise<void> {
  if (wanted)
    await tables(tx)
      .insertInto('dataset_protection')
      .values({
        workspace: tx.workspace,
        dataset: dataset.id,
        branch,
        created_at: tx.clock.now(),
        created_by: tx.actor.name,
      })
      .execute();
  else
    await tables(tx)
      .deleteFrom('dataset_protection')
      .where('workspace', '=', tx.workspace)
      .where('dataset', '=', dataset.id)
      .where('branch', '=', branch)
      .execute();
}

/** Points a ref at a version, and writes down that it moved. A protected branch moves where a proposal is merged, and in no other way. */
export async function setRef(
  tx: Tx,
  dataset: DatasetRow,
  change: {
    name: string;
    kind: 'branch' | 'tag';
    from: string | undefined;
    to: string;
    reason: string | undefined;
    id: string;
    merged?: boolean;
  },
): Promise<void> {
  const { name, kind, from, to, reason, id, merged = false } = change;
  if (kind === 'branch' && !merged && (await findProtection(tx, dataset, name)))
    throw conflict(
      `branch '${name}' of dataset '${dataset.name}' is protected: it changes by merged proposals alone`,
      {
        field: 'branch',
        hint: `commit to a branch of your own, then: treadle data propose ${dataset.name}@BRANCH --into ${name}`,
        code: 'branch-protected',
      },
    );
  const row = {
    workspace: tx.workspace,
    dataset: dataset.id,
    name,
    kind,
    version: to,
    updated_at: tx.clock.now(),
    updated_by: tx.actor.name,
  };
  const db = tables(tx);
  const result =
    from === undefined
      ? await db
          .insertInto('dataset_ref')
          .values(row)
          .onConflict((on) => on.doNothing())
          .executeTakeFirst()
      : await db
          .updateTable('dataset_ref')
          .set(row)
          .where('workspace', '=', tx.workspace)
          .where('dataset', '=', dataset.id)
          .where('name', '=', name)
          .where('version', '=', from)
          .executeTakeFirst();
  const changed = 'numUpdatedRows' in result ? result.numUpdatedRows : result.numInsertedOrUpdatedRows;
  if (changed === 0n)
    throw conflict(`'${name}' of dataset '${dataset.name}' moved meanwhile`, {
      field: kind,
      hint: 'look at it, then try again',
    });
  await db
    .insertInto('dataset_ref_move')
    .values({
      id,
      workspace: tx.workspace,
      dataset: dataset.id,
      ref: name,
      kind,
      from_version: from ?? null,
      to_version: to,
      reason: reason ?? null,
      created_at: row.updated_at,
      created_by: row.updated_by,
    })
    .execute();
}

export async function selectMoves(ctx: Ctx, dataset: DatasetRow, limit: number): Promise<RefMove[]> {
  const rows = await tables(ctx)
    .selectFrom('dataset_ref_move as move')
    .innerJoin('dataset_version as target', 'target.id', 'move.to_version')
    .leftJoin('dataset_version as origin', 'origin.id', 'move.from_version')
    .select([
      'move.ref',
      'move.kind',
      'move.reason',
      'move.created_at',
      'move.created_by',
      'target.number as to',
      'origin.number as from',
    ])
    .where('move.workspace', '=', ctx.workspace)
    .where('move.dataset', '=', dataset.id)
    .orderBy('move.created_at', 'desc')
    .orderBy('move.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ ref, kind, reason, created_at, created_by, to, from }) => ({
    ref,
    kind: kind === 'tag' ? 'tag' : 'branch',
    to: `v${to}`,
    at: created_at,
    by: created_by,
    ...(from === null ? {} : { from: `v${from}` }),
    ...(reason === null ? {} : { reason }),
  }));
}

/** Which of these blobs the workspace holds. */
export async function selectHeld(ctx: Ctx, hashes: readonly string[]): Promise<Set<string>> {
  const held = new Set<string>();
  for await (const portion of inPortions(hashes, 500)) {
    const rows = await tables(ctx)
      .selectFrom('dataset_blob')
      .select('hash')
      .where('workspace', '=', ctx.workspace)
      .where('hash', 'in', portion)
      .execute();
    for (const { hash } of rows) held.add(hash);
  }
  return held;
}

/** What others hold already, or the workspace itself, takes no room a second time. */
export async function insertHeld(
  tx: Tx,
  blobs: ReadonlyArray<{ hash: string; size: number }>,
): Promise<void> {
  const rows = blobs.map(({ hash, size }) => [tx.workspace, hash, size]);
  const columns = ['workspace', 'hash', 'size'];
  await takeRoom(tx, 'bytes', await insertNew(tx.db, tx.dialect, 'dataset_blob', columns, rows, 'size'));
}

/** What profiles say and how tables are read for them; of those made otherwise nothing is believed. */
export const PROFILE_FORM = 2;

export type StoredProfile = Pick<TableProfile, 'rows' | 'columns' | 'error'> & { state: 'ok' | 'failed' };

export async function selectTables(ctx: Ctx, hashes: readonly string[]): Promise<Map<string, StoredProfile>> {
  if (hashes.length === 0) return new Map();
  const rows = await tables(ctx)
    .selectFrom('dataset_table')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('hash', 'in', hashes)
    .execute();
  return new Map(
    rows.flatMap(({ hash, format, profile }) => {
      // Written by `insertTable` alone, from the very type.
      const { form, ...stored } = JSON.parse(profile) as StoredProfile & { form?: number };
      return form === PROFILE_FORM ? [[tableKey(hash, format), stored] as const] : [];
    }),
  );
}

/** What a profile says of how the table is read. */
export function knownTable(profile: StoredProfile | undefined): KnownTable | undefined {
  const { rows, columns } = profile ?? {};
  if (rows === undefined || columns === undefined) return undefined;
  return {
    rows,
    columns: columns.map(({ name, type, nulls, max }) => ({
      name,
      type,
      none: nulls === rows || max === '',
    })),
  };
}

export const tableKey = (hash: string, format: string): string => `${hash}.${format}`;

export async function insertTable(
  tx: Tx,
  hash: string,
  format: TableFormat,
  profile: StoredProfile,
): Promise<void> {
  const values = {
    state: profile.state,
    profile: JSON.stringify({ form: PROFILE_FORM, ...profile }),
    created_at: tx.clock.now(),
  };
  await tables(tx)
    .insertInto('dataset_table')
    .values({ workspace: tx.workspace, hash, format, ...values })
    .onConflict((on) => on.columns(['workspace', 'hash', 'format']).doUpdateSet(values))
    .execute();
}

/** Writers of one workspace's datasets take turns, where the database would let them pass each other. */
export async function lockDatasets(tx: Tx): Promise<void> {
  await tx.dialect.sequenceLock(`dataset:${tx.workspace}`)?.execute(tx.db);
}

function toVersion(row: VersionRow, dataset: string): DatasetVersion {
  const { id, number, hash, parents, message, source, meta, author, created_at, files, bytes, profile } = row;
  return {
    id,
    dataset,
    number,
    name: `v${number}`,
    hash,
    // Both columns are written by `insertVersion` alone.
    parents: JSON.parse(parents) as string[],
    message,
    meta: JSON.parse(meta) as Record<string, string>,
    author,
    created_at,
    files,
    bytes,
    profile: profile === 'ready' || profile === 'pending' ? profile : 'none',
    ...(source === null ? {} : { source }),
  };
}

/** How many datasets this workspace has, and how many versions of them. */
export async function countDatasets(ctx: Ctx): Promise<{ datasets: number; versions: number }> {
  const scan = ctx.scan.$extendTables<DataTables>();
  const [{ datasets }, { versions }] = await Promise.all([
    scan
      .selectFrom('dataset')
      .select((eb) => eb.fn.countAll().as('datasets'))
      .where('workspace', '=', ctx.workspace)
      .executeTakeFirstOrThrow(),
    scan
      .selectFrom('dataset_version')
      .select((eb) => eb.fn.countAll().as('versions'))
      .where('workspace', '=', ctx.workspace)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow(),
  ]);
  return { datasets: Number(datasets), versions: Number(versions) };
}
