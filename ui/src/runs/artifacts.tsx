import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { listArtifacts, type ArtifactEntry } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatBytes } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Skeleton } from '../kit/page.tsx';
import { ArtifactPreview } from './artifact-preview.tsx';

/** A run's files as a tree, and a look into the one that is chosen. */
export function Artifacts({
  run,
  path,
  onPath,
}: {
  run: string;
  path: string | undefined;
  onPath(path: string): void;
}): ReactElement {
  const top = useQuery(api(listArtifacts, { params: { run }, query: {} }));
  if (top.error) return <Failure error={top.error} retry={() => void top.refetch()} />;
  if (!top.data) return <Skeleton lines={6} />;
  if (top.data.items.length === 0) {
    return (
      <Empty icon="file" title="No artifacts">
        <p>Files that the run keeps appear here:</p>
        <CodeBlock
          label="How to log an artifact"
          text={'mlflow.log_artifact("confusion.png")\nmlflow.log_dict(report, "report.json")'}
        />
      </Empty>
    );
  }
  return (
    <div className="artifacts">
      <nav aria-label="Artifacts">
        <Folder
          run={run}
          items={top.data.items}
          more={top.data.next !== undefined}
          path={path}
          onPath={onPath}
          className="tree"
        />
      </nav>
      <div className="preview">
        {path === undefined ? (
          <p className="muted">Choose a file to look into it.</p>
        ) : (
          <ArtifactPreview key={path} run={run} path={path} />
        )}
      </div>
    </div>
  );
}

interface FolderProps {
  run: string;
  items: readonly ArtifactEntry[];
  more: boolean;
  path: string | undefined;
  onPath(path: string): void;
  className?: string;
}

function Folder({ items, more, className, ...rest }: FolderProps): ReactElement {
  const sorted = items.toSorted(
    (a, b) => Number(b.folder) - Number(a.folder) || a.path.localeCompare(b.path, 'en', { numeric: true }),
  );
  return (
    <ul className={className}>
      {sorted.map((entry) => (
        <li key={entry.path}>
          {entry.folder ? <SubFolder {...rest} entry={entry} /> : <File {...rest} entry={entry} />}
        </li>
      ))}
      {more && <li className="faint">More files are there; the client lists them all.</li>}
    </ul>
  );
}

function File({
  entry,
  path,
  onPath,
}: {
  entry: ArtifactEntry;
  path: string | undefined;
  onPath(path: string): void;
}): ReactElement {
  return (
    <button
      type="button"
      className="tree-item"
      aria-current={path === entry.path ? 'true' : undefined}
      onClick={() => onPath(entry.path)}
      title={entry.path}
    >
      <Icon name="file" />
      <span className="truncate">{baseName(entry.path)}</span>
      {entry.size !== undefined && <span className="faint nowrap">{formatBytes(entry.size)}</span>}
    </button>
  );
}

function SubFolder({
  run,
  entry,
  path,
  onPath,
}: {
  run: string;
  entry: ArtifactEntry;
  path: string | undefined;
  onPath(path: string): void;
}): ReactElement {
  const [open, setOpen] = useState(path?.startsWith(`${entry.path}/`) ?? false);
  const inside = useQuery({
    ...api(listArtifacts, { params: { run }, query: { path: entry.path } }),
    enabled: open,
  });
  return (
    <>
      <button
        type="button"
        className="tree-item"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        title={entry.path}
      >
        <Icon name={open ? 'down' : 'right'} />
        <Icon name="folder" />
        <span className="truncate">{baseName(entry.path)}</span>
      </button>
      {open && inside.error && <Failure error={inside.error} retry={() => void inside.refetch()} />}
      {open && inside.data && (
        <Folder
          run={run}
          items={inside.data.items}
          more={inside.data.next !== undefined}
          path={path}
          onPath={onPath}
        />
      )}
    </>
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
