import type { Resolvers } from '../access/index.ts';
import type { Ctx, Resource } from '../platform/ctx/index.ts';
import { TreadleError } from '../platform/errors/index.ts';
import { subjects as ofTracking } from '../tracking/index.ts';
import { experimentsOf } from './store-datasets.ts';
import { requireLabelSchema, requireQueue } from './store-labels.ts';

const experiment = async (ctx: Ctx, id: string): Promise<Resource | undefined> => {
  const found = await ofTracking['experiment']?.(ctx, id);
  return found === undefined || !('kind' in found) ? undefined : found;
};

/** One that is not there is nobody's. */
async function ofRow(ctx: Ctx, row: Promise<{ experiment_id: number }>): Promise<Resource | undefined> {
  try {
    return await experiment(ctx, String((await row).experiment_id));
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
}

/** What requests name of this room: all of it is of experiments. */
export const subjects: Resolvers = {
  async evaluation_dataset(ctx, value) {
    if (typeof value !== 'string') return undefined;
    const found: Resource[] = [];
    for (const id of (await experimentsOf(ctx, [value])).get(value) ?? []) {
      const one = await experiment(ctx, id);
      if (one) found.push(one);
    }
    return found;
  },
  label_schema: (ctx, value) =>
    typeof value === 'string' ? ofRow(ctx, requireLabelSchema(ctx, value)) : undefined,
  review_queue: (ctx, value) =>
    typeof value === 'string' ? ofRow(ctx, requireQueue(ctx, value)) : undefined,
};
