import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listReleases } from '../../../src/releases/contract.ts';
import { api } from '../api/client.ts';
import { formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';

/** That a version is being rolled out here, how far it is, and where to decide about it. */
export function RolloutNote({ endpoint }: { endpoint: string }): ReactElement | null {
  const found = useQuery(api(listReleases, { query: { endpoint, limit: 10 } }));
  const release = found.data?.items.find(({ rollout, ended_at }) => rollout && ended_at === undefined);
  if (!release?.rollout) return null;
  const { percent, held, evidence, phase } = release.rollout;
  const share =
    phase === 'back' ? 'is being rolled back' : `gets ${formatNumber(percent, 3)} % of the requests`;
  return (
    <p className={`verdict verdict-${held ? 'warn' : 'going'}`} role="status">
      {held ? <Icon name="clock" /> : <span className="busy" aria-hidden="true" />}
      <span>
        <strong>
          {release.model} v{release.version} is being rolled out
        </strong>{' '}
        and {share}
        {held ? `; it is held: ${held.why}` : `; ${evidence.words}`}.{' '}
        <Link to="/releases/$release" params={{ release: release.id }}>
          Its evidence and decisions
        </Link>
      </span>
    </p>
  );
}
