import type { Verdict } from '../contract.ts';
import type { DisjointAnswer } from '../data/protocol.ts';
import type { TableSource, UnreadSource } from '../data/table-source.ts';

interface Evidence {
  gate: TableSource;
  found: DisjointAnswer;
  unread: readonly UnreadSource[];
  sources: readonly TableSource[];
  key: readonly string[] | undefined;
  time: string | undefined;
}

/**
 * A row found by an identity that tells rows apart, or one that is not later than training's last, fails. What cannot be
 * known is never taken for good: it is inconclusive, and says what would decide it.
 */
export function decide(evidence: Evidence): { verdict: Verdict; summary: string; inOrder: boolean } {
  const { found, unread, sources, key } = evidence;
  const { order, gate } = found;
  const early = order?.early_rows ?? 0;
  const undecided = order?.undecided ?? [];
  const inOrder =
    order !== undefined && early === 0 && undecided.length === 0 && order.training_last !== undefined;
  const by = key ? `by ${list(key)}` : 'as whole rows';
  const bad = [
    ...(found.decided > 0
      ? [
          `${count(found.decided, 'row')} of ${number(gate.rows)} that the model is judged on ${found.decided === 1 ? 'was' : 'were'} read in its training (${by}; ${holders(evidence)})`,
        ]
      : []),
    ...(early > 0
      ? [
          `${count(early, 'row')} ${early === 1 ? 'is' : 'are'} not later by '${order!.column}' than ${order!.training_last}, the last that training read`,
        ]
      : []),
  ];
  const own = sources.flatMap(({ label, files }) =>
    files
      .filter(({ hash }) => evidence.gate.files.some((file) => file.hash === hash))
      .map(({ path }) => ({ label, path })),
  )[0];
  if (found.decided > 0 && own)
    bad.push(
      `${own.label}, which training read, holds ${own.path}, the gate’s own file: train on a version or a step’s output without it`,
    );
  if (bad.length > 0) return { verdict: 'fail', summary: sentence(bad), inOrder };

  const undecidedRows = found.overlapping - found.decided;
  const made = found.against.flatMap(({ tables }, i) => {
    const { label, within } = sources[i]!;
    return within !== undefined && tables.some(({ overlapping }) => overlapping > 0)
      ? [{ label, within }]
      : [];
  })[0];
  const weak = found.against.some(
    ({ tables }, i) =>
      sources[i]!.within === undefined && tables.some((table) => table.weak && table.overlapping > 0),
  );
  const compared = found.against.flatMap(({ tables }) => tables).filter(({ state }) => state === 'compared');
  const open = [
    ...(made
      ? [
          `${count(undecidedRows, 'row')} ${undecidedRows === 1 ? 'is' : 'are'} in ${made.label}, from which ${made.within} was made; that was read in training and is no table, so nobody can see whether they are in it: write it as Parquet or CSV`,
        ]
      : []),
    ...(weak
      ? [
          `${count(undecidedRows, 'row')} ${undecidedRows === 1 ? 'equals one' : 'equal rows'} that training read, but rows repeat by nature here (${percent(lowest(compared))} of them are distinct): declare a key that says which rows are the same`,
        ]
      : []),
    ...(found.unkeyed > 0
      ? [
          `${count(found.unkeyed, 'row')} of the gate’s data ${found.unkeyed === 1 ? 'has' : 'have'} no value in the key ${list(key ?? [])}`,
        ]
      : []),
    ...(unread.length > 0
      ? [
          `${unread.length === 1 ? 'one thing' : `${unread.length} things`} that its lineage read could not be compared: ${unread[0]!.label}: ${unread[0]!.reason}${unread.length > 1 ? ', …' : ''}`,
        ]
      : []),
    ...undecided.map(
      ({ source, reason }) => `the order cannot be told against ${sources[source]!.label}: ${reason}`,
    ),
    ...(sources.length === 0 && unread.length === 0
      ? ['nothing is known of what it was trained on: log the datasets that training reads']
      : []),
  ];
  if (open.length > 0) return { verdict: 'inconclusive', summary: sentence(open), inOrder };

  const rows = found.against.reduce((sum, source) => sum + source.rows, 0);
  const notes = [
    `none of ${count(gate.rows, 'row')} that the model is judged on is among the ${count(rows, 'row')} that its lineage read (${by})`,
    ...(order ? [`all are later by '${order.column}' than ${order.training_last}`] : []),
    ...differing(evidence),
  ];
  return { verdict: 'pass', summary: sentence(notes), inOrder };
}

/** Which sources hold the rows. */
function holders({ found, sources }: Evidence): string {
  const holding = found.against.flatMap(({ tables }, i) => {
    if (sources[i]!.within !== undefined) return [];
    const rows = tables.reduce((sum, { weak, overlapping }) => sum + (weak ? 0 : overlapping), 0);
    return rows > 0 ? [`${number(rows)} in ${sources[i]!.label}`] : [];
  });
  return holding.slice(0, 3).join(', ') + (holding.length > 3 ? ', …' : '');
}

/** What a reader must know of how rows were compared. */
function differing({ found, key }: Evidence): string[] {
  const tables = found.against.flatMap((source) => source.tables);
  const narrower = tables.filter(
    ({ state, identity }) => state === 'compared' && !key && identity.length < found.gate.columns.length,
  );
  const [first] = narrower.toSorted((a, b) => a.identity.length - b.identity.length);
  const aside = tables.find(({ state, rows }) => state === 'aside' && rows > 0);
  return [
    ...(first ? [`columns differ, so rows were compared by ${list(first.identity)}`] : []),
    ...(aside ? [`${aside.files[0]} is no table of such rows: ${aside.reason}`] : []),
    ...(tables.some(({ near }) => near === 'too-alike')
      ? [
          'so many rows agree in all but their fractions that numbers printed with fewer digits were not looked for',
        ]
      : []),
    ...(tables.some(({ unkeyed }) => unkeyed > 0)
      ? [
          `${count(
            tables.reduce((sum, { unkeyed }) => sum + unkeyed, 0),
            'row',
          )} of training had no key`,
        ]
      : []),
  ];
}

const lowest = (tables: ReadonlyArray<{ distinct_share: number; weak: boolean }>): number =>
  Math.min(1, ...tables.filter(({ weak }) => weak).map(({ distinct_share }) => distinct_share));
const number = (value: number): string => value.toLocaleString('en-US');
const count = (value: number, noun: string): string => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
const list = (names: readonly string[]): string =>
  names.length > 6
    ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more columns`
    : names.join(', ');
const sentence = (parts: readonly string[]): string => {
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
};
