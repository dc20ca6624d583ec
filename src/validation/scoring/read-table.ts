import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { invalid, tooLarge, TreadleError } from '../../platform/errors/index.ts';
import { nearest } from '../rules/names.ts';

/** A file of the table in the working directory; `shown` is what errors call it. */
export interface LocalFile {
  file: string;
  shown: string;
  format: 'parquet' | 'csv' | 'json';
}

export type ColumnKind = 'boolean' | 'integer' | 'number' | 'text' | 'time' | 'other';

export interface ColumnInfo {
  name: string;
  kind: ColumnKind;
  /** DuckDB's name of it, for people. */
  type: string;
  /** Rows without a value; NaN counts. */
  missing: number;
  /** About how many different values. */
  distinct: number;
}

/** Values of a column in the order of the rows. */
export interface Column extends ColumnInfo {
  /** Of boolean (0 and 1), integer and number; NaN where there is none. */
  numbers?: Float64Array;
  /** Of text and time: a place in `words`, −1 where there is none. */
  codes?: Int32Array;
  words?: string[];
}

/** The gate's data, opened: facts of all columns, and values of those asked for. */
export interface Table {
  rows: number;
  columns: readonly ColumnInfo[];
  /** The column, or an error that says what is there instead. */
  info(name: string, field: string, why?: string): ColumnInfo;
  read(names: readonly string[]): Promise<Map<string, Column>>;
  /** How many different values, exactly. */
  distinct(name: string): Promise<number>;
}

const MOST_ROWS = 20_000_000;
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Opens the files and nothing else: no other file, no network, no extension. */
export async function openTable(files: readonly LocalFile[]): Promise<Table> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '2GB' });
  const connection = await instance.connect();
  await connection.run(`set allowed_paths=[${files.map(({ file }) => quote(file)).join(',')}]`);
  // The order matters: the last two close the door and throw the key away.
  for (const setting of [
    "temp_directory=''",
    'autoinstall_known_extensions=false',
    'autoload_known_extensions=false',
    'allow_community_extensions=false',
    "TimeZone='UTC'",
    'enable_external_access=false',
    'lock_configuration=true',
  ])
    await connection.run(`set ${setting}`);
  const ask = async (sql: string): Promise<unknown[][]> => {
    try {
      return (await connection.runAndReadAll(sql)).getRows();
    } catch (error) {
      throw unreadable(error, files);
    }
  };
  const from = source(files);
  const described = await ask(`describe select * from ${from}`);
  const kinds = described.map(([name, type]) => ({
    name: String(name),
    type: String(type),
    kind: kindOf(String(type)),
  }));
  const facts = await ask(
    `select count(*), ${kinds
      .map(({ name, kind }) => {
        const column = identifier(name);
        const there =
          kind === 'number'
            ? `count(*) filter (${column} is not null and not isnan(${column}::double))`
            : `count(${column})`;
        return `${there}, approx_count_distinct(${column})`;
      })
      .join(', ')} from ${from}`,
  );
  const counts = facts[0]!.map(Number);
  const rows = counts[0]!;
  if (rows > MOST_ROWS)
    throw tooLarge(`the gate’s data has ${rows.toLocaleString('en')} rows`, {
      field: 'data',
      hint: `judge on a sample: ${MOST_ROWS.toLocaleString('en')} rows at most`,
    });
  const columns = kinds.map((column, i): ColumnInfo => ({
    ...column,
    missing: rows - counts[1 + 2 * i]!,
    distinct: Math.min(rows, counts[2 + 2 * i]!),
  }));
  const table: Table = {
    rows,
    columns,
    info(name, field, why = '') {
      const found = columns.find((one) => one.name === name);
      if (found) return found;
      const names = columns.map((one) => one.name);
      const near = nearest(name, names);
      throw invalid(`the gate’s data has no column '${name}'${why}`, {
        field,
        hint:
          near === undefined
            ? `add it, or name another; there are ${listed(names)}`
            : `did you mean '${near}'? There are ${listed(names)}`,
      });
    },
    async read(names) {
      const asked = [...new Set(names)].map((name) => table.info(name, 'data'));
      if (asked.length === 0) return new Map();
      try {
        return await readColumns(connection, from, asked, rows);
      } catch (error) {
        throw unreadable(error, files);
      }
    },
    async distinct(name) {
      return Number((await ask(`select count(distinct ${identifier(name)}) from ${from}`))[0]![0]);
    },
  };
  return table;
}

