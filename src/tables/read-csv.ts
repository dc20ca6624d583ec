import { readCsvHead, type CsvHead } from './csv-head.ts';
import { identifier, quote } from './sandbox.ts';
import { join, type Form } from './spelling.ts';
import type { TableFile } from './read-table.ts';

/** CSV files of one shape, read as the text that stands there. */
export interface CsvGroup {
  files: TableFile[];
  head: CsvHead;
}

const HEAD = 256 * 1024;
/** Of many files each says less. */
const SHORT_HEAD = 32 * 1024;
const FEW = 8;

/** Neighbours of one shape together: what comes after them has rows of its own place. */
export async function csvGroups(files: readonly TableFile[]): Promise<CsvGroup[]> {
  const groups: CsvGroup[] = [];
  for (const one of files) {
    const head = await readCsvHead(one.file, one.shown, files.length > FEW ? SHORT_HEAD : HEAD);
    const last = groups.at(-1);
    if (last && shape(last.head) === shape(head)) {
      last.files.push(one);
      last.head.forms = last.head.forms.map((form, i) => join(form, head.forms[i]!));
    } else groups.push({ files: [one], head });
  }
  return groups;
}

const shape = ({ delimiter, skip, header, names }: CsvHead): string =>
  JSON.stringify([delimiter, skip, header, names]);

/**
 * Nothing is left to DuckDB to find out: it would look at the first lines only. A quoted empty cell is an empty text, another
 * is no value.
 */
export function csvReader({ files, head }: CsvGroup, filename: boolean): string {
  const list = `[${files.map(({ file }) => quote(file)).join(',')}]`;
  const columns = head.names.map((name) => `${identifier(name)}: 'VARCHAR'`).join(', ');
  return `read_csv(${list}, auto_detect=false, strict_mode=true, hive_partitioning=false, delim=${quote(head.delimiter)}, quote='"', escape='"', skip=${head.skip}, header=${head.header}, allow_quoted_nulls=false, columns={${columns}}${filename ? ', filename=true' : ''})`;
}

/** What the first lines of all groups say of each column, by name. */
export function formsByName(groups: readonly CsvGroup[]): Map<string, Form> {
  const forms = new Map<string, Form>();
  for (const { head } of groups)
    for (const [i, name] of head.names.entries())
      forms.set(name, join(forms.get(name) ?? { is: 'none' }, head.forms[i]!));
  return forms;
}
