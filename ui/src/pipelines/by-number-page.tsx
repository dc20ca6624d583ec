import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Navigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listExecutions } from '../../../src/pipelines/contract.ts';
import { api } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';

const route = getRouteApi('/pipelines/$pipeline/executions/$number');

/** From `flight-delay #3` to the execution's own page. */
export default function ByNumberPage(): ReactElement {
  const { pipeline, number } = route.useParams();
  const wanted = Number(number);
  const whole = Number.isSafeInteger(wanted) && wanted > 0;
  const found = useQuery({
    ...api(listExecutions, { query: { pipeline, number: wanted, limit: 1 } }),
    enabled: whole,
  });
  const execution = found.data?.items[0];
  if (execution)
    return <Navigate to="/executions/$execution" params={{ execution: execution.id }} search={{}} replace />;
  return (
    <Page title={`${pipeline} #${number}`} trail={<Link to="/pipelines">Pipelines</Link>}>
      {found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : whole && found.isPending ? (
        <Skeleton lines={4} />
      ) : (
        <Empty icon="pipeline" title={`${pipeline} has no execution ${number}`}>
          <p>
            <Link to="/pipelines/$pipeline" params={{ pipeline }}>
              These are all that it has
            </Link>
          </p>
        </Empty>
      )}
    </Page>
  );
}