/** Files of one kind are one reader; of several kinds they are put below each other by the names of their columns. */
function source(files: readonly LocalFile[]): string {
  const parts = [...Map.groupBy(files, ({ format }) => format)].map(([format, some]) => {
    const list = `[${some.map(({ file }) => quote(file)).join(',')}]`;
    const union = some.length > 1 ? ', union_by_name=true' : '';
    if (format === 'parquet') return `read_parquet(${list}${union})`;
    // A text file is looked at as a whole before its types are settled: a fraction may come in the last row.
    if (format === 'csv') return `read_csv(${list}, sample_size=-1${union})`;
    return `read_json(${list}, sample_size=-1${union})`;
  });
  if (parts.length === 1) return parts[0]!;
  return `(${parts.map((part) => `select * from ${part}`).join(' union all by name ')})`;
}

function kindOf(type: string): ColumnKind {
  if (type === 'BOOLEAN') return 'boolean';
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return 'number';
  if (/^(VARCHAR|ENUM.*|UUID)$/.test(type)) return 'text';
  if (/^(DATE|TIMESTAMP.*|TIME.*)$/.test(type)) return 'time';
  return 'other';
}

async function readColumns(
  connection: DuckDBConnection,
  from: string,
  asked: readonly ColumnInfo[],
  rows: number,
): Promise<Map<string, Column>> {
  const list = asked.map(({ name, kind, type }) => {
    const column = identifier(name);
    if (kind === 'boolean') return `${column}::tinyint::double`;
    if (kind === 'integer' || kind === 'number') return `${column}::double`;
    // Moments as ISO 8601, whatever precision the file has.
    if (kind === 'time' && type.startsWith('TIMESTAMP'))
      return `strftime(${column}::timestamp, '%Y-%m-%dT%H:%M:%S.%f')`;
    return `${column}::varchar`;
  });
  const columns = asked.map((info): Column => {
    const plain = info.kind === 'boolean' || info.kind === 'integer' || info.kind === 'number';
    return plain
      ? { ...info, numbers: new Float64Array(rows).fill(NaN) }
      : { ...info, codes: new Int32Array(rows).fill(-1), words: [] };
  });
  const known = columns.map(() => new Map<string, number>());
  const result = await connection.stream(`select ${list.join(', ')} from ${from}`);
  let at = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    const { rowCount } = chunk;
    for (const [i, column] of columns.entries()) {
      const vector = chunk.getColumnVector(i);
      const { numbers, codes, words } = column;
      for (let row = 0; row < rowCount; row++) {
        const value: unknown = vector.getItem(row);
        if (value === null) continue;
        if (numbers) numbers[at + row] = value as number; // cast to double above
        else if (codes && words) {
          const word = value as string; // cast to varchar above
          let code = known[i]!.get(word);
          if (code === undefined) {
            known[i]!.set(word, (code = words.length));
            words.push(word);
          }
          codes[at + row] = code;
        }
      }
    }
    at += rowCount;
  }
  for (const { name, kind, numbers } of columns) {
    if (kind !== 'integer' || !numbers) continue;
    if (numbers.some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER))
      throw invalid(`column '${name}' holds whole numbers beyond 2^53, which would lose digits`, {
        field: 'data',
        hint: 'keep such numbers as text, or leave the column out',
      });
  }
  return new Map(columns.map((column) => [column.name, column]));
}

function unreadable(error: unknown, files: readonly LocalFile[]): Error {
  if (error instanceof TreadleError) return error;
  let message = error instanceof Error ? error.message : String(error);
  for (const { file, shown } of files) message = message.replaceAll(file, shown);
  if (/^Out of Memory/i.test(message))
    return tooLarge('the gate’s data needs more than 2 GB of memory to read', {
      field: 'data',
      hint: 'judge on a sample, or on fewer columns',
    });
  return invalid(`the gate’s data cannot be read: ${message.slice(0, 1000)}`, {
    field: 'data',
    hint: 'the file is not what its name says, or it is damaged',
  });
}

export const listed = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;

/** The value of a row as people write it: what slices and classes are called. */
export function textOf(column: Column, row: number): string | undefined {
  const { numbers, codes, words, kind } = column;
  if (numbers) {
    const value = numbers[row]!;
    if (Number.isNaN(value)) return undefined;
    return kind === 'boolean' ? String(value === 1) : String(value);
  }
  const code = codes![row]!;
  return code < 0 ? undefined : words![code];
}
