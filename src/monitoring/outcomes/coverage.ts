import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, tooLarge, TreadleError, unavailable } from '../../platform/errors/index.ts';
import type { Serving } from '../../serving/index.ts';
import { identifier, QUERY, type Tables } from '../../tables/index.ts';
import type { Coverage } from '../contract.ts';
import { openLabelled } from './open-outcomes.ts';

const DAY = 86_400_000;
const TIMEOUT = 60_000;
/** Windows of one answer. */
const WINDOWS = 2000;

/** Window by window: rows that were answered, those with an outcome, and how long after the answer the first one came. */
export async function coverage(
  ctx: Ctx,
  parts: { serving: Pick<Serving, 'recorded'>; tables: Tables },
  name: string,
  query: { from?: number; to?: number; window?: number },
  signal?: AbortSignal,
): Promise<Coverage> {
  const { to = ctx.clock.now() + 1, window = DAY } = query;
  const from = query.from ?? Math.max(0, to - 7 * DAY);
  if (to <= from) throw invalid('`to` must lie after `from`', { field: 'to' });
  if ((to - from) / window > WINDOWS)
    throw invalid(`these are more than ${WINDOWS} windows`, {
      field: 'window',
      hint: 'ask for longer windows or a shorter time',
    });
  const view = `labelled('${name}')`;
  let opened;
  try {
    const call = { subject: name, last: undefined, text: view, prefix: 'c' };
    opened = await openLabelled(ctx, parts.serving, call, { from, to });
  } catch (error) {
    // That nothing is recorded is an answer here.
    if (error instanceof TreadleError && error.code === 'no-predictions')
      return { items: [], notes: [error.message] };
    throw error;
  }
  const delay = 'epoch_ms(first_observed_at) - epoch_ms(time)';
  const sql = `select floor(epoch_ms(time) / ${window})::bigint * ${window} as start, count(*), count(label),
      quantile_cont(${delay}, [0.5, 0.9, 0.99]), max(${delay})
    from ${identifier(view)} where role <> 'shadow' group by 1 order by 1`;
  const outcome = await parts.tables.ask(ctx, QUERY, {
    lane: 'look',
    files: opened.files,
    request: { query: sql, views: opened.views, limit: WINDOWS + 1, bytes: 4 * 1024 * 1024 },
    timeout: TIMEOUT,
    signal,
  });
  if ('fault' in outcome) {
    const { code, message } = outcome.fault;
    if (code === 'memory' || code === 'timeout')
      throw tooLarge(message, { field: 'from', hint: 'ask for a shorter time', code });
    throw unavailable(`outcomes and predictions of '${name}' could not be joined: ${message}`);
  }
  return { items: outcome.answer.rows.map((row) => itemOf(row, window)), notes: opened.notes };
}

function itemOf(
  [start, rows, labelled, quantiles, longest]: readonly unknown[],
  window: number,
): Coverage['items'][number] {
  const at = Number(start);
  const [p50_ms, p90_ms, p99_ms] = Array.isArray(quantiles) ? quantiles.map(Number) : [];
  return {
    from: at,
    to: at + window,
    rows: Number(rows),
    labelled: Number(labelled),
    coverage: Number(labelled) / Number(rows),
    ...(p50_ms === undefined || p90_ms === undefined || p99_ms === undefined
      ? {}
      : { delay: { p50_ms, p90_ms, p99_ms, max_ms: Number(longest) } }),
  };
}
