import { useMemo, useState, type ReactElement, type ReactNode } from 'react';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import type { Range } from '../kit/chart/series.ts';
import { Button } from '../kit/button.tsx';
import { formatCount } from '../kit/format.ts';
import { Empty } from '../kit/page.tsx';
import type { ChartView } from './chart-view.ts';
import { groupMetrics } from './group-metrics.ts';
import { MetricChart, type ChartGroups, type ChartRun } from './metric-chart.tsx';

const FIRST = 24;
const ignored = (): void => {};

/** Every metric as a chart, in groups by the words before the slash. */
export function MetricWall(props: {
  metrics: readonly string[];
  runs: readonly ChartRun[];
  view: ChartView;
  search: string | undefined;
  onZoom(zoom: Range | undefined): void;
  styles?: ReadonlyMap<string, SeriesStyle>;
  formatY?(metric: string): ((value: number) => string) | undefined;
  /** Something else of the page already answers; no words when there is no chart. */
  silent?: boolean;
  /** Taken off the front of each title. */
  prefix?: string;
  /** All in one group of this name, in the order given. */
  flat?: string;
  /** One line a group of runs. */
  groups?: ChartGroups | undefined;
  /** What single charts have of their own: how they are drawn, and what can be done with them. */
  panel?(metric: string): {
    view: ChartView;
    actions: ReactNode;
    /** Whether its axis is the page's, so that a part of it is a part of all. */
    zooms: boolean;
  };
}): ReactElement | null {
  const { metrics, search = '', prefix = '', flat } = props;
  const groups = useMemo(() => {
    const keys = metrics.filter((key) => key.toLowerCase().includes(search.toLowerCase()));
    if (flat !== undefined) return keys.length === 0 ? [] : [{ name: flat, keys }];
    return groupMetrics(keys, prefix);
  }, [metrics, search, prefix, flat]);
  if (groups.length === 0 && props.silent) return null;
  if (metrics.length === 0) {
    return (
      <Empty icon="chart" title="No metrics yet">
        <p>
          They appear while the run logs them: <code>mlflow.log_metric("loss", loss, step=step)</code>
        </p>
      </Empty>
    );
  }
  if (groups.length === 0) return <Empty icon="search" title={`No metric is called like “${search}”`} />;
  return (
    <div className="stack" style={{ gap: 22 }}>
      {groups.map((group) => (
        <Group
          key={group.name}
          {...props}
          name={groups.length === 1 ? '' : group.name}
          keys={group.keys}
          prefix={prefix}
        />
      ))}
    </div>
  );
}

function Group(
  props: Parameters<typeof MetricWall>[0] & { name: string; keys: readonly string[]; prefix: string },
): ReactElement {
  const { name, keys, runs, view, onZoom, styles, prefix } = props;
  const [shown, setShown] = useState(FIRST);
  return (
    <section aria-label={name || 'Metrics'} className="stack">
      {name === '' ? (
        <h2 className="sr-only">Curves</h2>
      ) : (
        <h2 className="row">
          {name} <span className="tab-count">{formatCount(keys.length)}</span>
        </h2>
      )}
      <div className="charts">
        {keys.slice(0, shown).map((key) => {
          const formatY = props.formatY?.(key);
          const panel = props.panel?.(key);
          return (
            <MetricChart
              key={key}
              title={key.startsWith(prefix) ? key.slice(prefix.length) : key}
              metric={key}
              runs={runs}
              view={panel?.view ?? view}
              onZoom={panel?.zooms === false ? ignored : onZoom}
              groups={props.groups}
              // Cursors move together over what is the same axis.
              sync={panel === undefined ? 'metrics' : `metrics ${panel.view.x} ${panel.view.xMetric ?? ''}`}
              {...(panel === undefined ? {} : { actions: panel.actions })}
              {...(styles === undefined ? {} : { styles, legend: false })}
              {...(formatY === undefined ? {} : { formatY })}
            />
          );
        })}
      </div>
      {keys.length > shown && (
        <div>
          <Button onClick={() => setShown(shown + 2 * FIRST)}>
            Show more of {formatCount(keys.length - shown)} left
          </Button>
        </div>
      )}
    </section>
  );
}
