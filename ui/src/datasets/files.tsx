import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { downloadFile, listFiles, type DatasetVersion, type TreeEntry } from '../../../src/data/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { api } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { SearchField } from '../kit/field.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import type { PartProps } from './parts.ts';
import { treeRows, type TreeRow } from './tree-rows.ts';

const IN_FOLDER = 5000;
const SEARCHED = 50_000;

/** The files as a tree, read folder by folder as it is opened; with a filter, as a list of paths. */
export function Files({ version, search, set }: PartProps): ReactElement {
  const open = useMemo(() => search.open ?? [], [search.open]);
  const folders = useMemo(() => ['', ...open], [open]);
  const params = { dataset: version.dataset, ref: version.name };
  const results = useQueries({
    queries: folders.map((path) => ({
      ...api(listFiles, { params, query: { limit: IN_FOLDER, ...(path === '' ? {} : { path }) } }),
      staleTime: Infinity,
    })),
  });
  const words = search.q ?? '';
  const all = useQuery({
    ...api(listFiles, { params, query: { recursive: true, limit: SEARCHED } }),
    enabled: words !== '',
    staleTime: Infinity,
  });
  const rows = useMemo((): TreeRow[] => {
    if (words !== '') {
      const wanted = words.toLowerCase();
      return (all.data?.items ?? [])
        .filter(({ path }) => path.toLowerCase().includes(wanted))
        .map((entry) => ({ path: entry.path, name: entry.path, depth: 0, entry }));
    }
    const known = new Map(
      folders.map((path, i) => [
        path,
        { entries: results[i]?.data?.items, more: results[i]?.data?.next !== undefined },
      ]),
    );
    return treeRows((path) => known.get(path), new Set(open));
  }, [words, all.data, folders, results, open]);
  const columns = useMemo((): Column<TreeRow>[] => {
    const toggle = (path: string) =>
      set({
        open: open.includes(path)
          ? open.filter((one) => one !== path && !one.startsWith(`${path}/`))
          : [...open, path],
      });
    return [
      {
        id: 'name',
        header: 'Name',
        width: 460,
        sortable: false,
        cell: (row) => (
          <Name
            row={row}
            version={version}
            toggle={toggle}
            look={(path) => set({ tab: 'rows', path, at: undefined })}
          />
        ),
      },
      {
        id: 'size',
        header: 'Size',
        width: 110,
        align: 'end',
        cell: ({ entry }) => entry && formatBytes(entry.size),
      },
      {
        id: 'share',
        header: 'Of all',
        width: 130,
        cell: ({ entry }) => entry && <Share part={entry.size} of={version.bytes} />,
      },
      {
        id: 'files',
        header: 'Files',
        width: 90,
        align: 'end',
        cell: ({ entry }) => entry?.kind === 'directory' && formatCount(entry.files),
      },
      {
        id: 'hash',
        header: 'BLAKE3',
        width: 210,
        cell: ({ entry }) => entry && <HashText hash={entry.hash} />,
      },
      {
        id: 'get',
        header: 'Download',
        width: 90,
        cell: ({ entry }) => entry?.kind === 'file' && <Get version={version} entry={entry} />,
      },
    ];
  }, [version, open, set]);
  const failed = results.find(({ isError }) => isError) ?? (all.isError ? all : undefined);
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />;
  if (version.files === 0) return <Empty icon="folder" title="The version is empty" />;
  return (
    <div className="stack">
      <div className="bar">
        <SearchField
          label="Find a file by its path"
          value={words}
          onChange={(q) => set({ q: q || undefined })}
        />
        {words !== '' && all.data && (
          <span className="muted">
            {formatCount(rows.length)} of {formatCount(all.data.items.length)}
            {all.data.next !== undefined && ` (the first ${formatCount(SEARCHED)} are searched)`}
          </span>
        )}
      </div>
      {results[0]?.isPending || (words !== '' && all.isPending) ? (
        <Skeleton lines={6} />
      ) : (
        <Table
          label="Files of the version"
          columns={columns}
          rows={rows}
          rowId={({ path }) => path}
          maxHeight={560}
          keys
          empty={<p className="muted">No path holds “{words}”.</p>}
        />
      )}
    </div>
  );
}

function Name({
  row,
  version,
  toggle,
  look,
}: {
  row: TreeRow;
  version: DatasetVersion;
  toggle(path: string): void;
  look(path: string): void;
}): ReactElement {
  const indent = { paddingLeft: row.depth * 18 };
  if (!row.entry) {
    return (
      <span className="tree-name faint" style={indent}>
        {row.name}
      </span>
    );
  }
  const folder = row.entry.kind === 'directory';
  return (
    <span className="tree-name" style={indent}>
      <button
        type="button"
        className="tree-button"
        {...(folder ? { 'aria-expanded': row.open ?? false } : {})}
        title={
          folder ? `${row.open ? 'Close' : 'Open'} ${row.path}` : `Look into ${row.path} of ${version.name}`
        }
        onClick={() => (folder ? toggle(row.path) : look(row.path))}
      >
        {folder ? <Icon name={row.open ? 'down' : 'right'} size={13} /> : <span className="tree-gap" />}
        <Icon name={folder ? 'folder' : 'file'} size={14} />
        <span className="truncate">{row.name}</span>
      </button>
    </span>
  );
}

function Share({ part, of }: { part: number; of: number }): ReactElement {
  return (
    <span className="share" aria-hidden="true">
      <span style={{ width: `${of === 0 ? 0 : Math.max(1, (part / of) * 100)}%` }} />
    </span>
  );
}

function Get({ version, entry }: { version: DatasetVersion; entry: TreeEntry }): ReactElement {
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  return (
    <a
      href={addressOf(downloadFile, { dataset: version.dataset, ref: version.name }, { path: entry.path })}
      download={name}
      aria-label={`Download ${entry.path}`}
      className="row"
    >
      <Icon name="download" size={14} />
    </a>
  );
}
