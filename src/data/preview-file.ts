import { buffer } from 'node:stream/consumers';
import type { Ctx } from '../platform/ctx/index.ts';
import { signedRows } from '../platform/json/index.ts';
import { localName, ROWS, type Tables } from '../tables/index.ts';
import type { Preview } from './contract.ts';
import { requireFile } from './list-files.ts';
import { refused } from './refused.ts';
import { knownTable, selectTables, tableKey } from './store.ts';
import { tableFormat } from './table-format.ts';

const TEXT = 64 * 1024;
const BYTES = 4 * 1024 * 1024;
const LIMIT = 100;
const TIMEOUT = 30_000;
/** The rows of a larger text table are counted and typed by its profile, not for a look into it: until then cells are text. */
const COUNTED = 64 * 1024 * 1024;

/** Rows of a table, the head of a text, or word that it is neither. */
export async function previewFile(
  ctx: Ctx,
  tables: Tables,
  root: string,
  wanted: { path: string; offset?: number; limit?: number },
  signal?: AbortSignal,
): Promise<Preview> {
  const { path, offset = 0, limit = LIMIT } = wanted;
  const { hash, size } = await requireFile(ctx, root, path);
  const format = tableFormat(path);
  if (format && size > 0) {
    const file = localName('table', path, format);
    const known = knownTable((await selectTables(ctx, [hash])).get(tableKey(hash, format)));
    const table = [{ file, shown: path, format, ...(known ? { known } : {}) }];
    const count = known === undefined && (format === 'parquet' || size <= COUNTED);
    const spelled = known === undefined && size > COUNTED;
    const outcome = await tables.ask(ctx, ROWS, {
      lane: 'look',
      files: table.map((one) => ({ ...one, hash })),
      request: { table, offset, limit, bytes: BYTES, count, spelled },
      timeout: TIMEOUT,
      signal,
    });
    if ('answer' in outcome) {
      const { columns, rows, truncated, total = known?.rows } = outcome.answer;
      const more = truncated || (total === undefined ? rows.length === limit : offset + rows.length < total);
      return {
        path,
        size,
        kind: 'table',
        columns,
        rows: signedRows(rows),
        truncated: more,
        ...(total === undefined ? {} : { total_rows: total }),
      };
    }
    // A broken text table can still be looked at as text; a broken Parquet file cannot.
    const { code } = outcome.fault;
    if (format === 'parquet' || code === 'timeout') throw refused(outcome.fault);
  }
  if (size === 0) return { path, size, kind: 'text', text: '', truncated: false };
  const head = await buffer(await ctx.blobs.open(hash, { start: 0, end: Math.min(size, TEXT) - 1 }));
  const text = asText(head, size > TEXT);
  return text === undefined
    ? { path, size, kind: 'binary', truncated: false }
    : { path, size, kind: 'text', text, truncated: size > TEXT };
}

/** UTF-8 without zero bytes; a cut may fall into the last character. */
function asText(head: Buffer, cut: boolean): string | undefined {
  if (head.includes(0)) return undefined;
  for (let drop = 0; drop <= (cut ? 3 : 0); drop++) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(0, head.length - drop));
    } catch {
      // perhaps one byte less
    }
  }
  return undefined;
}
