import { sql, type Selectable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import type { ModelVersion } from '../models/index.ts';
import type { Conversion, ConversionState } from './contract.ts';
import type { RuntimeTables } from './schema.ts';

/** All SQL of the room. */
export type ConversionRow = Selectable<RuntimeTables['model_conversion']>;

/** Answers may differ by this much, relative above 1: what float32 leaves of a sum. */
export const TOLERANCE = 1e-5;

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<RuntimeTables>();

export const findConversion = (ctx: Ctx, versionRef: string): Promise<ConversionRow | undefined> =>
  tables(ctx)
    .selectFrom('model_conversion')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('version_ref', '=', versionRef)
    .executeTakeFirst();

/** A conversion of the very same files, of whichever version. */
export const findKept = (ctx: Ctx, files: string): Promise<ConversionRow | undefined> =>
  tables(ctx)
    .selectFrom('model_conversion')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('files', '=', files)
    .where('state', '=', 'kept')
    .limit(1)
    .executeTakeFirst();

/** A fresh try; what an earlier one found is forgotten. */
export async function queueConversion(tx: Tx, versionRef: string, by: string): Promise<void> {
  const fresh = {
    state: 'queued',
    reason: null,
    files: null,
    blob: null,
    size: null,
    largest_difference: null,
    rows_compared: null,
    probes: null,
    tools: null,
    created_at: tx.clock.now(),
    created_by: by,
    ended_at: null,
  };
  await tables(tx)
    .insertInto('model_conversion')
    .values({ workspace: tx.workspace, version_ref: versionRef, ...fresh })
    .onConflict((conflict) => conflict.columns(['workspace', 'version_ref']).doUpdateSet(fresh))
    .execute();
}

export async function updateConversion(
  tx: Tx,
  versionRef: string,
  change: Partial<Omit<ConversionRow, 'workspace' | 'version_ref'>>,
): Promise<void> {
  await tables(tx)
    .updateTable('model_conversion')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('version_ref', '=', versionRef)
    .execute();
}

/** Row → noun. Only this room writes `state`, `probes` and `tools`. */
export function toConversion(version: ModelVersion, row: ConversionRow): Conversion {
  return {
    model: version.model,
    version: version.version,
    version_ref: version.ref,
    state: row.state as ConversionState,
    tolerance: TOLERANCE,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.largest_difference === null ? {} : { largest_difference: row.largest_difference }),
    ...(row.rows_compared === null ? {} : { rows: row.rows_compared }),
    ...(row.probes === null ? {} : { probes: JSON.parse(row.probes) as NonNullable<Conversion['probes']> }),
    ...(row.size === null ? {} : { size: row.size }),
    ...(row.tools === null ? {} : { tools: JSON.parse(row.tools) as Record<string, string> }),
    created_at: row.created_at,
    created_by: row.created_by,
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at }),
  };
}

/** Conversions of a version that was deleted, or of all versions of a model. */
export async function deleteConversions(tx: Tx, subject: string): Promise<void> {
  const [noun, ref] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)];
  const prefix = `model_version:${ref}/`;
  await tables(tx)
    .deleteFrom('model_conversion')
    .where('workspace', '=', tx.workspace)
    .$if(noun === 'model_version', (query) => query.where('version_ref', '=', subject))
    .$if(noun === 'model', (query) =>
      query.where(sql<boolean>`substr(version_ref, 1, ${prefix.length}) = ${prefix}`),
    )
    .execute();
}
