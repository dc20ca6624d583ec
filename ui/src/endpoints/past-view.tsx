import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { listMinutes } from '../../../src/serving/contract.ts';
import { call } from '../api/client.ts';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatCount } from '../kit/format.ts';
import { Skeleton } from '../kit/page.tsx';
import { AnswerCharts, PercentileChoice, wereAsked } from './answer-charts.tsx';
import type { Percentile } from './live-window.ts';
import { everyMinute, pieces, SPANS, type Span } from './past-window.ts';

/** What the endpoint did minute by minute, also before the server was last started. */
export function PastView({
  endpoint,
  span,
  onSpan,
  percentile,
  onPercentile,
}: {
  endpoint: string;
  span: Span;
  onSpan(span: Span): void;
  percentile: Percentile;
  onPercentile(which: Percentile): void;
}): ReactElement {
  const found = useQuery({
    queryKey: ['GET', listMinutes.path, endpoint, span],
    // A minute that is over is told by no event.
    refetchInterval: 60_000,
    queryFn: async ({ signal }) => {
      const parts = await Promise.all(
        pieces(Date.now(), span).map((query) =>
          call(listMinutes, { params: { endpoint }, query }, { signal }),
        ),
      );
      return parts.flatMap(({ items }) => items);
    },
  });
  const minutes = useMemo(() => everyMinute(found.data ?? []), [found.data]);
  const asked = minutes
    .flatMap(({ variants }) => variants)
    .reduce((sum, { role, requests: some }) => sum + (role === 'shadow' ? 0 : some), 0);
  return (
    <div className="stack live-view">
      <div className="bar">
        <Choice
          label="The last"
          value={span}
          options={Object.entries(SPANS).map(([value, { label }]) => ({ value: value as Span, label }))}
          onChange={onSpan}
        />
        <PercentileChoice value={percentile} onChange={onPercentile} />
        {asked > 0 && <span className="faint">{formatCount(asked)} requests</span>}
      </div>
      {found.isPending ? (
        <Skeleton lines={6} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : !wereAsked(minutes) ? (
        <p className="muted live-quiet" role="status">
          Nobody has asked in the last {SPANS[span].label}. Minutes are kept for seven days.
        </p>
      ) : (
        <AnswerCharts points={minutes} percentile={percentile} each="minute" />
      )}
    </div>
  );
}
