import { tableFormat as formatOf } from '../tables/index.ts';
import type { TableFormat } from './contract.ts';

/** By the ending of its name; undefined: not a table. A `.json` file is a note more often than a table, and counts as none. */
export function tableFormat(path: string): TableFormat | undefined {
  const format = formatOf(path);
  return format === 'json' ? undefined : format;
}
