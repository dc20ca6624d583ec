import { open } from 'node:fs/promises';
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer } from 'hyparquet';
import { invalid, messageOf } from '../../../../platform/errors/index.ts';
import { fields, list, number, text, type Fields } from '../json.ts';

/** A row of the exporter's long table: one value of one attribute, at a step where it is a series. */
export interface Row {
  project: string;
  run: string;
  path: string;
  type: string;
  /** Millionths, exactly; the exporter's steps have six decimals. */
  step: bigint | undefined;
  /** Milliseconds since 1970. */
  time: number | undefined;
  value: unknown;
}

/** Rows that are decoded at once: histograms have a thousand numbers each. */
const PORTION = 20_000;

/** All rows of a part; without histograms and files for a first look. */
export async function* rowsOf(file: string, look = false): AsyncIterable<Row[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes: AsyncBuffer = {
      byteLength: size,
      async slice(start, end = size) {
        const part = Buffer.alloc(end - start);
        await handle.read(part, 0, part.length, start);
        return part.buffer.slice(part.byteOffset, part.byteOffset + part.length);
      },
    };
    const metadata = await parquetMetadataAsync(bytes);
    for (const element of metadata.schema)
      if (element.name === 'step') {
        // As numbers with decimals they would lose what a double has no place for.
        delete element.converted_type;
        delete element.logical_type;
      }
    const names = new Set(metadata.schema.map(({ name }) => name));
    const columns = [...BASE, ...(look ? LOOK : VALUES)].filter((name) => names.has(name));
    let before = 0;
    for (const group of metadata.row_groups) {
      const end = before + Number(group.num_rows);
      for (let at = before; at < end; at += PORTION) {
        const found: unknown = await parquetReadObjects({
          file: bytes,
          metadata,
          columns,
          rowStart: at,
          rowEnd: Math.min(end, at + PORTION),
        });
        yield list(found).map((row) => toRow(fields(row)));
      }
      before = end;
    }
  } catch (error) {
    throw invalid(`${file} cannot be read: ${messageOf(error)}`, {
      field: 'dir',
      hint: 'name the folder that neptune-exporter wrote (its --data-path)',
      cause: error,
    });
  } finally {
    await handle.close();
  }
}

const BASE = ['project_id', 'run_id', 'attribute_path', 'attribute_type', 'step'];
const LOOK = ['string_value', 'float_value', 'bool_value', 'datetime_value'];
const VALUES = ['timestamp', 'int_value', ...LOOK, 'string_set_value', 'file_value', 'histogram_value'];

function toRow(row: Fields): Row {
  const type = text(row['attribute_type']) ?? '';
  return {
    project: text(row['project_id']) ?? '',
    run: text(row['run_id']) ?? '',
    path: text(row['attribute_path']) ?? '',
    type,
    step: stepOf(row['step']),
    time: timeOf(row['timestamp']),
    value: valueOf(type, row),
  };
}

function stepOf(step: unknown): bigint | undefined {
  if (typeof step === 'bigint') return step;
  if (typeof step === 'number') return BigInt(step);
  if (!(step instanceof Uint8Array)) return undefined;
  let value = 0n;
  for (const byte of step) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(step.length * 8, value);
}

const timeOf = (time: unknown): number | undefined => (time instanceof Date ? time.getTime() : number(time));

function valueOf(type: string, row: Fields): unknown {
  switch (type) {
    case 'float':
    case 'float_series':
      // pandas makes a NaN null on its way into the table: the point was there.
      return typeof row['float_value'] === 'number' ? row['float_value'] : NaN;
    case 'int':
      return typeof row['int_value'] === 'bigint' ? row['int_value'] : number(row['int_value']);
    case 'string':
    case 'string_series':
      return text(row['string_value']) ?? null;
    case 'bool':
      return row['bool_value'] ?? null;
    case 'datetime':
      return row['datetime_value'] instanceof Date ? row['datetime_value'].toISOString() : null;
    case 'string_set':
      return list(row['string_set_value']);
    case 'histogram_series':
      return row['histogram_value'] ?? null;
    default:
      return text(fields(row['file_value'])['path']) ?? null;
  }
}
