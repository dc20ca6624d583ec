import { useMemo, type ReactElement } from 'react';
import { Failure } from '../failure.tsx';
import { Skeleton } from '../page.tsx';
import { inOrder, sortOf, sortText } from './sorting.ts';
import { Table, type TableProps } from './table.tsx';

/** What `usePages` says of a list. */
interface Found<Row> {
  items: readonly Row[];
  more: TableProps<Row>['more'];
  loading: boolean;
  error: Error | null;
  refresh(): void;
}

interface FoundTableProps<Row> extends Omit<TableProps<Row>, 'rows' | 'more' | 'sort' | 'onSort'> {
  found: Found<Row>;
  /** Those of the found that are shown; all unless said. */
  rows?: readonly Row[];
  /** The order, as it stands in the address; with `onSorted`. It is made here, of what is loaded. */
  sorted?: string | undefined;
  onSorted?(text: string | undefined): void;
  /** Lines of the picture that stands here until the list has come. */
  lines?: number;
}

/** A list of the API as a table: what stands there until it has come, and where it cannot be had. */
export function FoundTable<Row extends object>({
  found,
  rows = found.items,
  sorted,
  onSorted,
  lines = 6,
  ...table
}: FoundTableProps<Row>): ReactElement {
  const { columns } = table;
  const sort = useMemo(() => sortOf(sorted), [sorted]);
  const ordered = useMemo(() => inOrder(rows, columns, sort), [rows, columns, sort]);
  if (found.loading) return <Skeleton lines={lines} />;
  if (found.error) return <Failure error={found.error} retry={() => found.refresh()} />;
  const order = onSorted ? { sort, onSort: (next: typeof sort) => onSorted(sortText(next)) } : {};
  return <Table keys {...table} {...order} rows={ordered} more={found.more} />;
}
