import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Ctx } from '../../platform/ctx/index.ts';
import { conflict, invalid, TreadleError } from '../../platform/errors/index.ts';
import { makeTemporary } from '../../platform/files/index.ts';
import { localName, tableFormat, type Tables } from '../../tables/index.ts';
import { commitVersion } from '../commit-version.ts';
import type { DatasetVersion } from '../contract.ts';
import { quoted } from '../paths.ts';
import { walk } from '../read-tree.ts';
import { resolveRef } from '../resolve-ref.ts';
import type { TreeFile } from '../tree.ts';
import { DIGITS, limitOf, SAMPLE, type SampledFile } from './question.ts';

/** A table of so many rows, or a version of so many files, is small already: it is taken whole. */
export const WHOLE = 1000;
const TIMEOUT = 60 * 60_000;

export interface SampleAsked {
  /** Between 0 and 1. */
  share: number;
  /** What makes a row the same row; all columns of a table that lacks one of these. */
  key: readonly string[];
  signal?: AbortSignal | undefined;
}

export interface Sample {
  version: DatasetVersion;
  /** Of its tables, where they were read; of its files otherwise. */
  unit: 'rows' | 'files';
  kept: number;
  of: number;
}

/** `5%` */
export const shareText = (share: number): string => `${Number((share * 100).toPrecision(6))}%`;

/**
 * A version that holds a part of another one, always the same: of tables the rows, of a version without tables the files, whose digest
 * lies below the share. Equal rows are in or out together, wherever they stand, so that a row which two tables share is shared by
 * their samples. It is a version of the dataset `NAME.sample`, made once and found again by its branch.
 */
export async function sampleVersion(
  ctx: Ctx,
  tables: Tables,
  source: DatasetVersion,
  asked: SampleAsked,
): Promise<Sample> {
  const { share, key } = asked;
  const dataset = `${source.dataset.slice(0, 90)}.sample`;
  const own = createHash('sha256')
    .update(JSON.stringify([source.hash, share, key]))
    .digest('hex')
    .slice(0, 12);
  const branch = `${source.name}-${shareText(share).replace('%', 'pct')}-${own}`;
  const known = await found(ctx, dataset, branch);
  if (known) return known;
  const made = await takeFiles(ctx, tables, source, asked);
  if (made.kept === made.of) return { version: source, ...figures(made) };
  if (made.kept === 0)
    throw invalid(
      `a sample of ${shareText(share)} of ${source.dataset}@${source.name} has none of its ${made.of.toLocaleString('en')} ${made.unit}`,
      { field: 'sample', hint: 'ask for a larger share' },
    );
  try {
    const { version } = await commitVersion(ctx, {
      dataset,
      branch,
      expected: null,
      files: made.files.map(({ executable, ...file }) => ({
        ...file,
        ...(executable === true ? { executable } : {}),
      })),
      message: `${shareText(share)} of ${source.dataset}@${source.name}: ${made.kept.toLocaleString('en')} of ${made.of.toLocaleString('en')} ${made.unit}${key.length === 0 ? '' : `, by ${key.join(', ').slice(0, 200)}`}`,
      meta: { ...metaOf(made), 'sample-of': `${source.dataset}@${source.name}` },
      madeFrom: [source.id],
      allow: ['empty', 'broken'],
    });
    return { version, ...figures(made) };
  } catch (error) {
    // Somebody else made it meanwhile.
    const theirs =
      error instanceof TreadleError && error.code === 'branch-moved' && (await found(ctx, dataset, branch));
    if (theirs) return theirs;
    throw error;
  }
}

type Figures = Omit<Sample, 'version'>;
const figures = ({ unit, kept, of }: Figures): Figures => ({ unit, kept, of });
const metaOf = ({ unit, kept, of }: Figures): Record<string, string> => ({
  'sample-unit': unit,
  'sample-kept': String(kept),
  'sample-rows': String(of),
});

