import { isUtf8 } from 'node:buffer';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { ID, type FilledBlock } from './block.ts';
import { half, type Filled, type Numbers, type NumberType } from './columns.ts';
import type { JournalHead } from './journal-file.ts';
import type { Field } from './layout.ts';
import type { Role } from '../protocol.ts';

/** What is to be written. */
export interface SegmentOrder extends Pick<
  JournalHead,
  'revision' | 'model' | 'version' | 'about' | 'layout'
> {
  /** Where the endpoint's segments lie; it is there. */
  folder: string;
  file: string;
  blocks: readonly FilledBlock[];
}

/** Bytes that the system is told to copy in one go: nobody can interrupt it meanwhile. */
export const PIECE = 256 * 1024;

/** Bytes of a page: what is encoded and compressed without a pause. */
const PAGE = 64 * 1024;

/** Arrays of a row that are wider than this are one column of lists. */
const MOST_COLUMNS = 1024;

interface Written {
  elements: SchemaElement[];
  name: string;
  data: unknown[] | Numbers;
  /** No value comes often enough for a dictionary to pay. */
  plain?: boolean;
}

/**
 * One Parquet file of all blocks, on disk as a whole or not at all: written under another name, forced to disk, then named. Returns
 * its bytes.
 */
export function writeSegment(order: SegmentOrder, pause?: () => void): number {
  const bytes = new Uint8Array(segmentBytes(order, pause));
  const whole = path.join(order.folder, order.file);
  // Two threads may make the same one: both are whole, and equal.
  const part = `${whole}.${process.pid}-${threadId}.part`;
  try {
    // `x`: names are made once, so what lies there already is another's.
    const fd = openSync(part, 'wx', 0o600);
    try {
      let at = 0;
      while (at < bytes.length) {
        at += writeSync(fd, bytes, at, Math.min(PIECE, bytes.length - at));
        pause?.();
      }
      // Before the name: without it, a machine that loses its power may come back with a file that has its name and no bytes.
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(part, whole);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  // The name itself: the server is told next, and a row of a file that is gone would be a hole in the log.
  const folder = openSync(order.folder, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return bytes.length;
}

/** `pause` is called after each page of a column, and while rows become columns. */
export function segmentBytes(
  { layout, blocks, revision, model, version, about }: SegmentOrder,
  pause?: () => void,
): ArrayBuffer {
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const columns: Written[] = [
    {
      ...texts('prediction'),
      data: ofPredictions(blocks, ({ ids }, at) => ids.subarray(at * ID, (at + 1) * ID), pause),
      plain: true,
    },
    {
      name: 'at',
      elements: [
        {
          name: 'at',
          type: 'INT64',
          repetition_type: 'REQUIRED',
          converted_type: 'TIMESTAMP_MILLIS',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
        },
      ],
      data: BigInt64Array.from(ofPredictions(blocks, ({ at }, index) => BigInt(at[index]!), pause)),
      plain: true,
    },
    { ...numbers('row', 'INT32'), data: Int32Array.from(rowNumbers(blocks)) },
    {
      ...numbers('ms', 'FP32'),
      data: Float32Array.from(ofPredictions(blocks, ({ ms }, at) => ms[at]!, pause)),
      plain: true,
    },
    { ...texts('key', true), data: ofPredictions(blocks, ({ keys }, at) => textAt(keys, at), pause) },
    { ...texts('params', true), data: ofPredictions(blocks, ({ params }, at) => textAt(params, at), pause) },
    {
      ...texts('shadow_of', true),
      data: ofPredictions(blocks, ({ copies }, at) => textAt(copies, at), pause),
    },
    { ...numbers('revision', 'INT32'), data: new Int32Array(rows).fill(revision) },
    { ...texts('role'), data: same(rows, roleWord(layout.role)) },
    { ...texts('model'), data: same(rows, model) },
    { ...numbers('version', 'INT32'), data: new Int32Array(rows).fill(version) },
    ...layout.inputs.flatMap((field, at) =>
      valuesOf(
        `in_${field.name}`,
        field,
        blocks.map(({ inputs }) => inputs[at]!),
        pause,
      ),
    ),
    ...layout.outputs.flatMap((field, at) =>
      valuesOf(
        `out_${field.name}`,
        field,
        blocks.map(({ outputs }) => outputs[at]!),
        pause,
      ),
    ),
  ];
  // Names that differ by case alone are one and the same to DuckDB.
  const seen = new Set<string>();
  for (const column of columns) {
    while (seen.has(column.name.toLowerCase())) column.name += '_';
    seen.add(column.name.toLowerCase());
    column.elements[0]!.name = column.name;
  }
  return parquetWriteBuffer({
    schema: [
      { name: 'schema', num_children: columns.length },
      ...columns.flatMap(({ elements }) => elements),
    ],
    columnData: columns.map(({ name, data, plain }) => ({
      name,
      data: data as unknown[],
      ...(plain === true ? { encoding: 'PLAIN' as const } : {}),
    })),
    codec: 'ZSTD',
    compressors: {
      ZSTD: (bytes) => {
        const compressed = zstdCompressSync(bytes);
        pause?.();
        return compressed;
      },
    },
    // Looking at every value once more for its least and largest is half of the work, and the file's name says its times.
    statistics: false,
    pageSize: PAGE,
    rowGroupSize: Math.max(1, rows),
    kvMetadata: Object.entries({ ...about, role: roleWord(layout.role) }).map(([key, value]) => ({
      key: `treadle.${key}`,
      value,
    })),
  });
}

/** A value of each prediction, for each of its rows. */
function ofPredictions<T>(
  blocks: readonly FilledBlock[],
  value: (block: FilledBlock, at: number) => T,
  pause?: () => void,
): T[] {
  const all: T[] = [];
  for (const block of blocks) {
    pause?.();
    for (let at = 0; at < block.predictions; at++) {
      const one = value(block, at);
      for (let row = block.counts[at]!; row > 0; row--) all.push(one);
    }
  }
  return all;
}

function rowNumbers(blocks: readonly FilledBlock[]): number[] {
  const all: number[] = [];
  for (const { counts } of blocks)
    for (const count of counts) for (let row = 0; row < count; row++) all.push(row);
  return all;
}

const same = <T>(rows: number, value: T): T[] => Array.from({ length: rows }, () => value);

function textAt(filled: Filled, at: number): Uint8Array | undefined {
  if (filled.kind !== 'texts' || filled.missing?.[at] === 1) return undefined;
  return filled.bytes.subarray(at === 0 ? 0 : filled.ends[at - 1]!, filled.ends[at]);
}

const texts = (name: string, optional = false): Omit<Written, 'data'> => ({
  name,
  elements: [
    {
      name,
      type: 'BYTE_ARRAY',
      converted_type: 'UTF8',
      repetition_type: optional ? 'OPTIONAL' : 'REQUIRED',
    },
  ],
});

const numbers = (name: string, datatype: NumberType, optional = false): Omit<Written, 'data'> => ({
  name,
  elements: [{ name, ...PARQUET[datatype], repetition_type: optional ? 'OPTIONAL' : 'REQUIRED' }],
});

const PARQUET: Readonly<Record<NumberType, Pick<SchemaElement, 'type' | 'converted_type'>>> = {
  BOOL: { type: 'BOOLEAN' },
  UINT8: { type: 'INT32', converted_type: 'UINT_8' },
  UINT16: { type: 'INT32', converted_type: 'UINT_16' },
  UINT32: { type: 'INT32', converted_type: 'UINT_32' },
  UINT64: { type: 'INT64', converted_type: 'UINT_64' },
  INT8: { type: 'INT32', converted_type: 'INT_8' },
  INT16: { type: 'INT32', converted_type: 'INT_16' },
  INT32: { type: 'INT32' },
  INT64: { type: 'INT64' },
  FP16: { type: 'FLOAT' },
  FP32: { type: 'FLOAT' },
  FP64: { type: 'DOUBLE' },
};

/** A field as columns: one, or one for each value of a row, or one of lists. */
function valuesOf(
  name: string,
  { datatype, width }: Field,
  filled: readonly Filled[],
  pause?: () => void,
): Written[] {
  const optional = filled.some(({ missing }) => missing !== undefined);
  if (datatype === 'BYTES') {
    const data = filled.flatMap((one) => rowsOfTexts(one));
    const column = texts(name, optional);
    // Called a text, one value that is none makes the whole column unreadable.
    if (!filled.every(isText)) delete column.elements[0]!.converted_type;
    return [{ ...column, data, plain: true }];
  }
  if (width === undefined || width > MOST_COLUMNS) return [lists(name, datatype, optional, filled)];
  return byColumn(datatype, width, filled, optional, pause).map((data, place) => {
    const own = width === 1 ? name : `${name}[${place}]`;
    return { ...numbers(own, datatype, optional), data, plain: true };
  });
}

function rowsOfTexts(filled: Filled): Array<Uint8Array | undefined> {
  if (filled.kind !== 'texts') return [];
  return Array.from(filled.ends, (_, at) => textAt(filled, at));
}

/** Whether each value is a text in UTF-8, and not the bytes of something else: all of them together, and none begins within a character. */
const isText = (filled: Filled): boolean =>
  filled.kind !== 'texts' ||
  (isUtf8(filled.bytes) && filled.ends.every((end) => (filled.bytes[end]! & 0xc0) !== 0x80));

/** Rows that are turned into columns together: what they take stays in the cache next to the processor. */
const TILE = 64;

/** The values of rows of `width` values, as one array for each place in the row. */
function byColumn(
  datatype: NumberType,
  width: number,
  filled: readonly Filled[],
  optional: boolean,
  pause?: () => void,
): Array<unknown[] | Numbers> {
  let rows = 0;
  for (const one of filled) if (one.kind === 'numbers') rows += one.values.length / one.width;
  const room = optional ? undefined : ROOM[datatype];
  const columns = Array.from({ length: width }, () => room?.(rows) ?? Array.from<unknown>({ length: rows }));
  const form = datatype === 'BOOL' ? truth : datatype === 'FP16' ? half : undefined;
  let start = 0;
  for (const one of filled) {
    if (one.kind !== 'numbers') continue;
    const { values, missing } = one;
    const count = values.length / width;
    for (let first = 0; first < count; first += TILE) {
      const end = Math.min(first + TILE, count);
      pause?.();
      for (let place = 0; place < width; place++) {
        const into = columns[place]!;
        for (let row = first; row < end; row++) {
          const value = values[row * width + place]!;
          into[start + row] = missing?.[row] === 1 ? undefined : form ? form(value as number) : value;
        }
      }
    }
    start += count;
  }
  return columns;
}

/** As people say it. Files of before say `champion`, and whoever reads the log reads both: monitoring/open-log.ts. */
const roleWord = (role: Role): string => (role === 'champion' ? 'primary' : role);

/** Of what Parquet has the same numbers. UINT32 is not here: the writer takes those past 2^31 from plain arrays alone. */
const ROOM: Readonly<Partial<Record<NumberType, (rows: number) => Numbers>>> = {
  UINT8: (rows) => new Int32Array(rows),
  UINT16: (rows) => new Int32Array(rows),
  INT8: (rows) => new Int32Array(rows),
  INT16: (rows) => new Int32Array(rows),
  INT32: (rows) => new Int32Array(rows),
  INT64: (rows) => new BigInt64Array(rows),
  UINT64: (rows) => new BigUint64Array(rows),
  FP16: (rows) => new Float32Array(rows),
  FP32: (rows) => new Float32Array(rows),
  FP64: (rows) => new Float64Array(rows),
};

const truth = (value: number): boolean => value === 1;

function lists(name: string, datatype: NumberType, optional: boolean, filled: readonly Filled[]): Written {
  const form = datatype === 'BOOL' ? truth : datatype === 'FP16' ? half : undefined;
  const row = (values: Numbers, from: number, to: number): unknown[] => {
    const own = Array.from<number | bigint>(values.subarray(from, to));
    return form ? own.map((value) => form(value as number)) : own;
  };
  const data: unknown[] = [];
  for (const one of filled) {
    if (one.kind === 'lists')
      one.ends.forEach((end, at) => {
        const start = at === 0 ? 0 : one.ends[at - 1]!;
        data.push(one.missing?.[at] === 1 ? undefined : row(one.values, start, end));
      });
    else if (one.kind === 'numbers')
      for (let from = 0, at = 0; from < one.values.length; from += one.width, at++)
        data.push(one.missing?.[at] === 1 ? undefined : row(one.values, from, from + one.width));
  }
  return {
    name,
    elements: [
      {
        name,
        repetition_type: optional ? 'OPTIONAL' : 'REQUIRED',
        converted_type: 'LIST',
        num_children: 1,
      },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', ...PARQUET[datatype], repetition_type: 'REQUIRED' },
    ],
    data,
    plain: true,
  };
}
