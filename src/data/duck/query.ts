import {
  JsonDuckDBValueConverter,
  StatementType,
  type DuckDBConnection,
  type DuckDBResult,
  type DuckDBValueConverter,
  type Json,
} from '@duckdb/node-api';
import { signedRows } from '../../platform/json/index.ts';
import { identifier, read, readTable, typeName } from '../../tables/index.ts';
import type { DuckRequest, Rows } from './protocol.ts';

/** As DuckDB's own JSON form, but whole numbers stay numbers where they are exact. */
const toJson: DuckDBValueConverter<Json> = (value, type, converter) =>
  typeof value === 'bigint' && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
    ? Number(value)
    : JsonDuckDBValueConverter(value, type, converter);

export async function query(
  connection: DuckDBConnection,
  request: Extract<DuckRequest, { op: 'query' }>,
): Promise<Rows> {
  for (const { name, table } of request.views) {
    const { typed } = await readTable(connection, table);
    await connection.run(`create view ${identifier(name)} as select * from ${typed}`);
  }
  const statements = await connection.extractStatements(request.query);
  if (statements.count !== 1)
    throw new Error(
      `this must be one SELECT statement; it is ${statements.count} statements (PIVOT counts as two)`,
    );
  const statement = await statements.prepare(0);
  // Nothing but a SELECT: a COPY could write to the very files it may read.
  if (statement.statementType !== StatementType.SELECT) {
    throw new Error(
      `only SELECT (also WITH, FROM, DESCRIBE, SUMMARIZE) can run here, not ${StatementType[statement.statementType]}`,
    );
  }
  return take(await statement.stream(), request.limit, request.bytes);
}

export async function rows(
  connection: DuckDBConnection,
  request: Extract<DuckRequest, { op: 'rows' }>,
): Promise<Rows> {
  const { typed, rows: counted } = await readTable(connection, request.table, request.spelled);
  const result = await connection.stream(
    `select * from ${typed} limit ${request.limit} offset ${request.offset}`,
  );
  const taken = await take(result, request.limit, request.bytes);
  if (counted !== undefined) return { ...taken, total: counted };
  if (!request.count) return taken;
  const [[total] = []] = await read(connection, `select count(*) from ${typed}`);
  return { ...taken, total: Number(total) };
}

/** Reads chunk by chunk, so that a result of any size costs only what is shown. */
async function take(result: DuckDBResult, limit: number, most: number): Promise<Rows> {
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
