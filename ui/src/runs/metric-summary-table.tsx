import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { getManySeries, type MetricSummary } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { formatCount, formatNumber } from '../kit/format.ts';
import { Sparkline } from '../kit/sparkline.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { metricText } from './run-words.tsx';

/** One request asks for this many curves at most; the ones further down have theirs on the metrics page. */
const CURVES = 60;
const POINTS = 40;

const COLUMNS: Column<MetricSummary>[] = [
  {
    id: 'key',
    header: 'Metric',
    value: (metric) => metric.key,
    width: 180,
    cell: (metric) => (
      <span className="truncate" title={metric.key}>
        {metric.key}
      </span>
    ),
  },
  {
    id: 'last',
    header: 'Last',
    align: 'end',
    width: 88,
    value: (metric) => Number(metric.last),
    cell: (metric) => <strong>{metricText(metric.last)}</strong>,
  },
  number('min', 'Lowest', (metric) => metric.min),
  number('max', 'Highest', (metric) => metric.max),
  number('mean', 'Mean', (metric) => metric.mean),
  {
    id: 'step',
    header: 'Step',
    align: 'end',
    width: 72,
    value: (metric) => metric.step,
    cell: (metric) => formatCount(metric.step),
  },
  {
    id: 'count',
    header: 'Points',
    align: 'end',
    width: 72,
    value: (metric) => metric.count,
    cell: (metric) => formatCount(metric.count),
  },
];

function number(
  id: string,
  header: string,
  read: (metric: MetricSummary) => number | undefined,
): Column<MetricSummary> {
  return {
    id,
    header,
    align: 'end',
    width: 88,
    value: read,
    cell: (metric) => {
      const value = read(metric);
      return value === undefined ? <span className="table-none">–</span> : formatNumber(value);
    },
  };
}

/** A run's metrics in numbers, each with its curve the size of a word. */
export function MetricSummaryTable({
  run,
  metrics,
}: {
  run: string;
  metrics: readonly MetricSummary[];
}): ReactElement {
  const keys = metrics
    .filter(({ count }) => count > 1)
    .slice(0, CURVES)
    .map(({ key }) => key);
  const series = useQuery({
    ...api(getManySeries, { body: { runs: [run], keys, points: POINTS } }, [`run:${run}`]),
    enabled: keys.length > 0,
    placeholderData: keepPreviousData,
  });
  const columns = useMemo((): Column<MetricSummary>[] => {
    const curves = new Map(series.data?.series.map(({ key, values }) => [key, values]));
    const curve: Column<MetricSummary> = {
      id: 'curve',
      header: 'Curve',
      width: 102,
      cell: ({ key }) => {
        const values = curves.get(key)?.filter((value) => value !== null);
        return values === undefined ? null : <Sparkline values={values} label={`Curve of ${key}`} />;
      },
    };
    return curves.size === 0 ? COLUMNS : [COLUMNS[0]!, COLUMNS[1]!, curve, ...COLUMNS.slice(2)];
  }, [series.data]);
  return (
    <Table
      label="Metrics"
      columns={columns}
      rows={metrics}
      rowId={(metric) => metric.key}
      maxHeight={410}
      empty={<p className="muted">None were logged.</p>}
    />
  );
}
