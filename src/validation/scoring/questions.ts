import { question, type Reading, type TableFile } from '../../tables/index.ts';
import type { ColumnInfo } from './column.ts';

/** What the gate's table has, column by column. */
export const FACTS = question<
  {
    table: readonly TableFile[];
    /** Columns whose different values are counted exactly; those that are not there are left out. */
    exact: readonly string[];
  },
  { facts: TableFacts; reading: Reading }
>('gate-facts');

/** Values of some columns, said in parts as they come; the answer is the number of rows. */
export const COLUMNS = question<
  {
    /** Of the same files. */
    reading: Reading;
    columns: readonly AskedColumn[];
    /** Most bytes of all parts. */
    bytes: number;
  },
  number
>('gate-columns');

export interface TableFacts {
  rows: number;
  columns: ColumnInfo[];
}

export interface AskedColumn {
  name: string;
  /** As the characters of the file. */
  spelled: boolean;
}

/**
 * Some rows of one column. It says where it belongs, so that one that comes twice changes nothing. Numbers are bytes as this
 * machine holds them, in base64: doubles, NaN where there is no value; or places among the column's words, −1 where there is none.
 */
export interface Part {
  /** By position among those asked for. */
  column: number;
  /** The first of its rows. */
  row: number;
  doubles?: string;
  codes?: string;
  /** Words that come first in these rows, and how many came before. */
  words?: { before: number; more: string[] };
}

/** A line of parts. */
export interface Parts {
  parts: Part[];
}
