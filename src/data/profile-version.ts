import type { Ctx } from '../platform/ctx/index.ts';
import { outwardMessageOf, TreadleError } from '../platform/errors/index.ts';
import type { JobRun } from '../platform/jobs/index.ts';
import { localName, partitionsOf, type Tables } from '../tables/index.ts';
import type { ColumnProfile, DatasetVersion, TableProfile } from './contract.ts';
import { PROFILE } from './jobs.ts';
import { PROFILE_TABLE } from './profile-question.ts';
import { walk } from './read-tree.ts';
import {
  insertTable,
  PROFILE_FORM,
  selectTables,
  selectVersion,
  tableKey,
  updateProfileState,
  type StoredProfile,
} from './store.ts';
import { tableFormat } from './table-format.ts';

/** Of a version with more tables, the first in the order of the tree. */
const TABLES = 100;
const TIMEOUT = 10 * 60_000;

type Table = Pick<TableProfile, 'path' | 'hash' | 'size' | 'format'>;

async function tablesOf(ctx: Ctx, root: string): Promise<Table[]> {
  const tables: Table[] = [];
  for await (const { path, hash, size } of walk(ctx, root)) {
    const format = tableFormat(path);
    if (format) tables.push({ path, hash, size, format });
    if (tables.length === TABLES) break;
  }
  return tables;
}

/** The tables of a version with what is known of them. */
export async function readProfile(ctx: Ctx, root: string): Promise<TableProfile[]> {
  const tables = await tablesOf(ctx, root);
  const known = await selectTables(
    ctx,
    tables.map(({ hash }) => hash),
  );
  return tables.map((table) => ({
    ...table,
    ...withFolders(table.path, known.get(tableKey(table.hash, table.format)) ?? { state: 'pending' }),
  }));
}

/** What the folders of a path say of every row of the file. */
function withFolders(path: string, profile: Known): Known {
  const { rows, columns } = profile;
  if (rows === undefined || columns === undefined) return profile;
  const own = new Set(columns.map(({ name }) => name.toLowerCase()));
  const more = [...partitionsOf(path)].flatMap(([name, value]): ColumnProfile[] => {
    if (own.has(name.toLowerCase())) return [];
    const some = value !== null && rows > 0 ? { min: value, max: value, top: [{ value, count: rows }] } : {};
    return [
      { name, type: 'VARCHAR', nulls: value === null ? rows : 0, distinct: 'min' in some ? 1 : 0, ...some },
    ];
  });
  return { ...profile, columns: [...columns, ...more] };
}

type Known = Pick<TableProfile, 'state' | 'rows' | 'columns' | 'error'>;

/** Tables that an older reader profiled, or none: they are read again when somebody looks. */
export async function profileAgain(ctx: Ctx, version: DatasetVersion): Promise<void> {
  if (version.profile !== 'ready') return;
  const tables = await readProfile(ctx, version.hash);
  if (!tables.some(({ state }) => state === 'pending')) return;
  await ctx.write((tx) =>
    tx
      .enqueue(PROFILE, { version: version.id }, { uniqueKey: `${version.id}/${PROFILE_FORM}` })
      .then(() => undefined),
  );
}

export const profileJob = (tables: Tables): typeof PROFILE => ({
  ...PROFILE,
  run: (ctx, { version }, run) => profileVersion(ctx, tables, version, run),
});

/** Profiles what no other version has had profiled already. A table that cannot be read is a result, not a failure. */
async function profileVersion(ctx: Ctx, tables: Tables, id: string, run: JobRun): Promise<void> {
  const version = await selectVersion(ctx, id);
  if (!version) return;
  for (const table of await readProfile(ctx, version.hash)) {
    if (table.state !== 'pending') continue;
    const profile = await profileTable(ctx, tables, table, run.signal);
    await ctx.write((tx) => insertTable(tx, table.hash, table.format, profile));
  }
  await ctx.write(async (tx) => {
    await updateProfileState(tx, version.id, 'ready');
    await tx.emit({
      type: 'dataset_version.profiled',
      subject: `dataset_version:${version.id}`,
      data: { dataset: version.dataset, version: version.id },
    });
    await run.finish(tx);
  });
}

async function profileTable(
  ctx: Ctx,
  tables: Tables,
  { path, hash, size, format }: Table,
  signal: AbortSignal,
): Promise<StoredProfile> {
  const failed = (code: string, message: string): StoredProfile => ({
    state: 'failed',
    error: { code, message },
  });
  if (size === 0) return failed('empty-file', 'the file is empty');
  const file = localName('table', path, format);
  try {
    // The profile belongs to the bytes: the same file elsewhere has other folders around it.
    const table = [{ file, shown: path.slice(path.lastIndexOf('/') + 1), format }];
    const outcome = await tables.ask(ctx, PROFILE_TABLE, {
      lane: 'background',
      files: table.map((one) => ({ ...one, hash })),
      request: { table, size },
      timeout: TIMEOUT,
      signal,
    });
    if ('answer' in outcome) return { state: 'ok', ...outcome.answer };
    const { code, message, hint } = outcome.fault;
    if (code === 'memory') return failed('out-of-memory', message);
    if (code === 'timeout') return failed('timeout', message);
    return failed(
      format === 'parquet' ? 'broken-parquet' : 'unreadable',
      hint === undefined ? message : `${message}; ${hint}`,
    );
  } catch (error) {
    signal.throwIfAborted(); // the server stops: another attempt will do it
    const code = error instanceof TreadleError ? (error.code ?? 'failed') : 'failed';
    ctx.log.warn('a table could not be profiled', { path, hash, error });
    return failed(code, outwardMessageOf(error));
  }
}
