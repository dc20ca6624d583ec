import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { Button } from '../button.tsx';
import { formatNumber, plural } from '../format.ts';
import { Menu } from '../menu.tsx';
import { useDark } from '../theme.ts';
import { ChartTable } from './chart-table.tsx';
import { seriesStyles, type SeriesStyle } from './colors.ts';
import { Swatch } from './swatch.tsx';
import { downloadChart } from './download-chart.ts';
import { formatX } from './format-x.ts';
import { mountPlot, type Plot } from './plot.ts';
import {
  belowLog,
  nearest,
  panned,
  summary,
  xExtent,
  yExtent,
  zoomed,
  type ChartSeries,
  type Range,
  type XAxis,
} from './series.ts';
import { smooth, smoothingWords, type Smoother } from './smoothing.ts';
import './chart.css';

export interface ChartProps {
  title: string;
  series: readonly ChartSeries[];
  x: XAxis;
  /** Which metric, where one is the x-axis. */
  xName?: string | undefined;
  log?: boolean;
  /** 0 is off. The raw line stays behind, fainter. */
  smoothing?: number;
  smoother?: Smoother;
  /** What part of x is shown; the page keeps it in its address and asks the server for that part. */
  zoom?: Range | undefined;
  onZoom?(zoom: Range | undefined): void;
  /** The whole of x, also while only a part is loaded. */
  whole?: Range | undefined;
  height?: number;
  /** Charts with the same key move their cursors together. */
  sync?: string;
  formatY?(value: number): string;
  /** Names under the chart; off where the page has one legend for many charts. */
  legend?: boolean;
  /** Colours of series whose set is larger than this chart's: the same run, the same colour everywhere. */
  styles?: ReadonlyMap<string, SeriesStyle>;
  actions?: ReactNode;
  loading?: boolean;
  note?: ReactNode;
}

