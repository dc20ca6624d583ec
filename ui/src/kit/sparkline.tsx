import type { ReactElement } from 'react';

/** A line the size of a word. Its range is its own; what it shows is also said in words beside it. */
export function Sparkline(props: {
  values: readonly number[];
  label: string;
  width?: number;
  height?: number;
}): ReactElement | null {
  const { width = 84, height = 22 } = props;
  const values = props.values.filter((value) => Number.isFinite(value));
  if (values.length < 2) return null;
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const points = values.map(
    (value, i) =>
      `${((i / (values.length - 1)) * (width - 4) + 2).toFixed(1)},${(height - 3 - ((value - low) / span) * (height - 6)).toFixed(1)}`,
  );
  const end = points.at(-1)!.split(',');
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={props.label}>
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="1.4"
        strokeLinejoin="round"
      />
      <circle cx={end[0]} cy={end[1]} r="2" fill="var(--accent)" />
    </svg>
  );
}
