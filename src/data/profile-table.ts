import type { DuckDBConnection } from '@duckdb/node-api';
import { answerer, describe, identifier, read, readTable } from '../tables/inside.ts';
import type { ColumnProfile } from './contract.ts';
import { PROFILE_TABLE } from './profile-question.ts';

/** A text table up to this is read once into memory; a larger one is read again for every question. */
const INTO_MEMORY = 128 * 1024 * 1024;
const BINS = 20;
const TOP = 10;
/** Above this share of distinct values "the most frequent" says nothing. */
const MOSTLY_DISTINCT = 0.9;
const COLUMNS_AT_ONCE = 20;
/** Up to so many rows every figure is exact. Above, what would need all values at once is estimated, and says how well. */
const EXACT_ROWS = 1_000_000;
/** Distinct values of a larger table that are counted one by one; of more, a known share is. */
const COUNTED = 100_000;
/** Distinct values that one question holds in memory. */
const COUNTED_AT_ONCE = 4_000_000;
/** Rows whose quantiles stand for those of a larger table. */
const SAMPLE = 200_000;
const QUANTILES = '[0.05, 0.25, 0.5, 0.75, 0.95]';

interface Column {
  name: string;
  type: string;
}

const isNumber = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type);
const isFloat = (type: string): boolean => type === 'FLOAT' || type === 'DOUBLE';
const isNested = (type: string): boolean => /^(STRUCT|MAP|UNION)|\]$/.test(type);

export const profileAnswer = answerer(PROFILE_TABLE, async (connection, { table: files, size }) => {
  const { typed } = await readTable(connection, files);
  await connection.run(`create view source as select * from ${typed}`);
  const table = files.some(({ format }) => format !== 'parquet') && size <= INTO_MEMORY ? 'loaded' : 'source';
  if (table === 'loaded') await connection.run('create table loaded as select * from source');
  const columns = await describe(connection, table);
  const rows = Number((await read(connection, `select count(*) from ${table}`))[0]![0]);
  const profiles: ColumnProfile[] = [];
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    for (const one of await summarise(connection, table, some, rows)) profiles.push(one);
  }
  await countDistinct(connection, table, profiles, rows);
  if (rows > EXACT_ROWS) await sampleQuantiles(connection, table, profiles);
  for (const one of profiles) await addShape(connection, table, one, rows);
  return { rows, columns: profiles };
});

const finiteOnly = (c: string, type: string): string =>
  isFloat(type) ? ` filter (where isfinite(${c}))` : '';

/**
 * Counts distinct values by their hashes: all of them where they are few, else those that end in so many zero bits. Each value
 * does so with a known chance, so the count of these says how many there are and how far off that may be.
 */
async function countDistinct(
  connection: DuckDBConnection,
  table: string,
  columns: readonly ColumnProfile[],
  rows: number,
): Promise<void> {
  // The first guess is a few percent off, which is good enough to plan by.
  const planned = columns.map((column) => {
    const most = Math.min(column.distinct * 1.3, rows - column.nulls);
    const bits = rows <= EXACT_ROWS || most <= COUNTED ? 0 : Math.ceil(Math.log2(most / COUNTED));
    return { column, bits, held: most / 2 ** bits };
  });
  while (planned.length > 0) {
    const some = [planned.shift()!];
    for (let sum = some[0]!.held; planned.length > 0 && some.length < COLUMNS_AT_ONCE;) {
      sum += planned[0]!.held;
      if (sum > COUNTED_AT_ONCE) break;
      some.push(planned.shift()!);
    }
    const wanted = some.map(({ column: { name, type }, bits }) => {
      const c = identifier(name);
      const hash = `hash(${isNested(type) ? `${c}::varchar` : c})`;
      const share = bits === 0 ? '' : ` and ${hash} & ${2 ** bits - 1}::ubigint = 0`;
      return `count(distinct ${hash}) filter (where ${c} is not null${share})`;
    });
    const [counts = []] = await read(connection, `select ${wanted.join(', ')} from ${table}`);
    for (const [i, { column, bits }] of some.entries()) {
      const found = Number(counts[i]);
      column.distinct = Math.min(found * 2 ** bits, rows - column.nulls);
      if (bits > 0) column.distinct_error = Math.ceil(2 * Math.sqrt(found * (1 - 2 ** -bits)) * 2 ** bits);
    }
  }
}

/** Of a sample, whose quantiles are off in rank by its size alone. */
async function sampleQuantiles(
  connection: DuckDBConnection,
  table: string,
  columns: readonly ColumnProfile[],
): Promise<void> {
  const numeric = columns.filter(({ type, mean }) => isNumber(type) && mean !== undefined);
  for (let at = 0; at < numeric.length; at += COLUMNS_AT_ONCE) {
    const some = numeric.slice(at, at + COLUMNS_AT_ONCE);
    const names = some.map(({ name }) => identifier(name));
    const wanted = some.map(
      ({ type }, i) => `quantile_cont(${names[i]}::double, ${QUANTILES})${finiteOnly(names[i]!, type)}`,
    );
    const [found = []] = await read(
      connection,
      `select ${wanted.join(', ')} from (select ${names.join(', ')} from ${table} using sample reservoir(${SAMPLE} rows))`,
    );
    for (const [i, column] of some.entries()) {
      const quantiles = numbersOf(found[i]);
      if (!quantiles) continue;
      column.quantiles = quantiles;
      column.quantiles_error = Number((1 / Math.sqrt(SAMPLE)).toPrecision(2));
    }
  }
}

const numbersOf = (value: unknown): number[] | undefined =>
  Array.isArray(value) && value.every((one): one is number => typeof one === 'number') ? value : undefined;

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
    const finite = finiteOnly(c, type);
    return [
      `count(${c})`,
      `approx_count_distinct(${plain})`,
      isNested(type) || type === 'BLOB' ? 'null' : `left(min(${c})::varchar, 200)`,
      isNested(type) || type === 'BLOB' ? 'null' : `left(max(${c})::varchar, 200)`,
      isNumber(type) ? `avg(${c}::double)${finite}` : 'null',
      isNumber(type) ? `stddev_samp(${c}::double)${finite}` : 'null',
      isNumber(type) && rows <= EXACT_ROWS ? `quantile_cont(${c}::double, ${QUANTILES})${finite}` : 'null',
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
    const [count, distinct, min, max, mean, std, all] = values.slice(i * 7, i * 7 + 7);
    const quantiles = numbersOf(all);
    return {
      name,
      type,
      nulls: rows - Number(count),
      distinct: Math.min(Number(distinct), Number(count)),
      ...(typeof min === 'string' ? { min } : {}),
      ...(typeof max === 'string' ? { max } : {}),
      ...(typeof mean === 'number' ? { mean } : {}),
      ...(typeof std === 'number' ? { std } : {}),
      ...(quantiles ? { quantiles } : {}),
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
