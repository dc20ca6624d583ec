import { useMemo, type ReactElement, type ReactNode } from 'react';
import type { Series } from '../../../src/tracking/contract.ts';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { Swatch } from '../kit/chart/swatch.tsx';
import { formatNumber } from '../kit/format.ts';
import { useDark } from '../kit/theme.ts';
import type { ChartGroups, ChartRun } from './metric-chart.tsx';
import './value-bars.css';

interface Bar {
  id: string;
  name: string;
  value: number;
  /** Of a group: how many runs it is the mean of. */
  runs: number;
}

/** A metric that every run logged once, such as a final score: bars, the greatest first. A line would be a single dot. */
export function ValueBars(props: {
  title: string;
  series: readonly Series[];
  runs: readonly ChartRun[];
  groups: ChartGroups | undefined;
  styles: ReadonlyMap<string, SeriesStyle> | undefined;
  actions: ReactNode;
}): ReactElement {
  const { title, series, runs, groups, styles } = props;
  const dark = useDark();
  const bars = useMemo(() => barsOf(series, runs, groups), [series, runs, groups]);
  const odd = series.reduce((sum, { marks }) => sum + marks.length, 0);
  const [low, high] = [
    Math.min(0, ...bars.map(({ value }) => value)),
    Math.max(0, ...bars.map(({ value }) => value)),
  ];
  const share = (value: number) => (high > low ? ((value - low) / (high - low)) * 100 : 0);
  return (
    <figure className="chart" aria-label={title}>
      <header className="chart-head">
        <h3 className="truncate" title={title}>
          {title}
        </h3>
        <span className="spacer" />
        {props.actions}
      </header>
      {/* Scrolls, so it takes focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above */}
      <ul className="value-bars" tabIndex={0} aria-label={`${title}, the greatest first`}>
        {bars.map((bar) => {
          const style = styles?.get(bar.id);
          const [from, to] = [share(Math.min(0, bar.value)), share(Math.max(0, bar.value))];
          return (
            <li key={bar.id}>
              <Swatch style={style} />
              <span className="truncate" title={bar.name}>
                {bar.name}
              </span>
              <span className="singles-track" aria-hidden="true">
                <span
                  style={{
                    marginLeft: `${from}%`,
                    width: `${Math.max(1, to - from)}%`,
                    background: style ? (dark ? style.dark : style.light) : 'var(--accent)',
                  }}
                />
              </span>
              <span title={String(bar.value)}>{formatNumber(bar.value)}</span>
            </li>
          );
        })}
      </ul>
      <figcaption className="chart-note">
        logged once{groups ? '; the mean of each group’s runs' : ''}
        {odd > 0 ? `; ${odd} not finite` : ''}
      </figcaption>
    </figure>
  );
}

function barsOf(
  series: readonly Series[],
  runs: readonly ChartRun[],
  groups: ChartGroups | undefined,
): Bar[] {
  const names = new Map(runs.map(({ id, name }) => [id, name]));
  const bars = new Map<string, Bar>();
  for (const { run, values } of series) {
    const value = values[0];
    const id = groups ? groups.of.get(run) : run;
    if (value === null || value === undefined || id === undefined) continue;
    const bar = bars.get(id) ?? { id, name: groups ? id : (names.get(run) ?? run), value: 0, runs: 0 };
    bar.runs++;
    bar.value += (value - bar.value) / bar.runs;
    bars.set(id, bar);
  }
  return [...bars.values()].toSorted((a, b) => b.value - a.value);
}
