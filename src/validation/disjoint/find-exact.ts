import type { DuckDBConnection } from '@duckdb/node-api';
import { readOne } from '../../tables/inside.ts';
import { prepared, shownOf } from './canonical.ts';
import type { Pair } from './pairs.ts';
import type { KeyedRows } from './training-keys.ts';

export interface Search {
  connection: DuckDBConnection;
  rows: KeyedRows;
  identity: readonly Pair[];
  source: number;
  /** Which table of the source. */
  part: number;
  /** Whether what is found by this identity decides. */
  decides: boolean;
}

/** Rows of equal keys, then of equal canonical values: the keys only say where to look. */
export async function findExact({
  connection,
  rows,
  identity,
  source,
  part,
  decides,
}: Search): Promise<void> {
  // One training row of each identity will do: all of them have the same canonical values.
  await connection.run(
    `create or replace table matched as select t.h1, t.h2, ${(await hasPlaces(connection)) ? 'min(t.t)' : '0'} as t from training t semi join identified i on i.h1 = t.h1 and i.h2 = t.h2 group by t.h1, t.h2`,
  );
  const [found] = await readOne(connection, 'select count(*) from matched');
  if (Number(found) === 0) return;
  const shown = (side: 'gate' | 'training'): string[] =>
    identity.map((pair) => shownOf(pair[side], pair.plain));
  await connection.run(
    `create or replace table candidate as select h1, h2, ${identity.map((_, i) => `first(v${i}) as v${i}`).join(', ')} from (${rows.values(shown('training'), { table: 'matched', by: 'h1' })}) group by h1, h2`,
  );
  const some =
    '(select * from gate where __r in (select r from identified where h1 in (select h1 from matched)))';
  const rowsOf = prepared(
    identity.map(({ gate }) => gate),
    some,
  );
  await connection.run(
    `insert into hit select i.r, ${source}, ${decides}, false, ${part} from identified i
     join candidate t on t.h1 = i.h1 and t.h2 = i.h2
     join (select __r as r, ${shown('gate')
       .map((value, i) => `${value} as v${i}`)
       .join(', ')} from ${rowsOf}) g on g.r = i.r
     where ${identity.map((_, i) => `g.v${i} is not distinct from t.v${i}`).join(' and ')}`,
  );
}

/** Whether the rows of `training` have places to find them by. */
export async function hasPlaces(connection: DuckDBConnection): Promise<boolean> {
  const [found] = await readOne(
    connection,
    "select count(*) from duckdb_columns() where table_name = 'training' and column_name = 't'",
  );
  return Number(found) > 0;
}
