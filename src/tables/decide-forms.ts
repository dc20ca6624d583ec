import type { DuckDBConnection } from '@duckdb/node-api';
import { read } from './sandbox.ts';
import { formOf, holds, isExact, join, typeOf, type Form } from './spelling.ts';
import { identifier } from './sql-text.ts';

export interface SpeltColumn {
  name: string;
  form: Form;
  /** All rows were asked before. */
  settled: boolean;
}

/** Columns that one question looks at: each costs a few expressions. */
const AT_ONCE = 200;

/**
 * Settles the form of each column over all rows of `from`, where every cell is text, starting from what the first lines look
 * like. Each pass asks of the columns that are not settled for a cell that has another form; a text needs no pass, since every
 * cell is one. Returns the number of rows.
 */
export async function decideForms(
  connection: DuckDBConnection,
  from: string,
  columns: SpeltColumn[],
  known: number | undefined,
): Promise<number> {
  // Every row is looked at once even where all is text: what is no table must not be found out halfway through an answer.
  let rows = known;
  let open = columns.filter(({ form, settled }) => form.is !== 'text' && !settled);
  while (rows === undefined || open.length > 0) {
    const next: SpeltColumn[] = [];
    for (let at = 0; rows === undefined || at < open.length; at += AT_ONCE) {
      const some = open.slice(at, at + AT_ONCE);
      const found = await exceptions(connection, from, some);
      rows ??= found.rows;
      for (const [i, column] of some.entries()) {
        const cell = found.cells[i];
        if (cell === undefined) continue;
        const wider = join(column.form, formOf(cell));
        if (JSON.stringify(wider) !== JSON.stringify(column.form)) {
          column.form = wider;
          if (wider.is !== 'text') next.push(column);
        } else column.form = await printed(connection, from, column);
      }
    }
    open = next;
  }
  // Only gaps, or none but NaN: nothing says that it is a number.
  for (const column of columns) if (typeOf(column.form) === 'VARCHAR') column.form = { is: 'text' };
  return rows;
}

/** For each column one cell that is not of its form. */
async function exceptions(
  connection: DuckDBConnection,
  from: string,
  columns: readonly SpeltColumn[],
): Promise<{ rows: number; cells: Array<string | undefined> }> {
  const wanted = columns.map(({ name, form }) => {
    const c = identifier(name);
    const other = form.is === 'none' || form.is === 'special' ? 'true' : `(${holds(form, c)}) is not true`;
    const special = form.is === 'special' ? ` and ${c} not in ('NaN', 'nan')` : '';
    return `any_value(${c}) filter (where ${c} <> '' and ${other}${special})`;
  });
  const [row = []] = await read(connection, `select ${['count(*)', ...wanted].join(', ')} from ${from}`);
  return {
    rows: Number(row[0]),
    cells: row.slice(1).map((cell) => (typeof cell === 'string' ? cell : undefined)),
  };
}

/** Numbers that are not spelt in the shortest way are looked at one by one, up to the first that a double does not keep. */
async function printed(
  connection: DuckDBConnection,
  from: string,
  { name, form }: SpeltColumn,
): Promise<Form> {
  if (form.is !== 'number') return { is: 'text' };
  const c = identifier(name);
  const result = await connection.stream(
    `select ${c} from ${from} where ${c} <> '' and (${holds(form, c)}) is not true`,
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    const rows = chunk?.rowCount ?? 0; // a native call
    if (!chunk || rows === 0) return { is: 'number' };
    const cells = chunk.getColumnVector(0);
    for (let i = 0; i < rows; i++) {
      const cell = String(cells.getItem(i));
      if (join(form, formOf(cell)).is !== 'number' || !isExact(cell)) return { is: 'text' };
    }
  }
}
