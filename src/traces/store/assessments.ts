import type { Selectable } from 'kysely';
import type { Ctx, Tx } from '../../platform/ctx/index.ts';
import type { TraceTables } from '../schema.ts';
import { pieces, tables } from './tables.ts';

export type AssessmentRow = Selectable<TraceTables['trace_assessment']>;

/** By trace, the oldest first. */
export async function selectAssessments(
  ctx: Ctx,
  numbers: readonly number[],
): Promise<Map<number, AssessmentRow[]>> {
  const found = new Map<number, AssessmentRow[]>();
  for (const some of pieces(numbers)) {
    const rows = await tables(ctx)
      .selectFrom('trace_assessment')
      .selectAll()
      .where('workspace', '=', ctx.workspace)
      .where('n', 'in', some)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    for (const row of rows) {
      const known = found.get(row.n);
      if (known) known.push(row);
      else found.set(row.n, [row]);
    }
  }
  return found;
}

export async function upsertAssessment(tx: Tx, row: AssessmentRow): Promise<void> {
  const { n: _n, id: _id, workspace: _workspace, ...columns } = row;
  await tables(tx)
    .insertInto('trace_assessment')
    .values(row)
    .onConflict((on) => on.columns(['n', 'id']).doUpdateSet(columns))
    .execute();
}

export async function deleteAssessmentRow(tx: Tx, n: number, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('trace_assessment')
    .where('workspace', '=', tx.workspace)
    .where('n', '=', n)
    .where('id', '=', id)
    .execute();
}
