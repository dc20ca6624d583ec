import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { getManySeries } from '../../../src/tracking/contract.ts';
import { api, type Answer } from '../api/client.ts';
import { Chart } from '../kit/chart/chart.tsx';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { xExtent, type Range } from '../kit/chart/series.ts';
import { Failure } from '../kit/failure.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { Skeleton } from '../kit/page.tsx';
import type { ChartView } from './chart-view.ts';
import { groupLines, type Band } from './group-lines.ts';
import { ValueBars } from './value-bars.tsx';
import { acrossMetric, chartSeries, runStarts, stepsWithin } from './metric-series.ts';

export interface ChartRun {
  id: string;
  name: string;
  started_at: number;
}

/** One line for each group of runs, instead of one for each run. */
export interface ChartGroups {
  /** By the runs' ids. */
  of: ReadonlyMap<string, string>;
  band: Band;
}

interface MetricChartProps {
  title: string;
  metric: string;
  runs: readonly ChartRun[];
  view: ChartView;
  onZoom(zoom: Range | undefined): void;
  groups?: ChartGroups | undefined;
  styles?: ReadonlyMap<string, SeriesStyle>;
  legend?: boolean;
  sync?: string;
  height?: number;
  formatY?(value: number): string;
  actions?: ReactNode;
}

type Many = Answer<typeof getManySeries>;

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
  const { title, metric, runs, view, groups, height = 208 } = props;
  const ids = runs.map(({ id }) => id);
  const subjects = ids.map((id) => `run:${id}`);
  const { xMetric } = view;
  const keys = xMetric === undefined || xMetric === metric ? [metric] : [metric, xMetric];
  const whole = useQuery({
    ...api(getManySeries, { body: { runs: ids, keys, points: 1000 } }, subjects),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  const all = useMemo(() => split(whole.data, metric, xMetric), [whole.data, metric, xMetric]);
  // Of the whole, so that a part that is looked at keeps its place.
  const starts = useMemo(() => runStarts(runs, all.own), [runs, all]);
  const startOf = (run: string) => starts.get(run) ?? 0;
  // Only a line that was thinned has more to show when it is zoomed.
  const thinned = all.own.some((series) => series.thinned);
  const steps =
    view.zoom && thinned && whole.data
      ? stepsWithin(all.own, view.x, view.zoom, startOf, all.across)
      : undefined;
  const part = useQuery({
    ...api(getManySeries, { body: { runs: ids, keys, points: 1000, ...steps } }, subjects),
    enabled: steps !== undefined,
    placeholderData: keepPreviousData,
  });
  const fine = steps === undefined ? undefined : part.data;
  const data = useMemo(
    () => (fine === undefined ? all : split(fine, metric, xMetric)),
    [fine, all, metric, xMetric],
  );

  const draw = useMemo(() => {
    const names = new Map(runs.map((run) => [run.id, run.name]));
    return ({ own, across }: typeof data) => {
      const lines = own
        .filter(({ steps, marks }) => steps.length > 0 || marks.length > 0)
        .map((series) =>
          chartSeries(
            series,
            names.get(series.run) ?? series.run,
            view.x,
            starts.get(series.run) ?? 0,
            across.get(series.run),
          ),
        )
        .filter(({ x, odd }) => x.length > 0 || odd.length > 0);
      return groups ? groupLines(lines, groups.of, groups.band) : lines;
    };
  }, [runs, view.x, starts, groups]);
  const series = useMemo(() => {
    // The value in the head is the metric's last, whatever part is looked at.
    const ends = new Map(draw(all).map(({ id, end }) => [id, end]));
    return draw(data).map((line) => ({ ...line, end: ends.get(line.id) }));
  }, [draw, data, all]);
  const extent = useMemo(() => xExtent(draw(all)), [draw, all]);

  if (whole.error) return <Failure error={whole.error} retry={() => void whole.refetch()} title={title} />;
  if (!whole.data) return <Skeleton height={height + 40} />;
  if (all.own.length > 1 && all.own.every(({ total }) => total === 1) && view.x !== 'metric')
    return (
      <ValueBars
        title={title}
        series={all.own}
        runs={runs}
        groups={groups}
        styles={props.styles}
        actions={props.actions}
      />
    );
  const points = all.own.reduce((sum, each) => sum + each.total, 0);
  const silent = xMetric === undefined ? 0 : all.own.filter(({ run }) => !all.across.has(run)).length;
  const notes = [
    ...(groups
      ? [
          `the mean of each group’s runs; the band is ${groups.band === 'sd' ? 'one standard deviation to either side' : 'from the least to the greatest'}`,
        ]
      : data.own.some((each) => each.thinned)
        ? [
            `${formatCount(points)} points: the band spans the lowest and highest, the line runs through the middle`,
          ]
        : []),
    ...(silent > 0 ? [`${plural(silent, 'run')} left out: without ${xMetric}`] : []),
  ];
  return (
    <Chart
      title={title}
      series={series}
      x={view.x}
      xName={xMetric}
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
      {...(props.actions === undefined ? {} : { actions: props.actions })}
      {...(notes.length === 0 ? {} : { note: notes.join('; ') })}
    />
  );
}

/** The metric's own series, and of each run what stands on the x-axis where that is another metric. */
function split(
  data: Many | undefined,
  metric: string,
  xMetric: string | undefined,
): { own: Many['series']; across: ReadonlyMap<string, (step: number) => number> } {
  const across = new Map<string, (step: number) => number>();
  for (const series of data?.series ?? []) {
    if (series.key !== xMetric) continue;
    const at = acrossMetric(series);
    if (at) across.set(series.run, at);
  }
  return { own: (data?.series ?? []).filter(({ key }) => key === metric), across };
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
