import { question, type TableFile } from '../tables/index.ts';
import type { ColumnProfile } from './contract.ts';

/** Figures of all columns of a table; `size`: bytes of its files. */
export const PROFILE_TABLE = question<{ table: readonly TableFile[]; size: number }, Profiled>('profile');

export interface Profiled {
  rows: number;
  columns: ColumnProfile[];
}
