import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import {
  diffVersions,
  getDataset,
  getProfile,
  listVersions,
  type DiffEntry,
} from '../../../src/data/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Empty, Page, Section, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { diffProfiles } from './profile-diff.ts';
import { ProfileDiff } from './profile-diff-view.tsx';
import './datasets.css';

const route = getRouteApi('/datasets/$dataset/diff');
type Status = DiffEntry['status'];
const TONES: Record<Status, Tone> = { added: 'good', removed: 'bad', modified: 'warn', renamed: 'accent' };
const STATUSES: Status[] = ['added', 'removed', 'modified', 'renamed'];

const columns: Column<DiffEntry>[] = [
  {
    id: 'path',
    header: 'File',
    width: 520,
    value: ({ path }) => path,
    cell: ({ path, from_path: from }) => (
      <span className="truncate" title={from === undefined ? path : `${from} → ${path}`}>
        {from !== undefined && <span className="faint">{from} → </span>}
        {path}
      </span>
    ),
  },
  {
    id: 'status',
    header: 'Change',
    width: 110,
    value: ({ status }) => status,
    cell: ({ status }) => <Badge tone={TONES[status]}>{status}</Badge>,
  },
  {
    id: 'old',
    header: 'Was',
    width: 100,
    align: 'end',
    value: ({ old_size: size }) => size,
    cell: ({ old_size: size }) =>
      size === undefined ? <span className="table-none">–</span> : formatBytes(size),
  },
  {
    id: 'new',
    header: 'Is',
    width: 100,
    align: 'end',
    value: ({ new_size: size }) => size,
    cell: ({ new_size: size }) =>
      size === undefined ? <span className="table-none">–</span> : formatBytes(size),
  },
  {
    id: 'grown',
    header: 'Grown by',
    width: 110,
    align: 'end',
    value: ({ old_size: before = 0, new_size: after = 0 }) => after - before,
    cell: ({ old_size: before = 0, new_size: after = 0 }) => (
      <span className={after < before ? 'shrunk' : ''}>{signed(after - before)}</span>
    ),
  },
];

const signed = (bytes: number) =>
  bytes === 0 ? '0' : `${bytes > 0 ? '+' : '−'}${formatBytes(Math.abs(bytes))}`;

export default function DatasetDiffPage(): ReactElement {
  const { dataset } = route.useParams();
  const { from, to, show } = route.useSearch();
  const navigate = route.useNavigate();
  const owner = useQuery(api(getDataset, { params: { dataset } }, ['dataset:*']));
  const versions = usePages(listVersions, { params: { dataset }, query: { limit: 1000 } });
  const chosen = from !== undefined && to !== undefined;
  const both = { from: from ?? '', to: to ?? '' };
  const summary = useQuery({
    ...api(diffVersions, { params: { dataset }, query: { ...both, limit: 1 } }),
    enabled: chosen,
  });
  const entries = usePages(
    diffVersions,
    { params: { dataset }, query: { ...both, limit: 2000 } },
    [],
    chosen,
  );
  const before = useQuery({
    ...api(getProfile, { params: { dataset, ref: both.from } }, ['dataset_version:*']),
    enabled: chosen,
  });
  const after = useQuery({
    ...api(getProfile, { params: { dataset, ref: both.to } }, ['dataset_version:*']),
    enabled: chosen,
  });
  const tables = useMemo(
    () => before.data && after.data && diffProfiles(before.data.tables, after.data.tables),
    [before.data, after.data],
  );
  const rows = useMemo(
    () => entries.items.filter(({ status }) => show === undefined || status === show),
    [entries.items, show],
  );
  const names = [
    ...(owner.data?.refs.map(({ name }) => name) ?? []),
    ...versions.items.map(({ name }) => name),
  ];
  const options = [
    ...new Set([...names, ...(from === undefined ? [] : [from]), ...(to === undefined ? [] : [to])]),
  ].map((value) => ({ value, label: value }));
  const none = { value: '', label: 'choose' };
  const choose = (change: { from?: string; to?: string }) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const at = summary.data;
  return (
    <Page
      title={`${dataset}: ${from ?? ''} to ${to ?? ''}`}
      heading={`What changed in ${dataset}`}
      trail={
        <>
          <Link to="/datasets">Datasets</Link>
          <Link to="/datasets/$dataset" params={{ dataset }}>
            {dataset}
          </Link>
        </>
      }
    >
      <div className="bar">
        <Choice
          label="From"
          value={from ?? ''}
          options={from === undefined ? [none, ...options] : options}
          onChange={(value) => choose({ from: value })}
        />
        <Choice
          label="to"
          value={to ?? ''}
          options={to === undefined ? [none, ...options] : options}
          onChange={(value) => choose({ to: value })}
        />
        {chosen && (
          <Button icon="compare" onClick={() => choose({ from: to, to: from })}>
            Swap
          </Button>
        )}
      </div>
      {!chosen ? (
        <Empty icon="compare" title="Choose two versions">
          <p>Then this page says which files changed, and how the values in their tables moved.</p>
        </Empty>
      ) : summary.isPending ? (
        <Skeleton lines={8} />
      ) : summary.isError ? (
        <Failure error={summary.error} retry={() => void summary.refetch()} />
      ) : (
        at && (
          <>
            <div className="bar" role="group" aria-label="Files by what happened to them">
              {STATUSES.map((status) => (
                <Button
                  key={status}
                  aria-pressed={show === status}
                  disabled={at.summary[status] === 0}
                  onClick={() =>
                    void navigate({
                      search: (now) => ({ ...now, show: show === status ? undefined : status }),
                      replace: true,
                    })
                  }
                >
                  {formatCount(at.summary[status])} {status}
                </Button>
              ))}
              <span className="muted">
                {at.from.name} → {at.to.name}: {signed(at.summary.bytes)} in size, {formatBytes(at.to.bytes)}{' '}
                now
              </span>
            </div>
            {at.from.hash === at.to.hash ? (
              <Empty icon="check" title="The content is the same">
                <p>Both have the hash {at.from.hash.slice(0, 16)}…: not one byte differs.</p>
              </Empty>
            ) : (
              <Table
                label="Files that differ"
                columns={columns}
                rows={rows}
                rowId={({ path, status }) => `${status} ${path}`}
                more={entries.more}
                maxHeight={420}
                keys
                empty={<p className="muted">None {show === undefined ? 'differs' : `was ${show}`}.</p>}
              />
            )}
            {tables && tables.length > 0 && (
              <Section
                title="What changed in the tables"
                actions={<Legend from={at.from.name} to={at.to.name} />}
              >
                <ProfileDiff tables={tables} from={at.from.name} to={at.to.name} />
              </Section>
            )}
            <CodeBlock
              prompt
              text={`treadle data diff ${dataset}@${from} ${dataset}@${to}`}
              label="The same on a command line"
            />
          </>
        )
      )}
    </Page>
  );
}

function Legend({ from, to }: { from: string; to: string }): ReactElement {
  return (
    <span className="legend">
      <span className="legend-old" aria-hidden="true" /> {from}{' '}
      <span className="legend-new" aria-hidden="true" /> {to}
    </span>
  );
}
