import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { invalid, messageOf, tooLarge, TreadleError } from '../../../platform/errors/index.ts';
import type { Frame } from './frame.ts';

/** Most bytes that a file may hold once it is inflated: many times what a request is, and no bomb. */
const LARGEST = 512 * 1024 * 1024;
const MOST_ROWS = 10_000_000;

/** Whether bytes are a Parquet file, whatever their media type says. */
export const looksLikeParquet = (body: Buffer): boolean =>
  body.length >= 12 &&
  body.subarray(0, 4).toString('latin1') === 'PAR1' &&
  body.subarray(-4).toString('latin1') === 'PAR1';

/** The table of a Parquet file, with the types that pandas would read. */
export async function fromParquet(body: Buffer): Promise<Frame> {
  try {
    return await read(body);
  } catch (error) {
    if (error instanceof TreadleError) throw error;
    throw invalid(
      `Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid Parquet Pandas DataFrame produced using the \`pandas.DataFrame.to_parquet()\` method. Error: '${messageOf(error)}'`,
      { field: 'body' },
    );
  }
}

async function read(body: Buffer): Promise<Frame> {
  if (!looksLikeParquet(body)) throw new Error('it does not begin and end with PAR1');
  const own = new Uint8Array(body).buffer;
  const file = { byteLength: own.byteLength, slice: (from: number, to?: number) => own.slice(from, to) };
  const metadata = await parquetMetadataAsync(file);
  const inflated = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  const rows = Number(metadata.num_rows);
  if (inflated > LARGEST || rows > MOST_ROWS)
    throw tooLarge(
      `the Parquet file holds ${rows} rows of ${inflated} bytes; ${MOST_ROWS} rows and ${LARGEST} bytes are the most`,
    );
  const names: string[] = [];
  const dtypes = new Map<string, string>();
  for (const { element, children } of parquetSchema(metadata).children) {
    if (/^__index_level_\d+__$/.test(element.name)) continue; // pandas' index
    names.push(element.name);
    dtypes.set(element.name, children.length > 0 ? 'nested' : dtypeOf(element));
  }
  const limited =
    (inflate: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) =>
    (input: Uint8Array, outputLength: number): Uint8Array =>
      inflate(input, { maxOutputLength: Math.min(outputLength + 1, LARGEST) });
  const records = await parquetReadObjects({
    file,
    metadata,
    compressors: {
      GZIP: limited(gunzipSync),
      BROTLI: limited(brotliDecompressSync),
      ZSTD: limited(zstdDecompressSync),
    },
  });
  const columns = new Map<string, unknown[]>();
  for (const name of names) {
    const values = records.map((record): unknown => record[name] ?? null);
    columns.set(name, values);
    const dtype = dtypes.get(name) ?? '';
    // pandas keeps missing integers as floats, and missing booleans as objects.
    if (values.includes(null))
      dtypes.set(name, /^u?int/.test(dtype) ? 'float64' : dtype === 'bool' ? 'object' : dtype);
  }
  return { names, numbered: false, columns, rows, dtypes };
}

interface Element {
  type?: string;
  converted_type?: string;
  logical_type?: { type: string };
}

function dtypeOf({ type, converted_type: converted = '', logical_type: logical }: Element): string {
  const [, sign, bits] = /^(U?)INT_(\d+)$/.exec(converted) ?? [];
  if (bits !== undefined) return `${sign === 'U' ? 'u' : ''}int${bits}`;
  if (converted.startsWith('TIMESTAMP') || logical?.type === 'TIMESTAMP') return 'datetime64';
  if (type === 'BOOLEAN') return 'bool';
  if (type === 'INT32') return converted === '' ? 'int32' : 'object';
  if (type === 'INT64') return converted === '' ? 'int64' : 'object';
  if (type === 'FLOAT') return 'float32';
  if (type === 'DOUBLE') return 'float64';
  return 'object';
}
