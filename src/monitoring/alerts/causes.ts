import type { AlertCause, Signal } from '../contract.ts';

/** What windows tell of; the rest comes from outside. */
export type WatchedCause = Exclude<AlertCause, 'external'>;

/** What of a window speaks for an alert, and what against it. */
export interface Finding {
  cause: WatchedCause;
  /** `bad`: it is news; `good`: it was looked at and is not; without either the window says nothing of it. */
  is: 'bad' | 'good';
  /** What is concerned: columns, or nothing where it is the whole. */
  members: string[];
  summary: string;
}

/** Windows in a row before an alert fires, and before it is resolved: one window may be chance, and a fault of the data is none. */
export const PATIENCE: Readonly<Record<WatchedCause, { fires: number; resolves: number }>> = {
  data: { fires: 1, resolves: 2 },
  drift: { fires: 2, resolves: 2 },
  performance: { fires: 1, resolves: 2 },
  volume: { fires: 1, resolves: 1 },
  labels: { fires: 1, resolves: 1 },
  monitor: { fires: 2, resolves: 1 },
};

/** How many outcomes there are is no cause by itself. */
const OF: Readonly<Partial<Record<Signal['signal'], AlertCause>>> = {
  volume: 'volume',
  columns: 'data',
  missing: 'data',
  misfit: 'data',
  unseen: 'data',
  infinite: 'data',
  range: 'data',
  constant: 'data',
  unit: 'data',
  freshness: 'data',
  drift: 'drift',
  estimated: 'drift',
  performance: 'performance',
};

/**
 * The signals of a window by what would cause them. A column whose data is broken explains its own drift: that is said once, as a fault of
 * the data, and makes no second alert.
 */
export function findingsOf(
  signals: readonly Signal[],
  window: { rows: number; problem: string | undefined; usual: number | undefined },
): Finding[] {
  if (window.problem !== undefined)
    return [{ cause: 'monitor', is: 'bad', members: [], summary: window.problem }];
  const broken = new Set(
    signals.flatMap(({ signal, column, state }) =>
      OF[signal] === 'data' && state === 'alert' && column !== undefined ? [column] : [],
    ),
  );
  const findings = (['data', 'drift', 'performance'] as const).flatMap((cause): Finding[] => {
    const own = signals.filter(
      ({ signal, column }) =>
        OF[signal] === cause &&
        // Drift of all columns together says no more than its columns do.
        !(signal === 'drift' && (column === undefined || broken.has(column))),
    );
    const bad = own.filter(({ state }) => state === 'alert');
    if (bad.length > 0) return [{ cause, is: 'bad', members: membersOf(bad), summary: summaryOf(bad) }];
    return own.some(({ state }) => state === 'ok')
      ? [{ cause, is: 'good', members: [], summary: GOOD[cause] }]
      : [];
  });
  const failed = signals.filter(({ state }) => state === 'failed');
  return [
    ...findings,
    ...volumeOf(signals, window),
    failed.length > 0
      ? { cause: 'monitor', is: 'bad', members: membersOf(failed), summary: summaryOf(failed) }
      : { cause: 'monitor', is: 'good', members: [], summary: 'the window was looked at' },
  ];
}

const GOOD = {
  data: 'no column is broken',
  drift: 'no column has moved',
  performance: 'the metric is as it was',
} as const;

/**
 * What is known already explains it: columns whose data is broken explain their drift also in windows after that, since evidence of drift
 * adds up and does not forget at once. Drift of those alone is no news.
 */
export function inhibited(finding: Finding, broken: ReadonlySet<string>): Finding | undefined {
  if (finding.cause !== 'drift' || finding.is !== 'bad' || broken.size === 0) return finding;
  const members = finding.members.filter((column) => !broken.has(column));
  return members.length === 0 ? undefined : { ...finding, members };
}

/** How often of late it was resolved and came again decides how many good windows it takes until it is believed. */
export const damped = <T extends { resolves: number }>(patience: T, again: number): T => ({
  ...patience,
  resolves: patience.resolves * (1 + Math.min(3, again)),
});

/** Outcomes that came before and have stopped, of a window that waited for them. */
export function labelsOf(signals: readonly Signal[], cameBefore: boolean): Finding[] {
  const coverage = signals.find(({ signal }) => signal === 'coverage');
  const rows = Number(coverage?.evidence['rows'] ?? 0);
  if (!coverage || rows === 0) return [];
  if (coverage.state === 'ok')
    return [{ cause: 'labels', is: 'good', members: [], summary: coverage.reason }];
  if (!cameBefore) return [];
  return [{ cause: 'labels', is: 'bad', members: [], summary: `outcomes have stopped: ${coverage.reason}` }];
}

/** With less of the rows that are usual than this, or with more times of them, something else is being asked, or nothing. */
const LITTLE = 0.2;
const MUCH = 5;

function volumeOf(
  signals: readonly Signal[],
  { rows, usual }: { rows: number; usual: number | undefined },
): Finding[] {
  if (usual === undefined || !signals.some(({ signal }) => signal === 'volume')) return [];
  const is = rows < LITTLE * usual || rows > MUCH * usual ? 'bad' : 'good';
  const summary = `${rows.toLocaleString('en')} rows; usual are ${Math.round(usual).toLocaleString('en')}`;
  return [{ cause: 'volume', is, members: [], summary }];
}

const membersOf = (signals: readonly Signal[]): string[] => [
  ...new Set(signals.flatMap(({ column }) => column ?? [])),
];

/** The first says what it is, and how many more there are. */
function summaryOf(signals: readonly Signal[]): string {
  const [first] = signals;
  const more = signals.length - 1;
  const of = first!.column === undefined ? '' : `${first!.column}: `;
  return `${of}${first!.reason}${more > 0 ? `; and ${more} more` : ''}`;
}
