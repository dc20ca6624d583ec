export { describe, identifier, openSandbox, quote, read, typeName } from './sandbox.ts';
export { localName, tableFormat, type TableFormat } from './table-format.ts';
export { partitionsOf } from './partitions.ts';
export { firstLook } from './first-look.ts';
export { UnreadableTable } from './unreadable.ts';
export { explained } from './explain.ts';
export { jsonReader } from './read-json.ts';
export {
  csvShapes,
  parquetReader,
  readTable,
  type KnownTable,
  type Reading,
  type TableFile,
} from './read-table.ts';
