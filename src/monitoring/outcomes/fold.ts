import { Type } from 'typebox';
import type { Ctx } from '../../platform/ctx/index.ts';
import { newId } from '../../platform/ids/index.ts';
import { job, type JobRun } from '../../platform/jobs/index.ts';
import { deleteOutcomes, insertTable, selectOutcomes } from '../store.ts';
import { outcomesParquet } from './parquet.ts';

/** Outcomes that are told one by one are rows until there are so many; then they become a file. */
export const FOLDED_AT_ONCE = 10_000;

/** Rows become Parquet: a question over a million of them reads files and not the database. */
export const FOLD = job({
  name: 'outcomes.fold',
  payload: Type.Object({ endpoint: Type.String() }),
  concurrency: 1,
  run: (ctx, { endpoint }, run) => fold(ctx, endpoint, run),
});

async function fold(ctx: Ctx, endpoint: string, run: JobRun): Promise<void> {
  for (;;) {
    run.signal.throwIfAborted();
    const rows = await selectOutcomes(ctx, endpoint, { after: '', limit: FOLDED_AT_ONCE });
    const first = rows[0];
    if (!first || rows.length < FOLDED_AT_ONCE) break;
    const { hash, size } = await ctx.blobs.put(outcomesParquet(rows));
    const now = ctx.clock.now();
    await ctx.write(async (tx) => {
      const id = newId(now);
      // Rows and file change places at once; whoever reads at that moment reads them twice at most, which counts once.
      const gone = await deleteOutcomes(
        tx,
        rows.map((row) => row.id),
      );
      if (gone !== rows.length) throw new Error(`of ${rows.length} outcomes ${gone} were there to be folded`);
      await insertTable(tx, {
        id,
        workspace: tx.workspace,
        endpoint_id: endpoint,
        kind: 'folded',
        source: 'told one by one',
        files: JSON.stringify([{ hash, shown: 'outcomes.parquet', format: 'parquet' }]),
        reading: null,
        digest: id,
        refused: '{}',
        row_count: rows.length,
        accepted: rows.length,
        received_at: now,
        created_by: tx.actor.name,
      });
      await tx.record({
        action: 'outcomes.folded',
        resource: `outcome_table:${id}`,
        after: { hash, bytes: size, rows: rows.length },
        edges: [{ from: `outcome_table:${id}`, to: `endpoint:${endpoint}`, relation: 'outcomes-of' }],
      });
    });
  }
  await ctx.write((tx) => run.finish(tx));
}
