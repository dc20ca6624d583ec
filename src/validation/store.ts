// All SQL of the room.
import type { Selectable, Updateable } from 'kysely';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { missing } from '../platform/errors/index.ts';
import { insertMany } from '../platform/db/index.ts';
import type { Evaluation, EvaluationSummary, Verdict } from './contract.ts';
import type { GateData } from './data/gate-data.ts';
import type { PixelsFound } from './pixels/protocol.ts';
import type { ValidationTables } from './schema.ts';

const tables = (ctx: Pick<Ctx, 'db'>) => ctx.db.$extendTables<ValidationTables>();
export type EvaluationRow = Selectable<ValidationTables['evaluation']>;

/** What was asked for. */
export interface Question {
  data: GateData;
  spec: Evaluation['spec'];
  /** A version to compare with; the alias `champion` unless said, `none` for no comparison. */
  champion?: string;
}

export async function insertEvaluation(tx: Tx, row: EvaluationRow): Promise<void> {
  await tables(tx).insertInto('evaluation').values(row).execute();
}

export async function updateEvaluation(
  tx: Tx,
  id: string,
  change: Updateable<ValidationTables['evaluation']>,
): Promise<void> {
  await tables(tx)
    .updateTable('evaluation')
    .set(change)
    .where('workspace', '=', tx.workspace)
    .where('id', '=', id)
    .execute();
}

export const findEvaluation = (ctx: Ctx, id: string): Promise<EvaluationRow | undefined> =>
  tables(ctx)
    .selectFrom('evaluation')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', '=', id)
    .executeTakeFirst();

export async function requireEvaluation(ctx: Ctx, id: string): Promise<EvaluationRow> {
  const row = await findEvaluation(ctx, id);
  if (!row)
    throw missing(`there is no evaluation '${id}' in workspace '${ctx.workspace}'`, {
      field: 'evaluation',
      hint: 'list them with: treadle evaluate list',
    });
  return row;
}

export interface EvaluationQuery {
  model_ref?: string | undefined;
  version?: number | undefined;
  execution?: string | undefined;
  verdict?: string | undefined;
  /** Ids below this one: ids sort by time. */
  before?: string | undefined;
  limit: number;
}

const SUMMARY = [
  'id',
  'state',
  'stage',
  'problem',
  'model',
  'version',
  'version_ref',
  'execution',
  'data',
  'verdict',
  'summary',
  'created_at',
  'created_by',
  'ended_at',
] as const;

export function selectEvaluations(
  ctx: Ctx,
  { model_ref, version, execution, verdict, before, limit }: EvaluationQuery,
): Promise<Array<Pick<EvaluationRow, (typeof SUMMARY)[number]>>> {
  let query = tables(ctx).selectFrom('evaluation').select(SUMMARY).where('workspace', '=', ctx.workspace);
  if (model_ref !== undefined) query = query.where('model_ref', '=', model_ref);
  if (version !== undefined) query = query.where('version', '=', version);
  if (execution !== undefined) query = query.where('execution', '=', execution);
  if (verdict !== undefined) query = query.where('verdict', '=', verdict);
  if (before !== undefined) query = query.where('id', '<', before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** The newest evaluation of a version that came to an end. */
export const selectNewest = (ctx: Ctx, versionRef: string): Promise<EvaluationRow | undefined> =>
  tables(ctx)
    .selectFrom('evaluation')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('version_ref', '=', versionRef)
    .where('state', '=', 'done')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

/** The newest evaluation of each of these versions that came to an end. */
export const selectNewestIds = (
  ctx: Ctx,
  versionRefs: readonly string[],
): Promise<Array<{ version_ref: string; id: string }>> =>
  tables(ctx)
    .selectFrom('evaluation')
    .select((eb) => ['version_ref', eb.fn.max('id').as('id')])
    .where('workspace', '=', ctx.workspace)
    .where('version_ref', 'in', versionRefs)
    .where('state', '=', 'done')
    .groupBy('version_ref')
    .execute();

/** Those of them that came to an end. */
export const selectDone = (ctx: Ctx, ids: readonly string[]): Promise<EvaluationRow[]> =>
  tables(ctx)
    .selectFrom('evaluation')
    .selectAll()
    .where('workspace', '=', ctx.workspace)
    .where('id', 'in', ids)
    .where('state', '=', 'done')
    .execute();

/** Hashes in one statement. */
const PAGE = 500;
/** How images are decoded and digested; of what was made otherwise nothing is believed. */
const PIXELS_FORM = 1;

/** What is known of the pixels of images. */
export async function selectPixels(ctx: Ctx, hashes: readonly string[]): Promise<Map<string, PixelsFound>> {
  const known = new Map<string, PixelsFound>();
  for (let from = 0; from < hashes.length; from += PAGE) {
    const rows = await tables(ctx)
      .selectFrom('image_pixels')
      .select(['hash', 'found'])
      .where('workspace', '=', ctx.workspace)
      .where('hash', 'in', hashes.slice(from, from + PAGE))
      .execute();
    for (const { hash, found } of rows) {
      const { form, ...pixels } = json<PixelsFound & { form: number }>(found);
      if (form === PIXELS_FORM) known.set(hash, pixels);
    }
  }
  return known;
}

export async function insertPixels(
  tx: Tx,
  images: ReadonlyArray<{ hash: string; found: PixelsFound }>,
): Promise<void> {
  await insertMany(
    tx.db,
    tx.dialect,
    'image_pixels',
    ['workspace', 'hash', 'found'],
    images.map(({ hash, found }) => [tx.workspace, hash, JSON.stringify({ form: PIXELS_FORM, ...found })]),
    'on conflict (workspace, hash) do update set found = excluded.found',
  );
}

// Columns of JSON hold what this room wrote there.
const json = <T>(text: string): T => JSON.parse(text) as T;
const given = <K extends string, T>(key: K, value: T | null): { [key in K]?: T } =>
  value === null ? {} : ({ [key]: value } as { [key in K]?: T });

/** What lists show of a finished one. */
export type Summary = Pick<Evaluation, 'reasons' | 'task' | 'rows' | 'metrics'>;
/** What only the whole shows. */
export type Document = Pick<
  Evaluation,
  'champion' | 'baseline' | 'rules' | 'dependence' | 'slices' | 'calibration' | 'proof' | 'runtime'
>;

export function toSummary(
  row: Pick<EvaluationRow, (typeof SUMMARY)[number]>,
): EvaluationSummary & { stage?: string } {
  return {
    ref: `evaluation:${row.id}`,
    id: row.id,
    state: row.state as Evaluation['state'],
    ...given('stage', row.stage),
    ...given('problem', row.problem),
    model: row.model,
    version: row.version,
    version_ref: row.version_ref,
    ...given('execution', row.execution),
    data: row.data,
    ...given('verdict', row.verdict as Verdict | null),
    ...(row.summary === null ? { reasons: [], metrics: [] } : json<Summary>(row.summary)),
    created_at: row.created_at,
    created_by: row.created_by,
    ...given('ended_at', row.ended_at),
  };
}

export function toEvaluation(row: EvaluationRow): Evaluation {
  return {
    ...toSummary(row),
    ...given('data_ref', row.data_ref),
    spec: questionOf(row).spec,
    ...(row.document === null ? { rules: [], slices: [] } : json<Document>(row.document)),
  };
}

export const questionOf = (row: Pick<EvaluationRow, 'question'>): Question => json<Question>(row.question);
