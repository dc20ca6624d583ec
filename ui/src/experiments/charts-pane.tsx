import { useMemo, type ReactElement } from 'react';
import type { RunRow } from '../../../src/tracking/contract.ts';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { Skeleton } from '../kit/page.tsx';
import { Tabs, type TabItem } from '../kit/tabs.tsx';
import { ChartControls } from '../runs/chart-controls.tsx';
import { chartView, zoomText } from '../runs/chart-view.ts';
import { MetricWall } from '../runs/metric-wall.tsx';
import { SYSTEM } from '../runs/run-words.tsx';
import { groupOf } from './group-value.ts';
import { ImportanceView } from './importance-view.tsx';
import { PanelActions } from './panel-actions.tsx';
import { Parallel } from './parallel.tsx';
import { RunsScatter } from './runs-scatter.tsx';
import { usualAxes, type KnownColumns, type Sample } from './use-sample.ts';
import { brushText, panelsOf, panelsText, type Brush } from './work-state.ts';
import type { WorkSearch } from './work-search.ts';

export interface PaneProps {
  search: WorkSearch;
  change(next: Partial<WorkSearch>): void;
  known: KnownColumns;
  /** Those that are drawn as lines. */
  runs: readonly RunRow[];
  note: string;
  styles: ReadonlyMap<string, SeriesStyle>;
  /** Those that are drawn as a whole each. */
  sample: Sample;
  brushes: readonly Brush[];
  loading: boolean;
  /** Of the runs that pass. */
  count: number | undefined;
}

type See = NonNullable<WorkSearch['see']> | 'curves';

/** The charts of the work place: curves of the first or ticked runs, and pictures of whole runs. */
export default function ChartsPane(props: PaneProps): ReactElement {
  const { search, change } = props;
  const tabs: TabItem<See>[] = [
    { value: 'curves', label: 'Curves', panel: <Curves {...props} /> },
    { value: 'parallel', label: 'Parallel', panel: <Whole {...props} see="parallel" /> },
    { value: 'scatter', label: 'Scatter', panel: <Whole {...props} see="scatter" /> },
    { value: 'importance', label: 'Importance', panel: <Whole {...props} see="importance" /> },
  ];
  return (
    <Tabs
      label="Kinds of charts"
      value={search.see ?? 'curves'}
      onChange={(see) => change({ see: see === 'curves' ? undefined : see })}
      tabs={tabs}
    />
  );
}

/** Pictures of whole runs: of the first thousand that pass. */
function Whole(props: PaneProps & { see: Exclude<See, 'curves'> }): ReactElement {
  const { see, search, change, known, sample, brushes, count } = props;
  const own = known.metrics.filter((key) => !key.startsWith(SYSTEM));
  const usual = usualAxes(known);
  const all = [
    'started',
    'duration',
    'status',
    ...own.map((key) => `metrics.${key}`),
    ...known.params.map((key) => `params.${key}`),
    ...known.tags.filter((key) => !/^(mlflow|treadle)\./.test(key)).map((key) => `tags.${key}`),
  ];
  const onBrushes = (next: Brush[]) => change({ brush: next.length === 0 ? undefined : next.map(brushText) });
  const params = useMemo(() => known.varying.params.slice(0, MOST_PARAMS), [known]);
  if (sample.error instanceof Error) return <Failure error={sample.error} />;
  if (!sample.ready) return <Skeleton lines={8} />;
  const [x, y] = [search.sx ?? usual[0] ?? 'started', search.sy ?? usual.at(-1) ?? 'duration'];
  const target =
    search.target ?? usual.findLast((id) => id.startsWith('metrics.')) ?? `metrics.${own[0] ?? ''}`;
  return (
    <div className="stack">
      {see === 'parallel' ? (
        <Parallel
          sample={sample}
          axes={search.axes ?? (usual.length < 2 ? ['started', 'duration'] : usual)}
          all={all}
          brushes={brushes}
          onAxes={(axes) => change({ axes })}
          onBrushes={onBrushes}
        />
      ) : see === 'scatter' ? (
        <RunsScatter
          sample={sample}
          all={all}
          x={x}
          y={y}
          brushes={brushes}
          onAxes={(sx, sy) => change({ sx, sy })}
          onBrushes={onBrushes}
        />
      ) : (
        <ImportanceView
          sample={sample}
          target={target}
          metrics={own}
          params={params}
          onTarget={(next) => change({ target: next })}
        />
      )}
      {count !== undefined && sample.rows.length < count && (
        <p className="faint small">
          Of {plural(count, 'run')} the first {formatCount(sample.rows.length)}, in the order of the table.
        </p>
      )}
    </div>
  );
}

