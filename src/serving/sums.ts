import type { Ctx } from '../platform/ctx/index.ts';
import type { VariantRole } from './contract.ts';
import type { Engine } from './engine.ts';
import { findRevisionById } from './store.ts';
import { variantsOf } from './views.ts';

/** What one variant did. */
export interface VariantSums {
  role: VariantRole;
  requests: number;
  /** Answered 4xx or 5xx, or refused: who asks is drawn at random, so what callers do wrong meets all alike. */
  failed: number;
  /** Of answers, in the buckets of `evidence/`. */
  latency: readonly number[];
}

/**
 * What each variant of a revision did since this server began, all planes together. Counts are in memory alone: after a start they
 * begin at nothing, and `life` is another one. A variant that was asked nothing is left out.
 */
export async function sums(
  ctx: Ctx,
  id: string,
  { planes, live }: Pick<Engine, 'planes' | 'live'>,
): Promise<{ life: string; variants: VariantSums[] }> {
  const row = await findRevisionById(ctx, id);
  await planes.gather();
  const variants = (row ? variantsOf(row) : []).flatMap(({ role }): VariantSums[] => {
    const total = live.total(row!.serial, role);
    if (!total) return [];
    const { requests, bad, errors, refused } = total.sum;
    return [{ role, requests, failed: bad + errors + refused, latency: total.latency }];
  });
  return { life: live.life, variants };
}
