import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listReleases, RELEASE_STATES, type Release } from '../../../src/releases/contract.ts';
import { usePages } from '../api/pages.ts';
import { Status } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { askedBy, wayOf } from './release-words.ts';

const route = getRouteApi('/releases');

export default function ReleasesPage(): ReactElement {
  const { sort: sorted, ...filters } = route.useSearch();
  const { model, endpoint, execution, state } = filters;
  const navigate = route.useNavigate();
  const found = usePages(listReleases, {
    query: {
      ...(model === undefined ? {} : { model }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(execution === undefined ? {} : { execution }),
      ...(state === undefined ? {} : { state }),
    },
  });
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <Page
      title="Releases"
      trail={<Link to="/models">Models</Link>}
      lead="Model versions on their way to their users: judged by a gate, made champion, deployed."
      fill
    >
      <div className="bar">
        <SearchField
          label="Model, by its whole name"
          value={model ?? ''}
          onChange={(text) => see({ model: text || undefined })}
        />
        <SearchField
          label="Endpoint, by its whole name"
          value={endpoint ?? ''}
          onChange={(text) => see({ endpoint: text || undefined })}
        />
        <Choice
          label="State"
          value={state ?? ''}
          options={[{ value: '', label: 'any' }, ...RELEASE_STATES.map((value) => ({ value, label: value }))]}
          onChange={(value) => see({ state: value === '' ? undefined : value })}
        />
      </div>
      <FoundTable
        found={found}
        label="Releases"
        columns={columns}
        rowId={({ id }) => id}
        sorted={sorted}
        onSorted={(sort) => see({ sort })}
        empty={
          Object.values(filters).some((value) => value !== undefined) ? (
            <Empty icon="filter" title="No release is like that" />
          ) : (
            <Empty icon="send" title="Nothing was released yet">
              <p>
                A pipeline releases what it made when its file has <code>gate:</code> or <code>deploy:</code>.
              </p>
              <CodeBlock prompt label="Command that runs a pipeline" text="treadle run" />
            </Empty>
          )
        }
      />
    </Page>
  );
}

const columns: Column<Release>[] = [
  {
    id: 'state',
    header: 'Release',
    width: 128,
    value: ({ state }) => state,
    cell: ({ id, state, model, version }) => (
      <Link to="/releases/$release" params={{ release: id }}>
        <Status status={state} />
        <span className="sr-only">
          {' '}
          release of {model} v{version}
        </span>
      </Link>
    ),
  },
  {
    id: 'model',
    header: 'Model',
    width: 190,
    value: ({ model }) => model,
    cell: ({ model }) => (
      <Link to="/models/$model" params={{ model }}>
        {model}
      </Link>
    ),
  },
  {
    id: 'version',
    header: 'Version',
    width: 90,
    value: ({ version }) => version,
    cell: ({ model, version }) => (
      <Link to="/models/$model/versions/$version" params={{ model, version: String(version) }}>
        v{version}
      </Link>
    ),
  },
  { id: 'way', header: 'Way', width: 200, value: wayOf },
  {
    id: 'asked',
    header: 'Asked for by',
    width: 190,
    value: askedBy,
    cell: (release) =>
      release.execution ? (
        <Link to="/executions/$execution" params={{ execution: release.execution.id }} search={{}}>
          {askedBy(release)}
        </Link>
      ) : (
        askedBy(release)
      ),
  },
  {
    id: 'when',
    header: 'When',
    width: 110,
    value: ({ created_at }) => created_at,
    cell: ({ created_at }) => <TimeAgo time={created_at} />,
  },
  { id: 'why', header: 'Why', width: 460, sortable: false, value: ({ reason }) => reason },
];
