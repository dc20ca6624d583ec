import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { Source } from './protocol.ts';

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** An empty database that can read these files of the working directory and nothing else: no other file, no network, no extension. */
export async function openSandbox(files: readonly string[]): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' });
  const connection = await instance.connect();
  await connection.run(`set allowed_paths=[${files.map(quote).join(',')}]`);
  // The order matters: the last two close the door and throw the key away.
  for (const setting of [
    "temp_directory=''",
    'autoinstall_known_extensions=false',
    'autoload_known_extensions=false',
    'allow_community_extensions=false',
    "TimeZone='UTC'",
    'enable_external_access=false',
    'lock_configuration=true',
  ]) {
    await connection.run(`set ${setting}`);
  }
  return connection;
}

/** The table function that reads a source. */
export function reader({ format, files }: Source): string {
  const list = `[${files.map(({ file }) => quote(file)).join(',')}]`;
  const union = files.length > 1 ? ', union_by_name=true' : '';
  if (format === 'parquet') return `read_parquet(${list}${union})`;
  if (format === 'csv') return `read_csv(${list}${union})`;
  return `read_json(${list}, format='newline_delimited'${union})`;
}
