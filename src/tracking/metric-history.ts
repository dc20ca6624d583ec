import type { Ctx } from '../platform/ctx/index.ts';
import { decodePage, encodePage, queryDigest } from '../platform/search/index.ts';
import { selectHistory, selectSeries, type Point } from './store/metrics.ts';
import { selectRunRow } from './store/runs.ts';

/** Every point of a metric by time, then step, then value; a page at a time. Empty for a metric that the run has not. */
export async function metricHistory(
  ctx: Ctx,
  run: string,
  key: string,
  limit: number,
  page?: string,
): Promise<{ points: Point[]; next?: string }> {
  await selectRunRow(ctx, run);
  const series = (await selectSeries(ctx, run, [key])).get(key);
  if (!series) return { points: [] };
  const digest = queryDigest(['history', run, key]);
  const cursor = decodePage(digest, page, 4);
  const after =
    cursor && ([Number(cursor[0]), Number(cursor[1]), Number(cursor[2]), Number(cursor[3])] as const);
  const found = await selectHistory(ctx, series.id, limit + 1, after);
  const points = found.slice(0, limit);
  const last = found.length > limit ? points.at(-1) : undefined;
  return {
    points,
    ...(last ? { next: encodePage(digest, [last.time, last.step, last.value, last.nan]) } : {}),
  };
}