export function Chart(props: ChartProps): ReactElement {
  const {
    title,
    series,
    x,
    xName,
    log = false,
    smoothing = 0,
    smoother = 'twema',
    zoom,
    onZoom,
    height = 208,
    sync,
    formatY = formatNumber,
  } = props;
  const [asTable, setAsTable] = useState(false);
  const [at, setAt] = useState<number | undefined>();
  const dark = useDark();
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);

  const own = useMemo(() => seriesStyles(series.map(({ id }) => id)), [series]);
  const styles = props.styles ?? own;
  const whole = useMemo(() => props.whole ?? xExtent(series) ?? ([0, 1] as const), [props.whole, series]);
  const shown = zoom ?? whole;
  const lines = useMemo(
    () =>
      series.map((line) =>
        smoothing > 0 ? smooth(smoother, line.x, line.y, smoothing, shown[1] - shown[0]) : line.y,
      ),
    [series, smoothing, smoother, shown],
  );
  const words = useMemo(() => summary(series, formatY, formatX(x, xName)), [series, formatY, x, xName]);

  // Through a ref: callers hand in a new function at each drawing, and the canvas would be made anew each time.
  const events = useRef({ onZoom, setAt });
  useEffect(() => {
    events.current = { onZoom, setAt };
  }, [onZoom]);
  const input = useMemo(
    () => ({ series, lines, styles, dark, x, log, shown, smoothed: smoothing > 0, formatY }),
    [series, lines, styles, dark, x, log, shown, smoothing, formatY],
  );
  // For a canvas that is made later, as after the table was looked at: it must not begin with the data of its first time.
  const latest = useRef(input);
  useEffect(() => {
    latest.current = input;
  }, [input]);
  const shape = `${x} ${log} ${dark} ${height} ${series.map(({ id }) => id).join()}`;
  useEffect(() => {
    if (asTable || !holder.current) return;
    const made = mountPlot(holder.current, latest.current, {
      height,
      sync,
      zoom: (range) => events.current.onZoom?.(range),
      hover: (value) => events.current.setAt(value),
    });
    plot.current = made;
    return () => {
      plot.current = undefined;
      made.destroy();
    };
    // `shape` stands for everything that needs a new canvas; the rest is handed over below.
  }, [asTable, shape, height, sync]);
  useEffect(() => plot.current?.update(input), [input]);

  const here = at ?? series[0]?.x.at(-1) ?? 0;
  const value = (index: number) => {
    const line = series[index]!;
    // Without a cursor the very last value, and not that of the last bucket, which is a mean.
    const y = at === undefined ? line.end : lines[index]?.[nearest(line.x, at)];
    return y === undefined || y === null ? '–' : formatY(y);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const xs = series[0]?.x ?? [];
    const i = nearest(xs, here);
    const step = event.shiftKey ? 10 : 1;
    const move: Record<string, () => void> = {
      ArrowLeft: () => plot.current?.point(xs[Math.max(0, i - step)]),
      ArrowRight: () => plot.current?.point(xs[Math.min(xs.length - 1, i + step)]),
      Home: () => plot.current?.point(xs[0]),
      End: () => plot.current?.point(xs.at(-1)),
      '+': () => onZoom?.(zoomed(shown, whole, here, 0.5) ?? zoom),
      '-': () => onZoom?.(zoomed(shown, whole, here, 2)),
      '<': () => zoom && onZoom?.(panned(shown, whole, -0.5)),
      '>': () => zoom && onZoom?.(panned(shown, whole, 0.5)),
      '0': () => onZoom?.(undefined),
    };
    if (!move[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move[event.key]!();
  };

  const take = (kind: 'png' | 'svg' | 'csv') =>
    downloadChart(
      {
        title,
        series,
        lines,
        styles,
        shown,
        log,
        smoothing: smoothing > 0 ? smoothingWords(smoother, smoothing) : undefined,
        xLabel: X_LABELS[x] ?? xName ?? 'x',
        formatX: x === 'step' ? formatNumber : x === 'metric' ? formatNumber : formatX(x),
        formatY,
      },
      kind,
    );
  const first = series[0];
  const lost = log ? belowLog(series) : undefined;
  const bare = zoom !== undefined && yExtent(series, zoom, false) === undefined;
  const single = series.length === 1;
  return (
    <figure className={`chart${props.loading ? ' chart-loading' : ''}`} aria-label={title}>
      <header className="chart-head">
        <h3 className="truncate" title={title}>
          {title}
        </h3>
        {single && first && (
          <output className="chart-value">
            {value(0)}
            {at !== undefined && <span className="faint"> {formatX(x, xName)(here)}</span>}
          </output>
        )}
        <span className="spacer" />
        {zoom && onZoom && (
          <Button
            look="quiet"
            icon="zoomout"
            label={`Show all of ${title}`}
            onClick={() => onZoom(undefined)}
          />
        )}
        <Button
          look="quiet"
          icon={asTable ? 'chart' : 'table'}
          label={asTable ? `View ${title} as a chart` : `View ${title} as a table`}
          onClick={() => setAsTable(!asTable)}
        />
        <Menu
          trigger={<Button look="quiet" icon="download" label={`Download ${title}`} />}
          entries={[
            { key: 'png', label: 'Picture (PNG)', act: () => take('png') },
            { key: 'svg', label: 'Drawing (SVG)', act: () => take('svg') },
            { key: 'csv', label: 'Numbers (CSV)', act: () => take('csv') },
          ]}
        />
        {props.actions}
      </header>
      {asTable ? (
        <ChartTable title={title} series={series} x={x} xName={xName} formatY={formatY} height={height} />
      ) : (
        <div
          ref={holder}
          className="chart-plot"
          style={{ height }}
          // A slider along x: that is what the arrows do here, and its value is what the chart says there.
          role="slider"
          tabIndex={0}
          aria-label={`${title}. ${words}`}
          aria-valuemin={shown[0]}
          aria-valuemax={shown[1]}
          aria-valuenow={here}
          aria-valuetext={`${formatX(x, xName)(here)}: ${series
            .slice(0, 8)
            .map((line, i) => (single ? value(i) : `${line.name} ${value(i)}`))
            .join(', ')}`}
          onKeyDown={onKeyDown}
          onDoubleClick={() => onZoom?.(undefined)}
        />
      )}
      {bare && !asTable && <p className="chart-bare">Nothing in this part. It has values elsewhere.</p>}
      {(props.legend ?? !single) && !asTable && (
        <ul className="chart-legend">
          {series.map((line, i) => (
            <li key={line.id}>
              <Swatch style={styles.get(line.id)} />
              <span className="truncate">{line.name}</span>
              <output>{value(i)}</output>
            </li>
          ))}
        </ul>
      )}
      {lost && lost.points + lost.stretches > 0 && !asTable && <p className="chart-note">{logNote(lost)}</p>}
      {props.note !== undefined && <figcaption className="chart-note">{props.note}</figcaption>}
    </figure>
  );
}

const X_LABELS: Partial<Record<XAxis, string>> = {
  step: 'step',
  relative: 'milliseconds since the start',
  wall: 'milliseconds since 1970 (UTC)',
};

function logNote({ points, stretches }: { points: number; stretches: number }): string {
  const parts = [
    ...(points > 0 ? [plural(points, 'value')] : []),
    ...(stretches > 0 ? [`values in ${plural(stretches, 'stretch', 'stretches')}`] : []),
  ];
  return `The log axis leaves out ${parts.join(' and ')} at or below 0.`;
}
