import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { listEndpoints, type Endpoint } from '../../../src/serving/contract.ts';
import { usePages } from '../api/pages.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { SearchField } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Page } from '../kit/page.tsx';
import { Sparkline } from '../kit/sparkline.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { DeployDialog } from './deploy-dialog.tsx';
import { SERVING_SUBJECTS } from './refresh.ts';
import { RevisionStateBadge } from './revision-state.tsx';
import { TrafficBar, VersionLinks } from './traffic.tsx';
import './endpoints.css';

const route = getRouteApi('/endpoints');
const none = <span className="table-none">–</span>;

const columns: Column<Endpoint>[] = [
  {
    id: 'name',
    header: 'Endpoint',
    width: 230,
    value: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/endpoints/$endpoint" params={{ endpoint: name }}>
        {name}
      </Link>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: 120,
    value: (endpoint) => endpoint.current?.state ?? endpoint.latest?.state,
    cell: ({ current, latest }) =>
      current ? (
        <RevisionStateBadge revision={current} />
      ) : latest ? (
        <RevisionStateBadge revision={latest} />
      ) : (
        none
      ),
  },
  {
    id: 'answers',
    header: 'What answers',
    width: 240,
    cell: ({ current }) =>
      current ? <VersionLinks variants={current.variants} /> : <span className="table-none">nothing</span>,
  },
  {
    id: 'traffic',
    header: 'Traffic',
    width: 130,
    cell: ({ current }) => (current ? <TrafficBar variants={current.variants} small /> : none),
  },
  {
    id: 'rate',
    header: 'Requests/s',
    width: 160,
    value: (endpoint) => rate(endpoint),
    cell: (endpoint) =>
      endpoint.recent === undefined ? (
        none
      ) : (
        <span className="row">
          <Sparkline
            values={endpoint.recent.requests}
            label={`Requests of the last minute to ${endpoint.name}`}
          />
          {formatNumber(rate(endpoint) ?? 0, 3)}
        </span>
      ),
  },
  {
    id: 'p95',
    header: 'p95',
    width: 90,
    align: 'end',
    value: ({ recent }) => recent?.p95_ms,
    cell: ({ recent }) => (recent?.p95_ms === undefined ? none : `${formatNumber(recent.p95_ms, 3)} ms`),
  },
  {
    id: 'failed',
    header: 'Failed, 1 min',
    width: 104,
    align: 'end',
    value: ({ recent }) => recent?.failed,
    cell: ({ recent }) =>
      recent === undefined ? none : recent.failed > 0 ? <strong className="bad">{recent.failed}</strong> : 0,
  },
  {
    id: 'revisions',
    header: 'Revisions',
    width: 90,
    align: 'end',
    value: ({ revisions }) => revisions,
  },
  {
    id: 'updated',
    header: 'Changed',
    width: 104,
    value: ({ updated_at }) => updated_at,
    cell: ({ updated_at }) => <TimeAgo time={updated_at} />,
  },
  { id: 'by', header: 'Made by', width: 130, value: ({ created_by }) => created_by },
];

/** Mean of the last ten seconds. */
function rate({ recent }: Endpoint): number | undefined {
  const last = recent?.requests.slice(-10) ?? [];
  return last.length === 0 ? undefined : last.reduce((a, b) => a + b, 0) / last.length;
}

export default function EndpointsPage(): ReactElement {
  const { q, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const [deploying, setDeploying] = useState(false);
  const found = usePages(
    listEndpoints,
    { query: q === undefined ? {} : { name: q } },
    SERVING_SUBJECTS,
    true,
    10_000,
  );
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <Page
      title="Endpoints"
      lead="Stable addresses that answer: which version does, by how much, and how fast."
      fill
      actions={
        <>
          <Link to="/predictions" className={buttonClass()}>
            <Icon name="search" />
            Trace a prediction
          </Link>
          <Link to="/releases" className={buttonClass()}>
            <Icon name="send" />
            Releases
          </Link>
          <Button look="primary" icon="plus" onClick={() => setDeploying(true)}>
            Deploy…
          </Button>
        </>
      }
    >
      <div className="bar">
        <SearchField
          label="Filter by name"
          value={q ?? ''}
          onChange={(text) => see({ q: text || undefined })}
        />
      </div>
      <FoundTable
        found={found}
        label="Endpoints"
        columns={columns}
        rowId={({ name }) => name}
        sorted={sort}
        onSorted={(next) => see({ sort: next })}
        empty={
          q === undefined ? (
            <Empty icon="endpoint" title="No endpoint yet">
              <p>A registered model is put behind an address with one command:</p>
              <CodeBlock
                prompt
                label="Command that deploys"
                text={'treadle deploy flight-delay@champion --to flight-delay'}
              />
            </Empty>
          ) : (
            <Empty icon="filter" title={`No endpoint is called “${q}”`} />
          )
        }
      />
      {deploying && <DeployDialog onClose={() => setDeploying(false)} />}
    </Page>
  );
}
