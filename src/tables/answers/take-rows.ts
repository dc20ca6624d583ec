import type { DuckDBResult } from '@duckdb/node-api';
import { signedRows } from '../../platform/json/index.ts';
import type { Rows } from '../questions.ts';
import { typeName } from '../sandbox.ts';
import { toJson } from './to-json.ts';

/** Reads chunk by chunk, so that a result of any size costs only what is shown. */
export async function takeRows(result: DuckDBResult, limit: number, most: number): Promise<Rows> {
  const columns = result.columnNames().map((name, i) => ({ name, type: typeName(result.columnType(i)) }));
  const taken: unknown[][] = [];
  let bytes = 0;
  for await (const chunk of result.yieldConvertedRows(toJson)) {
    for (const row of chunk) {
      bytes += JSON.stringify(row).length;
      if (taken.length >= limit || bytes > most) return { columns, rows: signedRows(taken), truncated: true };
      taken.push(row);
    }
  }
  return { columns, rows: signedRows(taken), truncated: false };
}
