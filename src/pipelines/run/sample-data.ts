import { findDatasetVersion, sampleVersion } from '../../data/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { missing } from '../../platform/errors/index.ts';
import type { DataInput } from '../contract.ts';
import { updateExecution, type ExecutionRow } from '../store.ts';
import type { Engine } from './engine.ts';

/**
 * Puts samples in the place of what an execution reads, and notes them in its row: they are versions like any other, so that keys,
 * lineage and the proof of disjointness speak of the rows that were read. What a crash cut short finds the samples again.
 */
export async function sampleData(
  ctx: Ctx,
  { tables }: Engine,
  { id }: ExecutionRow,
  {
    data,
    asked,
  }: { data: readonly DataInput[]; asked: { share: number; key: readonly string[]; signal: AbortSignal } },
): Promise<DataInput[]> {
  if (data.every(({ sample }) => sample !== undefined)) return [...data];
  const sampled: DataInput[] = [];
  for (const input of data) {
    const source = await findDatasetVersion(ctx, input.version_id);
    if (!source) throw missing(`${input.dataset}@${input.version} is gone`, { field: `data.${input.name}` });
    const { version, unit, kept, of } = await sampleVersion(ctx, tables, source, asked);
    sampled.push({
      ...input,
      dataset: version.dataset,
      version: version.name,
      version_id: version.id,
      hash: version.hash,
      sample: {
        of: `${input.dataset}@${input.version}`,
        version_id: input.version_id,
        hash: input.hash,
        unit,
        kept,
        total: of,
      },
    });
  }
  await ctx.write(async (tx) => {
    await updateExecution(tx, id, { data: JSON.stringify(sampled) });
    await tx.record({
      action: 'execution.sampled',
      resource: `execution:${id}`,
      after: { share: asked.share, data: sampled.map(({ name, sample }) => ({ name, ...sample })) },
      edges: sampled.map(({ version_id }) => ({
        from: `execution:${id}`,
        to: `dataset_version:${version_id}`,
        relation: 'read',
      })),
    });
    await tx.emit({ type: 'execution.updated', subject: `execution:${id}` });
  });
  return sampled;
}
