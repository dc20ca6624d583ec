import type { Coverage, Proof, Verdict } from '../contract.ts';
import type { ComparedTable, DisjointAnswer } from '../data/protocol.ts';
import type { TableSource } from '../data/table-source.ts';
import type { GateFile } from './compare-files.ts';
import { count, list, listed, number, percent, sentence } from './words.ts';

interface Evidence {
  gate: TableSource;
  found: DisjointAnswer;
  coverage: readonly Coverage[];
  sources: readonly TableSource[];
  /** Files that are judged, though no row names them, and that these sources hold as well. */
  unnamed: readonly GateFile[];
  /** Which of them, and of those that rows name, are which of training's. */
  same: NonNullable<Proof['same_files']>;
  key: readonly string[] | undefined;
  near: 'fail' | 'report' | undefined;
}

/**
 * A row found by columns that tell rows apart, a file that training read, or a row that is not later than training's last
 * fails. What cannot be known is never taken for good: it is inconclusive, and says what would decide it. Every sentence says
 * what was compared, and nothing more.
 */
export function decide(evidence: Evidence): { verdict: Verdict; summary: string; inOrder: boolean } {
  const { order } = evidence.found;
  const inOrder =
    order !== undefined &&
    order.early_rows === 0 &&
    order.undecided.length === 0 &&
    order.training_last !== undefined;
  const bad = against(evidence);
  if (bad.length > 0) return { verdict: 'fail', summary: sentence(bad), inOrder };
  const unknown = open(evidence);
  if (unknown.length > 0)
    return { verdict: 'inconclusive', summary: sentence([...unknown, ...nearly(evidence)]), inOrder };
  return { verdict: 'pass', summary: sentence(cleared(evidence)), inOrder };
}

const isCertain = ({ within }: TableSource): boolean => within === undefined;

function against(evidence: Evidence): string[] {
  const { found, sources, unnamed } = evidence;
  const { order, gate, by_rows: rows, named } = found;
  const certain = unnamed.filter(({ same }) => same.some(({ source }) => isCertain(sources[source]!)));
  const early = order?.early_rows ?? 0;
  const own = sources.flatMap(({ label, files }) =>
    files
      .filter(({ hash }) => evidence.gate.files.some((file) => file.hash === hash))
      .map(({ path }) => ({ label, path })),
  )[0];
  return [
    ...(rows.decided > 0
      ? [
          `${count(rows.decided, 'row')} of ${number(gate.rows)} that the model is judged on ${rows.decided === 1 ? 'was' : 'were'} read in its training (${holders(evidence)})`,
        ]
      : []),
    ...(named && named.decided > 0
      ? [
          `${count(named.decided, 'row')} of ${number(gate.rows)} that the model is judged on ${named.decided === 1 ? 'names a file' : 'name files'} in '${named.column}' that training read, ${rungs(evidence)} (${[fileHolders(evidence), ...examples(evidence)].join('; ')})`,
        ]
      : []),
    ...(certain.length > 0
      ? [
          `${count(certain.length, 'file')} beside the rows that the model is judged on ${certain.length === 1 ? 'was' : 'were'} read in its training, ${rungs(evidence)} (${certain[0]!.file.path}${certain.length > 1 ? ', …' : ''} in ${sources[certain[0]!.same[0]!.source]!.label}${examples(
            evidence,
          )
            .map((text) => `; ${text}`)
            .join('')})`,
        ]
      : []),
    ...(evidence.near === 'fail' ? nearly(evidence) : []),
    ...(early > 0
      ? [
          `${count(early, 'row')} ${early === 1 ? 'is' : 'are'} not later by '${order!.column}' than ${order!.training_last}, the last that training read`,
        ]
      : []),
    ...(rows.decided > 0 && own
      ? [
          `${own.label}, which training read, holds ${own.path}, the gate’s own file: train on a version or a step’s output without it`,
        ]
      : []),
  ];
}

function open(evidence: Evidence): string[] {
  const { found, sources, coverage, unnamed, key } = evidence;
  const nothing = coverage.filter(({ by }) => by === 'nothing');
  const compared = coverage.some(({ by }) => by === 'rows' || by === 'digest' || by === 'pixels');
  const known = sources.length > 0 || nothing.length > 0;
  const unread = nothing[0];
  return [
    ...madeFrom(evidence),
    ...weakTables(evidence),
    ...(unnamed.length > 0
      ? [
          `${unnamed[0]!.file.path} is among what ${sources[unnamed[0]!.same[0]!.source]!.within ?? 'training'} was made from`,
        ]
      : []),
    ...(found.unkeyed > 0
      ? [
          `${count(found.unkeyed, 'row')} of the gate’s data ${found.unkeyed === 1 ? 'has' : 'have'} no value in the key ${list(key ?? [])}`,
        ]
      : []),
    ...(unread
      ? [
          `${nothing.length === 1 ? 'one thing' : `${nothing.length} things`} that its lineage read ${nothing.length === 1 ? 'was' : 'were'} not compared: ${nameOf(unread)}: ${unread.reason ?? 'it cannot be read'}${nothing.length > 1 ? ', …' : ''}${unread.file_count > 0 ? '; write it as a table, or say with excuse: in the gate why it holds none of these rows' : ''}`,
        ]
      : []),
    ...(found.order?.undecided ?? []).map(
      ({ source, reason }) => `the order cannot be told against ${sources[source]!.label}: ${reason}`,
    ),
    ...(known ? [] : ['nothing is known of what it was trained on: log the datasets that training reads']),
    ...(known && !unread && !compared
      ? ['nothing of what its lineage read could be compared, so nothing is proven']
      : []),
  ];
}

