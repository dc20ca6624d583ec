import { availableParallelism } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openSandbox as open, read } from '../../tables/index.ts';
import { MEMORY } from './protocol.ts';

export { identifier, quote, read } from '../../tables/index.ts';

/** The directory, below the working directory, for what does not fit into memory. */
const SPILL = 'spill';

/** A sandbox that spills to disk: millions of rows are compared in it. */
export const openSandbox = (files: readonly string[]): Promise<DuckDBConnection> =>
  open(files, { threads: Math.min(8, availableParallelism()), memory: MEMORY, spill: SPILL });

/** A statement of one row; numbers that may exceed 2^53 are asked for as text. */
export async function readOne(connection: DuckDBConnection, sql: string): Promise<unknown[]> {
  return (await read(connection, sql))[0] ?? [];
}
