/* oxlint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role, jsx-a11y/control-has-associated-label, jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions --
   Rows are laid out as flex boxes, and some browsers then forget what a table element is: the roles say it again. */
import {
  useTable,
  type ColumnDef,
  type Header,
  type Row as TableRow,
  type SortingState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { Icon } from '../icons.tsx';
import { useNarrow } from '../media.ts';
import { compareValues } from './compare-values.ts';
import { features, type Features } from './features.ts';
import { useRowKeys } from './use-row-keys.ts';
import './table.css';

export interface Column<Row> {
  id: string;
  /** The words over the column; also how it is called aloud. */
  header: string;
  /** What it is sorted by, and shown where there is no `cell`. */
  value?(row: Row): string | number | boolean | undefined;
  cell?(row: Row): ReactNode;
  width?: number;
  align?: 'end';
  sortable?: boolean;
}

export interface Sort {
  id: string;
  desc: boolean;
}

export interface TableProps<Row> {
  label: string;
  /** The first one stays in sight while the others scroll; it should hold the row's link. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowId(row: Row): string;
  /** How a row is called aloud, for its checkbox. */
  rowName?(row: Row): string;
  /** With `onSort` the server sorts and `sort` says how; without, the table sorts what it has. */
  sort?: Sort | undefined;
  onSort?(sort: Sort | undefined): void;
  selected?: ReadonlySet<string>;
  onSelect?(ids: ReadonlySet<string>): void;
  /** More rows can be had; called when their place comes into sight. */
  more?: { loading: boolean; load(): void } | undefined;
  /** How many rows there are in all, where it is known. */
  total?: number | undefined;
  empty?: ReactNode;
  /** px; without it the table fills its parent and scrolls inside. */
  maxHeight?: number;
  /** The rows are those of the question before. */
  busy?: boolean;
  /** One table of a page answers to j, k and x. */
  keys?: boolean;
}

const ROW = 34;
const HEAD = 34;
const CHECK = 36;
/** Virtual in both directions: a hundred thousand rows and a thousand columns cost what is in sight. */
export function Table<Row extends object>(props: TableProps<Row>): ReactElement {
  const { columns, rows, rowId, onSort, more, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [ownSort, setOwnSort] = useState<SortingState>([]);
  const narrow = useNarrow();
  // On a telephone the column that stays must leave room for the others.
  const defs = useMemo(
    () =>
      columns.map((column, i) =>
        columnDef(i === 0 && narrow ? { ...column, width: Math.min(column.width ?? 130, 148) } : column),
      ),
    [columns, narrow],
  );
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const table = useTable<Features, Row>({
    features,
    columns: defs,
    data: rows,
    getRowId: rowId,
    manualSorting: onSort !== undefined,
    enableMultiSort: false,
    columnResizeMode: 'onChange',
    state: { sorting: onSort ? (props.sort ? [props.sort] : []) : ownSort },
    onSortingChange: (update) => {
      if (onSort) onSort((typeof update === 'function' ? update(props.sort ? [props.sort] : []) : update)[0]);
      else setOwnSort(update);
    },
  });
  const model = table.getRowModel().rows;
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const sizes = headers.map((header) => header.getSize());

  // oxlint-disable-next-line react/incompatible-library -- it tells by itself when it changed
  const down = useVirtualizer({
    count: model.length + (more ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
    paddingStart: HEAD,
    scrollPaddingStart: HEAD,
  });
  const checks = onSelect ? CHECK : 0;
  const pinned = checks + (sizes[0] ?? 0);
  const across = useVirtualizer({
    horizontal: true,
    count: Math.max(0, headers.length - 1),
    getScrollElement: () => scroller.current,
    estimateSize: (index) => sizes[index + 1] ?? 120,
    overscan: 3,
    paddingStart: pinned,
    scrollPaddingStart: pinned,
  });
  const widths = sizes.join();
  useEffect(() => across.measure(), [across, widths]);

  const items = down.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const load = more?.load;
  const wanted = more !== undefined && !more.loading && last >= model.length - 1;
  useEffect(() => {
    if (wanted) load?.();
  }, [wanted, load]);

  // Another order or another list begins at its top.
  const order = `${props.sort?.id} ${props.sort?.desc}`;
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [order]);

  const visible = across.getVirtualItems().map((item) => item.index + 1);
  const frame = useRowKeys(props, model, down, scroller);
  const total = pinned + sizes.slice(1).reduce((sum, size) => sum + size, 0);
  const lead = visible.length === 0 ? 0 : sizes.slice(1, visible[0]).reduce((sum, size) => sum + size, 0);

  if (rows.length === 0 && !more) return <>{props.empty ?? null}</>;
  const bodyHeight = down.getTotalSize() + (total > (scroller.current?.clientWidth ?? total) ? 14 : 0);
  return (
    // Scrolls, so it takes focus; j, k and the arrows move inside.
    <div
      ref={scroller}
      className={`table-scroll${props.busy ? ' table-busy' : ''}`}
      aria-busy={props.busy ?? false}
      role="group"
      aria-label={props.label}
      tabIndex={0}
      style={
        props.maxHeight === undefined
          ? undefined
          : { height: Math.min(props.maxHeight, bodyHeight + 2), flex: 'none' }
      }
      onKeyDown={frame.onKeyDown}
    >
      <table
        className="table"
        role="table"
        aria-label={props.label}
        aria-rowcount={props.total === undefined ? (more ? -1 : model.length + 1) : props.total + 1}
        aria-colcount={headers.length + (onSelect ? 1 : 0)}
        style={{ width: total }}
      >
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1} style={{ height: HEAD }}>
            {onSelect && (
              <th role="columnheader" className="table-check" style={{ width: CHECK }} aria-colindex={1}>
                <input
                  type="checkbox"
                  aria-label="Select all that are loaded"
                  checked={model.length > 0 && model.every((row) => props.selected?.has(row.id))}
                  onChange={(event) =>
                    onSelect(event.target.checked ? new Set(model.map((row) => row.id)) : new Set())
                  }
                />
              </th>
            )}
            {headers[0] && (
              <Head
                header={headers[0]}
                column={byId.get(headers[0].column.id)!}
                at={checks}
                index={0}
                offset={onSelect ? 2 : 1}
              />
            )}
            {lead > 0 && <td role="presentation" className="table-lead" style={{ width: lead }} />}
            {visible.map((i) => {
              const header = headers[i];
              return (
                header && (
                  <Head
                    key={header.id}
                    header={header}
                    column={byId.get(header.column.id)!}
                    index={i}
                    offset={onSelect ? 2 : 1}
                  />
                )
              );
            })}
          </tr>
        </thead>
        <tbody role="rowgroup" style={{ height: down.getTotalSize() - HEAD }}>
          {items.map((item) => {
            const row = model[item.index];
            const style = { height: ROW, transform: `translateY(${item.start - HEAD}px)` };
            if (!row) {
              return (
                <tr key="more" role="row" style={style} className="table-row table-more">
                  <td role="cell" colSpan={headers.length}>
                    Loading more…
                  </td>
                </tr>
              );
            }
            const chosen = props.selected?.has(row.id) ?? false;
            return (
              <tr
                key={row.id}
                role="row"
                data-row={item.index}
                aria-rowindex={item.index + 2}
                className={`table-row${chosen ? ' table-chosen' : ''}`}
                style={style}
              >
                {onSelect && (
                  <td role="cell" className="table-check" style={{ width: CHECK }}>
                    <input
                      type="checkbox"
                      aria-label={`Select ${props.rowName?.(row.original) ?? row.id}`}
                      checked={chosen}
                      onChange={() => frame.toggle(row.id)}
                    />
                  </td>
                )}
                <td role="cell" className="table-cell table-pin" style={{ width: sizes[0], left: checks }}>
                  {content(columns[0]!, row.original)}
                </td>
                {lead > 0 && <td role="presentation" className="table-lead" style={{ width: lead }} />}
                {visible.map((i) => {
                  const column = columns[i];
                  if (!column) return null;
                  return (
                    <td
                      key={column.id}
                      role="cell"
                      aria-colindex={i + (onSelect ? 2 : 1)}
                      className={`table-cell${column.align ? ' table-end' : ''}`}
                      style={{ width: sizes[i] }}
                    >
                      {content(column, row.original)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function columnDef<Row extends object>(column: Column<Row>): ColumnDef<Features, Row> {
  return {
    id: column.id,
    header: column.header,
    accessorFn: (row: Row) => column.value?.(row),
    size: column.width ?? 130,
    minSize: 56,
    maxSize: 900,
    enableSorting: column.sortable ?? column.value !== undefined,
    sortDescFirst: column.align === 'end',
    sortUndefined: 'last',
    sortFn: (a: TableRow<Features, Row>, b: TableRow<Features, Row>, id: string) =>
      compareValues(a.getValue(id), b.getValue(id)),
  };
}

function content<Row>(column: Column<Row>, row: Row): ReactNode {
  if (column.cell) return column.cell(row);
  const value = column.value?.(row);
  return value === undefined ? (
    <span className="table-none">–</span>
  ) : (
    <span className="truncate">{String(value)}</span>
  );
}

function Head<Row extends object>(props: {
  header: Header<Features, Row, unknown>;
  column: Column<Row>;
  index: number;
  offset: number;
  at?: number;
}): ReactElement {
  const { header, column, at } = props;
  const sorted = header.column.getIsSorted();
  const can = header.column.getCanSort();
  const resize = header.getResizeHandler();
  const widen = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 16 : event.key === 'ArrowLeft' ? -16 : 0;
    if (!event.shiftKey || step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const { table } = header.getContext();
    table.setColumnSizing((sizes) => ({ ...sizes, [column.id]: Math.max(56, header.getSize() + step) }));
  };
  return (
    <th
      role="columnheader"
      aria-colindex={props.index + props.offset}
      {...(can
        ? {
            'aria-sort':
              sorted === 'asc'
                ? ('ascending' as const)
                : sorted === 'desc'
                  ? ('descending' as const)
                  : ('none' as const),
          }
        : {})}
      className={`table-head${at === undefined ? '' : ' table-pin'}${column.align ? ' table-end' : ''}`}
      style={{ width: header.getSize(), ...(at === undefined ? {} : { left: at }) }}
    >
      {can ? (
        <button
          type="button"
          onClick={header.column.getToggleSortingHandler()}
          onKeyDown={widen}
          title={`${column.header}: sort; Shift with ← → changes the width`}
        >
          <span className="truncate">{column.header}</span>
          {sorted && <Icon name={sorted === 'asc' ? 'up' : 'sortdown'} size={12} />}
        </button>
      ) : (
        <span className="truncate" title={column.header}>
          {column.header}
        </span>
      )}
      {/* For the pointer; the keyboard has Shift with the arrows on the button beside it. */}
      <span
        aria-hidden="true"
        className="table-resize"
        onMouseDown={resize}
        onTouchStart={resize}
        onDoubleClick={() => header.column.resetSize()}
      />
    </th>
  );
}
