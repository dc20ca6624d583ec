import { blake3 } from '../platform/blobs/index.ts';
import { comparePaths } from './paths.ts';

/**
 * A version's files as a Merkle tree. A directory is a blob of lines, sorted by the UTF-8 bytes of the name:
 *
 *     treadle-tree 1
 *     f <hash> <size> 1 <name>        a file; `x` for an executable one
 *     d <hash> <bytes> <files> <name>  a directory
 *
 * A directory of many entries is cut into parts where the names say so, so that a change rewrites one part
 * and the index; `entries` and the first name let a reader skip parts:
 *
 *     treadle-tree-index 1
 *     p <hash> <bytes> <files> <entries> <first name>
 *
 * Names hold no control characters, so lines need no quoting. Equal trees have equal bytes.
 */
export interface TreeFile {
  path: string;
  hash: string;
  size: number;
  executable?: boolean | undefined;
}

export interface TreeNode {
  kind: 'file' | 'directory';
  name: string;
  hash: string;
  size: number;
  files: number;
  executable: boolean;
}

export interface TreePart {
  hash: string;
  size: number;
  files: number;
  entries: number;
  first: string;
}

export type Directory =
  | { entries: TreeNode[]; parts?: undefined }
  | { entries?: undefined; parts: TreePart[] };

export interface BuiltTree {
  hash: string;
  files: number;
  bytes: number;
  /** Every directory object, by hash. */
  objects: Map<string, Buffer>;
}

const MARK = 'treadle-tree 1';
const INDEX = 'treadle-tree-index 1';
/** Directories up to this stay in one piece. */
const WHOLE = 2048;
/** A part ends after a name whose hash says so: one in this many. */
const CUT = 512;

interface Draft {
  files: Map<string, TreeFile>;
  folders: Map<string, Draft>;
}

/** Paths must be canonical and different; returns the path of a file that is also a directory, if there is one. */
export function buildTree(files: readonly TreeFile[]): BuiltTree | { clash: string } {
  const root: Draft = { files: new Map(), folders: new Map() };
  for (const file of files) {
    const segments = file.path.split('/');
    const name = segments.pop()!;
    let folder = root;
    for (const segment of segments) {
      let next = folder.folders.get(segment);
      if (!next) folder.folders.set(segment, (next = { files: new Map(), folders: new Map() }));
      folder = next;
    }
    folder.files.set(name, file);
  }
  const objects = new Map<string, Buffer>();
  const store = (text: string): string => {
    const bytes = Buffer.from(text);
    const hash = blake3(bytes);
    objects.set(hash, bytes);
    return hash;
  };
  const clash = clashIn(root, '');
  if (clash !== undefined) return { clash };
  const top = write(root, store);
  return { hash: top.hash, files: top.files, bytes: top.size, objects };
}

function clashIn(folder: Draft, path: string): string | undefined {
  for (const [name, child] of folder.folders) {
    if (folder.files.has(name)) return `${path}${name}`;
    const inside = clashIn(child, `${path}${name}/`);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function write(
  folder: Draft,
  store: (text: string) => string,
): { hash: string; size: number; files: number } {
  const nodes: TreeNode[] = [];
  for (const [name, { hash, size, executable }] of folder.files) {
    nodes.push({ kind: 'file', name, hash, size, files: 1, executable: executable === true });
  }
  for (const [name, child] of folder.folders)
    nodes.push({ kind: 'directory', name, executable: false, ...write(child, store) });
  nodes.sort((a, b) => comparePaths(a.name, b.name));
  const total = sum(nodes);
  if (nodes.length <= WHOLE) return { hash: store(lines(nodes)), ...total };
  const parts: TreeNode[][] = [];
  let part: TreeNode[] = [];
  for (const node of nodes) {
    part.push(node);
    if (Number.parseInt(blake3(node.name).slice(0, 8), 16) % CUT !== 0) continue;
    parts.push(part);
    part = [];
  }
  if (part.length > 0) parts.push(part);
  const index = parts.map((members) => {
    const { size, files } = sum(members);
    return `p ${store(lines(members))} ${size} ${files} ${members.length} ${members[0]!.name}`;
  });
  return { hash: store(`${INDEX}\n${index.join('\n')}\n`), ...total };
}

function sum(nodes: readonly TreeNode[]): { size: number; files: number } {
  let size = 0;
  let files = 0;
  for (const node of nodes) {
    size += node.size;
    files += node.files;
  }
  return { size, files };
}

const lines = (nodes: readonly TreeNode[]): string =>
  `${MARK}\n${nodes.map(({ kind, name, hash, size, files, executable }) => `${kind === 'directory' ? 'd' : executable ? 'x' : 'f'} ${hash} ${size} ${files} ${name}\n`).join('')}`;

/** Reads a directory object; throws when it is not one, or when a name could lead out of a folder. */
export function parseDirectory(bytes: Buffer): Directory {
  const [mark, ...rest] = bytes.toString('utf8').split('\n');
  if (rest.pop() !== '') throw new Error('a directory object ends in the middle of a line');
  if (mark === INDEX) {
    return {
      parts: rest.map((line) => {
        const [, hash, size, files, entries, first] = match(
          /^p ([0-9a-f]{64}) (\d+) (\d+) (\d+) (.+)$/u,
          line,
        );
        return {
          hash: hash!,
          size: Number(size),
          files: Number(files),
          entries: Number(entries),
          first: first!,
        };
      }),
    };
  }
  if (mark !== MARK) throw new Error('this blob is not a directory object');
  return {
    entries: rest.map((line) => {
      const [, kind, hash, size, files, name] = match(/^([fxd]) ([0-9a-f]{64}) (\d+) (\d+) ([^/]+)$/u, line);
      if (name === '.' || name === '..') throw new Error(`a directory object names '${name}'`);
      return {
        kind: kind === 'd' ? 'directory' : 'file',
        name: name!,
        hash: hash!,
        size: Number(size),
        files: Number(files),
        executable: kind === 'x',
      };
    }),
  };
}

function match(pattern: RegExp, line: string): RegExpExecArray {
  const found = pattern.exec(line);
  if (!found) throw new Error('a directory object has a line that cannot be read');
  return found;
}
