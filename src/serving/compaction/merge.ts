import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { hourFile, readSegmentFile, type SegmentName } from '../plane/segment-name.ts';
import { openParquet, SOURCES, type OpenFile } from './parquet-file.ts';

/** Some files of one variant made one. It lies under `part` until whoever asked for it gives it its name. */
export interface Merged {
  file: string;
  part: string;
  bytes: number;
  /** Says which columns it has: equal ones can be merged. */
  form: string;
  of: string[];
  predictions: number;
  rows: number;
}

export interface MergeResult {
  /** The form of each file that could be read. */
  forms: Record<string, string>;
  merged: Merged[];
  /** What could not be read or merged, and why. */
  problems: Array<{ files: string[]; problem: string }>;
}

/** Bytes of a row group before compression, about: what is held at once, and what a reader of a few minutes skips the rest by. */
const ROW_GROUP = 8 * 1024 * 1024;
const MOST_ROWS = 122_880;
/** Bytes of a page. */
const PAGE = 256 * 1024;

interface Source extends SegmentName {
  file: string;
  open: OpenFile;
  columns: Column[];
}

/** A column of the file with what lies below it. */
interface Column {
  name: string;
  optional: boolean;
  elements: SchemaElement[];
}

/**
 * Merges files of one variant and one hour, by their columns: those that have the same become one file, sorted by time. What is held is a
 * row group and one column of the files that its rows are from, however large the hour is. `pause` is called between pieces of the work.
 */
export async function mergeFiles(
  { folder, files, rowGroup = ROW_GROUP }: { folder: string; files: readonly string[]; rowGroup?: number },
  pause: () => void = () => undefined,
): Promise<MergeResult> {
  const result: MergeResult = { forms: {}, merged: [], problems: [] };
  const sources: Source[] = [];
  try {
    for (const file of files.toSorted()) {
      try {
        sources.push(await openSource(folder, file));
      } catch (error) {
        result.problems.push({ files: [file], problem: String(error) });
      }
      pause();
    }
    const byForm = Map.groupBy(sources, formOf);
    for (const [form, alike] of byForm) {
      for (const { file } of alike) result.forms[file] = form;
      if (alike.length < 2) continue;
      try {
        result.merged.push(await merge(folder, form, alike, rowGroup, pause));
      } catch (error) {
        result.problems.push({ files: alike.map(({ file }) => file), problem: String(error) });
      }
    }
    return result;
  } finally {
    for (const { open } of sources) open.close();
  }
}

async function openSource(folder: string, file: string): Promise<Source> {
  const name = readSegmentFile(file);
  if (!name) throw new Error('its name is none of a segment');
  const open = await openParquet(path.join(folder, file));
  const { num_rows: rows, schema } = open.metadata;
  if (Number(rows) !== name.rows) {
    open.close();
    throw new Error(`it has ${rows} rows, and ${name.rows} by its name`);
  }
  return { ...name, file, open, columns: columnsOf(schema) };
}

function columnsOf(schema: readonly SchemaElement[]): Column[] {
  const columns: Column[] = [];
  for (let at = 1; at < schema.length;) {
    const end = endOf(schema, at);
    const elements = schema.slice(at, end);
    const { name, repetition_type } = elements[0]!;
    columns.push({ name, elements, optional: repetition_type !== 'REQUIRED' });
    at = end;
  }
  return columns;
}

/** The place behind an element and all below it. */
function endOf(schema: readonly SchemaElement[], at: number): number {
  let end = at + 1;
  for (let child = schema[at]!.num_children ?? 0; child > 0; child--) end = endOf(schema, end);
  return end;
}

/** A column in which a value may be missing is the same as one in which none may. */
function formOf({ columns, open }: Source): string {
  const about = ABOUT.map((key) => open.metadata.key_value_metadata?.find((one) => one.key === key)?.value);
  const spoken = columns.map(({ elements: [first, ...below] }) => [
    { ...first, repetition_type: undefined },
    ...below,
  ]);
  return digest(JSON.stringify([about, spoken]));
}

