import { parseRef, resolveRef, walkFiles, type DatasetVersion } from '../../data/index.ts';
import { stepOutput } from '../../pipelines/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid, missing } from '../../platform/errors/index.ts';
import { tableFormat } from '../../tables/index.ts';
import {
  missingBlobs,
  splitTables,
  TABLES,
  type NamedBlob,
  type TableFile,
  type TableSource,
} from './table-source.ts';

/** What a model version is judged on. */
export type GateData =
  /** `flights@v4`, or one file or folder of it: `flights@v4:holdout.parquet`, `flights@v4/holdout.parquet`. */
  { kind: 'dataset'; ref: string } | { kind: 'output'; execution: string; step: string; output: string };

/** The table files behind it. What is wrong is said with what is there instead. */
export async function resolveGateData(ctx: Ctx, data: GateData): Promise<TableSource> {
  const { ref, label, files, besides } =
    data.kind === 'dataset' ? await ofDataset(ctx, data.ref) : await ofOutput(ctx, data);
  const { tables, others, notes } = chosen(files);
  if (tables.length === 0) {
    throw invalid(`'${label}' holds no table that can be read here`, {
      field: 'data',
      hint: `${TABLES}; it holds ${listed(files.map(({ path }) => path))}`,
      code: 'no-table',
    });
  }
  const [gone] = await missingBlobs(ctx, tables);
  if (gone)
    throw missing(`the bytes of '${gone.path}' of '${label}' are gone`, {
      field: 'data',
      hint: 'commit the file again, or name other data',
    });
  // The rows of one file may name files that lie beside it.
  if (besides) return { ref, label, files: tables, others: splitTables(besides).others, notes, beside: true };
  return { ref, label, files: tables, others, notes };
}

/** What is scored. A step's notes are JSON as well: these count as tables only where nothing else is one. */
function chosen(files: readonly NamedBlob[]): ReturnType<typeof splitTables> {
  const split = splitTables(files);
  const lines = split.tables.filter(({ format }) => format !== 'json');
  if (lines.length > 0) return { ...split, tables: lines };
  // Only empty ones: that they have no rows is for the reader of tables to say.
  return split.tables.length > 0 ? split : { ...split, tables: emptyTables(files) };
}

const emptyTables = (files: readonly NamedBlob[]): TableFile[] =>
  files.flatMap((file) => {
    const format = tableFormat(file.path);
    return format === undefined ? [] : [{ ...file, format }];
  });

interface Named {
  ref: string;
  label: string;
  files: NamedBlob[];
  /** Where one file is named: all that lie beside it. */
  besides?: NamedBlob[];
}

async function ofDataset(ctx: Ctx, text: string): Promise<Named> {
  const { name, path } = splitRef(text);
  const version = await resolveRef(ctx, name);
  const all = await filesOf(ctx, version);
  const at = `${version.dataset}@${version.name}`;
  const ref = `dataset_version:${version.id}`;
  if (path === undefined) return { ref, label: at, files: all };
  const files = all.filter((file) => file.path === path || file.path.startsWith(`${path}/`));
  if (files.length === 0)
    throw missing(`'${at}' has no file '${path}'`, {
      field: 'data',
      hint: `it holds ${listed(all.map((file) => file.path))}`,
    });
  const one = files.length === 1 && files[0]!.path === path;
  return { ref, label: `${at}:${path}`, files, ...(one ? { besides: all } : {}) };
}

async function ofOutput(
  ctx: Ctx,
  { execution, step, output }: Extract<GateData, { kind: 'output' }>,
): Promise<Named> {
  const read = await stepOutput(ctx, execution, step, output);
  if (!read.files)
    throw missing(`the list of the files of ${read.label} is gone`, {
      field: 'data',
      hint: 'run the pipeline again with --force',
    });
  return { ref: `blob:${read.output.digest}`, label: read.label, files: read.files };
}

/** The colon parts the file from the ref; a slash does so too, as elsewhere. */
function splitRef(text: string): { name: string; path: string | undefined } {
  const colon = text.indexOf(':');
  const ref = parseRef(colon < 0 ? text : text.slice(0, colon));
  const path = colon < 0 ? ref?.path : text.slice(colon + 1);
  if (!ref || (colon >= 0 && ref.path !== undefined) || path === '')
    throw invalid(`'${text.slice(0, 200)}' names no data`, {
      field: 'data',
      hint: 'write a dataset ref, with a file where it has several: flights@v4, flights@v4:holdout.parquet',
    });
  return { name: `${ref.dataset}@${ref.selector}`, path: path?.replace(/\/+$/, '') };
}

export async function filesOf(ctx: Ctx, version: DatasetVersion): Promise<NamedBlob[]> {
  const files: NamedBlob[] = [];
  for await (const { path, hash, size } of walkFiles(ctx, version.hash)) files.push({ path, hash, size });
  return files;
}

const listed = (paths: readonly string[]): string => {
  const distinct = [...new Set(paths)];
  if (distinct.length === 0) return 'nothing';
  return distinct.slice(0, 8).join(', ') + (distinct.length > 8 ? ` and ${distinct.length - 8} more` : '');
};
