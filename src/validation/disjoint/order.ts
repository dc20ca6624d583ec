import type { DuckDBConnection } from '@duckdb/node-api';
import type { OrderFound } from '../data/protocol.ts';
import type { Relation } from '../data/relations.ts';
import { readOne, TableFault } from '../../tables/inside.ts';
import { instantOf, numberOf, prepared } from './canonical.ts';
import { columnOf, type Gate } from './gate.ts';

/** Collects the last moment that training read, table by table, and then looks which rows of the gate are not later. */
export interface Order {
  /** `certain`: its rows were read as they are. Of others only the lack of later ones says something. */
  look(relation: Relation, source: number, certain: boolean): Promise<void>;
  found(): Promise<OrderFound>;
}

export async function createOrder(connection: DuckDBConnection, gate: Gate, name: string): Promise<Order> {
  const column = columnOf(gate.columns, name, 'time');
  const [instants, numbers, first, least] = await readOne(
    connection,
    `select count(${instantOf(column)}), count(${numberOf(column)}), min(${instantOf(column)})::varchar, min(${numberOf(column)}) from ${prepared([column], 'gate')}`,
  );
  if (Number(instants) === 0 && Number(numbers) === 0)
    throw new TableFault({
      code: 'column',
      field: 'time',
      message: `the column '${name}' of the gate's data holds no dates and no numbers`,
      hint: 'name a column of dates, ISO texts such as 2001-05-31, or numbers that grow with time',
    });
  const dates = Number(instants) >= Number(numbers);
  const value = dates ? instantOf : numberOf;
  const undecided: OrderFound['undecided'] = [];
  let last: bigint | number | undefined;
  return {
    async look(relation, source, certain) {
      const other = relation.columns.find((one) => one.name === name);
      if (!other) {
        undecided.push({ source, reason: `it has no column '${name}' to tell the order by` });
        return;
      }
      const [count, latest] = await readOne(
        connection,
        `select count(${value(other)}), max(${value(other)})::varchar from ${prepared([other], relation.sql)}`,
      );
      if (Number(count) === 0 || typeof latest !== 'string') {
        undecided.push({ source, reason: `its column '${name}' holds no ${dates ? 'dates' : 'numbers'}` });
        return;
      }
      const at = dates ? BigInt(latest) : Number(latest);
      const earliest = dates ? BigInt(String(first)) : Number(least);
      if (!certain && at >= earliest)
        undecided.push({ source, reason: `it goes on after the gate's first '${name}'` });
      else if (last === undefined || at > last) last = at;
    },
    async found() {
      const shown = (at: bigint | number): string => (typeof at === 'bigint' ? instant(at) : String(at));
      const gateFirst = dates ? shown(BigInt(String(first))) : shown(Number(least));
      if (last === undefined) return { column: name, gate_first: gateFirst, early_rows: 0, undecided };
      const limit = dates ? `${last}::bigint` : `${last}::double`;
      const [early] = await readOne(
        connection,
        // A row without a moment is not shown to be later.
        `select count(*) from ${prepared([column], 'gate')} where coalesce(${value(column)} <= ${limit}, true)`,
      );
      return {
        column: name,
        training_last: shown(last),
        gate_first: gateFirst,
        early_rows: Number(early),
        undecided,
      };
    },
  };
}

/** Microseconds since 1970 as ISO text, without a fraction where there is none. */
function instant(us: bigint): string {
  const ms = Number(us / 1000n);
  if (Math.abs(ms) > 8.64e15) return `${us} µs since 1970`;
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
