import type { TreeEntry } from '../../../src/data/contract.ts';

/** One line of the file tree. */
export interface TreeRow {
  path: string;
  name: string;
  depth: number;
  /** Absent where a folder's entries are still on their way, or there are more than were read. */
  entry?: TreeEntry;
  open?: boolean;
  note?: string;
}

export interface Listed {
  entries: readonly TreeEntry[] | undefined;
  /** There are more than these. */
  more: boolean;
}

const order = new Intl.Collator('en', { numeric: true });

/** The rows to be seen, from what is known of each open folder (`''` is the root): folders first, in the order people count. Pure. */
export function treeRows(
  listed: (folder: string) => Listed | undefined,
  open: ReadonlySet<string>,
): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (folder: string, depth: number) => {
    const found = listed(folder);
    if (found?.entries === undefined) {
      rows.push({ path: `${folder}/…`, name: 'Loading…', depth, note: 'loading' });
      return;
    }
    const sorted = found.entries.toSorted((a, b) =>
      a.kind === b.kind ? order.compare(a.path, b.path) : a.kind === 'directory' ? -1 : 1,
    );
    for (const entry of sorted) {
      const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
      const isOpen = entry.kind === 'directory' ? open.has(entry.path) : undefined;
      rows.push({ path: entry.path, name, depth, entry, ...(isOpen === undefined ? {} : { open: isOpen }) });
      if (isOpen) visit(entry.path, depth + 1);
    }
    if (found.more)
      rows.push({
        path: `${folder}/…`,
        name: 'More are in it: narrow them down by path above',
        depth,
        note: 'more',
      });
  };
  visit('', 0);
  return rows;
}
