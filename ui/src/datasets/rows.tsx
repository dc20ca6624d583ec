import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { downloadFile, listFiles, previewFile, type TableProfile } from '../../../src/data/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { api } from '../api/client.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Skeleton } from '../kit/page.tsx';
import { Grid } from './grid.tsx';
import type { PartProps } from './parts.ts';

const PAGE = 100;

/** What is in one file: rows of a table page by page, or the head of a text. */
export function Rows({
  version,
  search,
  set,
  tables,
}: PartProps & { tables: readonly TableProfile[] }): ReactElement {
  const params = { dataset: version.dataset, ref: version.name };
  // Where nothing is a table, the first file is as good a beginning as any.
  const first = useQuery({
    ...api(listFiles, { params, query: { recursive: true, limit: 1 } }),
    enabled: tables.length === 0 && search.path === undefined,
  });
  const path = search.path ?? tables[0]?.path ?? first.data?.items[0]?.path;
  const at = Math.floor((search.at ?? 0) / PAGE) * PAGE;
  const preview = useQuery({
    ...api(previewFile, { params, query: { path: path ?? '', offset: at, limit: PAGE } }),
    enabled: path !== undefined,
    staleTime: Infinity,
    placeholderData: (before) => (before?.path === path ? before : undefined),
  });
  if (path === undefined)
    return first.isPending && version.files > 0 ? (
      <Skeleton lines={6} />
    ) : (
      <Empty icon="folder" title="There is no file in it" />
    );
  const others = [...new Set([path, ...tables.map((table) => table.path)])];
  const total = preview.data?.total_rows;
  const last = at + (preview.data?.rows?.length ?? 0);
  return (
    <div className="stack">
      <div className="bar">
        <Choice
          label="File"
          value={path}
          options={others.map((value) => ({ value, label: value }))}
          onChange={(value) => set({ path: value, at: undefined })}
        />
        <Button look="quiet" icon="folder" onClick={() => set({ tab: 'files' })}>
          All files
        </Button>
        <a
          href={addressOf(downloadFile, params, { path })}
          download={path.slice(path.lastIndexOf('/') + 1)}
          className={buttonClass('quiet')}
        >
          <Icon name="download" />
          <span>Download{preview.data ? `, ${formatBytes(preview.data.size)}` : ''}</span>
        </a>
        <span className="spacer" />
        {preview.data?.kind === 'table' && (
          <>
            <span className="muted" role="status">
              Rows {formatCount(last === 0 ? 0 : at + 1)} to {formatCount(last)}
              {total !== undefined && ` of ${formatCount(total)}`}
            </span>
            <Button disabled={at === 0} onClick={() => set({ at: at - PAGE || undefined })}>
              Before
            </Button>
            <Button
              disabled={total === undefined ? !preview.data.truncated : last >= total}
              onClick={() => set({ at: at + PAGE })}
            >
              Next
            </Button>
          </>
        )}
      </div>
      {preview.isPending ? (
        <Skeleton lines={10} />
      ) : preview.isError ? (
        <Failure
          error={preview.error}
          title={`${path} could not be read`}
          retry={() => void preview.refetch()}
        />
      ) : preview.data.kind === 'table' ? (
        <Grid
          label={`Rows of ${path}`}
          columns={preview.data.columns ?? []}
          rows={preview.data.rows ?? []}
          first={at}
        />
      ) : preview.data.kind === 'text' ? (
        preview.data.size === 0 ? (
          <Empty icon="file" title="The file is empty" />
        ) : (
          <>
            <CodeBlock text={preview.data.text ?? ''} label={path} maxHeight={560} />
            {preview.data.truncated && <p className="muted">The first 64 KiB; the download has all of it.</p>}
          </>
        )
      ) : (
        <Empty icon="file" title="It is neither a table nor a text">
          <p>
            <code>{path}</code> can be downloaded, or checked out with the rest of the version.
          </p>
        </Empty>
      )}
    </div>
  );
}
