import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState, type ReactElement } from 'react';
import { getArtifact } from '../../../src/tracking/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { send } from '../api/client.ts';
import { buttonClass } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { kindOf, readTable, type TableData } from './preview-kinds.ts';

/** Enough to see what it is; the whole is one click away. */
const TEXT_BYTES = 512 * 1024;
const IMAGE_BYTES = 32 * 1024 * 1024;

interface Loaded {
  bytes: Uint8Array<ArrayBuffer>;
  total: number;
}

export function ArtifactPreview({ run, path }: { run: string; path: string }): ReactElement {
  const kind = kindOf(path);
  const limit = kind.look === 'image' ? IMAGE_BYTES : TEXT_BYTES;
  const file = useQuery({
    queryKey: ['artifact', run, path],
    enabled: kind.look !== 'none',
    queryFn: async ({ signal }): Promise<Loaded> => {
      const reply = await send(
        getArtifact,
        { params: { run, '*': path } },
        { signal, headers: { range: `bytes=0-${limit - 1}` } },
      );
      const bytes = new Uint8Array(await reply.arrayBuffer());
      const total = Number(/\/(\d+)$/.exec(reply.headers.get('content-range') ?? '')?.[1] ?? bytes.length);
      return { bytes, total };
    },
    meta: { subjects: [`run:${run}`] },
  });
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    <section aria-label={`Preview of ${path}`} className="stack">
      <header className="row row-wrap">
        <h2 className="truncate" title={path}>
          {path}
        </h2>
        {file.data && <span className="faint nowrap">{formatBytes(file.data.total)}</span>}
        <span className="spacer" />
        <a className={buttonClass()} href={addressOf(getArtifact, { run, '*': path })} download={name}>
          <Icon name="download" />
          Download
        </a>
      </header>
      {kind.look === 'none' ? (
        <Empty icon="file" title="No preview for this kind of file" />
      ) : file.error ? (
        // An empty file has no first byte to ask for.
        'status' in file.error && file.error.status === 416 ? (
          <p className="muted">The file is empty.</p>
        ) : (
          <Failure error={file.error} retry={() => void file.refetch()} />
        )
      ) : !file.data ? (
        <Skeleton height={180} />
      ) : (
        <Look path={path} data={file.data} />
      )}
    </section>
  );
}

function Look({ path, data }: { path: string; data: Loaded }): ReactElement {
  const kind = kindOf(path);
  const cut = data.total > data.bytes.length;
  const text = useMemo(
    () => (kind.look === 'image' ? '' : new TextDecoder().decode(data.bytes)),
    [kind.look, data.bytes],
  );
  const table = useMemo(
    () => (kind.look === 'table' || kind.look === 'json' ? readTable(path, text, cut) : undefined),
    [kind.look, path, text, cut],
  );
  if (data.total === 0) return <p className="muted">The file is empty.</p>;
  if (kind.look === 'image') {
    return cut ? (
      <p className="muted">This image is larger than {formatBytes(IMAGE_BYTES)}: download it to see it.</p>
    ) : (
      <Picture path={path} bytes={data.bytes} type={kind.type} />
    );
  }
  const note = cut && <p className="faint small">The first {formatBytes(data.bytes.length)} are shown.</p>;
  if (table) {
    return (
      <>
        <DataTable label={path} data={table} />
        {note}
      </>
    );
  }
  return (
    <>
      <CodeBlock label={path} text={kind.look === 'json' && !cut ? pretty(text) : text} maxHeight={620} />
      {note}
    </>
  );
}

/** Bytes of strangers, shown as a picture and nothing else: an image element runs no script, not even of an SVG. */
function Picture({
  path,
  bytes,
  type,
}: {
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
}): ReactElement {
  const [broken, setBroken] = useState(false);
  const show = useCallback(
    (image: HTMLImageElement | null) => {
      if (!image) return;
      const url = URL.createObjectURL(new Blob([bytes], { type }));
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [bytes, type],
  );
  if (broken) return <p className="muted">These bytes are no image that the browser can read.</p>;
  return (
    <div className="preview-image">
      <img ref={show} alt={path} onError={() => setBroken(true)} />
    </div>
  );
}

function DataTable({ label, data }: { label: string; data: TableData }): ReactElement {
  const columns = useMemo(
    () =>
      data.columns.map((name, i): Column<{ id: string; cells: readonly string[] }> => {
        const numeric =
          data.rows.length > 0 &&
          data.rows.every((row) => row[i] === undefined || row[i] === '' || Number.isFinite(Number(row[i])));
        return {
          id: `${i}`,
          header: name === '' ? `column ${i + 1}` : name,
          width: Math.min(260, Math.max(90, name.length * 8 + 36)),
          value: ({ cells }) =>
            cells[i] === undefined || cells[i] === '' ? undefined : numeric ? Number(cells[i]) : cells[i],
          cell: ({ cells }) => (
            <span className="truncate" title={cells[i]}>
              {cells[i]}
            </span>
          ),
          ...(numeric ? { align: 'end' as const } : {}),
        };
      }),
    [data],
  );
  const rows = useMemo(() => data.rows.map((cells, i) => ({ cells, id: String(i) })), [data]);
  return (
    <>
      <Table
        label={label}
        columns={columns}
        rows={rows}
        rowId={(row) => row.id}
        maxHeight={560}
        empty={<p className="muted">The table has no rows.</p>}
      />
      <p className="faint small">
        {formatCount(rows.length)} rows, {formatCount(columns.length)} columns
      </p>
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
