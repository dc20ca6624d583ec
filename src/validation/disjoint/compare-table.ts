import type { DuckDBConnection } from '@duckdb/node-api';
import type { ComparedTable } from '../data/protocol.ts';
import type { Relation } from '../data/relations.ts';
import { readOne } from '../data/sandbox.ts';
import { prepared, rowKeys } from './canonical.ts';
import { digestOf, sumsOf, type RowsDigest } from './digest.ts';
import { findExact } from './find-exact.ts';
import { findNear, nearBuckets, tellingFirst } from './find-near.ts';
import { gateKey, type Gate } from './gate.ts';
import { byName, fractional, pairsOf, unkeyed, type Pair } from './pairs.ts';
import { keyed } from './training-keys.ts';

/** Below this share of distinct rows whole rows repeat so much that a second one says nothing. */
const WEAK = 0.9;
/** A moment tells rows apart that agree in all else: then it takes more repeats to say nothing. */
const WEAK_WITH_TIME = 0.5;

/** Compares the gate with one table after the other; what is known of the gate's rows is kept for tables of the same columns. */
export function createComparer(
  connection: DuckDBConnection,
  gate: Gate,
  key: readonly string[] | null,
): (
  relation: Relation,
  source: number,
  certain: boolean,
) => Promise<{ digest: RowsDigest; table: ComparedTable }> {
  let held: { signature: string; distinct: number } | undefined;

  /** Table `identified (r, h1, h2, k0, k1 …)`: the gate's rows by their identity. Returns how many are distinct. */
  async function identify(identity: readonly Pair[]): Promise<number> {
    const signature = JSON.stringify(identity.map(({ name, plain }) => [name, plain]));
    if (held?.signature === signature) return held.distinct;
    const names = identity.map((_, i) => `k${i}`);
    const { h1, h2 } = rowKeys(names);
    const keys = identity.map(({ name, plain }, i) => `${gateKey(gate, name, plain)} as k${i}`);
    // Where a key is declared, a row without one has no identity.
    const some = key ? `where ${names.map((name) => `${name} <> hash(null)`).join(' and ')}` : '';
    await connection.run(
      `create or replace table identified as select r, ${h1} as h1, ${h2} as h2, ${names.join(', ')} from (select r, ${keys.join(', ')} from gate_key) ${some}`,
    );
    const [distinct] = await readOne(
      connection,
      'select count(*) from (select distinct h1, h2 from identified)',
    );
    held = { signature, distinct: Number(distinct) };
    return held.distinct;
  }

  return async (relation, source, certain) => {
    const shared = pairsOf(gate.columns, relation.columns, gate.spelling);
    const missing = (key ?? []).filter((name) => !shared.some((pair) => pair.name === name));
    const byKey = key !== null && missing.length === 0;
    const identity = byKey ? shared.filter(({ name }) => key.includes(name)) : shared;
    const table: ComparedTable = {
      files: relation.files.map(({ shown }) => shown),
      rows: 0,
      identity: identity.map(({ name }) => name),
      state: 'incomparable',
      distinct_share: 1,
      weak: false,
      overlapping: 0,
      unkeyed: 0,
      near: 'none',
    };
    const apart = async (state: 'aside' | 'incomparable', reason: string) => {
      const digest = await digestOf(connection, relation.columns, relation.sql);
      if (digest.rows === 0)
        return { digest, table: { ...table, state: 'aside' as const, reason: 'it has no rows' } };
      return { digest, table: { ...table, rows: digest.rows, state, reason } };
    };
    if (identity.length === 0) {
      const other = await apart('incomparable', "it shares no column with the gate's data");
      // Settings and the like: one record is no table of rows.
      return other.digest.rows === 1
        ? { ...other, table: { ...other.table, state: 'aside', reason: 'it is one record of other fields' } }
        : other;
    }
    table.distinct_share = (await identify(identity)) / gate.rows;
    if (!byKey) {
      const time = identity.some((pair) => isInstant(pair.gate) || isInstant(pair.training));
      table.weak = table.distinct_share < (time ? WEAK_WITH_TIME : WEAK);
      // A table of stations beside one of flights: what both share names many flights, so its rows are none.
      if (table.weak && shared.length * 2 < gate.columns.length)
        return apart(
          'aside',
          `it shares only ${table.identity.join(', ')} with the gate's data, which no row of that is known by`,
        );
      if (missing.length > 0)
        return apart(
          'incomparable',
          `it has no column ${missing.map((name) => `'${name}'`).join(', ')} of the key`,
        );
    }
    const near = await tellingFirst(connection, await fractional(connection, relation, identity));
    const buckets = nearBuckets(identity, near);
    const whole = !byKey && isWhole(relation, identity);
    const rows = await keyed(connection, relation, identity, near.length > 0 ? buckets : undefined, whole);
    const digest = whole
      ? await sumsOf(connection, relation.columns, '(select h1 as d1, h2 as d2 from training)')
      : await sumsOf(connection, relation.columns, 'training');
    table.rows = digest.rows;
    if (digest.rows === 0) return { digest, table: { ...table, state: 'aside', reason: 'it has no rows' } };
    if (byKey)
      table.unkeyed = Number(
        (
          await readOne(
            connection,
            `select count(*) from ${prepared(relation.columns, relation.sql)} where ${unkeyed(identity)}`,
          )
        )[0],
      );
    table.state = 'compared';
    const search = { connection, rows, identity, source, decides: certain && !table.weak };
    await findExact(search);
    if (near.length > 0) table.near = (await findNear(search, near, buckets)) ? 'searched' : 'too-alike';
    const [overlapping] = await readOne(
      connection,
      `select count(distinct r) from hit where source = ${source}`,
    );
    table.overlapping = Number(overlapping);
    return { digest, table };
  };
}

const isInstant = ({ type }: { type: string }): boolean => /^(DATE|TIMESTAMP)/.test(type);

/** The identity's keys are those of the digest as well: all columns of the table, each compared by its value. */
const isWhole = (relation: Relation, identity: readonly Pair[]): boolean =>
  identity.length === relation.columns.length &&
  identity.every(({ plain }) => !plain) &&
  byName(relation.columns).every(({ name }, i) => name === identity[i]!.name);
