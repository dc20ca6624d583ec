export type ColumnKind = 'boolean' | 'integer' | 'number' | 'text' | 'time' | 'other';

/** Its values are numbers; those of others are words. */
export const isPlain = (kind: ColumnKind): boolean =>
  kind === 'boolean' || kind === 'integer' || kind === 'number';

export interface ColumnInfo {
  name: string;
  kind: ColumnKind;
  /** DuckDB's name of it, for people. */
  type: string;
  /** Rows without a value; NaN counts. */
  missing: number;
  /** About how many different values. */
  distinct: number;
  /** How many exactly, where that was asked. */
  exactly?: number;
  /** Its cells are characters of a text file, and can be had as they stand there. */
  spelled?: boolean;
}

/** Values of a column in the order of the rows. */
export interface Column extends ColumnInfo {
  /** Of boolean (0 and 1), integer and number; NaN where there is none. */
  numbers?: Float64Array;
  /** Of text and time: a place in `words`, −1 where there is none. */
  codes?: Int32Array;
  words?: string[];
}
