import { availableParallelism } from 'node:os';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { MEMORY } from './protocol.ts';

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The directory, below the working directory, for what does not fit into memory. */
const SPILL = 'spill';

/** An empty database that reads these files of the working directory, spills to disk, and can do nothing else. */
export async function openSandbox(files: readonly string[]): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(Math.min(8, availableParallelism())),
    memory_limit: `${Math.floor(MEMORY / 1024 / 1024)}MiB`,
  });
  const connection = await instance.connect();
  await connection.run(`set allowed_paths=[${files.map(quote).join(',')}]`);
  // The order matters: the last two close the door and throw the key away.
  for (const setting of [
    `temp_directory='${SPILL}'`,
    'autoinstall_known_extensions=false',
    'autoload_known_extensions=false',
    'allow_community_extensions=false',
    "TimeZone='UTC'",
    'enable_external_access=false',
    'lock_configuration=true',
  ])
    await connection.run(`set ${setting}`);
  return connection;
}

export async function read(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
}

/** A statement of one row; numbers that may exceed 2^53 are asked for as text. */
export async function readOne(connection: DuckDBConnection, sql: string): Promise<unknown[]> {
  return (await read(connection, sql))[0] ?? [];
}
