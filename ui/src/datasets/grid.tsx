import { useMemo, type ReactElement } from 'react';
import { Table, type Column } from '../kit/table/table.tsx';
import { cellText } from './facts.ts';

interface Row {
  number: number;
  cells: readonly unknown[];
}

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/i;

/** Rows of data as they are: nothing rounded, nothing sorted. Missing values say so. */
export function Grid(props: {
  label: string;
  columns: readonly { name: string; type: string }[];
  rows: readonly (readonly unknown[])[];
  first?: number;
}): ReactElement {
  const { first = 0 } = props;
  const rows = useMemo(
    () => props.rows.map((cells, i): Row => ({ number: first + i, cells })),
    [props.rows, first],
  );
  const columns = useMemo(
    (): Column<Row>[] => [
      {
        id: '#',
        header: '#',
        width: 64,
        align: 'end',
        cell: ({ number }) => <span className="faint">{number + 1}</span>,
      },
      ...props.columns.map(({ name, type }, i): Column<Row> => ({
        id: `${i}:${name}`,
        header: name,
        width: Math.min(320, Math.max(96, name.length * 8 + 34, widest(props.rows, i) * 8 + 22)),
        ...(NUMERIC.test(type) ? { align: 'end' as const } : {}),
        cell: ({ cells }) => {
          const value = cells[i];
          return value === null || value === undefined ? (
            <span className="cell-null">null</span>
          ) : (
            <span className="truncate" title={`${cellText(value)}\n${type}`}>
              {cellText(value)}
            </span>
          );
        },
      })),
    ],
    [props.columns, props.rows],
  );
  return (
    <Table
      label={props.label}
      columns={columns}
      rows={rows}
      rowId={({ number }) => String(number)}
      maxHeight={560}
      keys
      empty={<p className="muted">No rows.</p>}
    />
  );
}

/** Characters of the widest cell among the first rows: the columns fit what is mostly in them. */
function widest(rows: readonly (readonly unknown[])[], column: number): number {
  return rows.slice(0, 50).reduce((most, cells) => Math.max(most, cellText(cells[column]).length), 0);
}
