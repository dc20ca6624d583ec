import type { ReactElement } from 'react';

const WIDTH = 132;
const HEIGHT = 26;

/** Shares by bin: the reference as outlines, the window filled in them. What it shows is also said in words beside it. */
export function DriftBars(props: {
  reference: readonly number[];
  current: readonly number[];
  label: string;
}): ReactElement | null {
  const [before, now] = [sharesOf(props.reference), sharesOf(props.current)];
  const most = Math.max(...before, ...now);
  if (!(most > 0)) return null;
  const each = WIDTH / before.length;
  const bar = (share: number, i: number, className: string) => {
    const height = (share / most) * (HEIGHT - 2);
    return (
      <rect
        key={i}
        className={className}
        x={(i * each + 0.75).toFixed(2)}
        y={(HEIGHT - height - 1).toFixed(2)}
        width={Math.max(0.5, each - 1.5).toFixed(2)}
        height={height.toFixed(2)}
      />
    );
  };
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
      {now.map((share, i) => bar(share, i, 'drift-now'))}
      {before.map((share, i) => bar(share, i, 'drift-before'))}
    </svg>
  );
}

function sharesOf(counts: readonly number[]): number[] {
  const sum = counts.reduce((all, one) => all + one, 0);
  return counts.map((one) => (sum > 0 ? one / sum : 0));
}
