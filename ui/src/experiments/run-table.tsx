import type { RunRow } from '../../../src/tracking/contract.ts';
import { Status } from '../kit/badge.tsx';
import { Swatch } from '../kit/chart/swatch.tsx';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import type { Column } from '../kit/table/table.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { RunLink, VerdictBadge } from '../runs/run-words.tsx';
import { columnParts, metricNumber, type Fact } from './run-columns.ts';
import { STAR_TAG } from './work-state.ts';

const none = <span className="table-none">–</span>;

const FACT_COLUMNS: Record<Fact, Column<RunRow>> = {
  status: {
    id: 'status',
    header: 'Status',
    width: 106,
    sortable: true,
    cell: (run) => <Status status={run.status} />,
  },
  started: {
    id: 'started',
    header: 'Started',
    width: 112,
    sortable: true,
    cell: (run) => <TimeAgo time={run.started_at} />,
  },
  duration: {
    id: 'duration',
    header: 'Duration',
    width: 96,
    align: 'end',
    sortable: true,
    cell: (run) => <Duration from={run.started_at} to={run.ended_at} />,
  },
  user: {
    id: 'user',
    header: 'User',
    width: 110,
    sortable: true,
    cell: (run) => <span className="truncate">{run.user}</span>,
  },
  verdict: {
    id: 'verdict',
    header: 'Verdict',
    width: 112,
    sortable: true,
    cell: (run) => (run.outcome ? <VerdictBadge verdict={run.outcome.verdict} /> : none),
  },
};

export interface RunTableParts {
  /** Cells that came later than their rows. */
  cells: ReadonlyMap<string, RunRow>;
  /** Of the runs that the charts draw: the table is their legend. */
  styles: ReadonlyMap<string, SeriesStyle>;
  onStar(run: RunRow, star: boolean): void;
}

/** The run table's columns: the name first, then what was chosen, in that order. */
export function runColumns(
  chosen: readonly string[],
  { cells, styles, onStar }: RunTableParts,
): Column<RunRow>[] {
  return [
    {
      id: 'name',
      header: 'Run',
      width: 240,
      sortable: true,
      cell: (run) => {
        const star = run.tags[STAR_TAG] === 'true';
        return (
          <span className="run-name">
            {styles.has(run.id) && <Swatch style={styles.get(run.id)} />}
            <RunLink id={run.id} name={run.name} />
            <button
              type="button"
              className="star"
              aria-pressed={star}
              aria-label={`Star ${run.name}`}
              onClick={() => onStar(run, !star)}
            >
              <Icon name="star" size={14} />
            </button>
          </span>
        );
      },
    },
    ...chosen.flatMap((id) => {
      if (Object.hasOwn(FACT_COLUMNS, id)) return [FACT_COLUMNS[id as Fact]];
      const column = keyColumn(id, cells);
      return column ? [column] : [];
    }),
  ];
}

function keyColumn(id: string, cells: ReadonlyMap<string, RunRow>): Column<RunRow> | undefined {
  const parts = columnParts(id);
  if (!parts) return undefined;
  const { kind, key } = parts;
  if (kind === 'metrics') {
    return {
      id,
      header: key,
      align: 'end',
      width: Math.min(190, Math.max(92, key.length * 7 + 34)),
      sortable: true,
      cell: (run) => {
        const value = metricNumber(run.metrics[key] ?? cells.get(run.id)?.metrics[key]);
        return value === undefined ? none : <span title={String(value)}>{formatNumber(value)}</span>;
      },
    };
  }
  return {
    id,
    header: key,
    width: Math.min(200, Math.max(96, key.length * 7 + 34)),
    sortable: true,
    cell: (run) => {
      const value = run[kind][key] ?? cells.get(run.id)?.[kind][key];
      return value === undefined ? (
        none
      ) : (
        <span className="truncate" title={value}>
          {value}
        </span>
      );
    },
  };
}
