import { Link } from '@tanstack/react-router';
import { useMemo, useRef, type ReactElement } from 'react';
import type { Run } from '../../../src/tracking/contract.ts';
import type { SeriesStyle } from '../kit/chart/colors.ts';
import { padded } from '../kit/chart/series.ts';
import { Choice } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { Empty } from '../kit/page.tsx';
import { useWidth } from '../kit/media.ts';
import { useDark } from '../kit/theme.ts';

const H = 400;
const EDGE = { left: 66, right: 24, top: 16, bottom: 42 };

/** Each run a point: what was set, or what came out, against what came out. */
export function Scatter(props: {
  runs: readonly Run[];
  metrics: readonly string[];
  styles: ReadonlyMap<string, SeriesStyle>;
  x: string | undefined;
  y: string | undefined;
  onAxes(x: string, y: string): void;
}): ReactElement {
  const { runs, metrics, styles } = props;
  const dark = useDark();
  const holder = useRef<HTMLElement>(null);
  // Drawn at the size it is seen, so that its words keep theirs.
  const W = Math.max(280, useWidth(holder, 880));
  const params = useMemo(
    () =>
      [...new Set(runs.flatMap((run) => Object.keys(run.params)))]
        .filter((key) => runs.some((run) => isNumber(run.params[key])))
        .sort(),
    [runs],
  );
  const axes = [...params.map((key) => `params.${key}`), ...metrics.map((key) => `metrics.${key}`)];
  const y =
    axes.find((each) => each === props.y) ?? (metrics[0] === undefined ? undefined : `metrics.${metrics[0]}`);
  const x = axes.find((each) => each === props.x) ?? axes.find((each) => each !== y);
  if (x === undefined || y === undefined)
    return <Empty icon="chart" title="Two numbers are needed for a scatter plot" />;

  const points = runs.flatMap((run) => {
    const [px, py] = [valueOf(run, x), valueOf(run, y)];
    return px === undefined || py === undefined ? [] : [{ run, x: px, y: py }];
  });
  const [xLow, xHigh] = padded([Math.min(...points.map((p) => p.x)), Math.max(...points.map((p) => p.x))]);
  const [yLow, yHigh] = padded([Math.min(...points.map((p) => p.y)), Math.max(...points.map((p) => p.y))]);
  const left = (value: number) =>
    EDGE.left + ((value - xLow) / (xHigh - xLow)) * (W - EDGE.left - EDGE.right);
  const top = (value: number) =>
    H - EDGE.bottom - ((value - yLow) / (yHigh - yLow)) * (H - EDGE.top - EDGE.bottom);
  const ticks = W < 480 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const options = axes.map((each) => ({ value: each, label: each }));
  return (
    <figure className="scatter panel" ref={holder}>
      <div className="axis-pickers">
        <Choice label="Across" value={x} options={options} onChange={(next) => props.onAxes(next, y)} />
        <Choice label="Up" value={y} options={options} onChange={(next) => props.onAxes(x, next)} />
      </div>
      {points.length === 0 ? (
        <Empty icon="chart" title="No run has both numbers" />
      ) : (
        <svg viewBox={`0 0 ${W} ${H}`} role="group" aria-label={`${y} against ${x} of ${points.length} runs`}>
          {ticks.map((share) => {
            const [vx, vy] = [xLow + share * (xHigh - xLow), yLow + share * (yHigh - yLow)];
            return (
              <g key={share} aria-hidden="true">
                <line className="grid" x1={left(vx)} x2={left(vx)} y1={EDGE.top} y2={H - EDGE.bottom} />
                <line className="grid" x1={EDGE.left} x2={W - EDGE.right} y1={top(vy)} y2={top(vy)} />
                <text x={left(vx)} y={H - EDGE.bottom + 18} textAnchor="middle">
                  {formatNumber(vx, 3)}
                </text>
                <text x={EDGE.left - 8} y={top(vy) + 4} textAnchor="end">
                  {formatNumber(vy, 3)}
                </text>
              </g>
            );
          })}
          {points.map((point) => {
            const style = styles.get(point.run.id);
            return (
              <Link
                key={point.run.id}
                to="/runs/$run"
                params={{ run: point.run.id }}
                aria-label={`${point.run.name}: ${x} ${formatNumber(point.x)}, ${y} ${formatNumber(point.y)}`}
              >
                <title>{`${point.run.name}\n${x} ${formatNumber(point.x)}\n${y} ${formatNumber(point.y)}`}</title>
                <circle
                  cx={left(point.x)}
                  cy={top(point.y)}
                  r="6.5"
                  fill={dark ? style?.dark : style?.light}
                />
              </Link>
            );
          })}
        </svg>
      )}
    </figure>
  );
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));
}

function valueOf(run: Run, id: string): number | undefined {
  const key = id.slice(id.indexOf('.') + 1);
  const value = id.startsWith('params.')
    ? run.params[key]
    : run.metrics.find((metric) => metric.key === key)?.last;
  return value !== undefined && isNumber(String(value)) ? Number(value) : undefined;
}
