import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Navigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { nameIds } from '../../../src/data/contract.ts';
import { api } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';

const route = getRouteApi('/data/$id');

/** The ledger names datasets and versions by ids that never change; this leads from the id to the page. */
export default function ByIdPage(): ReactElement {
  const { id } = route.useParams();
  const named = useQuery(api(nameIds, { query: { ids: id } }));
  const found = named.data?.items[0];
  if (found?.version !== undefined)
    return (
      <Navigate
        to="/datasets/$dataset/versions/$version"
        params={{ dataset: found.dataset, version: found.version }}
        replace
      />
    );
  if (found) return <Navigate to="/datasets/$dataset" params={{ dataset: found.dataset }} replace />;
  return (
    <Page title="Dataset" trail={<Link to="/datasets">Datasets</Link>}>
      {named.isPending ? (
        <Skeleton lines={4} />
      ) : named.isError ? (
        <Failure error={named.error} retry={() => void named.refetch()} />
      ) : (
        <Empty icon="data" title="It is not in this workspace">
          <p>
            Nothing here has the id <code>{id}</code>. It may belong to another workspace.
          </p>
        </Empty>
      )}
    </Page>
  );
}