/** What a file says of all its rows; files that differ in it are not merged. */
const ABOUT = ['treadle.recording', 'treadle.role', 'treadle.revision', 'treadle.serial'];

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** A part of a file that is sorted by itself, or small: a row group. */
interface Run {
  source: Source;
  /** Its first row in the file, and one behind its last. */
  from: number;
  to: number;
  /** No row of it is older. */
  since: number;
  /** Its place among all: of rows of one time those of the first run come first. */
  place: number;
}

/** A run whose rows are being taken. */
interface Taken extends Run {
  at: Float64Array;
  /** Its rows from the oldest on; undefined where they lie so. */
  order: Uint32Array | undefined;
  next: number;
}

async function merge(
  folder: string,
  form: string,
  sources: readonly Source[],
  rowGroup: number,
  pause: () => void,
): Promise<Merged> {
  const of = sources.map(({ file }) => file);
  const [first] = sources;
  const sum = (value: (source: Source) => number): number =>
    sources.reduce((all, one) => all + value(one), 0);
  const rows = sum((source) => source.rows);
  const predictions = sum((source) => source.predictions);
  const file = hourFile({
    serial: first!.serial,
    role: first!.role,
    from: Math.min(...sources.map(({ from }) => from)),
    to: Math.max(...sources.map(({ to }) => to)),
    predictions,
    rows,
    // By what it was made of: whoever does it twice makes one.
    maker: digest(JSON.stringify(of)),
  });
  const part = path.join(folder, `${file}.part`);
  const columns = first!.columns.map(({ name, elements: [head, ...below] }, at) => ({
    name,
    elements: [
      {
        ...head!,
        repetition_type: sources.some((source) => source.columns[at]!.optional)
          ? ('OPTIONAL' as const)
          : ('REQUIRED' as const),
      },
      ...below,
    ],
  }));
  // Made first, since nobody else may read what it will hold.
  closeSync(openSync(part, 'w', 0o600));
  try {
    const writer = new ParquetWriter({
      writer: fileWriter(part),
      schema: [
        { name: 'schema', num_children: columns.length },
        ...columns.flatMap(({ elements }) => elements),
      ],
      codec: 'ZSTD',
      compressors: {
        ZSTD: (bytes) => {
          const compressed = zstdCompressSync(bytes);
          pause();
          return compressed;
        },
      },
      statistics: false,
      kvMetadata: [
        ...(first!.open.metadata.key_value_metadata ?? []).filter(({ key }) => key !== SOURCES),
        { key: SOURCES, value: JSON.stringify(of) },
      ],
    });
    const each = sum(({ open }) => uncompressed(open)) / Math.max(1, rows);
    const size = Math.max(1, Math.min(MOST_ROWS, Math.floor(rowGroup / Math.max(1, each))));
    for await (const batch of batches(sources, size)) {
      pause();
      const columnData: Parameters<ParquetWriter['write']>[0]['columnData'] = [];
      for (const { name } of columns) {
        columnData.push({
          name,
          data: await valuesOf(batch, name),
          // By these a reader finds the row groups of its time.
          statistics: name === 'at',
          ...(DICTIONARY.has(name) ? {} : { encoding: 'PLAIN' as const }),
        });
        pause();
      }
      await writer.write({ columnData, rowGroupSize: size, pageSize: PAGE });
    }
    await writer.finish();
    const fd = openSync(part, 'r+');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    const written = await openParquet(part);
    const found = Number(written.metadata.num_rows);
    written.close();
    if (found !== rows) throw new Error(`${found} rows were written of ${rows}`);
    return { file, part, bytes: statSync(part).size, form, of, predictions, rows };
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/** Columns in which values come again and again. */
const DICTIONARY = new Set(['row', 'revision', 'role', 'model', 'version', 'key', 'params']);

const uncompressed = ({ metadata }: OpenFile): number =>
  metadata.row_groups.reduce((sum, { total_byte_size }) => sum + Number(total_byte_size), 0);

/** Rows of the result that are written together: which run each is from, and its place in the file. */
interface Batch {
  runs: readonly Run[];
  run: Uint32Array;
  row: Uint32Array;
}

/** All rows from the oldest on; of rows of one time those of the earlier file first, as they lie there. */
async function* batches(sources: readonly Source[], size: number): AsyncGenerator<Batch> {
  const waiting = sources
    .flatMap(runsOf)
    .map((run, place): Run => ({ ...run, place }))
    .toSorted((a, b) => a.since - b.since);
  const taken: Taken[] = [];
  let run = new Uint32Array(size);
  let row = new Uint32Array(size);
  let filled = 0;
  // Also those that are exhausted, until their rows are written.
  let runs: Taken[] = [];
  for (;;) {
    let oldest = oldestOf(taken);
    while (waiting[0] && (oldest === undefined || waiting[0].since <= timeOf(oldest))) {
      const begun = await begin(waiting.shift()!);
      if (begun.at.length === 0) continue;
      taken.push(begun);
      runs.push(begun);
      oldest = oldestOf(taken);
    }
    if (oldest) {
      run[filled] = runs.indexOf(oldest);
      row[filled] = oldest.from + rowOf(oldest);
      filled++;
      oldest.next++;
      if (oldest.next === oldest.at.length) taken.splice(taken.indexOf(oldest), 1);
    }
    if (filled === size || (oldest === undefined && filled > 0)) {
      yield { runs, run: run.subarray(0, filled), row: row.subarray(0, filled) };
      run = new Uint32Array(size);
      row = new Uint32Array(size);
      filled = 0;
      runs = [...taken];
    }
    if (oldest === undefined) return;
  }
}

const rowOf = ({ order, next }: Taken): number => (order ? order[next]! : next);
const timeOf = (run: Taken): number => run.at[rowOf(run)]!;

function oldestOf(taken: readonly Taken[]): Taken | undefined {
  let oldest: Taken | undefined;
  for (const one of taken) {
    const sooner = oldest === undefined ? -1 : timeOf(one) - timeOf(oldest) || one.place - oldest!.place;
    if (sooner < 0) oldest = one;
  }
  return oldest;
}

/** A file of before the hour was over has one row group, and its name says its times; one of an hour says them by row group. */
function runsOf(source: Source): Array<Omit<Run, 'place'>> {
  let from = 0;
  return source.open.metadata.row_groups.map(({ num_rows, columns }) => {
    const to = from + Number(num_rows);
    const least = columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === 'at')?.meta_data
      ?.statistics?.min_value;
    const run = { source, from, to, since: least instanceof Date ? least.getTime() : source.from };
    from = to;
    return run;
  });
}

async function begin(run: Run): Promise<Taken> {
  const values = (await run.source.open.column('at', run.from, run.to)) as bigint[];
  const at = Float64Array.from(values, Number);
  const sorted = at.every((time, place) => place === 0 || at[place - 1]! <= time);
  const order = sorted ? undefined : Uint32Array.from(at.keys()).sort((a, b) => at[a]! - at[b]! || a - b);
  return { ...run, at, order, next: 0 };
}

/** The values of a column for the rows of a batch. */
async function valuesOf({ runs, run, row }: Batch, name: string): Promise<unknown[]> {
  const spans = runs.map(() => ({ from: Number.POSITIVE_INFINITY, to: 0 }));
  for (let at = 0; at < run.length; at++) {
    const span = spans[run[at]!]!;
    if (row[at]! < span.from) span.from = row[at]!;
    if (row[at]! >= span.to) span.to = row[at]! + 1;
  }
  const columns: unknown[][] = [];
  for (const [at, { from, to }] of spans.entries())
    columns.push(to === 0 ? [] : await runs[at]!.source.open.column(name, from, to));
  return Array.from(run, (of, at) => columns[of]![row[at]! - spans[of]!.from]);
}
