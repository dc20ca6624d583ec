import {
  DuckDBInstance,
  DuckDBListType,
  DuckDBStructType,
  type DuckDBConnection,
  type DuckDBType,
} from '@duckdb/node-api';
import { identifier, quote } from './sql-text.ts';

export interface SandboxLimits {
  threads: number;
  /** Bytes that DuckDB may hold. */
  memory: number;
  /** A directory for what does not fit into memory; without one, a question that needs more fails. */
  spill?: string;
}

export interface Sandbox {
  connection: DuckDBConnection;
  /** Ends whatever still runs; the database and all that was made in it is gone. */
  close(): void;
}

/**
 * An empty database that reads these files of the working directory and can do nothing else: no other file, no network, no
 * extension.
 */
export async function openSandbox(
  files: readonly string[],
  { threads, memory, spill = '' }: SandboxLimits,
): Promise<Sandbox> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${Math.floor(memory / 1024 / 1024)}MiB`,
  });
  const connection = await instance.connect();
  // In one go, since each way to DuckDB and back costs. The order matters: the last two close the door and throw the key away.
  const settings = [
    `allowed_paths=[${files.map(quote).join(',')}]`,
    `temp_directory=${quote(spill)}`,
    'autoinstall_known_extensions=false',
    'autoload_known_extensions=false',
    'allow_community_extensions=false',
    "TimeZone='UTC'",
    // A wide table has chunks larger than the default, which would be made one at a time.
    "streaming_buffer_size='32MiB'",
    'enable_external_access=false',
    'lock_configuration=true',
  ];
  await connection.run(settings.map((setting) => `set ${setting}`).join(';'));
  return {
    connection,
    close() {
      connection.interrupt();
      connection.closeSync();
      instance.closeSync();
    },
  };
}

export async function read(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
}

/** A statement of one row; numbers that may exceed 2^53 are asked for as text. */
export async function readOne(connection: DuckDBConnection, sql: string): Promise<unknown[]> {
  return (await read(connection, sql))[0] ?? [];
}

/** DuckDB's name of a type; JSON is a text by another name, also within others. */
export function typeName(type: DuckDBType): string {
  if (type instanceof DuckDBListType) return `${typeName(type.valueType)}[]`;
  if (type instanceof DuckDBStructType)
    return `STRUCT(${type.entryNames.map((name, i) => `${identifier(name)} ${typeName(type.entryTypes[i]!)}`).join(', ')})`;
  return type.alias ?? String(type);
}

/** Names and types of what follows FROM. */
export async function describe(
  connection: DuckDBConnection,
  from: string,
): Promise<Array<{ name: string; type: string }>> {
  const found = await connection.runAndReadAll(`select * from ${from} limit 0`);
  return found.columnNames().map((name, i) => ({ name, type: typeName(found.columnType(i)) }));
}
