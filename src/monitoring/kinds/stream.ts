// In the table reader's process: values of a view as they come, chunk by chunk.
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';

/**
 * `rows` is the chunk's own count, which costs a native call each time that it is asked for. While one chunk is read the next is made:
 * whoever fetches is one of DuckDB's own threads meanwhile.
 */
export async function eachChunk(
  connection: DuckDBConnection,
  sql: string,
  read: (chunk: DuckDBDataChunk, rows: number) => void | Promise<void>,
): Promise<void> {
  const result = await connection.stream(sql);
  let coming = result.fetchChunk();
  for (;;) {
    const chunk = await coming;
    const rows = chunk?.rowCount ?? 0;
    if (!chunk || rows === 0) return;
    coming = result.fetchChunk();
    try {
      await read(chunk, rows);
    } catch (error) {
      // Nobody asks of the connection while a chunk of it is still on its way.
      await coming.catch(() => undefined);
      throw error;
    }
  }
}

/** Every so many rows of a query: those between are never made into values. `place` counts those that are read. */
export async function eachRow(
  connection: DuckDBConnection,
  sql: string,
  step: number,
  read: (chunk: DuckDBDataChunk, row: number, place: number) => void | Promise<void>,
): Promise<void> {
  let before = 0;
  let place = 0;
  await eachChunk(connection, sql, async (chunk, rows) => {
    for (let row = (step - (before % step)) % step; row < rows; row += step) await read(chunk, row, place++);
    before += rows;
  });
}
