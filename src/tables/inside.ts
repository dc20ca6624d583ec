// The door for what runs in a reader's process: it loads DuckDB.
export { openViews } from './answers/open-views.ts';
export { query } from './answers/query.ts';
export { rows } from './answers/rows.ts';
export { toJson } from './answers/to-json.ts';
export { openBytes, readCsvHead } from './csv-head.ts';
export { splitCsv } from './csv-records.ts';
export { explained, withShownNames } from './explain.ts';
export { jsonReader } from './read-json.ts';
export { csvShapes, parquetReader, readTable } from './read-table.ts';
export { answerer, answerQuestions } from './reader/answer-questions.ts';
export { describe, openSandbox, read, readOne } from './sandbox.ts';
export { identifier, quote } from './sql-text.ts';
export { TableFault } from './table-fault.ts';
export { UnreadableTable } from './unreadable.ts';
export { bytesAt, doublesAt, numbersAt } from './chunk-values.ts';
