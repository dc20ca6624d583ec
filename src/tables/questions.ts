import { question } from './question.ts';
import type { TableFile } from './table-file.ts';

/** One SELECT over tables by name. */
export const QUERY = question<
  {
    query: string;
    views: readonly View[];
    /** Most rows and bytes of the answer. */
    limit: number;
    bytes: number;
  },
  Rows
>('query');

/** Some rows of a table, as they come. */
export const ROWS = question<
  {
    table: readonly TableFile[];
    offset: number;
    limit: number;
    bytes: number;
    /** Whether all rows are counted even where nothing else asks for it. */
    count: boolean;
    /** Cells of CSV files as the text that stands there: their types would cost a look at all rows. */
    spelled: boolean;
  },
  Rows
>('rows');

export type View = {
  /** As the query spells it: `flights@v3`. */
  name: string;
} & (
  | {
      /** Files that make one table. */
      table: readonly TableFile[];
    }
  | {
      /** A SELECT over views before this one, written by the server. */
      sql: string;
    }
);

export interface Rows {
  columns: Array<{ name: string; type: string }>;
  rows: unknown[][];
  truncated: boolean;
  total?: number;
}
