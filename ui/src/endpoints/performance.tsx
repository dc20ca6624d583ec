import type { ReactElement } from 'react';
import type { MonitorWindow } from '../../../src/monitoring/contract.ts';
import { Badge } from '../kit/badge.tsx';
import { formatCount, formatNumber, formatTime } from '../kit/format.ts';
import { useNarrow } from '../kit/media.ts';
import { Section } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { pointsOf, type PerformancePoint } from './performance-points.ts';
import { StateBadge } from './signal-state.tsx';

const HEIGHT = 210;
const LEFT = 52;
const BOTTOM = 26;
const TOP = 18;

/** The metric of each window with its interval, what it was when the version was judged, and where another version began. */
export function PerformanceOverTime({ windows }: { windows: readonly MonitorWindow[] }): ReactElement | null {
  const narrow = useNarrow();
  const { metric, points } = pointsOf(windows);
  if (points.length === 0) return null;
  const latest = points.at(-1)!;
  return (
    <Section
      title={`Performance: ${metric}`}
      actions={
        <span className="faint small">
          dot: the metric; bar: its 95 % interval; circle: estimated before; dashes: when it was judged
        </span>
      }
    >
      <div className="stack">
        <Drawing metric={metric} points={points} width={narrow ? 360 : 1040} />
        <p className="row row-wrap">
          <StateBadge state={latest.state} />
          <span>{latest.reason}</span>
        </p>
      </div>
    </Section>
  );
}

function Drawing({
  metric,
  points,
  width,
}: {
  metric: string;
  points: readonly PerformancePoint[];
  width: number;
}): ReactElement {
  const values = points.flatMap(({ value, low, high, judged, estimate }) =>
    [value, low, high, judged, estimate].filter((one) => one !== undefined),
  );
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = (most - least) * 0.08 || Math.abs(most) * 0.05 || 1;
  const [bottom, top] = [least - pad, most + pad];
  const from = points[0]!.from;
  const span = points.at(-1)!.to - from;
  const x = (time: number): number => LEFT + ((time - from) / span) * (width - LEFT - 10);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((value - bottom) / (top - bottom)) * (HEIGHT - BOTTOM - TOP);
  const middle = (one: PerformancePoint): number => x((one.from + one.to) / 2);
  const ticks = [0, 1, 2, 3].map((step) => bottom + ((top - bottom) * (step + 0.5)) / 4);
  const path = points.flatMap((one, at) =>
    one.value === undefined
      ? []
      : [`${at === 0 ? 'M' : 'L'}${middle(one).toFixed(1)} ${y(one.value).toFixed(1)}`],
  );
  const first = points.find(({ value }) => value !== undefined);
  const last = points.findLast(({ value }) => value !== undefined);
  const label = `${metric} from ${formatTime(from)} to ${formatTime(points.at(-1)!.to)}: ${first ? `first ${formatNumber(first.value!, 3)}, last ${formatNumber(last!.value!, 3)}` : 'none yet'}`;
  return (
    <svg className="performance-chart" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
      {ticks.map((tick) => (
        <g key={tick}>
          <line className="performance-grid" x1={LEFT} x2={width - 10} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
            {formatNumber(tick, 3)}
          </text>
        </g>
      ))}
      {points.map((one) =>
        one.judged === undefined ? null : (
          <line
            key={`judged ${one.from}`}
            className="performance-judged"
            x1={x(one.from)}
            x2={x(one.to)}
            y1={y(one.judged)}
            y2={y(one.judged)}
          />
        ),
      )}
      {points.map((one) =>
        one.deployed === undefined ? null : (
          <g key={`deployed ${one.from}`}>
            <line
              className="performance-deploy"
              x1={x(one.from)}
              x2={x(one.from)}
              y1={TOP}
              y2={HEIGHT - BOTTOM}
            />
            <text x={x(one.from) + 3} y={TOP - 5}>
              {one.deployed}
            </text>
          </g>
        ),
      )}
      <path className="performance-line" d={path.join(' ').replace(/^L/, 'M')} />
      {points.map((one) => (
        <g key={one.from}>
          {one.low !== undefined && one.high !== undefined && (
            <line
              className={`performance-range${one.state === 'alert' ? ' performance-range-bad' : ''}`}
              x1={middle(one)}
              x2={middle(one)}
              y1={y(one.low)}
              y2={y(one.high)}
            />
          )}
          {one.estimate !== undefined && (
            <circle className="performance-estimate" cx={middle(one)} cy={y(one.estimate)} r={4.5} />
          )}
          {one.value !== undefined && (
            <circle
              className={`performance-point${one.state === 'alert' ? ' performance-point-bad' : ''}`}
              cx={middle(one)}
              cy={y(one.value)}
              r={3}
            />
          )}
        </g>
      ))}
      <text x={LEFT} y={HEIGHT - 8}>
        {formatTime(from)}
      </text>
      <text x={width - 10} y={HEIGHT - 8} textAnchor="end">
        {formatTime(points.at(-1)!.to)}
      </text>
    </svg>
  );
}

