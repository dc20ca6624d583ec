import { useMemo, type ReactElement } from 'react';
import type { Run } from '../../../src/tracking/contract.ts';
import { Status } from '../kit/badge.tsx';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { Swatch } from '../kit/chart/swatch.tsx';
import { formatNumber, plural } from '../kit/format.ts';
import { Empty } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { RunLink, VerdictBadge } from '../runs/run-words.tsx';
import { diffRows, metricRows } from './diff-rows.ts';

interface Row {
  run: Run;
  at: number;
}

/** A run a line, what differs a column: for more runs than stand beside each other. */
export function RunsInRows({
  runs,
  styles,
  all,
  onAll,
}: {
  runs: readonly Run[];
  styles: ReadonlyMap<string, SeriesStyle>;
  all: boolean;
  onAll(all: boolean): void;
}): ReactElement {
  const metrics = useMemo(() => metricRows(runs), [runs]);
  const made = useMemo(() => diffRows(runs), [runs]);
  const rows = useMemo(() => runs.map((run, at): Row => ({ run, at })), [runs]);
  const shown = useMemo(() => {
    const kept = <T extends { differs: boolean }>(list: readonly T[]) =>
      list.filter((row) => all || row.differs);
    return { metrics: kept(metrics), made: kept(made) };
  }, [metrics, made, all]);
  const columns = useMemo(
    (): Column<Row>[] => [
      {
        id: 'name',
        header: 'Run',
        width: 220,
        value: ({ run }) => run.name,
        cell: ({ run }) => (
          <span className="row">
            <Swatch style={styles.get(run.id)} />
            <RunLink id={run.id} name={run.name} />
          </span>
        ),
      },
      {
        id: 'status',
        header: 'Status',
        width: 110,
        value: ({ run }) => run.status,
        cell: ({ run }) => <Status status={run.status} />,
      },
      {
        id: 'verdict',
        header: 'Verdict',
        width: 120,
        value: ({ run }) => run.outcome?.verdict,
        cell: ({ run }) =>
          run.outcome ? (
            <VerdictBadge verdict={run.outcome.verdict} />
          ) : (
            <span className="table-none">–</span>
          ),
      },
      ...shown.metrics.map((row): Column<Row> => ({
        id: `metric ${row.key}`,
        header: row.key,
        width: Math.min(190, Math.max(96, row.key.length * 7 + 34)),
        align: 'end',
        value: ({ at }) => row.values[at],
        cell: ({ at }) => {
          const value = row.values[at];
          return value === undefined ? (
            <span className="table-none">–</span>
          ) : (
            <span title={String(value)}>{formatNumber(value)}</span>
          );
        },
      })),
      ...shown.made.map((row): Column<Row> => ({
        id: row.id,
        header: row.part === 'param' ? row.key : `${row.key} (${row.part})`,
        width: Math.min(220, Math.max(96, row.key.length * 7 + 34)),
        // Numbers in their order, though they are kept as text.
        value: ({ at }) => {
          const value = row.values[at];
          return value === undefined || value.trim() === '' || !Number.isFinite(Number(value))
            ? value
            : Number(value);
        },
        cell: ({ at }) => {
          const value = row.values[at];
          return value === undefined ? (
            <span className="table-none">–</span>
          ) : (
            <span className="truncate" title={value}>
              {value}
            </span>
          );
        },
      })),
    ],
    [shown, styles],
  );
  const same = metrics.length + made.length - shown.metrics.length - shown.made.length;
  return (
    <div className="stack">
      <div className="row row-wrap">
        <label className="check-field">
          <input type="checkbox" checked={!all} onChange={(event) => onAll(!event.target.checked)} />
          Only what differs
        </label>
        <span className="faint small">
          {plural(shown.metrics.length + shown.made.length, 'column')}
          {same > 0 ? `; ${same} that are the same in every run are left out` : ''}
        </span>
      </div>
      <Table
        label="Runs and what differs"
        columns={columns}
        rows={rows}
        rowId={({ run }) => run.id}
        maxHeight={640}
        keys
        empty={<Empty icon="compare" title="No runs" />}
      />
    </div>
  );
}