/** Rows in what something opaque was made from. */
function madeFrom({ found, sources }: Evidence): string[] {
  const rows = found.overlapping - found.decided;
  const made = found.against.flatMap(({ tables }, i) => {
    const { label, within } = sources[i]!;
    const has = tables.some(({ overlapping, weak }) => overlapping > 0 && !weak);
    return within !== undefined && has ? [{ label, within }] : [];
  })[0];
  if (!made) return [];
  return [
    `${count(rows, 'row')} ${rows === 1 ? 'is' : 'are'} in ${made.label}, from which ${made.within} was made; that was read in training and is no table, so nobody can see whether they are in it: write it as Parquet or CSV`,
  ];
}

/** Columns that do not tell rows apart decide nothing, whether something was found or not. */
function weakTables({ found, sources }: Evidence): string[] {
  const weak = found.against.flatMap(({ tables }, i) =>
    tables.filter((table) => table.weak).map((table) => ({ table, label: sources[i]!.label })),
  );
  const worst = weak.toSorted((a, b) => b.table.overlapping - a.table.overlapping)[0];
  if (!worst) return [];
  const { table, label } = worst;
  const expected = table.expected ?? 0;
  const chance = `about ${number(Math.round(expected))} would by chance alone`;
  const what =
    table.overlapping > 0
      ? `${count(table.overlapping, 'row')} ${table.overlapping === 1 ? 'equals a row' : 'equal rows'} of ${label}, which training read, by ${list(table.identity)}, and ${chance}`
      : `no row equals one of ${label}, which training read, by ${list(table.identity)}, where ${chance}`;
  const such = found.unique.length > 0 ? `, such as key: ${found.unique[0]}` : '';
  return [
    `${what}: rows repeat by nature in ${table.identity.length === 1 ? 'this column' : 'these columns'} (${percent(table.distinct_share)} of them are distinct), so the comparison decides nothing; ${leftOut([{ table, label }])}name with key: the columns that say which rows are the same${such}`,
  ];
}

function cleared(evidence: Evidence): string[] {
  const { found, sources, coverage, gate, key } = evidence;
  const tables = tablesOf(evidence);
  const byColumns = Map.groupBy(tables, ({ table }) => table.identity.join('\n'));
  const rows = [...byColumns.values()].map((some) => {
    const { identity } = some[0]!.table;
    const all = !key && identity.length === found.gate.columns.length;
    const holding = Map.groupBy(some, ({ label }) => label);
    const parts = [...holding].map(
      ([label, own]) =>
        `the ${count(sum(own.map(({ table }) => table.rows)), 'row')} of ${label} (${listed(own.flatMap(({ table }) => table.files))})`,
    );
    const chance = Math.round(Math.max(...some.map(({ table }) => table.expected ?? 0)));
    const expected = chance > 0 ? ` (about ${number(chance)} would match by chance)` : '';
    return `among ${several(parts)}, compared by ${key ? 'the key' : all ? `all ${count(identity.length, 'column')}` : count(identity.length, 'column')} ${list(identity)}${expected}`;
  });
  const digests = coverage.filter(({ by }) => by === 'digest' || by === 'pixels');
  const how = digests.some(({ by }) => by === 'pixels')
    ? 'byte for byte or pixel for pixel'
    : 'byte for byte';
  const excused = coverage.filter(({ by }) => by === 'excused');
  const named = found.named;
  const files = sum(digests.map(({ file_count }) => file_count));
  return [
    ...(rows.length > 0
      ? [
          `none of ${count(found.gate.rows, 'row')} of ${gate.label} that the model is judged on is ${rows.slice(0, 3).join('; nor ')}${rows.length > 3 ? `; nor among ${rows.length - 3} more tables` : ''}`,
        ]
      : []),
    ...(digests.length > 0
      ? [
          `${named ? `none of ${count(named.files.length, 'file')} that ${number(named.rows)} of the rows name in '${named.column}'` : 'none of the files beside the rows'} is, ${how}, one of ${count(files, 'file')} of ${several([...new Set(digests.map(({ label }) => label))])}`,
        ]
      : []),
    ...(found.order ? [`all are later by '${found.order.column}' than ${found.order.training_last}`] : []),
    ...excused
      .slice(0, 3)
      .map(
        (one) =>
          `${nameOf(one)} ${one.file_count > 1 ? 'were' : 'was'} not compared, as the gate allows: “${one.excuse}”`,
      ),
    ...(excused.length > 3
      ? [`${excused.length - 3} more things were not compared, as the gate allows`]
      : []),
    ...nearly(evidence),
    ...differing(tables, sources, found),
  ];
}

