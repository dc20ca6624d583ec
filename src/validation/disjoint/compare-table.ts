import type { DuckDBConnection } from '@duckdb/node-api';
import type { ComparedTable, DisjointRequest } from '../data/protocol.ts';
import type { Relation } from '../data/relations.ts';
import { readOne } from '../../tables/inside.ts';
import { prepared, rowKeys } from './canonical.ts';
import { digestOf, sumsOf, type RowsDigest } from './digest.ts';
import { findExact } from './find-exact.ts';
import { dropNamesakes } from './find-files.ts';
import { findNear, nearBuckets, tellingFirst } from './find-near.ts';
import { countRepeats, expectedByChance, gateChance, identifies, type Repeats } from './chance.ts';
import { gateKey, type Gate } from './gate.ts';
import { byName, fractional, pairsOf, trainingKey, unkeyed, type Pair } from './pairs.ts';
import { sameForm } from './same-form.ts';
import { findSimilar } from './similar.ts';
import { suspicions } from './suspicions.ts';
import { keyed } from './training-keys.ts';
import { unlike } from './unlike.ts';

/** Compares the gate with one table after the other; what is known of the gate's rows is kept for tables of the same columns. */
export function createComparer(
  connection: DuckDBConnection,
  gate: Gate,
  declared: Pick<DisjointRequest, 'key' | 'time' | 'label'>,
): (
  relation: Relation,
  at: { source: number; part: number; byBytes: boolean },
  certain: boolean,
) => Promise<{ digest: RowsDigest; table: ComparedTable }> {
  const { key } = declared;
  let held: { signature: string; repeats: Repeats & { distinct: number } } | undefined;

  /**
   * Table `identified (r, h1, h2, k0, k1 …)`: the gate's rows by their identity, and `repeat (n, times)`: how many identities
   * have n rows.
   */
  async function identify(identity: readonly Pair[]): Promise<Repeats & { distinct: number }> {
    const signature = JSON.stringify(identity.map(({ name, plain }) => [name, plain]));
    if (held?.signature === signature) return held.repeats;
    const names = identity.map((_, i) => `k${i}`);
    const { h1, h2 } = rowKeys(names);
    const keys = identity.map(({ name, plain }, i) => `${gateKey(gate, name, plain)} as k${i}`);
    // Where a key is declared, a row without one has no identity.
    const some = key ? `where ${names.map((name) => `${name} <> hash(null)`).join(' and ')}` : '';
    await connection.run(
      `create or replace table identified as select r, ${h1} as h1, ${h2} as h2, ${names.join(', ')} from (select r, ${keys.join(', ')} from gate_key) ${some}`,
    );
    await connection.run(
      'create or replace table repeat as select n, count(*) as times from (select count(*) as n from identified group by h1, h2) group by n',
    );
    const [rows, distinct, singles] = (
      await readOne(
        connection,
        'select coalesce(sum(n * times), 0)::double, coalesce(sum(times), 0)::double, coalesce(sum(times) filter (where n = 1), 0)::double from repeat',
      )
    ).map(Number) as [number, number, number];
    held = { signature, repeats: { rows, distinct, singles } };
    return held.repeats;
  }

  return async (relation, { source, part, byBytes }, certain) => {
    const shared = pairsOf(gate.columns, relation.columns, gate.spelling);
    const missing = (key ?? []).filter((name) => !shared.some((pair) => pair.name === name));
    const byKey = key !== null && missing.length === 0;
    const named = byKey ? shared.filter(({ name }) => key.includes(name)) : shared;
    const { same: identity, other } = await sameForm(connection, relation, named);
    const table: ComparedTable = {
      files: relation.files.map(({ shown }) => shown),
      rows: 0,
      identity: identity.map(({ name }) => name),
      otherwise: other.map(({ column, reason }) => ({ column, reason })),
      state: 'incomparable',
      distinct_share: 1,
      weak: false,
      overlapping: 0,
      unkeyed: 0,
      near: 'none',
      suspicions: [],
    };
    const apart = async (state: 'aside' | 'incomparable', reason: string) => {
      const digest = await digestOf(connection, relation.columns, relation.sql);
      if (digest.rows === 0)
        return { digest, table: { ...table, state: 'aside' as const, reason: 'it has no rows' } };
      return { digest, table: { ...table, rows: digest.rows, state, reason } };
    };
    if (shared.length === 0) {
      const apartFrom = await apart('incomparable', "it shares no column with the gate's data");
      // Settings and the like: one record is no table of rows, unless rows lie in its fields.
      return apartFrom.digest.rows === 1 && isRecord(relation, gate)
        ? {
            ...apartFrom,
            table: { ...apartFrom.table, state: 'aside', reason: 'it is one record of other fields' },
          }
        : apartFrom;
    }
    if (missing.length > 0 && !(await looksUp(relation, shared)))
      return apart(
        'incomparable',
        `it has no column ${missing.map((name) => `'${name}'`).join(', ')} of the key`,
      );
    if (byKey ? other.length > 0 : identity.length === 0)
      return apart(
        'incomparable',
        `${byKey ? 'of the key' : 'of the columns that both have'}, ${other.map(({ column, reason }) => `'${column}' cannot be compared: ${reason}`).join('; ')}`,
      );
    const repeats = await identify(identity);
    table.distinct_share = repeats.distinct / gate.rows;
    // A table of stations beside one of flights: what both share names many flights, so its rows are none.
    if (!byKey && (await looksUp(relation, identity)))
      return apart(
        'aside',
        `it is a look-up table by ${table.identity.join(', ')}, which many rows of the gate's data share`,
      );
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
    const search = { connection, rows, identity, source, part, decides: certain };
    await findExact(search);
    if (near.length > 0) table.near = (await findNear(search, near, buckets)) ? 'searched' : 'too-alike';
    if (byBytes) await dropNamesakes(connection, source);
    const [overlapping] = await readOne(
      connection,
      `select count(distinct r) from hit where source = ${source} and part = ${part}`,
    );
    table.overlapping = Number(overlapping);
    if (!byKey) {
      table.expected = expectedByChance(
        repeats,
        await countRepeats(connection, 'training', digest.rows),
        await gateChance(connection, repeats.rows, digest.rows),
        table.overlapping,
      );
      table.weak = !identifies(table.overlapping, table.expected, gate.rows);
      if (table.weak)
        await connection.run(`update hit set decides = false where source = ${source} and part = ${part}`);
    }
    if (certain) {
      const inForm = byKey ? await sameForm(connection, relation, shared) : { same: identity, other };
      table.suspicions = [
        ...(await suspicions(connection, gate, relation, inForm.same, digest.rows, declared)),
        ...(await unlike(connection, gate, relation, shared, declared)),
      ];
      const rescaled = shared.filter(({ name }) =>
        inForm.other.some(({ column, rescaled: is }) => is === true && column === name),
      );
      const similar = await findSimilar(
        connection,
        relation,
        { same: inForm.same, rescaled },
        { source, part, rows: digest.rows },
      );
      if (similar) table.similar = similar;
    }
    return { digest, table };
  };

  /** Each value once in it, and most of the gate's rows share theirs with others. */
  async function looksUp(relation: Relation, pairs: readonly Pair[]): Promise<boolean> {
    if (pairs.length * 2 >= gate.columns.length) return false;
    const { rows, singles } = await identify(pairs);
    if (singles > rows * MOST_ALONE) return false;
    const keys = pairs.map((pair, i) => `${trainingKey(pair)} as k${i}`).join(', ');
    const names = pairs.map((_, i) => `k${i}`).join(', ');
    const [repeated] = await readOne(
      connection,
      `select count(*) from (select ${names} from (select ${keys} from ${prepared(relation.columns, relation.sql)}) group by all having count(*) > 1 limit 1)`,
    );
    return Number(repeated) === 0;
  }
}

/** Above this share of rows that stand alone by some columns, these tell rows apart rather than look something up. */
const MOST_ALONE = 0.5;

/** One record: no list of records or lists in it, and no field with the name of a column of the gate. */
const isRecord = (relation: Relation, gate: Gate): boolean =>
  relation.columns.every(
    ({ type }) =>
      !/STRUCT\(.*\)\[\]|\[\]\[\]|MAP\(|JSON/s.test(type) &&
      !gate.columns.some(
        ({ name }) =>
          type.includes(`"${name}" `) || type.includes(`(${name} `) || type.includes(`, ${name} `),
      ),
  );

/** The identity's keys are those of the digest as well: all columns of the table, each compared by its value. */
const isWhole = (relation: Relation, identity: readonly Pair[]): boolean =>
  identity.length === relation.columns.length &&
  identity.every(({ plain }) => !plain) &&
  byName(relation.columns).every(({ name }, i) => name === identity[i]!.name);