interface SliceRow {
  column: string;
  value: string;
  rows: number;
  figure: number | undefined;
  low: number | undefined;
  high: number | undefined;
  loss: number;
  others: number;
  worse: boolean;
}

const SLICES: Column<SliceRow>[] = [
  { id: 'slice', header: 'Slice', width: 220, value: ({ column, value }) => `${column} = ${value}` },
  {
    id: 'worse',
    header: 'Worse',
    width: 90,
    value: ({ worse }) => worse,
    cell: ({ worse }) => (worse ? <Badge tone="bad">worse</Badge> : ''),
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 90,
    align: 'end',
    value: ({ rows }) => rows,
    cell: ({ rows }) => formatCount(rows),
  },
  {
    id: 'metric',
    header: 'Metric',
    width: 190,
    value: ({ figure }) => figure,
    cell: ({ figure, low, high }) =>
      figure === undefined
        ? ''
        : `${formatNumber(figure, 3)}${low === undefined || high === undefined ? '' : ` (${formatNumber(low, 3)} to ${formatNumber(high, 3)})`}`,
  },
  {
    id: 'loss',
    header: 'Mean loss',
    width: 100,
    align: 'end',
    value: ({ loss }) => loss,
    cell: ({ loss }) => formatNumber(loss, 3),
  },
  {
    id: 'others',
    header: 'Elsewhere',
    width: 100,
    align: 'end',
    value: ({ others }) => others,
    cell: ({ others }) => formatNumber(others, 3),
  },
];

/** Where the model errs more, in the newest window whose outcomes were waited for. */
export function Slices({ windows }: { windows: readonly MonitorWindow[] }): ReactElement | null {
  const window = windows.find(({ signals }) => signals.some(({ signal }) => signal === 'slices'));
  const signal = window?.signals.find((one) => one.signal === 'slices');
  const slices = signal?.evidence['slices'];
  if (!window || !Array.isArray(slices)) return null;
  const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
  const rows = slices.map((one: Record<string, unknown>): SliceRow => {
    const figure = one['figure'] as Record<string, unknown> | undefined;
    return {
      column: String(one['column']),
      value: typeof one['value'] === 'string' ? one['value'] : 'missing',
      rows: Number(one['rows']),
      figure: number(figure?.['value']),
      low: number(figure?.['low']),
      high: number(figure?.['high']),
      loss: Number(one['loss']),
      others: Number(one['others']),
      worse: one['worse'] === true,
    };
  });
  return (
    <Section
      title="Slices"
      actions={<span className="faint small">of the window from {formatTime(window.from)}</span>}
    >
      <div className="stack">
        <p>{signal?.reason}</p>
        <Table
          label="The model on single values of its columns"
          columns={SLICES}
          rows={rows.toSorted(
            (a, b) => Number(b.worse) - Number(a.worse) || b.loss - b.others - (a.loss - a.others),
          )}
          rowId={({ column, value }) => `${column} = ${value}`}
          maxHeight={320}
        />
      </div>
    </Section>
  );
}