/** Rows that are not the same and look as if they had been. */
function nearly({ found, sources, near }: Evidence): string[] {
  if (found.similar === 0) return [];
  const holding = found.against.flatMap(({ tables }, i) => {
    const rows = sum(tables.map(({ similar }) => similar?.rows ?? 0));
    return rows > 0 ? [`${number(rows)} in ${sources[i]!.label}`] : [];
  });
  return [
    `${count(found.similar, 'row')} ${found.similar === 1 ? 'is' : 'are'} nearly equal to rows that training read, but for noise, scale, case, white space or one column (${several(holding)})${near === 'fail' ? ', which the gate refuses' : '; the gate reports these and does not refuse them'}`,
  ];
}

interface Compared {
  table: ComparedTable;
  label: string;
}

const tablesOf = ({ found, sources }: Evidence): Compared[] =>
  found.against.flatMap(({ tables }, i) => {
    const { label, within } = sources[i]!;
    const name = within === undefined ? label : `${label}, from which ${within} was made`;
    return tables.filter(({ state }) => state === 'compared').map((table) => ({ table, label: name }));
  });

/** By which columns rows were found, and where. */
function holders({ found, sources, key }: Evidence): string {
  const holding = found.against.flatMap(({ tables }, i) => {
    if (!isCertain(sources[i]!)) return [];
    const decisive = tables.filter(({ weak, overlapping }) => !weak && overlapping > 0);
    const files = listed(decisive.flatMap((table) => table.files));
    const rows = sum(decisive.map(({ overlapping }) => overlapping));
    return decisive.length > 0
      ? [{ text: `${number(rows)} in ${sources[i]!.label}: ${files}`, decisive }]
      : [];
  });
  const tables = holding.flatMap(({ decisive }) => decisive);
  const narrowest = tables.toSorted((a, b) => a.identity.length - b.identity.length)[0];
  const columns = key ?? narrowest?.identity ?? [];
  const all = !key && columns.length === found.gate.columns.length;
  const chance = Math.round(Math.max(0, ...tables.map(({ expected }) => expected ?? 0)));
  return [
    `by ${all ? `all ${count(columns.length, 'column')} ` : ''}${list(columns)}`,
    ...(chance > 0 ? [`about ${number(chance)} would by chance`] : []),
    several(holding.map(({ text }) => text)),
  ].join('; ');
}

function fileHolders({ coverage }: Evidence): string {
  const holding = coverage.filter(
    ({ by, found }) => (by === 'digest' || by === 'pixels') && (found ?? 0) > 0,
  );
  return several(holding.map(({ label, found }) => `${count(found ?? 0, 'file')} in ${label}`));
}

function rungs({ same }: Evidence): string {
  const pixels = same.some(({ by }) => by === 'pixels');
  const bytes = same.some(({ by }) => by === 'digest');
  if (pixels) return bytes ? 'byte for byte or pixel for pixel' : 'pixel for pixel';
  return 'byte for byte';
}

/** An image that is no copy of the file needs both names to be believed. */
function examples({ same }: Evidence): string[] {
  const one = same.find(({ by }) => by === 'pixels');
  if (!one) return [];
  const row = one.gate_row === undefined ? '' : `, which row ${one.gate_row} names,`;
  return [`${one.gate_file}${row} has the pixels of ${one.training_file}`];
}

/** What a reader must know of how rows were compared. */
function differing(
  compared: readonly Compared[],
  sources: readonly TableSource[],
  found: DisjointAnswer,
): string[] {
  const asides = found.against.flatMap(({ tables }, i) =>
    tables
      .filter(({ state, rows }) => state === 'aside' && rows > 0)
      .map((table) => ({ table, label: sources[i]!.label })),
  );
  const left = leftOut(compared);
  const unkeyed = sum(compared.map(({ table }) => table.unkeyed));
  return [
    ...(left === '' ? [] : [left.replace(/; $/, '')]),
    ...asides
      .slice(0, 2)
      .map(({ table, label }) => `${listed(table.files)} of ${label} stands aside: ${table.reason}`),
    ...(compared.some(({ table }) => table.near === 'too-alike')
      ? [
          'so many rows agree in all but their fractions that numbers printed with fewer digits were not looked for',
        ]
      : []),
    ...(unkeyed > 0 ? [`${count(unkeyed, 'row')} of training had no key`] : []),
  ];
}

const leftOut = (compared: readonly Compared[]): string => {
  const first = compared.find(({ table }) => table.otherwise.length > 0);
  if (!first) return '';
  const [one, ...more] = first.table.otherwise;
  return `'${one!.column}' of ${first.label} was left out (${one!.reason})${more.length > 0 ? ` and so ${more.length === 1 ? 'was' : 'were'} ${list(more.map(({ column }) => column))}` : ''}; `;
};

const nameOf = ({ label, files, file_count }: Coverage): string =>
  file_count === 0 ? label : `${listed(files, file_count)} of ${label}`;
const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
const several = (parts: readonly string[]): string =>
  parts.slice(0, 3).join(', ') + (parts.length > 3 ? ` and ${parts.length - 3} more` : '');
