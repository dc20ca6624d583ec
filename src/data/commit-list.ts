import { invalid } from '../platform/errors/index.ts';
import type { FileInput } from './contract.ts';
import { canonicalPath, quoted } from './paths.ts';
import { tableFormat } from './table-format.ts';
import { buildTree, parseDirectory, type TreeFile } from './tree.ts';

/** Answers come in portions of so many, so that neither side of a thread takes long over one. */
const PORTION = 1000;
const PORTION_BYTES = 4 * 1024 * 1024;

/** A blob that files name: the first of them, and how many. */
export interface NamedBlob {
  hash: string;
  size: number;
  path: string;
  files: number;
}

/** An entry of a stored tree that is to be read: a directory, or a part of one. */
export interface OldDirectory {
  prefix: string;
  hash: string;
}

export interface CommitAbout {
  hash: string;
  files: number;
  bytes: number;
  /** There is a table among the files. */
  tables: boolean;
}

/**
 * The files of a commit, checked and built into a tree: all that needs the whole list, and nothing else. It runs where the list is, in
 * a thread for a long one; what needs the database or the blobs is asked of it in portions.
 */
export class CommitList {
  readonly about: CommitAbout;
  readonly #blobs: NamedBlob[];
  readonly #objects: Array<[hash: string, bytes: Buffer]>;
  /** Files that are looked into, as long as no older version has them: tables, and what is empty. */
  readonly #candidates: Map<string, TreeFile>;
  #toCheck: TreeFile[] | undefined;

  constructor(input: readonly FileInput[]) {
    const files = canonicalFiles(input);
    const tree = buildTree(files);
    if ('clash' in tree)
      throw invalid(`${quoted(tree.clash)} is both a file and a directory`, {
        field: 'files',
        hint: 'rename one of them',
      });
    this.#blobs = distinct(files);
    this.#objects = [...tree.objects];
    const isTable = ({ path }: TreeFile): boolean => tableFormat(path) !== undefined;
    this.#candidates = new Map(
      files.filter((file) => file.size === 0 || isTable(file)).map((file) => [file.path, file]),
    );
    const { hash, bytes } = tree;
    this.about = { hash, files: tree.files, bytes, tables: [...this.#candidates.values()].some(isTable) };
  }

  /** Every blob that is named, each with its size. */
  blobs(from: number): NamedBlob[] {
    return this.#blobs.slice(from, from + PORTION);
  }

  /** Leaves out of `toCheck` what these directories of an older version have alike; answers which others to read. */
  compare(read: ReadonlyArray<OldDirectory & { bytes: Uint8Array }>): OldDirectory[] {
    if (this.#candidates.size === 0) return [];
    return read.flatMap(({ prefix, bytes }) => {
      const { entries, parts } = parseDirectory(Buffer.from(bytes));
      if (parts) return parts.map(({ hash }) => ({ prefix, hash }));
      return entries.flatMap(({ kind, name, hash }) => {
        const path = prefix + name;
        if (kind === 'directory') return [{ prefix: `${path}/`, hash }];
        if (this.#candidates.get(path)?.hash === hash) this.#candidates.delete(path);
        return [];
      });
    });
  }

  toCheck(from: number): TreeFile[] {
    this.#toCheck ??= [...this.#candidates.values()];
    return this.#toCheck.slice(from, from + PORTION);
  }

  /** Directory objects by hash. */
  objects(from: number): string[] {
    return this.#objects.slice(from, from + PORTION).map(([hash]) => hash);
  }

  /** Of these objects, which lie in the portion from `from` on, the first few megabytes. */
  bytesOf(from: number, hashes: readonly string[]): Uint8Array[] {
    const portion = new Map(this.#objects.slice(from, from + PORTION));
    const found: Uint8Array[] = [];
    for (let bytes = 0; found.length < hashes.length && bytes < PORTION_BYTES;) {
      const object = portion.get(hashes[found.length]!)!;
      found.push(object);
      bytes += object.length;
    }
    return found;
  }
}

function canonicalFiles(files: readonly FileInput[]): TreeFile[] {
  if (files.length === 0)
    throw invalid('there is no file to commit', {
      field: 'files',
      hint: 'put the data into the directory first',
    });
  const seen = new Map<string, string>();
  return files.map((file, i) => {
    const path = canonicalPath(file.path, `files[${i}].path`);
    if (seen.has(path)) {
      const same = seen.get(path) === file.path;
      throw invalid(
        `the file ${quoted(path)} ${same ? 'is named twice' : 'is there twice, with its letters composed differently'}`,
        {
          field: `files[${i}].path`,
          hint: same ? 'name it once' : 'rename one of the two',
        },
      );
    }
    seen.set(path, file.path);
    return { ...file, path };
  });
}

/** Two sizes of one hash are two blobs here: one of them is wrong, and is told. */
function distinct(files: readonly TreeFile[]): NamedBlob[] {
  const found = new Map<string, NamedBlob>();
  for (const { hash, size, path } of files) {
    const key = `${hash} ${size}`;
    const known = found.get(key);
    if (known) known.files++;
    else found.set(key, { hash, size, path, files: 1 });
  }
  return [...found.values()];
}
