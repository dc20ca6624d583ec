import type { Readable } from 'node:stream';
import { requireRoom } from '../access/index.ts';
import { inPortions } from '../platform/aside/index.ts';
import type { Ctx, Tx } from '../platform/ctx/index.ts';
import { conflict, forbidden, missing } from '../platform/errors/index.ts';
import type { Download } from '../platform/http/index.ts';
import { artifactPath, folderPath, joinPath } from './artifact-path.ts';
import { byteRange } from './byte-range.ts';
import type { ArtifactEntry } from './contract.ts';
import { requireOwnRun } from './log-batch.ts';
import {
  checkPlace,
  deleteTree,
  findArtifact,
  listFolder,
  upsertFile,
  type ArtifactRow,
} from './store/artifacts.ts';
import { findExperiment } from './store/experiments.ts';
import { selectRunRow, selectRunRows } from './store/runs.ts';
import { PORTION } from './store/tables.ts';

/**
 * Artifacts of runs, logged models and traces in one tree a workspace: `<experiment>/<run>/artifacts/plots/roc.png`.
 * Paths are keys; the bytes are blobs.
 */

/**
 * A room above that says which files stay as they are: asked in the transaction in which one becomes another, or a file or a folder with all
 * in it goes, and throws where it may not. What people ask for by an address asks; `writers.test.ts` of approvals knows all who do.
 */
export type ArtifactGuard = (tx: Tx, path: string, change: 'written' | 'deleted') => Promise<void>;

export interface Upload {
  source: Readable | Uint8Array;
  /** As the client said; kept only when it looks like one. */
  type?: string | undefined;
  /** As the client said; bytes that differ from it are refused. */
  size?: number | undefined;
}

/** Streams bytes in. The path shows the new bytes only when all have arrived. */
export async function putArtifact(
  ctx: Ctx,
  given: string,
  upload: Upload,
  guards: readonly ArtifactGuard[] = [],
): Promise<ArtifactEntry> {
  const path = artifactPath(given);
  await checkOwner(ctx, path);
  await checkNoFolder(ctx, path);
  // Before the bytes are taken, and again when they are in.
  const before = await checkPlace(ctx, path);
  await requireRoom(ctx, 'bytes', (upload.size ?? 1) - (before?.size ?? 0));
  const { hash, size } = await ctx.blobs.put(
    upload.source,
    upload.size === undefined ? {} : { size: upload.size },
  );
  const type = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.exec(upload.type?.split(';')[0]?.trim() ?? '')?.[0] ?? null;
  return ctx.write(async (tx) => {
    // The same bytes again change nothing.
    if (guards.length > 0 && (await findArtifact(tx, path))?.hash !== hash)
      for (const guard of guards) await guard(tx, path, 'written');
    const row = await upsertFile(tx, path, { hash, size, type });
    await tx.emit({ type: 'artifact.stored', subject: subjectOf(path), data: { path } });
    return toEntry(row, path);
  });
}

/** Throws `missing` for a folder too: only files can be read. */
export async function readArtifact(ctx: Ctx, given: string, range?: string): Promise<Download> {
  const path = artifactPath(given);
  const row = await findArtifact(ctx, path);
  if (!row || row.hash === null) throw missing(`No such artifact: '${path}'`, { field: 'path' });
  const part = byteRange(range, row.size);
  const stream = await ctx.blobs.open(row.hash, part);
  return {
    stream,
    type: row.type ?? 'application/octet-stream',
    size: part ? part.end - part.start + 1 : row.size,
    filename: row.name,
    etag: row.hash,
    ...(part ? { range: { ...part, total: row.size } } : {}),
  };
}

/** The entries of a folder, by name; none for a file or for what does not exist. */
export async function listArtifacts(ctx: Ctx, given: string): Promise<ArtifactEntry[]> {
  const folder = folderPath(given);
  const entries: ArtifactEntry[] = [];
  for await (const portion of inPortions(await listFolder(ctx, folder), PORTION))
    for (const row of portion) entries.push(toEntry(row, joinPath(folder, row.name)));
  return entries;
}

/** Deletes a file, or a folder with all in it. Returns how many files. */
export async function deleteArtifact(
  ctx: Ctx,
  given: string,
  guards: readonly ArtifactGuard[] = [],
): Promise<number> {
  const path = artifactPath(given);
  await checkOwner(ctx, path);
  return ctx.write(async (tx) => {
    for (const guard of guards) await guard(tx, path, 'deleted');
    const files = await deleteTree(tx, path);
    if (files > 0) {
      await tx.record({ action: 'artifact.deleted', resource: subjectOf(path), before: { path, files } });
      await tx.emit({ type: 'artifact.deleted', subject: subjectOf(path), data: { path } });
    }
    return files;
  });
}

/**
 * A step writes below its execution's runs. What it logs as a model lies beside them: it may add files there, and neither replace nor
 * delete any.
 */
async function checkOwner(ctx: Ctx, path: string): Promise<void> {
  if (ctx.actor.execution === undefined) return;
  const [, second = '', third] = path.split('/');
  if (third === 'artifacts') return requireOwnRun(ctx.actor, await selectRunRow(ctx, second));
  if (second === 'models' && (await findArtifact(ctx, path)) === undefined) return;
  throw forbidden(`a step may not write to '${path}': it is no artifact of its execution's runs`, {
    field: 'path',
    hint: 'log to the run in MLFLOW_RUN_ID, or to one that the step started',
  });
}

/** A file in place of the folder of an experiment, a run or a logged model would keep all of their artifacts out, from the first one on. */
async function checkNoFolder(ctx: Ctx, path: string): Promise<void> {
  const [experiment = '', run, below, last, more] = path.split('/');
  if (!/^\d+$/.test(experiment) || more !== undefined) return;
  // Of a run its artifacts lie one folder higher.
  if (last !== undefined && !(run === 'models' && last === 'artifacts')) return;
  let whose: string | undefined;
  const models = run === 'models' && (below === undefined || /^m-[0-9a-f]{32}$/.test(below));
  if (run === undefined || models) {
    if (await findExperiment(ctx, { id: experiment }))
      whose = models ? `logged models of experiment ${experiment}` : `experiment ${experiment}`;
  } else if (below === undefined || below === 'artifacts') {
    const [row] = await selectRunRows(ctx, [run]);
    if (row !== undefined && String(row.experiment_id) === experiment) whose = `run ${run}`;
  }
  if (whose === undefined) return;
  throw conflict(`'${path}' is the folder of ${whose}, where its artifacts lie`, {
    field: 'path',
    hint: 'log a file to a run: <experiment>/<run>/artifacts/NAME',
  });
}

/** `3/<run>/artifacts/…` → `run:<run>`, so that whoever looks at the run hears of it. */
function subjectOf(path: string): string {
  const [, second, third, fourth] = path.split('/');
  if (third === 'artifacts' && second !== undefined) return `run:${second}`;
  if (second === 'models' && third !== undefined && fourth === 'artifacts') return `logged_model:${third}`;
  return `artifact:${path}`;
}

const toEntry = (row: ArtifactRow, path: string): ArtifactEntry => ({
  path,
  folder: row.hash === null,
  ...(row.hash === null ? {} : { size: row.size, hash: row.hash }),
  ...(row.type === null ? {} : { type: row.type }),
  created_at: row.created_at,
});
