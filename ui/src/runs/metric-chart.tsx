import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { getManySeries } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { Chart } from '../kit/chart/chart.tsx';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { xExtent, type Range } from '../kit/chart/series.ts';
import { Failure } from '../kit/failure.tsx';
import { formatCount } from '../kit/format.ts';
import { Skeleton } from '../kit/page.tsx';
import type { ChartView } from './chart-view.ts';
import { chartSeries, runStarts, stepsWithin } from './metric-series.ts';

export interface ChartRun {
  id: string;
  name: string;
  started_at: number;
}

interface MetricChartProps {
  title: string;
  metric: string;
  runs: readonly ChartRun[];
  view: ChartView;
  onZoom(zoom: Range | undefined): void;
  styles?: ReadonlyMap<string, SeriesStyle>;
  legend?: boolean;
  sync?: string;
  height?: number;
  formatY?(value: number): string;
}

/** A metric of one or many runs. It asks the server when it comes into sight, and again, finer, when it is zoomed. */
export function MetricChart(props: MetricChartProps): ReactElement {
  const { holder, seen } = useSeen();
  return (
    <div ref={holder} className="metric-chart" style={{ minHeight: (props.height ?? 208) + 50 }}>
      {seen && <SeenChart {...props} />}
    </div>
  );
}

function SeenChart(props: MetricChartProps): ReactElement {
  const { title, metric, runs, view, height = 208 } = props;
  const ids = runs.map(({ id }) => id);
  const subjects = ids.map((id) => `run:${id}`);
  const whole = useQuery({
    ...api(getManySeries, { body: { runs: ids, keys: [metric], points: 1000 } }, subjects),
    placeholderData: keepPreviousData,
  });
  // Of the whole, so that a part that is looked at keeps its place.
  const starts = useMemo(() => runStarts(runs, whole.data?.series ?? []), [runs, whole.data]);
  const startOf = (run: string) => starts.get(run) ?? 0;
  // Only a line that was thinned has more to show when it is zoomed.
  const thinned = whole.data?.series.some((series) => series.thinned) ?? false;
  const steps =
    view.zoom && thinned && whole.data
      ? stepsWithin(whole.data.series, view.x, view.zoom, startOf)
      : undefined;
  const part = useQuery({
    ...api(getManySeries, { body: { runs: ids, keys: [metric], points: 1000, ...steps } }, subjects),
    enabled: steps !== undefined,
    placeholderData: keepPreviousData,
  });
  const data = steps === undefined ? whole.data : (part.data ?? whole.data);

  const draw = useMemo(() => {
    const names = new Map(runs.map((run) => [run.id, run.name]));
    return (from: typeof data) =>
      (from?.series ?? [])
        .filter(({ steps, marks }) => steps.length > 0 || marks.length > 0)
        .map((series) =>
          chartSeries(series, names.get(series.run) ?? series.run, view.x, starts.get(series.run) ?? 0),
        );
  }, [runs, view.x, starts]);
  const series = useMemo(() => {
    // The value in the head is the metric's last, whatever part is looked at.
    const ends = new Map(draw(whole.data).map(({ id, end }) => [id, end]));
    return draw(data).map((line) => ({ ...line, end: ends.get(line.id) }));
  }, [draw, data, whole.data]);
  const extent = useMemo(() => xExtent(draw(whole.data)), [draw, whole.data]);

  if (whole.error) return <Failure error={whole.error} retry={() => void whole.refetch()} title={title} />;
  if (!whole.data) return <Skeleton height={height + 40} />;
  const points = whole.data.series.reduce((sum, each) => sum + each.total, 0);
  return (
    <Chart
      title={title}
      series={series}
      x={view.x}
      log={view.log}
      smoothing={view.smoothing}
      smoother={view.smoother}
      zoom={view.zoom}
      onZoom={props.onZoom}
      whole={extent}
      height={height}
      loading={part.isFetching && steps !== undefined}
      {...(props.sync === undefined ? {} : { sync: props.sync })}
      {...(props.styles === undefined ? {} : { styles: props.styles })}
      {...(props.legend === undefined ? {} : { legend: props.legend })}
      {...(props.formatY === undefined ? {} : { formatY: props.formatY })}
      {...(data?.series.some((each) => each.thinned)
        ? {
            note: `${formatCount(points)} points: the band spans the lowest and highest, the line runs through the middle`,
          }
        : {})}
    />
  );
}

/**
 * True from the first time it is about to be seen, and for good: an experiment may have two hundred metrics, whose queries at once would
 * keep the ones in sight waiting; and one that was taken away when it is scrolled past would be drawn anew on the way back.
 */
function useSeen() {
  const holder = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!holder.current || seen) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
      { rootMargin: '300px' },
    );
    observer.observe(holder.current);
    return () => observer.disconnect();
  }, [seen]);
  return { holder, seen };
}
