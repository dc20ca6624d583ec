import type { Ctx } from '../../platform/ctx/index.ts';
import type { StepOutput } from '../contract.ts';
import type { Step } from '../file/definition.ts';
import { blobsOf } from '../run/collect.ts';
import { selectByKeys, type CacheRow } from '../store.ts';

export interface Lookup {
  step: Step;
  key: string;
}

export interface Hit {
  row: CacheRow;
  outputs: StepOutput[];
}

/** Why a key that has run before is no hit. */
export type Miss = 'never' | 'too-old' | 'outputs-gone';

/**
 * Looks for finished steps with these keys, all in one go. A hit counts only while every blob of its outputs exists, and while
 * it is not older than the step allows.
 */
export async function lookUp(ctx: Ctx, wanted: readonly Lookup[]): Promise<Map<string, Hit | Miss>> {
  const found = new Map<string, Hit | Miss>(wanted.map(({ key }) => [key, 'never']));
  if (wanted.length === 0) return found;
  const rows = await selectByKeys(ctx, [...found.keys()]);
  const now = ctx.clock.now();
  const candidates: Array<{ step: Step; row: CacheRow; outputs: StepOutput[]; blobs: string[] }> = [];
  const byKey = new Map<string, CacheRow[]>();
  for (const row of rows) byKey.set(row.key!, [...(byKey.get(row.key!) ?? []), row]);
  for (const { step, key } of wanted) {
    for (const row of byKey.get(key) ?? []) {
      if (step.cache.maxAge !== undefined && now - (row.ended_at ?? 0) > step.cache.maxAge) {
        found.set(key, 'too-old');
        continue;
      }
      const outputs = JSON.parse(row.outputs) as StepOutput[]; // written by us
      const blobs = await blobsOf(ctx.blobs, outputs);
      if (blobs) candidates.push({ step, row, outputs, blobs });
      else found.set(key, 'outputs-gone');
    }
  }
  const stored = await ctx.blobs.has([...new Set(candidates.flatMap(({ blobs }) => blobs))]);
  for (const { row, outputs, blobs } of candidates) {
    const known = found.get(row.key!);
    if (typeof known === 'object') continue; // a newer one was found
    found.set(row.key!, blobs.every((hash) => stored.has(hash)) ? { row, outputs } : 'outputs-gone');
  }
  return found;
}
