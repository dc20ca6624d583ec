import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listEndpoints, ROLE_WORDS } from '../../../src/serving/contract.ts';
import type { EvaluationSummary } from '../../../src/validation/contract.ts';
import { api } from '../api/client.ts';
import { SERVING_SUBJECTS } from '../endpoints/refresh.ts';
import { percentWords } from '../endpoints/traffic-words.ts';
import { intervalWords, metricWord } from '../evaluations/metric-words.ts';
import { EvaluationStatus } from '../evaluations/verdict.tsx';
import { formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { TimeAgo } from '../kit/time.tsx';

/** How a version stands: how it was judged last, and where it answers. */
export function Standing({
  model,
  version,
  evaluations,
}: {
  model: string;
  version: number;
  evaluations: readonly EvaluationSummary[];
}): ReactElement | null {
  const endpoints = useQuery(api(listEndpoints, { query: { model } }, SERVING_SUBJECTS));
  const answers = (endpoints.data?.items ?? []).flatMap((endpoint) =>
    (endpoint.current?.variants ?? [])
      .filter((variant) => variant.model === model && variant.version === version)
      .map((variant) => ({ endpoint: endpoint.name, variant })),
  );
  const [newest] = evaluations;
  if (!newest && answers.length === 0) return null;
  const [main] = newest?.metrics ?? [];
  return (
    <section className="panel standing" aria-label="How it stands">
      {newest && (
        <p className="row row-wrap">
          <Icon name="gauge" />
          <EvaluationStatus evaluation={newest} />
          <Link to="/evaluations/$evaluation" params={{ evaluation: newest.id }}>
            on {newest.data}
          </Link>
          {main && (
            <span>
              {metricWord(main.name)} <strong>{formatNumber(main.value, 4)}</strong>{' '}
              <span className="faint">{intervalWords(main)}</span>
            </span>
          )}
          {newest.reasons[0] !== undefined && <span className="muted">{newest.reasons[0]}</span>}
          <span className="faint">
            <TimeAgo time={newest.created_at} />
          </span>
        </p>
      )}
      {answers.map(({ endpoint, variant }) => (
        <p key={`${endpoint} ${variant.role}`} className="row row-wrap">
          <Icon name="endpoint" />
          {variant.role === 'shadow' ? 'Shadow at' : 'Answers at'}{' '}
          <Link to="/endpoints/$endpoint" params={{ endpoint }}>
            {endpoint}
          </Link>
          <span className="muted">
            {variant.role === 'shadow'
              ? `asked copies of ${percentWords(variant.percent)} of the requests`
              : `as ${ROLE_WORDS[variant.role]}, ${percentWords(variant.percent)} of the requests`}
          </span>
        </p>
      ))}
    </section>
  );
}
