import type { ReactElement } from 'react';
import type { ColumnProfile } from '../../../src/data/contract.ts';
import { formatCount, formatNumber } from '../kit/format.ts';
import { commonEdges, rebin, type Histogram } from './distribution.ts';

const WIDTH = 260;
const HEIGHT = 40;

/** Counts over equal steps of value. The square root lets small bins be seen beside a large one; the words give true figures. */
export function HistogramBars({ histogram, label }: { histogram: Histogram; label: string }): ReactElement {
  const { edges, counts } = histogram;
  const most = Math.max(1, ...counts);
  const step = WIDTH / counts.length;
  const top = counts.indexOf(most);
  return (
    <span className="histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: most values, ${formatCount(most)}, lie from ${formatNumber(edges[top] ?? 0)} to ${formatNumber(edges[top + 1] ?? 0)}`}
      >
        {counts.map((count, i) => {
          const height = count === 0 ? 0 : Math.max(1.5, Math.sqrt(count / most) * HEIGHT);
          return (
            <rect
              key={i}
              x={i * step + 0.5}
              y={HEIGHT - height}
              width={Math.max(0.5, step - 1)}
              height={height}
              rx="1"
            >
              <title>{`${formatNumber(edges[i] ?? 0)} to ${formatNumber(edges[i + 1] ?? 0)}: ${formatCount(count)}`}</title>
            </rect>
          );
        })}
      </svg>
      <span className="histogram-ends" aria-hidden="true">
        <span>{formatNumber(edges[0] ?? 0, 4)}</span>
        <span>{formatNumber(edges.at(-1) ?? 0, 4)}</span>
      </span>
    </span>
  );
}

const SHOWN = 3;

/** The most frequent values and their shares. */
export function TopBars({
  top,
  rows,
}: {
  top: NonNullable<ColumnProfile['top']>;
  rows: number;
}): ReactElement {
  return (
    <ul
      className="top-values"
      title={top.map(({ value, count }) => `${value}: ${formatCount(count)}`).join('\n')}
    >
      {top.slice(0, SHOWN).map(({ value, count }) => (
        <li key={value}>
          <span className="top-bar" aria-hidden="true">
            <span style={{ width: `${Math.max(1, (count / Math.max(1, rows)) * 100)}%` }} />
          </span>
          <span className="truncate">{value === '' ? '(empty)' : value}</span>
          <span className="faint">{formatCount(count)}</span>
        </li>
      ))}
      {top.length > SHOWN && (
        <li className="faint top-more">and {top.length - SHOWN} further frequent values</li>
      )}
    </ul>
  );
}

/** Two distributions over each other: the older as a filled shape, the newer as a line. */
export function Overlay({ a, b, label }: { a: Histogram; b: Histogram; label: string }): ReactElement {
  const edges = commonEdges(a, b);
  const [x, y] = [rebin(a, edges), rebin(b, edges)];
  const most = Math.max(1e-12, ...x, ...y);
  const step = WIDTH / x.length;
  const height = (share: number) => (share === 0 ? 0 : Math.sqrt(share / most) * (HEIGHT - 2));
  const line = y
    .map((share, i) => `${i === 0 ? 'M' : 'L'}${i * step} ${HEIGHT - height(share)}H${(i + 1) * step}`)
    .join('');
  return (
    <span className="histogram overlay">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {x.map((share, i) => (
          <rect key={i} x={i * step} y={HEIGHT - height(share)} width={step} height={height(share)} />
        ))}
        <path d={line} vectorEffect="non-scaling-stroke" />
      </svg>
      <span className="histogram-ends" aria-hidden="true">
        <span>{formatNumber(edges[0] ?? 0, 4)}</span>
        <span>{formatNumber(edges.at(-1) ?? 0, 4)}</span>
      </span>
    </span>
  );
}
