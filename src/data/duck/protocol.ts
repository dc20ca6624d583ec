import type { TableFile } from '../../tables/index.ts';
import type { ColumnProfile } from '../contract.ts';

/** One request a process: JSON on its stdin, one JSON answer on its stdout. */
export type DuckRequest =
  | { op: 'query'; query: string; views: readonly View[]; limit: number; bytes: number }
  | {
      op: 'rows';
      table: Source;
      offset: number;
      limit: number;
      bytes: number;
      count: boolean;
      /** Cells of CSV files as the text that stands there: their types would cost a look at all rows. */
      spelled: boolean;
    }
  | { op: 'profile'; table: Source; size: number };

export interface View {
  /** As the query spells it: `flights@v3`. */
  name: string;
  table: Source;
}

/** Files that make one table. */
export type Source = readonly TableFile[];

export interface Rows {
  columns: Array<{ name: string; type: string }>;
  rows: unknown[][];
  truncated: boolean;
  total?: number;
}

export interface Profiled {
  rows: number;
  columns: ColumnProfile[];
}

export type DuckAnswer =
  | { rows: Rows }
  | { profile: Profiled }
  | { error: { code: 'query' | 'memory' | 'unreadable'; message: string; hint?: string } };
