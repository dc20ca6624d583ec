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
  useEffectEvent,
  useMemo,
  useRef,
  useState,
  type DragEvent,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { Icon } from '../icons.tsx';
import { useNarrow } from '../media.ts';
import { Menu, type MenuEntry } from '../menu.tsx';
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
  /** How many of the first columns stay in sight; one unless said. */
  pinned?: number;
  /** Widths that were chosen, px by column; told as they change. */
  widths?: Readonly<Record<string, number>>;
  onWidths?(widths: Readonly<Record<string, number>>): void;
  /** A column was taken before another one (dragged, or Alt with the arrows). Not the first column. */
  onMove?(id: string, before: string | undefined): void;
  /** What else can be done with a column, in a menu at its head. */
  columnMenu?(id: string): readonly MenuEntry[] | undefined;
  /** Which columns and rows are in sight, for those who fetch cells as they are needed. */
  onSight?(sight: Sight): void;
}

export interface Sight {
  columns: readonly string[];
  /** Of `rows`, the first and the last that are drawn. */
  rows: readonly [first: number, last: number];
}

/** What a column's head carries while it is dragged. */
const DRAGGED = 'application/x-treadle-column';

const ROW = 34;
const HEAD = 34;
const CHECK = 36;
/** Virtual in both directions: a hundred thousand rows and a thousand columns cost what is in sight. */
export function Table<Row extends object>(props: TableProps<Row>): ReactElement {
  const { columns, rows, rowId, onSort, more, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [ownSort, setOwnSort] = useState<SortingState>([]);
  const [sizing, setSizing] = useWidths(props.widths, props.onWidths);
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
    state: { sorting: onSort ? (props.sort ? [props.sort] : []) : ownSort, columnSizing: sizing },
    onColumnSizingChange: setSizing,
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
  // On a telephone what stays in sight would leave no room for the rest.
  const kept = Math.min(narrow ? 1 : (props.pinned ?? 1), headers.length);
  const offsets = sizes.slice(0, kept).map((_, i) => checks + sum(sizes.slice(0, i)));
  const pinned = checks + sum(sizes.slice(0, kept));
  const across = useVirtualizer({
    horizontal: true,
    count: Math.max(0, headers.length - kept),
    getScrollElement: () => scroller.current,
    estimateSize: (index) => sizes[index + kept] ?? 120,
    overscan: 3,
    paddingStart: pinned,
    scrollPaddingStart: pinned,
  });
  const widths = `${kept} ${sizes.join()}`;
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

  const visible = across.getVirtualItems().map((item) => item.index + kept);
  const { onSight } = props;
  const sight = useMemo(
    () => ({
      columns: visible.flatMap((i) => columns[i]?.id ?? []),
      rows: [items[0]?.index ?? 0, last] as const,
    }),
    // What is drawn, in words: the lists are new at each drawing.
    // oxlint-disable-next-line react/exhaustive-deps -- see above
    [visible.join(), items[0]?.index, last, columns],
  );
  useEffect(() => onSight?.(sight), [onSight, sight]);
  const frame = useRowKeys(props, model, down, scroller);
  const total = checks + sum(sizes);
  const lead = visible.length === 0 ? 0 : sum(sizes.slice(kept, visible[0]));
  const head = (i: number) => {
    const header = headers[i];
    const column = header && byId.get(header.column.id);
    if (!header || !column) return null;
    // The neighbour that it goes before when it is taken a step to either side.
    const step = (by: -1 | 1) => {
      const to = by < 0 ? i - 1 : i + 2;
      if (i === 0 || to < 1 || (by > 0 && i + 1 >= columns.length)) return undefined;
      return () => props.onMove?.(column.id, columns[to]?.id);
    };
    return (
      <Head
        key={header.id}
        header={header}
        column={column}
        index={i}
        offset={onSelect ? 2 : 1}
        {...(i < kept ? { at: offsets[i]! } : {})}
        {...(props.onMove && i > 0 ? { onMove: props.onMove, step } : {})}
        {...(props.columnMenu ? { menu: props.columnMenu(column.id) } : {})}
      />
    );
  };

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
            {offsets.map((_, i) => head(i))}
            {lead > 0 && <td role="presentation" className="table-lead" style={{ width: lead }} />}
            {visible.map(head)}
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
                {offsets.map((left, i) => {
                  const column = columns[i]!;
                  return (
                    <td
                      key={column.id}
                      role="cell"
                      aria-colindex={i + (onSelect ? 2 : 1)}
                      className={`table-cell table-pin${column.align ? ' table-end' : ''}`}
                      style={{ width: sizes[i], left }}
                    >
                      {content(column, row.original)}
                    </td>
                  );
                })}
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

const sum = (sizes: readonly number[]): number => sizes.reduce((all, size) => all + size, 0);

type Widths = Readonly<Record<string, number>>;

/** Widths move with the pointer, many times a second; whoever keeps them is told when they rest. */
function useWidths(given: Widths | undefined, tell: ((widths: Widths) => void) | undefined) {
  const words = JSON.stringify(given ?? {});
  const [told, setTold] = useState(words);
  const [sizing, setSizing] = useState<Record<string, number>>({ ...given });
  // Back, forward and another view change them from outside.
  if (told !== words) {
    setTold(words);
    setSizing({ ...given });
  }
  const rest = useEffectEvent(() => tell?.(sizing));
  useEffect(() => {
    if (JSON.stringify(sizing) === words) return;
    const timer = setTimeout(() => rest(), 250);
    return () => clearTimeout(timer);
  }, [sizing, words]);
  return [sizing, setSizing] as const;
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
  onMove?(id: string, before: string | undefined): void;
  /** How it goes a step to the left or right; undefined where it cannot. */
  step?(by: -1 | 1): (() => void) | undefined;
  menu?: readonly MenuEntry[] | undefined;
}): ReactElement {
  const { header, column, at, onMove, step, menu } = props;
  const [over, setOver] = useState(false);
  const sorted = header.column.getIsSorted();
  const can = header.column.getCanSort();
  const resize = header.getResizeHandler();
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0 || !(event.shiftKey || (event.altKey && step))) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.altKey) return step?.(by)?.();
    const { table } = header.getContext();
    table.setColumnSizing((sizes) => ({ ...sizes, [column.id]: Math.max(56, header.getSize() + 16 * by) }));
  };
  const dragged = onMove && {
    draggable: true,
    onDragStart: (event: DragEvent) => event.dataTransfer.setData(DRAGGED, column.id),
  };
  const target = onMove && {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const id = event.dataTransfer.getData(DRAGGED);
      if (id !== column.id) onMove(id, column.id);
    },
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
      className={`table-head${at === undefined ? '' : ' table-pin'}${column.align ? ' table-end' : ''}${over ? ' table-drop' : ''}`}
      style={{ width: header.getSize(), ...(at === undefined ? {} : { left: at }) }}
      {...target}
    >
      {can ? (
        <button
          type="button"
          onClick={header.column.getToggleSortingHandler()}
          onKeyDown={onKeyDown}
          title={`${column.header}: sort; Shift with ← → changes the width${step ? ', Alt with ← → its place' : ''}`}
          {...dragged}
        >
          <span className="truncate">{column.header}</span>
          {sorted && <Icon name={sorted === 'asc' ? 'up' : 'sortdown'} size={12} />}
        </button>
      ) : (
        <span className="truncate" title={column.header}>
          {column.header}
        </span>
      )}
      {menu && menu.length > 0 && (
        <Menu
          trigger={
            <button type="button" className="table-more-of" aria-label={`More of ${column.header}`}>
              <Icon name="more" size={13} />
            </button>
          }
          entries={menu}
        />
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
