import type { ReactElement, ReactNode } from 'react';
import { Icon } from './icons.tsx';
import './listing.css';

export interface ListingColumn<Row> {
  key: string;
  head: string;
  cell(row: Row): ReactNode;
  numeric?: boolean;
  /** Left out where the window is narrow: what is also said elsewhere. */
  wideOnly?: boolean;
  /** The heading is said but not drawn: a column of buttons. */
  hideHead?: boolean;
  /** The column can be sorted by. */
  sort?: boolean;
}

export interface Sort {
  by: string;
  down: boolean;
}

interface ListingProps<Row> {
  label: string;
  /** The first column names the row. */
  columns: readonly ListingColumn<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  marked?(row: Row): boolean;
  sort?: Sort;
  onSort?(sort: Sort): void;
  /** Inside a panel, which has a border already. */
  bare?: boolean;
  /** Below the table: the way to more of it. */
  foot?: ReactNode;
}

/** A native table of some hundred rows at most; longer ones are windowed elsewhere. */
export function Listing<Row>({
  label,
  columns,
  rows,
  rowKey,
  marked,
  sort,
  onSort,
  bare = false,
  foot,
}: ListingProps<Row>): ReactElement {
  const classOf = ({ numeric, wideOnly }: ListingColumn<Row>) =>
    [numeric && 'num', wideOnly && 'wide-only'].filter(Boolean).join(' ') || undefined;
  return (
    // Scrolls sideways where it must, so it takes focus: otherwise a keyboard could not reach its end.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={`listing${bare ? ' listing-bare' : ''}`} tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={classOf(column)}
                {...(sort?.by === column.key
                  ? { 'aria-sort': sort.down ? ('descending' as const) : ('ascending' as const) }
                  : {})}
              >
                {column.sort && onSort ? (
                  <button
                    type="button"
                    className="listing-sort"
                    onClick={() =>
                      onSort({
                        by: column.key,
                        down: sort?.by === column.key ? !sort.down : column.numeric === true,
                      })
                    }
                  >
                    {column.head}
                    {sort?.by === column.key && <Icon name={sort.down ? 'sortdown' : 'up'} size={12} />}
                  </button>
                ) : (
                  <span className={column.hideHead ? 'sr-only' : undefined}>{column.head}</span>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-marked={marked?.(row) ? '' : undefined}>
              {columns.map((column, i) =>
                i === 0 ? (
                  <th key={column.key} scope="row" className={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {foot !== undefined && <div className="listing-more">{foot}</div>}
    </div>
  );
}
