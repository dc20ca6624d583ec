import { DERIVED, type MonitorWindow, type Signal } from '../../../src/monitoring/contract.ts';

/** What a window says of one column. */
export interface ColumnRow {
  column: string;
  drift: Signal | undefined;
  missing: Signal | undefined;
  /** In multiples of what the whole model needs for an alarm. */
  evidence: number | undefined;
  worst: Signal;
}

const ORDER = ['alert', 'failed', 'no_data', 'no_reference', 'not_recorded', 'ok'];
/** What says what to mend comes before what merely says that something is otherwise. */
const FIRST = ['unit', 'constant', 'misfit', 'missing', 'unseen', 'infinite', 'range', 'drift'];

/** Changed columns first; what is made of a column stands below it, and a column where the worst of these would. */
export function columnRows({ signals }: Pick<MonitorWindow, 'signals'>): ColumnRow[] {
  const columns = Map.groupBy(
    signals.filter(({ column }) => column !== undefined),
    ({ column }) => column ?? '',
  );
  const weight = (one: Signal): number =>
    ORDER.indexOf(one.state) * 100 +
    (one.state === 'ok' ? -FIRST.indexOf(one.signal) : FIRST.indexOf(one.signal));
  const rows = Array.from(columns, ([column, own]) => {
    const drift = own.find(({ signal }) => signal === 'drift');
    const evidence = drift?.evidence['evidence'];
    return {
      column,
      drift,
      missing: own.find(({ signal }) => signal === 'missing'),
      evidence: typeof evidence === 'number' ? evidence : undefined,
      worst: own.toSorted((a, b) => weight(a) - weight(b))[0]!,
    };
  });
  const byState = (a: ColumnRow, b: ColumnRow): number =>
    ORDER.indexOf(a.worst.state) - ORDER.indexOf(b.worst.state) || (b.evidence ?? 0) - (a.evidence ?? 0);
  return [...Map.groupBy(rows, ({ column }) => partsOf(column)[0]).values()]
    .map((group) => ({ group, first: group.toSorted(byState)[0]! }))
    .toSorted((a, b) => byState(a.first, b.first))
    .flatMap(({ group }) =>
      group.toSorted((a, b) => Number(isDerived(a)) - Number(isDerived(b)) || byState(a, b)),
    );
}

/** The column, and what is made of it. */
export function partsOf(column: string): [source: string, what: string | undefined] {
  const at = column.indexOf(DERIVED);
  return at < 0 ? [column, undefined] : [column.slice(0, at), column.slice(at + DERIVED.length)];
}

const isDerived = ({ column }: ColumnRow): boolean => column.includes(DERIVED);
