// In the table reader's process: values of a view as they come, chunk by chunk.
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';

export async function eachChunk(
  connection: DuckDBConnection,
  sql: string,
  read: (chunk: DuckDBDataChunk) => void,
): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    read(chunk);
  }
}

/** Every so many rows of a query: those between are never made into values. `row` counts those that are read. */
export async function eachRow(
  connection: DuckDBConnection,
  sql: string,
  step: number,
  read: (values: readonly unknown[], row: number) => void,
): Promise<void> {
  let before = 0;
  let place = 0;
  await eachChunk(connection, sql, (chunk) => {
    for (let row = (step - (before % step)) % step; row < chunk.rowCount; row += step)
      read(
        Array.from({ length: chunk.columnCount }, (_one, column) =>
          chunk.getColumnVector(column).getItem(row),
        ),
        place++,
      );
    before += chunk.rowCount;
  });
}
