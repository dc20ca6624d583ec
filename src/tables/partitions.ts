import type { TableFile } from './table-file.ts';
import { identifier, quote } from './sql-text.ts';

/** As Hive, Spark, pyarrow and DuckDB name the folder of rows without a value. */
const NOTHING = '__HIVE_DEFAULT_PARTITION__';

/** What the folders of a path say of its rows, `year=2024/month=01/x.parquet`: texts, as they stand there. */
export function partitionsOf(path: string): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const folder of path.split('/').slice(0, -1)) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(folder) ?? [];
    if (name !== undefined && value !== undefined)
      found.set(decoded(name), value === NOTHING ? null : decoded(value));
  }
  return found;
}

/** Writers put `%20` for a space. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The partition columns of files that are read together; a column that the files themselves have is theirs. */
export function partitionNames(files: readonly TableFile[], own: readonly string[]): string[] {
  const names = new Set(files.flatMap(({ shown }) => [...partitionsOf(shown).keys()]));
  const held = new Set(own.map((name) => name.toLowerCase()));
  return [...names].filter((name) => {
    const fresh = !held.has(name.toLowerCase());
    held.add(name.toLowerCase());
    return fresh;
  });
}

/**
 * SQL: the value of a partition column by the place of the row's file among those that are read together. Files with a column of
 * that name are read one by one (`readTogether`).
 */
export function partitionValue(files: readonly TableFile[], name: string): string {
  const values = files.map(({ shown }) => partitionsOf(shown).get(name) ?? null);
  const spelt = (value: string | null): string => (value === null ? 'null' : quote(value));
  const column = identifier(name);
  if (new Set(values).size === 1) return `${spelt(values[0]!)}::varchar as ${column}`;
  return `([${values.map(spelt).join(', ')}]::varchar[])[file_index::bigint + 1] as ${column}`;
}

/** The files whose rows one reader can tell apart by file. */
export const readTogether = (files: readonly TableFile[], own: readonly string[]): TableFile[][] =>
  own.some((name) => name.toLowerCase() === 'file_index') ? files.map((one) => [one]) : [[...files]];
