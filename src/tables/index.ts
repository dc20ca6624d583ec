// The door for the server, which never loads DuckDB: `inside.ts` is the one for what runs in a reader's process.
export { openTables, type Tables } from './open-tables.ts';
export { partitionsOf } from './partitions.ts';
export { firstLook } from './first-look.ts';
export { readCsvStart, type CsvHead } from './csv-head.ts';
export { question, type AskedFile, type Fault, type Outcome, type Question } from './question.ts';
export { QUERY, ROWS, type Rows, type View } from './questions.ts';
export type { KnownTable, TableFile } from './table-file.ts';
export type { Reading } from './read-table.ts';
export { localName, tableFormat, type TableFormat } from './table-format.ts';
export { identifier, quote } from './sql-text.ts';
export { UnreadableTable } from './unreadable.ts';
