import type { TableFormat } from './table-format.ts';

/** A file in the working directory; `shown` is its path for people, and the folders in it may say more of its rows. */
export interface TableFile {
  file: string;
  shown: string;
  format: TableFormat;
  known?: KnownTable;
}

/** What reading all rows of a file came to: who has it from before need not ask all rows again. */
export interface KnownTable {
  rows: number;
  /** `none`: no cell of it says anything of its type. */
  columns: ReadonlyArray<{ name: string; type: string; none: boolean }>;
}
