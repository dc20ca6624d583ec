import { useMemo, type ReactElement } from 'react';
import { formatNumber } from '../format.ts';
import { Table, type Column } from '../table/table.tsx';
import { formatX } from './format-x.ts';
import type { ChartSeries, XAxis } from './series.ts';

interface Line {
  id: string;
  x: number;
  series: ChartSeries;
  at: number;
}

/** The same numbers to read: every bucket of every line, with the lowest and highest value in it. */
export function ChartTable(props: {
  title: string;
  series: readonly ChartSeries[];
  x: XAxis;
  xName?: string | undefined;
  formatY(value: number): string;
  height: number;
}): ReactElement {
  const { series, x, xName, formatY } = props;
  const rows = useMemo(
    () =>
      series.flatMap((line) =>
        line.x.map((place, at): Line => ({ id: `${line.id} ${at}`, x: place, series: line, at })),
      ),
    [series],
  );
  const columns = useMemo((): Column<Line>[] => {
    const number = (id: string, header: string, read: (line: Line) => number | undefined): Column<Line> => ({
      id,
      header,
      value: read,
      cell: (line) => formatY(read(line) ?? NaN),
      align: 'end',
      width: 96,
    });
    return [
      {
        id: 'x',
        header: x === 'metric' ? (xName ?? 'x') : x === 'step' ? 'Step' : 'Time',
        value: (line) => line.x,
        cell: (line) => (x === 'metric' ? formatNumber(line.x) : formatX(x)(line.x)),
        width: 130,
      },
      ...(series.length > 1
        ? [{ id: 'series', header: 'Run', value: (line: Line) => line.series.name, width: 140 }]
        : []),
      number(
        'y',
        series.some(({ count }) => count.some((each) => each > 1)) ? 'Mean' : 'Value',
        (line) => line.series.y[line.at],
      ),
      number('min', 'Lowest', (line) => line.series.min[line.at]),
      number('max', 'Highest', (line) => line.series.max[line.at]),
      { id: 'count', header: 'Points', value: (line) => line.series.count[line.at], align: 'end', width: 74 },
    ];
  }, [series, x, xName, formatY]);
  return (
    <Table
      label={`${props.title} as a table`}
      columns={columns}
      rows={rows}
      rowId={(line) => line.id}
      maxHeight={props.height}
      empty={<p className="muted">No values.</p>}
    />
  );
}
