import { fileKind, type FileKind } from '../data/file-kinds.ts';
import type { FilesNamed, NamedFile } from '../data/protocol.ts';
import type { NamedBlob, TableSource } from '../data/table-source.ts';

/** Files of the gate that are no tables, ready to be joined to its rows, and which sources hold the same bytes. */
export function gateFiles(gate: TableSource, against: readonly TableSource[]): NamedFile[] {
  if (gate.others.length === 0) return [];
  const holders = new Map<string, number[]>();
  for (const [i, { others }] of against.entries())
    for (const { hash } of others) {
      const held = holders.get(hash);
      if (!held) holders.set(hash, [i]);
      else if (held.at(-1) !== i) held.push(i);
    }
  const folders = [...new Set(gate.files.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))];
  return gate.others.map(({ path, hash }) => ({
    names: [
      path,
      ...folders
        .filter((folder) => folder !== '' && path.startsWith(folder))
        .map((folder) => path.slice(folder.length)),
    ],
    within: holders.get(hash) ?? [],
  }));
}

/** Kinds of files that may be what is judged: training's files of the same kind are compared with them by their bytes. */
export function judgedKinds(gate: TableSource, named: FilesNamed | undefined): Set<FileKind> {
  const kinds = new Set<FileKind>();
  const add = ({ path }: NamedBlob, any: boolean): void => {
    const kind = fileKind(path);
    // A text that no row names is a note as likely as an example.
    if (kind !== undefined && (any || kind !== 'document')) kinds.add(kind);
  };
  if (named) for (const i of named.files) add(gate.others[i]!, true);
  else if (gate.beside !== true) for (const file of gate.others) add(file, false);
  return kinds;
}

/** Files among what is judged that a source holds as well, though no row names them. */
export function sharedUnnamed(
  gate: TableSource,
  files: readonly NamedFile[],
  kinds: ReadonlySet<FileKind>,
): Array<{ file: NamedBlob; within: readonly number[] }> {
  return gate.others.flatMap((file, i) => {
    const kind = fileKind(file.path);
    const { within } = files[i]!;
    return within.length > 0 && kind !== undefined && kinds.has(kind) ? [{ file, within }] : [];
  });
}
