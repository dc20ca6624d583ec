import type { DuckDBConnection } from '@duckdb/node-api';
import { invalid, tooLarge, TreadleError } from '../../platform/errors/index.ts';
import type { TableFile } from '../../tables/index.ts';
import {
  describe,
  explained,
  identifier,
  openSandbox,
  readTable,
  UnreadableTable,
  type Reading,
} from '../../tables/inside.ts';
import { nearest } from '../../rules/index.ts';
import type { Column, ColumnInfo, ColumnKind } from './column.ts';
import { parsed, type Parse } from './parse-cells.ts';

export type { Column, ColumnInfo, ColumnKind } from './column.ts';

/** What is wanted of a column: its values, the characters of the file, or what they say as a number, a truth value or a moment. */
export type As = 'value' | 'text' | Parse;

/** How a column that is read in some way is called among the columns read. */
export const keyOf = (name: string, as: As): string => (as === 'value' ? name : `${name}\0${as}`);
function asked(key: string): { name: string; as: As } {
  const at = key.lastIndexOf('\0');
  // Made by `keyOf` alone.
  return at < 0 ? { name: key, as: 'value' } : { name: key.slice(0, at), as: key.slice(at + 1) as As };
}

/** The gate's data, opened: facts of all columns, and values of those asked for. */
export interface Table {
  rows: number;
  columns: readonly ColumnInfo[];
  /** The column, or an error that says what is there instead. */
  info(name: string, field: string, why?: string): ColumnInfo;
  /** By name, or by `keyOf` where they are wanted in another way than as values. */
  read(keys: readonly string[]): Promise<Map<string, Column>>;
  /** How many different values, exactly. */
  distinct(name: string): Promise<number>;
}

const MOST_ROWS = 20_000_000;
const MEMORY = 2_000_000_000;

/** Opens the files and nothing else: no other file, no network, no extension. */
export async function openTable(files: readonly TableFile[]): Promise<Table> {
  const local = files.map(({ file }) => file);
  const { connection } = await openSandbox(local, { threads: 2, memory: MEMORY });
  const ask = async (sql: string): Promise<unknown[][]> => {
    try {
      return (await connection.runAndReadAll(sql)).getRows();
    } catch (error) {
      throw await unreadable(error, files);
    }
  };
  const { reading, plain } = await opened(connection, files);
  const from = reading.typed;
  const described = reading.columns.map(({ name, type }) => [name, type]);
  const kinds = described.map(([name, type]) => ({
    name: String(name),
    type: String(type),
    kind: kindOf(String(type)),
    ...(plain.has(String(name)) ? { spelled: true } : {}),
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
    async read(keys) {
      const wanted = [...new Set(keys)].map((key) => ({ key, ...asked(key) }));
      const found = new Map<string, Column>();
      try {
        for (const spelled of [false, true]) {
          const some = wanted.filter(({ as }) => (as !== 'value') === spelled);
          if (some.length === 0) continue;
          const infos = some.map(({ name }) => table.info(name, 'data'));
          const source = spelled ? reading.spelled : reading.typed;
          const columns = await readColumns(
            connection,
            source,
            infos.map((info) => (spelled ? { ...info, kind: 'text' as const } : info)),
            rows,
          );
          for (const [i, { key, as }] of some.entries())
            found.set(key, as === 'value' || as === 'text' ? columns[i]! : parsed(columns[i]!, as));
        }
      } catch (error) {
        throw await unreadable(error, files);
      }
      return found;
    },
    async distinct(name) {
      return Number((await ask(`select count(distinct ${identifier(name)}) from ${from}`))[0]![0]);
    },
  };
  return table;
}

/** The columns whose cells are characters of text files as well. */
async function opened(
  connection: DuckDBConnection,
  files: readonly TableFile[],
): Promise<{ reading: Reading; plain: ReadonlySet<string> }> {
  try {
    const reading = await readTable(connection, files);
    const spelled = files.some(({ format }) => format === 'csv')
      ? await describe(connection, reading.spelled)
      : [];
    return {
      reading,
      plain: new Set(spelled.flatMap(({ name, type }) => (type === 'VARCHAR' ? [name] : []))),
    };
  } catch (error) {
    throw await unreadable(error, files);
  }
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
): Promise<Column[]> {
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
  return columns;
}

async function unreadable(thrown: unknown, files: readonly TableFile[]): Promise<unknown> {
  if (thrown instanceof TreadleError) return thrown;
  const error = await explained(thrown, files);
  const message = error instanceof Error ? error.message : String(error);
  if (/^Out of Memory/i.test(message))
    return tooLarge('the gate’s data needs more than 2 GB of memory to read', {
      field: 'data',
      hint: 'judge on a sample, or on fewer columns',
    });
  return invalid(`the gate’s data cannot be read: ${message.slice(0, 1000)}`, {
    field: 'data',
    hint:
      (error instanceof UnreadableTable ? error.hint : undefined) ??
      'the file is not what its name says, or it is damaged',
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