/** Of more params each answer would be long, and the forest slow. */
const MOST_PARAMS = 150;

const COUNTS = [10, 25, 50, 100, 200, 500];

function Curves({ search, change, known, runs, note, styles, loading }: PaneProps): ReactElement {
  const { group } = search;
  const view = useMemo(() => chartView(search), [search]);
  const panels = useMemo(() => panelsOf(search.set), [search.set]);
  const groups = useMemo(
    () =>
      group === undefined
        ? undefined
        : {
            of: new Map(runs.map((run) => [run.id, groupOf(run, group)])),
            band: search.band ?? ('range' as const),
          },
    [runs, group, search.band],
  );
  const metrics = useMemo(() => {
    const varying = new Set(known.varying.metrics);
    const own = known.metrics.filter((key) => !key.startsWith(SYSTEM));
    return [...own.filter((key) => varying.has(key)), ...own.filter((key) => !varying.has(key))];
  }, [known]);
  const first = (search.top ?? []).filter((key) => metrics.includes(key));
  const lines = search.lines ?? (group === undefined ? 25 : 100);
  const panel = (metric: string) => {
    const own = panels.get(metric);
    const mine = own === undefined ? view : chartView({ ...search, ...own });
    // A part of one axis is none of another.
    const same = mine.x === view.x && mine.xMetric === view.xMetric;
    return {
      // The page's own, as it is: what changes with each drawing would be drawn without end.
      view: own === undefined ? view : { ...mine, zoom: same ? view.zoom : undefined },
      zooms: same,
      actions: (
        <PanelActions
          metric={metric}
          search={search}
          own={own}
          metrics={metrics}
          onOwn={(settings) => {
            const next = new Map(panels);
            if (settings === undefined) next.delete(metric);
            else next.set(metric, settings);
            change({ set: panelsText(next) });
          }}
          first={first.includes(metric)}
          onFirst={(up) => {
            const top = up ? [...first, metric] : first.filter((each) => each !== metric);
            change({ top: top.length === 0 ? undefined : top });
          }}
        />
      ),
    };
  };
  const wall = {
    runs,
    view,
    styles,
    groups,
    panel,
    onZoom: (zoom: Parameters<typeof zoomText>[0]) => change({ zoom: zoomText(zoom) }),
  };
  return (
    <>
      <ChartControls search={search} onChange={change} withSearch metrics={metrics} />
      <div className="row row-wrap work-drawn">
        <Choice
          label="Draw"
          value={String(lines)}
          options={[...new Set([...COUNTS, lines])]
            .sort((a, b) => a - b)
            .map((count) => ({ value: String(count), label: `the first ${count}` }))}
          onChange={(count) => change({ lines: Number(count) })}
        />
        {group !== undefined && (
          <Choice
            label="Band"
            value={search.band ?? 'range'}
            options={[
              { value: 'range', label: 'least to greatest' },
              { value: 'sd', label: 'standard deviation' },
            ]}
            onChange={(band) => change({ band: band === 'sd' ? 'sd' : undefined })}
          />
        )}
        <span className="faint small">
          {note}
          {group === undefined ? '' : `, a line for each ${group.replace(/^(params|tags)\./, '')}`}
        </span>
      </div>
      {loading ? (
        <Skeleton lines={8} />
      ) : runs.length === 0 ? (
        <p className="muted">No run passes, so there is nothing to draw.</p>
      ) : (
        <div className="stack work-wall">
          {first.length > 0 && <MetricWall {...wall} metrics={first} search={search.q} silent flat="First" />}
          <MetricWall
            {...wall}
            metrics={metrics.filter((key) => !first.includes(key))}
            search={search.q}
            silent={first.length > 0}
          />
        </div>
      )}
    </>
  );
}
