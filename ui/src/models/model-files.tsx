import { useMemo, useState, type ReactElement } from 'react';
import { getVersionFile, type ModelFile, type VersionDetail } from '../../../src/models/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { SearchField } from '../kit/field.tsx';
import { formatBytes } from '../kit/format.ts';
import { Empty } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { HashText } from '../ledger/hash-text.tsx';

/** The files of a version; the server lists the first thousand. */
export function ModelFiles({ detail: { version, files } }: { detail: VersionDetail }): ReactElement {
  const [text, setText] = useState('');
  const shown = useMemo(
    () => files.filter(({ path }) => path.toLowerCase().includes(text.toLowerCase())),
    [files, text],
  );
  const most = Math.max(1, ...files.map(({ size }) => size));
  const columns = useMemo(
    (): Column<ModelFile>[] => [
      {
        id: 'path',
        header: 'File',
        width: 420,
        value: ({ path }) => path,
        cell: ({ path }) => (
          <a
            href={addressOf(getVersionFile, { model: version.model, version: version.version, '*': path })}
            download={path.slice(path.lastIndexOf('/') + 1)}
          >
            {path}
          </a>
        ),
      },
      {
        id: 'size',
        header: 'Size',
        width: 100,
        align: 'end',
        value: ({ size }) => size,
        cell: ({ size }) => formatBytes(size),
      },
      {
        id: 'share',
        header: 'Share',
        width: 150,
        cell: ({ size }) => (
          <span className="share" aria-hidden="true">
            <span style={{ width: `${Math.max(1, (size / most) * 100)}%` }} />
          </span>
        ),
      },
      {
        id: 'digest',
        header: 'BLAKE3',
        width: 210,
        value: ({ digest }) => digest,
        cell: ({ digest }) => <HashText hash={digest} />,
        sortable: false,
      },
    ],
    [version.model, version.version, most],
  );
  if (files.length === 0) {
    return (
      <Empty icon="folder" title="No files here">
        <p>
          The version points at <code>{version.source}</code>, which this server does not open.
        </p>
      </Empty>
    );
  }
  const more = (version.facts?.files ?? files.length) - files.length;
  return (
    <div className="stack">
      <div className="bar">
        <SearchField label="Filter by path" value={text} onChange={setText} />
        {more > 0 && (
          <span className="muted">
            The first {files.length} files; {more} more are not listed.
          </span>
        )}
      </div>
      <Table
        label="Files of the version"
        columns={columns}
        rows={shown}
        rowId={({ path }) => path}
        maxHeight={480}
        keys
        empty={<p className="muted">No path holds “{text}”.</p>}
      />
    </div>
  );
}