async function found(ctx: Ctx, dataset: string, branch: string): Promise<Sample | undefined> {
  let version: DatasetVersion;
  try {
    version = await resolveRef(ctx, `${dataset}@${branch}`);
  } catch (error) {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  }
  const { 'sample-unit': unit, 'sample-kept': kept, 'sample-rows': of } = version.meta;
  if ((unit !== 'rows' && unit !== 'files') || kept === undefined || of === undefined)
    throw conflict(
      `branch '${branch}' of dataset '${dataset}' is no sample any more: somebody committed to it`,
      {
        field: 'sample',
        hint: `move the branch back to the sample, or remove the dataset: treadle data branch ${dataset} ${branch} --at vN`,
      },
    );
  return { version, unit, kept: Number(kept), of: Number(of) };
}

interface Taken extends Figures {
  files: TreeFile[];
}

async function takeFiles(
  ctx: Ctx,
  tables: Tables,
  source: DatasetVersion,
  asked: SampleAsked,
): Promise<Taken> {
  const all: TreeFile[] = [];
  for await (const file of walk(ctx, source.hash)) all.push(file);
  const taken: Array<{ file: TreeFile; sampled: TreeFile; answer: SampledFile; table: string }> = [];
  for (const file of all) {
    const format = tableFormat(file.path);
    // A JSON document is one thing, and says nothing of rows.
    if (format === undefined || format === 'json' || file.size === 0) continue;
    asked.signal?.throwIfAborted();
    const one = await takeRows(ctx, tables, file, asked);
    if (one) taken.push({ file, ...one, table: JSON.stringify([format, one.answer.columns]) });
  }
  if (taken.length === 0) return takeWhole(all, asked.share);
  // Files with the same columns are one table.
  const small = new Set(
    [...Map.groupBy(taken, ({ table }) => table)]
      .filter(([, files]) => files.reduce((sum, { answer }) => sum + answer.rows, 0) <= WHOLE)
      .map(([table]) => table),
  );
  const sampled = new Map(taken.filter(({ table }) => !small.has(table)).map((one) => [one.file.path, one]));
  const rows = taken.reduce((sum, { answer }) => sum + answer.rows, 0);
  const kept = taken.reduce(
    (sum, { answer, table }) => sum + (small.has(table) ? answer.rows : answer.kept),
    0,
  );
  return { files: all.map((file) => sampled.get(file.path)?.sampled ?? file), unit: 'rows', kept, of: rows };
}

/** Undefined: it is a text that cannot be read as a table, and stays as it is. */
async function takeRows(
  ctx: Ctx,
  tables: Tables,
  file: TreeFile,
  { share, key, signal }: SampleAsked,
): Promise<{ sampled: TreeFile; answer: SampledFile } | undefined> {
  const format = tableFormat(file.path)!;
  const local = localName('table', file.path, format);
  const place = await makeTemporary('sample');
  try {
    const to = path.join(place, 'sample');
    await using out = await open(to, 'w', 0o600);
    let written = Promise.resolve();
    let at = 0;
    const restart = (): Promise<void> => {
      at = 0;
      return out.truncate(0);
    };
    const write = async (bytes: Buffer): Promise<void> => {
      await out.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    };
    const outcome = await tables.ask(ctx, SAMPLE, {
      lane: 'work',
      files: [
        { file: local, shown: file.path.slice(file.path.lastIndexOf('/') + 1), format, hash: file.hash },
      ],
      request: { table: { file: local, shown: quoted(file.path), format }, key, share },
      timeout: TIMEOUT,
      signal,
      // A reader that died is followed by another one, which says that it begins anew.
      hear(text) {
        written = written.then(() => (text === '' ? restart() : write(Buffer.from(text, 'base64'))));
        return written;
      },
    });
    await written;
    if ('fault' in outcome) {
      // A text that is no table is a file like any other; a Parquet file that cannot be read is broken.
      if (outcome.fault.code === 'unreadable' && format !== 'parquet') return undefined;
      throw conflict(`no sample of ${quoted(file.path)}: ${outcome.fault.message}`, { field: 'sample' });
    }
    const { hash, size } = await ctx.blobs.put(createReadStream(to));
    return { sampled: { ...file, hash, size }, answer: outcome.answer };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Of a version without tables: files, by their content. */
function takeWhole(all: TreeFile[], share: number): Taken {
  const limit = limitOf(share);
  const files =
    all.length <= WHOLE ? all : all.filter(({ hash }) => Number.parseInt(hash.slice(0, DIGITS), 16) < limit);
  return { files, unit: 'files', kept: files.length, of: all.length };
}
