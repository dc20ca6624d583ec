import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  parquetMetadata,
  parquetSchema,
  snappyUncompress,
  type FileMetaData,
  type SchemaTree,
} from 'hyparquet';
import { parquetReadColumn } from 'hyparquet/src/read.js';
import { invalid, messageOf, tooLarge, TreadleError } from '../../../platform/errors/index.ts';
import type { Frame } from './frame.ts';
import { countPages, type Limits } from './parquet-pages.ts';
import { bytesKept, decimalText, momentText, timeText, PARSERS } from './parquet-values.ts';

/** Most that a file may unfold to. A few kilobytes of runs and dictionaries can stand for gigabytes. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_CELLS = 5_000_000;

/** Whether bytes are a Parquet file, whatever their media type says. */
export const looksLikeParquet = (body: Uint8Array): boolean =>
  body.length >= 12 && isMark(body.subarray(0, 4)) && isMark(body.subarray(-4));
const isMark = (bytes: Uint8Array): boolean => Buffer.from(bytes).toString('latin1') === 'PAR1';

const bad = (error: unknown): TreadleError =>
  error instanceof TreadleError
    ? error
    : invalid(
        `Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid Parquet Pandas DataFrame produced using the \`pandas.DataFrame.to_parquet()\` method. Error: '${messageOf(error)}'`,
        { field: 'body' },
      );

/** The table of a Parquet file, column by column, with the types that pandas would read and every digit of its values. */
export async function fromParquet(body: Uint8Array): Promise<Frame> {
  try {
    const { metadata, buffer } = open(body);
    return await read(metadata, buffer);
  } catch (error) {
    throw bad(error);
  }
}

/** Refuses a file that unfolds to more than a request may hold, without unfolding it. */
export function checkParquet(body: Uint8Array): void {
  try {
    open(body);
  } catch (error) {
    throw bad(error);
  }
}

function open(body: Uint8Array): { metadata: FileMetaData; buffer: ArrayBuffer } {
  if (!looksLikeParquet(body)) throw new Error('it does not begin and end with PAR1');
  const { buffer } = new Uint8Array(body);
  const metadata = parquetMetadata(buffer, { geoparquet: false });
  bound(metadata, buffer);
  return { metadata, buffer };
}

function bound(metadata: FileMetaData, buffer: ArrayBuffer): void {
  const leaves = metadata.schema.filter(({ type }) => type !== undefined).length;
  const check = ({ cells, bytes }: Limits): void => {
    if (cells > MOST_CELLS || bytes > MOST_BYTES)
      throw tooLarge(
        `the Parquet file unfolds to ${cells} values of ${bytes} bytes; ${MOST_CELLS} values and ${MOST_BYTES} bytes are the most`,
        { field: 'body', hint: 'send fewer rows in one request' },
      );
  };
  check({ cells: Number(metadata.num_rows) * leaves, bytes: 0 });
  countPages(metadata, buffer, COMPRESSORS, check);
}

const limited =
  (inflate: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) =>
  (input: Uint8Array, size: number): Uint8Array =>
    inflate(input, { maxOutputLength: Math.min(size + 1, MOST_BYTES) });
const COMPRESSORS = {
  GZIP: limited(gunzipSync),
  BROTLI: limited(brotliDecompressSync),
  ZSTD: limited(zstdDecompressSync),
  SNAPPY(input: Uint8Array, size: number): Uint8Array {
    const output = new Uint8Array(Math.min(size, MOST_BYTES));
    snappyUncompress(input, output);
    return output;
  },
};

async function read(metadata: FileMetaData, buffer: ArrayBuffer): Promise<Frame> {
  const file = {
    byteLength: buffer.byteLength,
    slice: (from: number, to?: number) => buffer.slice(from, to),
  };
  const rows = Number(metadata.num_rows);
  const columns = new Map<string, readonly unknown[]>();
  const dtypes = new Map<string, string>();
  let kept = 0;
  for (const tree of parquetSchema(metadata).children) {
    const { name } = tree.element;
    if (/^__index_level_\d+__$/.test(name)) continue; // pandas' index
    if (columns.has(name)) throw new Error(`the column '${name}' is there twice`);
    const { dtype, convert } = kindOf(tree);
    const decoded = await parquetReadColumn({
      file,
      metadata,
      columns: [name],
      compressors: COMPRESSORS,
      parsers: PARSERS,
      utf8: false,
      geoparquet: false,
    });
    if (decoded.length !== rows)
      throw new Error(`the column '${name}' has ${decoded.length} values for ${rows} rows`);
    const values = Array.from<unknown, unknown>(decoded, (one) =>
      one === null || one === undefined ? null : convert ? convert(one) : one,
    );
    kept += bytesKept(values);
    if (kept > MOST_BYTES)
      throw tooLarge(`the texts of the Parquet file unfold to more than ${MOST_BYTES} bytes`, {
        field: 'body',
      });
    columns.set(name, values);
    const missing = values.includes(null);
    // pandas keeps missing integers as floats.
    dtypes.set(name, missing && /^u?int/.test(dtype) ? 'float64' : dtype);
    if (values.length > 0 && values.every((one) => one === null)) dtypes.set(name, 'null');
  }
  return { names: [...columns.keys()], numbered: false, columns, rows, dtypes };
}

interface Kind {
  dtype: string;
  /** From what the file holds to what a frame does, where hyparquet's own way would lose digits. */
  convert?: (value: unknown) => unknown;
}

function kindOf({ element, children }: SchemaTree): Kind {
  if (children.length > 0) return { dtype: 'nested' };
  const { type, converted_type: converted = '', logical_type: logical } = element;
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const scale = element.scale ?? (logical?.type === 'DECIMAL' ? logical.scale : 0);
    // Without its type it comes as the whole number that it is.
    delete element.converted_type;
    delete element.logical_type;
    return { dtype: 'decimal', convert: (value) => decimalText(value, scale) };
  }
  if (converted.startsWith('TIMESTAMP') || logical?.type === 'TIMESTAMP' || type === 'INT96')
    return { dtype: 'datetime64', convert: momentText };
  if (converted === 'DATE') return { dtype: 'date', convert: (value) => momentText(value).slice(0, -19) };
  if (converted.startsWith('TIME_') || logical?.type === 'TIME') {
    const unit = logical?.type === 'TIME' ? logical.unit : converted.slice('TIME_'.length);
    return { dtype: 'time', convert: (value) => timeText(value, unit) };
  }
  const [, sign, bits] = /^(U?)INT_(\d+)$/.exec(converted) ?? [];
  if (bits !== undefined) return { dtype: `${sign === 'U' ? 'u' : ''}int${bits}` };
  if (logical?.type === 'INTEGER') return { dtype: `${logical.isSigned ? '' : 'u'}int${logical.bitWidth}` };
  if (logical?.type === 'FLOAT16') return { dtype: 'float16' };
  switch (type) {
    case 'BOOLEAN':
      return { dtype: 'bool' };
    case 'INT32':
      return { dtype: 'int32' };
    case 'INT64':
      return { dtype: 'int64' };
    case 'FLOAT':
      return { dtype: 'float32' };
    case 'DOUBLE':
      return { dtype: 'float64' };
    default: {
      const text =
        /^(UTF8|ENUM|JSON)$/.test(converted) || /^(STRING|ENUM|JSON|UUID)$/.test(logical?.type ?? '');
      return { dtype: text ? 'text' : 'bytes' };
    }
  }
}
