import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, missing } from '../platform/errors/index.ts';
import type { Download } from '../platform/http/index.ts';
import { listArtifacts, readArtifact } from '../tracking/index.ts';
import type { ModelFile } from './contract.ts';
import { findVersionBy } from './find-version.ts';
import { requireLoggedModel } from './store-logged-models.ts';

/**
 * The files of models are artifacts of the tracking room, in its one tree: `<experiment>/models/<m-id>/artifacts/…`. A location
 * is the address of such a folder, or a URI outside, which the server never opens.
 */
export const OURS = 'mlflow-artifacts:/';
const MOST_FILES = 10_000;

export interface FolderEntry {
  /** From the model's root. */
  path: string;
  folder: boolean;
  size?: number;
}

/** The folder of our tree, or undefined for a place outside. */
export const folderOf = (location: string): string | undefined =>
  location.startsWith(OURS) ? location.slice(OURS.length) : undefined;

/** Every file below a location, by path; none for a place outside. A location that is a file is that one file. */
export async function listModelFiles(ctx: Ctx, location: string): Promise<ModelFile[]> {
  const root = folderOf(location);
  if (root === undefined) return [];
  const files: ModelFile[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { path, size, hash } of await listArtifacts(ctx, folder)) {
      if (hash === undefined) folders.push(path);
      else files.push({ path: path.slice(root.length + 1), size: size ?? 0, digest: hash });
    }
    if (files.length > MOST_FILES)
      throw invalid(`the model has more than ${MOST_FILES} files`, {
        field: 'source',
        hint: 'pack them into an archive',
      });
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** One file of a version, as a download. */
export async function openVersionFile(
  ctx: Ctx,
  name: string,
  which: string,
  path: string,
  range?: string,
): Promise<Download> {
  const row = await findVersionBy(ctx, name, which);
  const folder = folderOf(row.location);
  if (folder === undefined)
    throw missing(`the files of version ${row.version} are kept outside, at ${row.source}`, {
      field: 'path',
      hint: 'fetch them there',
    });
  return readArtifact(ctx, `${folder}/${path}`, range);
}

/** One file of a logged model, as a download. */
export async function openLoggedModelFile(
  ctx: Ctx,
  id: string,
  path: string,
  range?: string,
): Promise<Download> {
  const { location } = await requireLoggedModel(ctx, id);
  const folder = folderOf(location);
  if (folder === undefined)
    throw missing(`the files of logged model '${id}' are kept outside, at ${location}`, {
      field: 'artifact_file_path',
      hint: 'fetch them there',
    });
  return readArtifact(ctx, `${folder}/${path}`, range);
}

/** The entries of one folder of a logged model. */
export async function listLoggedModelFolder(ctx: Ctx, id: string, path: string): Promise<FolderEntry[]> {
  const root = folderOf((await requireLoggedModel(ctx, id)).location);
  if (root === undefined) return [];
  const entries = await listArtifacts(ctx, path === '' ? root : `${root}/${path}`);
  return entries.map((entry) => ({
    path: entry.path.slice(root.length + 1),
    folder: entry.folder,
    ...(entry.size === undefined ? {} : { size: entry.size }),
  }));
}
