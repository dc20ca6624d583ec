import type { AlertCause, Signal } from '../contract.ts';
import { sourceOf } from '../kinds/names.ts';

/** What windows tell of; the rest comes from outside. */
export type WatchedCause = Exclude<AlertCause, 'external'>;

/** What of a window speaks for an alert, and what against it. */
export interface Finding {
  cause: WatchedCause;
  /** `bad`: it is news; `good`: it was looked at and is not; without either the window says nothing of it. */
  is: 'bad' | 'good';
  /** Its evidence is of all windows so far, at a rate of false alarms that is promised over all of them: no further window is waited for. */
  sequential?: boolean;
  /** What is concerned: columns, or nothing where it is the whole. */
  members: string[];
  summary: string;
}

/**
 * Windows in a row before an alert fires, and before it is resolved: one window may be chance, and a fault of the data is none. What is sequential fires with the first
 * one: of drift only estimates wait.
 */
export const PATIENCE: Readonly<Record<WatchedCause, { fires: number; resolves: number }>> = {
  data: { fires: 1, resolves: 2 },
  skew: { fires: 1, resolves: 2 },
  drift: { fires: 2, resolves: 2 },
  performance: { fires: 1, resolves: 2 },
  service: { fires: 1, resolves: 2 },
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
  skew: 'skew',
  drift: 'drift',
  estimated: 'drift',
  performance: 'performance',
  latency: 'service',
  errors: 'service',
};

/** Signals that gather evidence over all windows of a version. */
const SEQUENTIAL: ReadonlySet<Signal['signal']> = new Set(['drift', 'skew', 'latency', 'errors']);

/**
 * The signals of a window by what would cause them. A column whose data is broken explains its own drift, and so does one that is computed otherwise than in
 * training: that is said once, by the first of these that holds, and makes no second alert.
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
  const skewed = new Set(
    signals.flatMap(({ signal, state, evidence }) =>
      signal === 'skew' && state === 'alert'
        ? columnsOf(evidence).filter((one) => !broken.has(one) && !broken.has(sourceOf(one)))
        : [],
    ),
  );
  const explained = (column: string): boolean => explains({ broken, skewed }, column);
  const findings = (['data', 'skew', 'drift', 'performance', 'service'] as const).flatMap(
    (cause): Finding[] => {
      const own = signals.filter(
        ({ signal, column, state }) =>
          OF[signal] === cause &&
          // Drift of all columns together says no more than its columns do.
          !(signal === 'drift' && (column === undefined || explained(column))) &&
          // Columns that are broken explain all of it.
          !(signal === 'skew' && state === 'alert' && skewed.size === 0),
      );
      const bad = own.filter(({ state }) => state === 'alert');
      if (bad.length > 0)
        return [
          {
            cause,
            is: 'bad',
            sequential: bad.some(({ signal }) => SEQUENTIAL.has(signal)),
            members: cause === 'skew' ? [...skewed] : membersOf(bad),
            summary: summaryOf(bad),
          },
        ];
      return own.some(({ state }) => state === 'ok')
        ? [{ cause, is: 'good', members: [], summary: GOOD[cause] }]
        : [];
    },
  );
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
  skew: 'no column is otherwise than in training since the version began',
  drift: 'no column has moved',
  performance: 'the metric is as it was',
  service: 'answers are as fast and as sure as they were',
} as const;

/**
 * What is known already explains it: columns whose data is broken explain their skew and drift also in windows after that, since evidence of drift
 * adds up and does not forget at once; and skew explains drift. What concerns those alone is no news.
 */
export function inhibited(finding: Finding, known: Known): Finding | undefined {
  const { broken, skewed } = known;
  const { cause, is } = finding;
  if ((cause !== 'drift' && cause !== 'skew') || is !== 'bad') return finding;
  if (broken.size === 0 && skewed.size === 0) return finding;
  const members = finding.members.filter((column) =>
    cause === 'drift' ? !explains(known, column) : !broken.has(column) && !broken.has(sourceOf(column)),
  );
  // An estimate names no column: broken data explains it, other inputs do not.
  const explained = members.length === 0 && (finding.members.length > 0 || broken.size > 0);
  return explained ? undefined : { ...finding, members };
}

/** How often of late it was resolved and came again decides how many good windows it takes until it is believed. */
export const damped = <T extends { resolves: number }>(patience: T, again: number): T => ({
  ...patience,
  resolves: patience.resolves * (1 + Math.min(3, again)),
});

/** Outcomes that came before and have stopped, or that are others than the version learnt from, of a window that waited for them. */
export function labelsOf(signals: readonly Signal[], cameBefore: boolean): Finding[] {
  const coverage = signals.find(({ signal }) => signal === 'coverage');
  const rows = Number(coverage?.evidence['rows'] ?? 0);
  if (!coverage || rows === 0) return [];
  const labels = signals.find(({ signal }) => signal === 'labels');
  if (labels?.state === 'alert') {
    const summary = `outcomes are others than the version learnt from: ${labels.reason}`;
    return [{ cause: 'labels', is: 'bad', members: [], summary }];
  }
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

interface Known {
  broken: ReadonlySet<string>;
  skewed: ReadonlySet<string>;
}

/** Whether what is known of columns explains the drift of one: its own fault, and of what is answered also those of inputs. */
const explains = ({ broken, skewed }: Known, column: string): boolean =>
  broken.has(column) ||
  broken.has(sourceOf(column)) ||
  skewed.has(column) ||
  (column.startsWith('out_') && [...broken].some((one) => one.startsWith('in_')));

/** Of skew, which is one signal of all its columns. */
const columnsOf = ({ columns }: Signal['evidence']): string[] =>
  Array.isArray(columns) ? columns.map(String) : [];

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
