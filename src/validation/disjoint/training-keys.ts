import type { DuckDBConnection } from '@duckdb/node-api';
import type { Relation } from '../data/relations.ts';
import { keyOf, prepared, rowKeys } from './canonical.ts';
import { byName, trainingKey, type Pair } from './pairs.ts';

/** The rows that training read, by their keys in table `training`, and how to have the values of some of them. */
export interface KeyedRows {
  /**
   * A statement of the chosen rows with these columns and `h1`, `h2` (and `hc`). `chosen` is a table with the row's place `t`
   * where the format has places, and with the keys otherwise.
   */
  values(columns: readonly string[], chosen: { table: string; by: 'h1' | 'hc' }): string;
}

/**
 * Reads a table once and keeps 128 bits a row: everything after that is asked of them. `hc`: the key of what may be near;
 * `whole`: the identity's keys are the digest's too.
 */
export async function keyed(
  connection: DuckDBConnection,
  relation: Relation,
  identity: readonly Pair[],
  buckets: readonly string[] | undefined,
  whole: boolean,
): Promise<KeyedRows> {
  const place = placeOf(relation);
  const keys = identity.map((pair, i) => `${trainingKey(pair)} as k${i}`);
  const { h1, h2 } = rowKeys(identity.map((_, i) => `k${i}`));
  const near = buckets?.map((bucket, i) => `${bucket} as b${i}`) ?? [];
  const hc = buckets ? [`hash(${['3', ...buckets.map((_, i) => `b${i}`)].join(', ')}) as hc`] : [];
  const own = whole ? [] : byName(relation.columns);
  const digest = rowKeys(own.map((_, i) => `d${i}`));
  const sums = whole ? [] : [`${digest.h1} as d1`, `${digest.h2} as d2`];
  const wanted = [`${h1} as h1`, `${h2} as h2`, ...hc, ...sums];
  const inner = [...keys, ...near, ...own.map((column, i) => `${keyOf(column)} as d${i}`)];
  const rows = prepared(relation.columns, relation.sql, place === undefined ? [] : [`${place} as __t`]);
  await connection.run(
    `create or replace table training as select ${[...wanted, ...(place === undefined ? [] : ['t'])].join(', ')} from (select ${[...inner, ...(place === undefined ? [] : ['__t as t'])].join(', ')} from ${rows})`,
  );
  return {
    values(columns, { table, by }) {
      const names = columns.map((_, i) => `v${i}`);
      const values = columns.map((column, i) => `${column} as v${i}`);
      if (place !== undefined) {
        const some = `(select *, ${place} as __t from ${relation.sql} where ${place} in (select t from ${table}))`;
        return `select ${['h1', 'h2', ...(by === 'hc' ? ['hc'] : []), 'x.t', ...names].join(', ')} from (select ${[...values, '__t as t'].join(', ')} from ${prepared(relation.columns, some)}) x join training k on k.t = x.t`;
      }
      // Text has no places: its rows are found by their keys once more.
      return `select ${['h1', 'h2', ...(by === 'hc' ? ['hc'] : []), '0 as t', ...names].join(', ')} from (select ${[`${h1} as h1`, `${h2} as h2`, ...hc, ...names].join(', ')} from (select ${[...keys, ...near, ...values].join(', ')} from ${rows})) where ${by} in (select ${by} from ${table})`;
    },
  };
}

/** Where a row stands, as one number: in which of the files, and where in it. */
function placeOf({ format, columns }: Relation): string | undefined {
  const taken = columns.some(({ name }) => /^(file_index|file_row_number)$/i.test(name));
  return format === 'parquet' && !taken ? '(file_index::bigint << 40) + file_row_number' : undefined;
}
