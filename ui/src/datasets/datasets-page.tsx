import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { getProfile, listDatasets, type Dataset } from '../../../src/data/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { SearchField } from '../kit/field.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { rowsOf } from './facts.ts';
import './datasets.css';

const route = getRouteApi('/datasets');

const columns: Column<Dataset>[] = [
  {
    id: 'name',
    header: 'Dataset',
    width: 230,
    value: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/datasets/$dataset" params={{ dataset: name }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'latest',
    header: 'Latest',
    width: 90,
    value: ({ latest }) => latest?.number,
    cell: ({ name, latest }) =>
      latest ? (
        <Link to="/datasets/$dataset/versions/$version" params={{ dataset: name, version: latest.name }}>
          {latest.name}
        </Link>
      ) : (
        <span className="table-none">–</span>
      ),
  },
  { id: 'rows', header: 'Rows', width: 110, align: 'end', cell: (dataset) => <Rows {...dataset} /> },
  {
    id: 'files',
    header: 'Files',
    width: 90,
    align: 'end',
    value: ({ latest }) => latest?.files,
    cell: ({ latest }) => formatCount(latest?.files ?? 0),
  },
  {
    id: 'size',
    header: 'Size',
    width: 100,
    align: 'end',
    value: ({ latest }) => latest?.bytes,
    cell: ({ latest }) => formatBytes(latest?.bytes ?? 0),
  },
  {
    id: 'when',
    header: 'Committed',
    width: 120,
    value: ({ latest, created_at }) => latest?.created_at ?? created_at,
    cell: ({ latest, created_at }) => <TimeAgo time={latest?.created_at ?? created_at} />,
  },
  { id: 'by', header: 'By', width: 140, value: ({ latest, created_by }) => latest?.author ?? created_by },
  {
    id: 'message',
    header: 'Message',
    width: 380,
    value: ({ latest }) => latest?.message.split('\n')[0] || undefined,
  },
];

export default function DatasetsPage(): ReactElement {
  const { q, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const datasets = usePages(listDatasets, { query: { limit: 1000 } }, ['dataset_version:*']);
  const shown = useMemo(
    () => datasets.items.filter(({ name }) => name.toLowerCase().includes((q ?? '').toLowerCase())),
    [datasets.items, q],
  );
  return (
    <Page
      title="Datasets"
      lead="Immutable versions of files: what was in the data on the day a model was trained on it."
      fill
    >
      {(datasets.items.length > 0 || q !== undefined) && (
        <div className="bar">
          <SearchField
            label="Filter by name"
            value={q ?? ''}
            onChange={(text) =>
              void navigate({ search: (now) => ({ ...now, q: text || undefined }), replace: true })
            }
          />
        </div>
      )}
      <FoundTable
        found={datasets}
        label="Datasets"
        columns={columns}
        rows={shown}
        rowId={({ name }) => name}
        sorted={sort}
        onSorted={(next) => void navigate({ search: (now) => ({ ...now, sort: next }), replace: true })}
        empty={
          q === undefined ? (
            <Empty icon="data" title="No dataset yet">
              <p>
                A folder or a file becomes the first version of a dataset. Later commits store only what is
                new in them.
              </p>
              <CodeBlock
                prompt
                text={
                  'treadle data commit flights ./flights -m "January and February" \\\n    --source https://transtats.bts.gov'
                }
                label="Command that commits a dataset"
              />
            </Empty>
          ) : (
            <Empty icon="filter" title={`No dataset is called “${q}”`} />
          )
        }
      />
    </Page>
  );
}

/** Known once the profile is made; read for the rows in sight only. */
function Rows({ name, latest }: Dataset): ReactElement {
  const profile = useQuery({
    ...api(getProfile, { params: { dataset: name, ref: latest?.name ?? 'v1' } }, ['dataset_version:*']),
    enabled: latest !== undefined && latest.profile !== 'none',
  });
  const rows = profile.data && rowsOf(profile.data.tables);
  if (rows !== undefined) return <>{formatCount(rows)}</>;
  return <span className="table-none">{latest?.profile === 'pending' ? 'counting…' : '–'}</span>;
}
