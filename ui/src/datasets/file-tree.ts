/** A flat list of paths as the rows of a tree: folders first, each with what it holds in all. Pure. */

export interface TreeFile {
  path: string;
  size: number;
}

export interface TreeRow<F extends TreeFile = TreeFile> {
  /** Full path; a folder's ends in `/`. */
  path: string;
  name: string;
  depth: number;
  size: number;
  /** Files below, all levels; 1 for a file. */
  files: number;
  file?: F;
  open?: boolean;
}

interface Folder<F extends TreeFile> {
  path: string;
  name: string;
  size: number;
  files: number;
  folders: Map<string, Folder<F>>;
  own: F[];
}

function folder<F extends TreeFile>(path: string, name: string): Folder<F> {
  return { path, name, size: 0, files: 0, folders: new Map(), own: [] };
}

export function buildTree<F extends TreeFile>(files: readonly F[]): Folder<F> {
  const root = folder<F>('', '');
  for (const file of files) {
    const parts = file.path.split('/');
    let at = root;
    for (let i = 0; ; i++) {
      at.size += file.size;
      at.files++;
      if (i === parts.length - 1) break;
      const name = parts[i]!;
      let next = at.folders.get(name);
      if (next === undefined) at.folders.set(name, (next = folder(`${at.path}${name}/`, name)));
      at = next;
    }
    at.own.push(file);
  }
  return root;
}

const order = new Intl.Collator('en', { numeric: true });

/** The rows that are to be seen when `open` folders are open. A folder that only holds a folder is drawn as one with it. */
export function treeRows<F extends TreeFile>(root: Folder<F>, open: (path: string) => boolean): TreeRow<F>[] {
  const rows: TreeRow<F>[] = [];
  const visit = (at: Folder<F>, depth: number) => {
    for (const child of [...at.folders.values()].toSorted((a, b) => order.compare(a.name, b.name))) {
      let shown = child;
      let name = child.name;
      while (shown.own.length === 0 && shown.folders.size === 1) {
        shown = [...shown.folders.values()][0]!;
        name = `${name}/${shown.name}`;
      }
      const isOpen = open(shown.path);
      rows.push({ path: shown.path, name, depth, size: shown.size, files: shown.files, open: isOpen });
      if (isOpen) visit(shown, depth + 1);
    }
    for (const file of at.own.toSorted((a, b) => order.compare(a.path, b.path))) {
      rows.push({
        path: file.path,
        name: file.path.slice(at.path.length),
        depth,
        size: file.size,
        files: 1,
        file,
      });
    }
  };
  visit(root, 0);
  return rows;
}
