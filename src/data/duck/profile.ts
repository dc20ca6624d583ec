import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile } from '../contract.ts';
import { describe, identifier, read, readTable } from '../../tables/index.ts';
import type { Profiled, Source } from './protocol.ts';

/** A text table up to this is read once into memory; a larger one is read again for every question. */
const INTO_MEMORY = 128 * 1024 * 1024;
const BINS = 20;
const TOP = 10;
/** Above this share of distinct values "the most frequent" says nothing. */
const MOSTLY_DISTINCT = 0.9;
const COLUMNS_AT_ONCE = 40;

interface Column {
  name: string;
  type: string;
}

const isNumber = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type);
const isFloat = (type: string): boolean => type === 'FLOAT' || type === 'DOUBLE';
const isNested = (type: string): boolean => /^(STRUCT|MAP|UNION)|\]$/.test(type);

export async function profile(connection: DuckDBConnection, source: Source, size: number): Promise<Profiled> {
  const { typed } = await readTable(connection, source);
  await connection.run(`create view source as select * from ${typed}`);
  const table =
    source.some(({ format }) => format !== 'parquet') && size <= INTO_MEMORY ? 'loaded' : 'source';
  if (table === 'loaded') await connection.run('create table loaded as select * from source');
  const columns = await describe(connection, table);
  const rows = Number((await read(connection, `select count(*) from ${table}`))[0]![0]);
  const profiles: ColumnProfile[] = [];
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    for (const one of await summarise(connection, table, some, rows)) profiles.push(one);
  }
  for (const one of profiles) await addShape(connection, table, one, rows);
  return { rows, columns: profiles };
}

/** Counts, extremes and moments of some columns in one pass. */
async function summarise(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
  rows: number,
): Promise<ColumnProfile[]> {
  const wanted = columns.map(({ name, type }) => {
    const c = identifier(name);
    const plain = isNested(type) ? `${c}::varchar` : c;
    const finite = isFloat(type) ? ` filter (where isfinite(${c}))` : '';
    return [
      `count(${c})`,
      `approx_count_distinct(${plain})`,
      isNested(type) || type === 'BLOB' ? 'null' : `left(min(${c})::varchar, 200)`,
      isNested(type) || type === 'BLOB' ? 'null' : `left(max(${c})::varchar, 200)`,
      isNumber(type) ? `avg(${c}::double)${finite}` : 'null',
      isNumber(type) ? `stddev_samp(${c}::double)${finite}` : 'null',
      isNumber(type) ? `approx_quantile(${c}::double, [0.05, 0.25, 0.5, 0.75, 0.95])${finite}` : 'null',
    ].join(', ');
  });
  let values: unknown[];
  try {
    values = (await read(connection, `select ${wanted.join(', ')} from ${table}`))[0] ?? [];
  } catch (error) {
    // One column of wild values (a variance beyond a double) must not cost the others their figures.
    if (columns.length > 1) {
      const each = [];
      for (const column of columns) each.push(...(await summarise(connection, table, [column], rows)));
      return each;
    }
    if (!/out of range/i.test(error instanceof Error ? error.message : '')) throw error;
    const c = identifier(columns[0]!.name);
    values =
      (
        await read(
          connection,
          `select count(${c}), approx_count_distinct(${c}), min(${c})::varchar, max(${c})::varchar, null, null, null from ${table}`,
        )
      )[0] ?? [];
  }
  return columns.map(({ name, type }, i) => {
    const [count, distinct, min, max, mean, std, quantiles] = values.slice(i * 7, i * 7 + 7);
    return {
      name,
      type,
      nulls: rows - Number(count),
      distinct: Math.min(Number(distinct), Number(count)),
      ...(typeof min === 'string' ? { min } : {}),
      ...(typeof max === 'string' ? { max } : {}),
      ...(typeof mean === 'number' ? { mean } : {}),
      ...(typeof std === 'number' ? { std } : {}),
      ...(Array.isArray(quantiles) && quantiles.every((q) => typeof q === 'number') ? { quantiles } : {}),
    };
  });
}

/** The histogram of a numeric column, the most frequent values of the others and of numbers with few values. */
async function addShape(
  connection: DuckDBConnection,
  table: string,
  column: ColumnProfile,
  rows: number,
): Promise<void> {
  const c = identifier(column.name);
  if (isNumber(column.type)) {
    const finite = isFloat(column.type) ? `isfinite(${c})` : `${c} is not null`;
    const [lo, hi] = ((
      await read(connection, `select min(${c}::double), max(${c}::double) from ${table} where ${finite}`)
    )[0] ?? []) as Array<number | null>;
    if (typeof lo === 'number' && typeof hi === 'number' && Number.isFinite(hi - lo)) {
      const width = (hi - lo) / BINS;
      const bin =
        width > 0
          ? `least(${BINS - 1}, greatest(0, floor((${c}::double - ${lo}::double) / ${width}::double)::int))`
          : '0';
      const found = await read(
        connection,
        `select ${bin} as bin, count(*) from ${table} where ${finite} group by 1`,
      );
      const counts = Array.from({ length: width > 0 ? BINS : 1 }, () => 0);
      for (const [at, count] of found) counts[Number(at)] = Number(count);
      column.histogram = {
        edges: Array.from({ length: counts.length + 1 }, (_, i) =>
          i === counts.length ? hi : lo + i * width,
        ),
        counts,
      };
    }
  }
  const few = column.distinct <= 50;
  const telling = !isNumber(column.type) && (rows < 1000 || column.distinct < rows * MOSTLY_DISTINCT);
  if (isNested(column.type) || column.type === 'BLOB' || !(few || telling)) return;
  const sql = `select left(${c}::varchar, 200), count(*) as n from ${table} where ${c} is not null group by ${c} order by n desc, 1 limit ${TOP}`;
  column.top = (await read(connection, sql)).map(([value, count]) => ({
    value: String(value),
    count: Number(count),
  }));
}
