import { readCsvHead, readCsvStart, type CsvHead } from './csv-head.ts';
import { join, typeOf, type Form } from './spelling.ts';
import { identifier, quote } from './sql-text.ts';
import type { KnownTable, TableFile } from './table-file.ts';

/** CSV files of one shape, read as the text that stands there. */
export interface CsvGroup {
  files: TableFile[];
  head: CsvHead;
  /** Of each column: whether its form is that of all rows. */
  settled: boolean[];
}

/** Of many files each says less. */
const SHORT_HEAD = 32 * 1024;
const FEW = 8;

/** Neighbours of one shape together: what comes after them has rows of its own place. */
export async function csvGroups(files: readonly TableFile[]): Promise<CsvGroup[]> {
  const groups: CsvGroup[] = [];
  for (const one of files) {
    const head = await (files.length > FEW
      ? readCsvHead(one.file, one.shown, SHORT_HEAD)
      : readCsvStart(one.file, one.shown));
    const settled = settle(head, one.known);
    const last = groups.at(-1);
    if (last && shape(last.head) === shape(head)) {
      last.files.push(one);
      last.settled = last.settled.map(
        (so, i) => so && settled[i]! && agree(last.head.forms[i]!, head.forms[i]!),
      );
      last.head.forms = last.head.forms.map((form, i) => join(form, head.forms[i]!));
    } else groups.push({ files: [one], head, settled });
  }
  return groups;
}

/** What was found out about all rows before takes the place of what the first lines look like, column by column. */
function settle(head: CsvHead, known: KnownTable | undefined): boolean[] {
  const alike =
    known?.columns.length === head.names.length &&
    known.columns.every(({ name }, i) => name === head.names[i]);
  return head.forms.map((form, i) => {
    const column = alike ? known.columns[i] : undefined;
    const whole = column && formOfType(column, form);
    if (whole) head.forms[i] = whole;
    return whole !== undefined;
  });
}

/** Undefined: the type does not say how its values are spelt, and the first lines do not either. */
function formOfType({ type, none }: KnownTable['columns'][number], first: Form): Form | undefined {
  if (none) return { is: 'none' };
  switch (type) {
    case 'VARCHAR':
      return { is: 'text' };
    case 'BIGINT':
      return { is: 'integer' };
    case 'HUGEINT':
      return { is: 'huge' };
    case 'DOUBLE':
      return { is: 'number' };
    case 'DATE':
      return { is: 'date' };
    case 'TIME':
      return { is: 'time' };
    default:
      return typeOf(first) === type ? first : undefined;
  }
}

/** Whether two files need no look at all rows of both: a whole number beside a fraction may be too large for it. */
const agree = (a: Form, b: Form): boolean =>
  a.is === 'none' ||
  b.is === 'none' ||
  a.is === 'text' ||
  b.is === 'text' ||
  JSON.stringify(a) === JSON.stringify(b);

const shape = ({ delimiter, skip, header, names }: CsvHead): string =>
  JSON.stringify([delimiter, skip, header, names]);

/**
 * Nothing is left to DuckDB to find out: it would look at the first lines only. A quoted empty cell is an empty text, another
 * is no value.
 */
export function csvReader(files: readonly TableFile[], head: CsvHead): string {
  const list = `[${files.map(({ file }) => quote(file)).join(',')}]`;
  const columns = head.names.map((name) => `${identifier(name)}: 'VARCHAR'`).join(', ');
  return `read_csv(${list}, auto_detect=false, strict_mode=true, hive_partitioning=false, delim=${quote(head.delimiter)}, quote='"', escape='"', skip=${head.skip}, header=${head.header}, allow_quoted_nulls=false, columns={${columns}})`;
}

/** What is known of each column of all groups, by name. */
export function formsByName(groups: readonly CsvGroup[]): Map<string, { form: Form; settled: boolean }> {
  const forms = new Map<string, { form: Form; settled: boolean }>();
  for (const { head, settled } of groups)
    for (const [i, name] of head.names.entries()) {
      const form = head.forms[i]!;
      const before = forms.get(name) ?? { form: { is: 'none' }, settled: true };
      forms.set(name, {
        form: join(before.form, form),
        settled: before.settled && settled[i]! && agree(before.form, form),
      });
    }
  return forms;
}
