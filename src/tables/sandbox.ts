import {
  DuckDBInstance,
  DuckDBListType,
  DuckDBStructType,
  type DuckDBConnection,
  type DuckDBType,
} from '@duckdb/node-api';

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export interface SandboxLimits {
  threads: number;
  /** Bytes that DuckDB may hold. */
  memory: number;
  /** A directory for what does not fit into memory; without one, a question that needs more fails. */
  spill?: string;
}

/**
 * An empty database that reads these files of the working directory and can do nothing else: no other file, no network, no
 * extension.
 */
export async function openSandbox(
  files: readonly string[],
  { threads, memory, spill = '' }: SandboxLimits,
): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${Math.floor(memory / 1024 / 1024)}MiB`,
  });
  const connection = await instance.connect();
  await connection.run(`set allowed_paths=[${files.map(quote).join(',')}]`);
  // The order matters: the last two close the door and throw the key away.
  for (const setting of [
    `temp_directory=${quote(spill)}`,
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
