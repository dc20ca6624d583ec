import { useMemo, type ReactElement } from 'react';
import type { LiveSecond } from '../../../src/serving/contract.ts';
import { Chart } from '../kit/chart/chart.tsx';
import { seriesStyles } from '../kit/chart/colors.ts';
import { xExtent } from '../kit/chart/series.ts';
import { Choice } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { lineId, linesOf, troubleOf, type Percentile } from './live-window.ts';

export const milliseconds = (value: number): string => `${formatNumber(value, 3)} ms`;

/** Requests, latency and what was not answered well as lines, one a version: of seconds, or of minutes. */
export function AnswerCharts({
  points,
  percentile,
  each,
}: {
  points: readonly LiveSecond[];
  percentile: Percentile;
  each: 'second' | 'minute';
}): ReactElement {
  const styles = useMemo(
    () => seriesStyles([...new Set(points.flatMap(({ variants }) => variants.map(lineId)))]),
    [points],
  );
  const requests = useMemo(() => linesOf(points, (variant) => variant.requests, 0), [points]);
  const latency = useMemo(
    () => linesOf(points, (variant) => variant[`${percentile}_ms`]),
    [points, percentile],
  );
  const trouble = useMemo(() => troubleOf(points), [points]);
  const rate = (value: number): string => `${formatNumber(value, 4)}/${each === 'second' ? 's' : 'min'}`;
  const shared = {
    x: 'wall',
    // One axis for all: where nothing was answered there is no latency, and its chart would begin and end elsewhere.
    whole: useMemo(() => xExtent(requests), [requests]),
    sync: `endpoint-${each}`,
    legend: true,
  } as const;
  const calm = trouble.every(({ max }) => max.every((value) => value === 0));
  return (
    <div className="live-charts">
      <Chart title={`Requests a ${each}`} series={requests} styles={styles} formatY={rate} {...shared} />
      {latency.length > 0 && (
        <Chart
          title={`Latency, ${percentile}${each === 'minute' ? ' of each minute' : ''}`}
          series={latency}
          styles={styles}
          formatY={milliseconds}
          {...shared}
        />
      )}
      {!calm && <Chart title={`Not answered well, a ${each}`} series={trouble} formatY={rate} {...shared} />}
    </div>
  );
}

export const wereAsked = (points: readonly LiveSecond[]): boolean =>
  points.some(({ variants }) => variants.length > 0);

export function PercentileChoice({
  value,
  onChange,
}: {
  value: Percentile;
  onChange(which: Percentile): void;
}): ReactElement {
  return (
    <Choice
      label="Latency"
      value={value}
      options={(['p50', 'p95', 'p99'] as const).map((one) => ({ value: one, label: one }))}
      onChange={onChange}
    />
  );
}
