import { useMemo, useState, type ReactElement } from 'react';
import type { MetricSummary, Run } from '../../../src/tracking/contract.ts';
import { Choice } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { Empty } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';

type Reading = 'last' | 'min' | 'max' | 'mean';

function read(metric: MetricSummary | undefined, reading: Reading): number | undefined {
  const value = metric?.[reading];
  return value === undefined ? undefined : Number(value);
}

interface Line {
  key: string;
  values: (number | undefined)[];
}

/** One line a metric, one column a run; beside each value, how far it is from the first run's. */
export function MetricTable({
  runs,
  metrics,
}: {
  runs: readonly Run[];
  metrics: readonly string[];
}): ReactElement {
  const [reading, setReading] = useState<Reading>('last');
  const rows = useMemo(() => {
    const maps = runs.map((run) => new Map(run.metrics.map((metric) => [metric.key, metric])));
    return metrics.map((key): Line => ({ key, values: maps.map((map) => read(map.get(key), reading)) }));
  }, [runs, metrics, reading]);
  const columns = useMemo(
    (): Column<Line>[] => [
      {
        id: 'key',
        header: 'Metric',
        width: 220,
        value: (line) => line.key,
        cell: (line) => (
          <span className="truncate" title={line.key}>
            {line.key}
          </span>
        ),
      },
      ...runs.map((run, i): Column<Line> => ({
        id: run.id,
        header: run.name,
        width: 170,
        align: 'end',
        value: (line) => line.values[i],
        cell: (line) => {
          const value = line.values[i];
          const first = line.values[0];
          if (value === undefined) return <span className="table-none">–</span>;
          const change = i === 0 || first === undefined ? 0 : value - first;
          return (
            <span className="nowrap" title={String(value)}>
              {Number.isFinite(change) && change !== 0 && (
                <span className="faint">
                  {change > 0 ? '+' : ''}
                  {formatNumber(change, 3)}{' '}
                </span>
              )}
              {formatNumber(value)}
            </span>
          );
        },
      })),
    ],
    [runs],
  );
  return (
    <div className="stack">
      <Choice<Reading>
        label="Show the"
        value={reading}
        options={[
          { value: 'last', label: 'last value' },
          { value: 'min', label: 'lowest value' },
          { value: 'max', label: 'highest value' },
          { value: 'mean', label: 'mean' },
        ]}
        onChange={setReading}
      />
      <Table
        label="Metrics of the runs"
        columns={columns}
        rows={rows}
        rowId={(line) => line.key}
        maxHeight={640}
        keys
        empty={<Empty icon="chart" title="No metrics were logged" />}
      />
    </div>
  );
}
