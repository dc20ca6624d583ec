import type { ColumnProfile, TableFormat } from '../contract.ts';

/** One request a process: JSON on its stdin, one JSON answer on its stdout. */
export type DuckRequest =
  | { op: 'query'; query: string; views: readonly View[]; limit: number; bytes: number }
  | { op: 'rows'; table: Source; offset: number; limit: number; bytes: number; count: boolean }
  | { op: 'profile'; table: Source; size: number };

export interface View {
  /** As the query spells it: `flights@v3`. */
  name: string;
  table: Source;
}

/** Files of one format that make one table; `file` lies in the working directory, `shown` is what errors call it. */
export interface Source {
  format: TableFormat;
  files: ReadonlyArray<{ file: string; shown: string }>;
}

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
  | { error: { code: 'query' | 'memory' | 'unreadable'; message: string } };
