import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Navigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listEndpoints } from '../../../src/serving/contract.ts';
import { api } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { SERVING_SUBJECTS } from './refresh.ts';

const route = getRouteApi('/endpoints/by-id/$id');

/** The ledger names endpoints by ids that are never used twice; this leads from the id to the page. */
export default function EndpointByIdPage(): ReactElement {
  const { id } = route.useParams();
  const known = useQuery(api(listEndpoints, { query: { limit: 500 } }, SERVING_SUBJECTS));
  const found = known.data?.items.find((endpoint) => endpoint.id === id);
  if (found) return <Navigate to="/endpoints/$endpoint" params={{ endpoint: found.name }} replace />;
  return (
    <Page title="Endpoint" trail={<Link to="/endpoints">Endpoints</Link>}>
      {known.isPending ? (
        <Skeleton lines={4} />
      ) : known.isError ? (
        <Failure error={known.error} retry={() => void known.refetch()} />
      ) : (
        <Empty icon="endpoint" title="It is not here any more">
          <p>
            No endpoint has the id <code>{id}</code>. It was taken away, or belongs to another workspace. What
            it answered keeps its story:{' '}
            <Link to="/lineage/$node" params={{ node: `endpoint:${id}` }}>
              its lineage
            </Link>
            .
          </p>
        </Empty>
      )}
    </Page>
  );
}
