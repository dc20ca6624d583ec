// In the table reader's process: what the gate's table has, and its columns in parts.
import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, describe, identifier, readTable, TableFault } from '../../tables/inside.ts';
import type { Reading, TableFile } from '../../tables/index.ts';
import { isPlain, type ColumnInfo, type ColumnKind } from './column.ts';
import { COLUMNS, FACTS, type AskedColumn, type Part, type Parts } from './questions.ts';

/** Characters of a line; one row more may stand in it. */
const LINE = 256 * 1024;

export const factsAnswer = answerer(FACTS, async (connection, { table, exact }) => {
  const reading = await readTable(connection, table);
  const plain = await spelledColumns(connection, table, reading);
  const kinds = reading.columns.map(({ name, type }) => ({
    name,
    type,
    kind: kindOf(type),
    ...(plain.has(name) ? { spelled: true } : {}),
  }));
  const counted = kinds.filter(({ name }) => exact.includes(name));
  const wanted = [
    'count(*)',
    ...kinds.flatMap(({ name, kind }) => {
      const c = identifier(name);
      const there =
        kind === 'number' ? `count(*) filter (${c} is not null and not isnan(${c}::double))` : `count(${c})`;
      return [there, `approx_count_distinct(${c})`];
    }),
    ...counted.map(({ name }) => `count(distinct ${identifier(name)})`),
  ];
  const found = await connection.runAndReadAll(`select ${wanted.join(', ')} from ${reading.typed}`);
  const [rows = 0, ...counts] = found.getRows()[0]!.map(Number);
  const exactly = new Map(counted.map(({ name }, i) => [name, counts[2 * kinds.length + i]!]));
  const columns = kinds.map((column, i): ColumnInfo => ({
    ...column,
    missing: rows - counts[2 * i]!,
    distinct: Math.min(rows, counts[2 * i + 1]!),
    ...(exactly.has(column.name) ? { exactly: exactly.get(column.name)! } : {}),
  }));
  return { facts: { rows, columns }, reading };
});

/** The columns whose cells are characters of text files as well. */
async function spelledColumns(
  connection: DuckDBConnection,
  files: readonly TableFile[],
  { spelled }: Reading,
): Promise<ReadonlySet<string>> {
  if (!files.some(({ format }) => format === 'csv')) return new Set();
  const columns = await describe(connection, spelled);
  return new Set(columns.flatMap(({ name, type }) => (type === 'VARCHAR' ? [name] : [])));
}

function kindOf(type: string): ColumnKind {
  if (type === 'BOOLEAN') return 'boolean';
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE|DECIMAL.*)$/.test(type)) return 'number';
  if (/^(VARCHAR|ENUM.*|UUID)$/.test(type)) return 'text';
  if (/^(DATE|TIMESTAMP.*|TIME.*)$/.test(type)) return 'time';
  return 'other';
}

export const columnsAnswer = answerer(COLUMNS, async (connection, { reading, columns, bytes }, say) => {
  const told = teller(bytes, say);
  let rows = 0;
  for (const spelled of [false, true]) {
    const some = columns.flatMap((asked, column) =>
      asked.spelled === spelled ? [{ ...asked, column }] : [],
    );
    if (some.length > 0) rows = await tellColumns(connection, reading, some, told);
  }
  await told.end();
  return rows;
});

/** Gathers parts into lines, and says a line when it is full. */
function teller(most: number, say: (text: string) => Promise<void>) {
  let parts: Part[] = [];
  let size = 0;
  let total = 0;
  const end = async (): Promise<void> => {
    if (parts.length === 0) return;
    const line = JSON.stringify({ parts } satisfies Parts);
    [parts, size] = [[], 0];
    total += line.length;
    if (total > most)
      throw new TableFault({ code: 'memory', message: `its columns take more than ${most} bytes` });
    await say(line);
  };
  return {
    end,
    async add(part: Part, length: number): Promise<void> {
      parts.push(part);
      size += length;
      if (size >= LINE) await end();
    },
  };
}

async function tellColumns(
  connection: DuckDBConnection,
  { columns, typed, spelled }: Reading,
  asked: ReadonlyArray<AskedColumn & { column: number }>,
  told: ReturnType<typeof teller>,
): Promise<number> {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const kinds = asked.map((one) => (one.spelled ? 'text' : kindOf(types.get(one.name) ?? '')));
  const list = asked.map(({ name }, i) => expression(identifier(name), kinds[i]!, types.get(name) ?? ''));
  const known = asked.map(() => new Map<string, number>());
  const from = asked[0]!.spelled ? spelled : typed;
  const result = await connection.stream(`select ${list.join(', ')} from ${from}`);
  let at = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return at;
    for (const [i, { column }] of asked.entries()) {
      const vector = chunk.getColumnVector(i);
      const take = (row: number): unknown => vector.getItem(row);
      if (isPlain(kinds[i]!)) await tellNumbers(take, chunk.rowCount, { column, row: at }, told);
      else await tellWords(take, chunk.rowCount, { column, row: at }, known[i]!, told);
    }
    at += chunk.rowCount;
  }
}

function expression(column: string, kind: ColumnKind, type: string): string {
  if (kind === 'boolean') return `${column}::tinyint::double`;
  if (kind === 'integer' || kind === 'number') return `${column}::double`;
  // Moments as ISO 8601, whatever precision the file has.
  if (kind === 'time' && type.startsWith('TIMESTAMP'))
    return `strftime(${column}::timestamp, '%Y-%m-%dT%H:%M:%S.%f')`;
  return `${column}::varchar`;
}

async function tellNumbers(
  take: (row: number) => unknown,
  rows: number,
  at: Pick<Part, 'column' | 'row'>,
  told: ReturnType<typeof teller>,
): Promise<void> {
  const numbers = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const value = take(row);
    numbers[row] = value === null ? NaN : (value as number); // cast to double above
  }
  const doubles = base64(numbers);
  await told.add({ ...at, doubles }, doubles.length);
}

/** Words are long or short: a part ends where a line would become too long. */
async function tellWords(
  take: (row: number) => unknown,
  rows: number,
  { column, row: at }: Pick<Part, 'column' | 'row'>,
  known: Map<string, number>,
  told: ReturnType<typeof teller>,
): Promise<void> {
  const places = new Int32Array(rows);
  let more: string[] = [];
  let length = 0;
  let from = 0;
  const tell = async (to: number): Promise<void> => {
    const codes = base64(places.subarray(from, to));
    const words = { before: known.size - more.length, more };
    await told.add({ column, row: at + from, codes, words }, codes.length + length);
    [more, length, from] = [[], 0, to];
  };
  for (let row = 0; row < rows; row++) {
    const word = take(row) as string | null; // cast to varchar above
    if (word === null) {
      places[row] = -1;
      continue;
    }
    let code = known.get(word);
    if (code === undefined) {
      known.set(word, (code = known.size));
      more.push(word);
      length += word.length + 3;
    }
    places[row] = code;
    if (length >= LINE) await tell(row + 1);
  }
  if (from < rows) await tell(rows);
}

const base64 = ({ buffer, byteOffset, byteLength }: Float64Array | Int32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
