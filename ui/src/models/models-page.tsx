import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listModels, type Model } from '../../../src/models/contract.ts';
import { usePages } from '../api/pages.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { Aliases } from './aliases.tsx';
import './models.css';

const route = getRouteApi('/models');

const columns: Column<Model>[] = [
  {
    id: 'name',
    header: 'Model',
    width: 250,
    cell: ({ name }) => (
      <Link to="/models/$model" params={{ model: name }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'latest',
    header: 'Latest',
    width: 84,
    cell: ({ name, latest }) =>
      latest ? (
        <Link to="/models/$model/versions/$version" params={{ model: name, version: String(latest.version) }}>
          v{latest.version}
        </Link>
      ) : (
        <span className="table-none">none</span>
      ),
  },
  {
    id: 'aliases',
    header: 'Aliases',
    width: 280,
    cell: ({ name, aliases }) => <Aliases model={name} aliases={aliases} />,
  },
  { id: 'versions', header: 'Versions', width: 84, align: 'end', cell: ({ versions }) => versions },
  { id: 'updated', header: 'Changed', width: 100, cell: ({ updated_at }) => <TimeAgo time={updated_at} /> },
  { id: 'by', header: 'Made by', width: 130, value: ({ created_by }) => created_by, sortable: false },
  {
    id: 'about',
    header: 'About',
    width: 420,
    value: ({ description }) => description?.split('\n')[0],
    sortable: false,
  },
];

export default function ModelsPage(): ReactElement {
  const { q, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const models = usePages(listModels, {
    query: { ...(q === undefined ? {} : { search: q }), ...(sort === undefined ? {} : { sort }) },
  });
  return (
    <Page
      title="Models"
      lead="What runs packaged and people registered: each version with its files, its run and its data."
      fill
    >
      <div className="bar">
        <SearchField
          label="Filter by name"
          value={q ?? ''}
          onChange={(text) =>
            void navigate({ search: (now) => ({ ...now, q: text || undefined }), replace: true })
          }
        />
        <Choice
          label="Sort by"
          value={sort ?? 'name'}
          options={[
            { value: 'name', label: 'name' },
            { value: 'updated', label: 'last change' },
          ]}
          onChange={(value) =>
            void navigate({
              search: (now) => ({ ...now, sort: value === 'updated' ? value : undefined }),
              replace: true,
            })
          }
        />
      </div>
      <FoundTable
        found={models}
        label="Models"
        columns={columns}
        rowId={({ name }) => name}
        empty={
          q === undefined ? (
            <Empty icon="model" title="No model yet">
              <p>A training script registers one; nothing but the tracking address changes in it:</p>
              <CodeBlock
                label="Python that registers a model"
                text={`import mlflow\n\nmlflow.set_tracking_uri("${window.location.origin}")\nmlflow.sklearn.log_model(model, name="model",\n                         registered_model_name="flight-delay")`}
              />
            </Empty>
          ) : (
            <Empty icon="filter" title={`No model is called “${q}”`} />
          )
        }
      />
    </Page>
  );
}
