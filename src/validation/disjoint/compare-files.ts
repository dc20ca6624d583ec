import type { Ctx } from '../../platform/ctx/index.ts';
import type { Tables } from '../../tables/index.ts';
import { fileKind, type FileKind } from '../data/file-kinds.ts';
import type { FilesNamed, NamedFile } from '../data/protocol.ts';
import type { NamedBlob, TableSource } from '../data/table-source.ts';
import { pixelsOf } from '../pixels/pixels-of.ts';
import { hasPixels, type PixelsFound } from '../pixels/protocol.ts';

/** By which a file is another: its bytes, or the pixels that it is decoded to. */
export type Rung = 'digest' | 'pixels';

/** A file of the gate that is no table, and what training read that is the same. */
export interface GateFile {
  file: NamedBlob;
  /** One of each source, by its position. */
  same: ReadonlyArray<{ source: number; path: string; by: Rung }>;
}

/** What is known of images by their blobs; nothing where only one side has any. */
export type Pixels = ReadonlyMap<string, PixelsFound>;

/** Decodes the images of both sides, as far as that was not done before. */
export async function readPixels(
  ctx: Ctx,
  tables: Tables,
  gate: TableSource,
  against: readonly TableSource[],
  how: Parameters<typeof pixelsOf>[3],
): Promise<Pixels> {
  const images = ({ others }: TableSource): NamedBlob[] => others.filter(({ path }) => hasPixels(path));
  const [judged, read] = [images(gate), against.flatMap(images)];
  return judged.length > 0 && read.length > 0
    ? await pixelsOf(ctx, tables, [...judged, ...read], how)
    : new Map();
}

/** What makes a file the same as another, the strongest first: its bytes, its pixels as stored, its pixels as shown. */
function keysOf({ hash }: NamedBlob, pixels: Pixels): string[] {
  const found = pixels.get(hash);
  return [hash, ...(found && 'digests' in found ? found.digests : [])];
}

/** Files of the gate that are no tables, and which sources hold the same. */
export function gateFiles(gate: TableSource, against: readonly TableSource[], pixels: Pixels): GateFile[] {
  if (gate.others.length === 0) return [];
  // The first file of each source by each key.
  const holders = new Map<string, Map<number, string>>();
  for (const [source, { others }] of against.entries())
    for (const file of others)
      for (const key of keysOf(file, pixels)) {
        const held = holders.get(key) ?? new Map<number, string>();
        holders.set(key, held);
        if (!held.has(source)) held.set(source, file.path);
      }
  return gate.others.map((file) => {
    const same = new Map<number, { source: number; path: string; by: Rung }>();
    for (const key of keysOf(file, pixels))
      for (const [source, path] of holders.get(key) ?? [])
        if (!same.has(source))
          same.set(source, { source, path, by: key === file.hash ? 'digest' : 'pixels' });
    return { file, same: [...same.values()] };
  });
}

/** Ready to be joined to the gate's rows, by the ways to write their paths. */
export function namedFiles(gate: TableSource, files: readonly GateFile[]): NamedFile[] {
  const folders = [...new Set(gate.files.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))];
  return files.map(({ file: { path }, same }) => ({
    names: [
      path,
      ...folders
        .filter((folder) => folder !== '' && path.startsWith(folder))
        .map((folder) => path.slice(folder.length)),
    ],
    within: same.map(({ source }) => source),
  }));
}

/** Keys of what both sides hold. */
export function sharedKeys(files: readonly GateFile[], pixels: Pixels): (file: NamedBlob) => boolean {
  const shared = new Set(files.flatMap(({ file, same }) => (same.length > 0 ? keysOf(file, pixels) : [])));
  return (file) => keysOf(file, pixels).some((key) => shared.has(key));
}

/** Kinds of files that may be what is judged: training's files of the same kind are compared with them. */
export function judgedKinds(gate: TableSource, named: FilesNamed | undefined): Set<FileKind> {
  const kinds = new Set<FileKind>();
  for (const { path } of judgedFiles(gate, named)) {
    const kind = fileKind(path);
    // A text that no row names is a note as likely as an example.
    if (kind !== undefined && (named !== undefined || kind !== 'document')) kinds.add(kind);
  }
  return kinds;
}

/** Files that rows name; without any, all that are the gate's own and do not only lie beside it. */
export const judgedFiles = (gate: TableSource, named: FilesNamed | undefined): NamedBlob[] =>
  named ? named.files.map((i) => gate.others[i]!) : gate.beside === true ? [] : gate.others;

/** Files among what is judged that a source holds as well, though no row names them. */
export const sharedUnnamed = (files: readonly GateFile[], kinds: ReadonlySet<FileKind>): GateFile[] =>
  files.filter(({ file: { path }, same }) => {
    const kind = fileKind(path);
    return same.length > 0 && kind !== undefined && kinds.has(kind);
  });
