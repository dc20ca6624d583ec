import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { listMinutes } from '../../../src/serving/contract.ts';
import { call } from '../api/client.ts';
import { Chart } from '../kit/chart/chart.tsx';
import { seriesStyles } from '../kit/chart/colors.ts';
import { xExtent } from '../kit/chart/series.ts';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatCount, formatNumber } from '../kit/format.ts';
import { Skeleton } from '../kit/page.tsx';
import { linesOf, lineId, troubleOf, type Percentile } from './live-window.ts';
import { everyMinute, pieces, SPANS, type Span } from './past-window.ts';

const milliseconds = (value: number) => `${formatNumber(value, 3)} ms`;
const perMinute = (value: number) => `${formatNumber(value, 4)}/min`;

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
  const styles = useMemo(
    () => seriesStyles([...new Set(minutes.flatMap(({ variants }) => variants.map(lineId)))]),
    [minutes],
  );
  const requests = useMemo(() => linesOf(minutes, (variant) => variant.requests, 0), [minutes]);
  const latency = useMemo(
    () => linesOf(minutes, (variant) => variant[`${percentile}_ms`]),
    [minutes, percentile],
  );
  const trouble = useMemo(() => troubleOf(minutes), [minutes]);
  const whole = useMemo(() => xExtent(requests), [requests]);
  const asked = minutes
    .flatMap(({ variants }) => variants)
    .reduce((sum, { role, requests: some }) => sum + (role === 'shadow' ? 0 : some), 0);
  const calm = trouble.every(({ max }) => max.every((value) => value === 0));
  return (
    <div className="stack live-view">
      <div className="bar">
        <Choice
          label="The last"
          value={span}
          options={Object.entries(SPANS).map(([value, { label }]) => ({ value: value as Span, label }))}
          onChange={onSpan}
        />
        <Choice
          label="Latency"
          value={percentile}
          options={[
            { value: 'p50', label: 'p50' },
            { value: 'p95', label: 'p95' },
            { value: 'p99', label: 'p99' },
          ]}
          onChange={onPercentile}
        />
        {asked > 0 && <span className="faint">{formatCount(asked)} requests</span>}
      </div>
      {found.isPending ? (
        <Skeleton lines={6} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : requests.length === 0 ? (
        <p className="muted live-quiet" role="status">
          Nobody has asked in the last {SPANS[span].label}. Minutes are kept for seven days.
        </p>
      ) : (
        <div className="live-charts">
          <Chart
            title="Requests a minute"
            series={requests}
            x="wall"
            styles={styles}
            formatY={perMinute}
            whole={whole}
            sync="endpoint-past"
            legend
          />
          {latency.length > 0 && (
            <Chart
              title={`Latency, ${percentile} of each minute`}
              series={latency}
              x="wall"
              styles={styles}
              formatY={milliseconds}
              whole={whole}
              sync="endpoint-past"
              legend
            />
          )}
          {!calm && (
            <Chart
              title="Not answered well, a minute"
              series={trouble}
              x="wall"
              formatY={perMinute}
              whole={whole}
              sync="endpoint-past"
              legend
            />
          )}
        </div>
      )}
    </div>
  );
}
