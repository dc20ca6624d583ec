import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { compareRuns, type Run } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { Status } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Swatch } from '../kit/chart/swatch.tsx';
import { seriesStyles, type SeriesStyle } from '../kit/chart/colors.ts';
import { Failure } from '../kit/failure.tsx';
import { plural } from '../kit/format.ts';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { ChartControls } from '../runs/chart-controls.tsx';
import { chartView, zoomText, type ChartSearch } from '../runs/chart-view.ts';
import { MetricWall } from '../runs/metric-wall.tsx';
import { RunLink, SYSTEM, VerdictBadge } from '../runs/run-words.tsx';
import { SingleValues, splitMetrics } from '../runs/single-values.tsx';
import { DiffTable } from './diff-table.tsx';
import { MetricTable } from './metric-table.tsx';
import { RunsInRows } from './runs-in-rows.tsx';
import { Scatter } from './scatter.tsx';
import './compare.css';

const MANY = 12;

export default function ComparePage(): ReactElement {
  const search = useSearch({ from: '/compare' });
  const ids = search.runs ?? [];
  const runs = useQuery({
    ...api(
      compareRuns,
      { body: { runs: ids } },
      ids.map((id) => `run:${id}`),
    ),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title={ids.length === 0 ? 'Compare' : `Compare ${plural(ids.length, 'run')}`}
      trail={<Link to="/experiments">Experiments</Link>}
    >
      {ids.length === 0 ? (
        <Empty icon="compare" title="Choose runs to compare">
          <p>
            In the run table of an <Link to="/experiments">experiment</Link>, tick runs (or press <kbd>x</kbd>{' '}
            on a row) and choose Compare.
          </p>
        </Empty>
      ) : runs.error ? (
        <Failure error={runs.error} retry={() => void runs.refetch()} />
      ) : !runs.data ? (
        <Skeleton lines={8} />
      ) : (
        <Loaded runs={runs.data.runs} />
      )}
    </Page>
  );
}

function Loaded({ runs }: { runs: readonly Run[] }): ReactElement {
  const search = useSearch({ from: '/compare' });
  const navigate = useNavigate({ from: '/compare' });
  const change = (next: ChartSearch & { all?: true | undefined; sx?: string; sy?: string }) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const styles = useMemo(() => seriesStyles(runs.map(({ id }) => id)), [runs]);
  const view = useMemo(() => chartView(search), [search]);
  const { curves, singles } = useMemo(() => splitMetrics(runs, (key) => !key.startsWith(SYSTEM)), [runs]);
  const metrics = useMemo(() => [...singles, ...curves], [curves, singles]);
  // More than stand beside each other are read in rows.
  const usual = runs.length > MANY ? 'runs' : 'charts';
  const tab = search.tab ?? usual;
  const remove = (id: string) =>
    void navigate({
      search: (now) => ({ ...now, runs: now.runs?.filter((each) => each !== id) }),
      replace: true,
    });
  return (
    <>
      <RunList runs={runs} styles={styles} onRemove={remove} />
      <Tabs
        label="Ways to compare"
        value={tab}
        onChange={(next) =>
          void navigate({ search: (now) => ({ ...now, tab: next === usual ? undefined : next }) })
        }
        tabs={[
          {
            value: 'charts',
            label: 'Charts',
            panel: (
              <>
                <ChartControls search={search} onChange={change} withSearch metrics={curves} />
                <SingleValues keys={singles} runs={runs} styles={styles} search={search.q} />
                <MetricWall
                  metrics={curves}
                  silent={singles.length > 0}
                  runs={runs}
                  view={view}
                  search={search.q}
                  styles={styles}
                  onZoom={(zoom) => change({ zoom: zoomText(zoom) })}
                />
              </>
            ),
          },
          {
            value: 'runs',
            label: 'Runs',
            count: runs.length,
            panel: (
              <RunsInRows
                runs={runs}
                styles={styles}
                all={search.all ?? false}
                onAll={(all) => change({ all: all || undefined })}
              />
            ),
          },
          {
            value: 'params',
            label: 'Made with',
            panel: (
              <DiffTable
                runs={runs}
                all={search.all ?? false}
                onAll={(all) => change({ all: all || undefined })}
              />
            ),
          },
          {
            value: 'metrics',
            label: 'Metrics',
            count: metrics.length,
            panel: <MetricTable runs={runs} metrics={metrics} />,
          },
          {
            value: 'scatter',
            label: 'Scatter',
            panel: (
              <Scatter
                runs={runs}
                metrics={metrics}
                styles={styles}
                x={search.sx}
                y={search.sy}
                onAxes={(sx, sy) => change({ sx, sy })}
              />
            ),
          },
        ]}
      />
    </>
  );
}

function RunList({
  runs,
  styles,
  onRemove,
}: {
  runs: readonly Run[];
  styles: ReadonlyMap<string, SeriesStyle>;
  onRemove(id: string): void;
}): ReactElement {
  return (
    <ul className="compared" aria-label="Compared runs">
      {runs.map((run) => (
        <li key={run.id}>
          <Swatch style={styles.get(run.id)} />
          <RunLink id={run.id} name={run.name} />
          <Status status={run.status} />
          {run.outcome && <VerdictBadge verdict={run.outcome.verdict} />}
          {runs.length > 1 && (
            <Button
              look="quiet"
              icon="close"
              label={`Leave out ${run.name}`}
              onClick={() => onRemove(run.id)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
