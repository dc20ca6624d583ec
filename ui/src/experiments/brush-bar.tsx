import type { ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { formatNumber } from '../kit/format.ts';
import type { Brush } from './work-state.ts';

const words = (brush: Brush): string =>
  brush.values === undefined
    ? `${formatNumber(brush.from, 4)} … ${formatNumber(brush.to, 4)}`
    : brush.values.length > 3
      ? `${brush.values.slice(0, 3).join(', ')} and ${brush.values.length - 3} more`
      : brush.values.join(', ');

/** What was brushed in a chart, as chips that can be taken away. */
export function BrushBar(props: {
  brushes: readonly Brush[];
  onChange(brushes: Brush[]): void;
}): ReactElement | null {
  const { brushes, onChange } = props;
  if (brushes.length === 0) return null;
  return (
    <ul className="brushes" aria-label="Brushed">
      {brushes.map((brush) => (
        <li key={brush.id}>
          <span className="truncate">
            {brush.id} <strong>{words(brush)}</strong>
          </span>
          <Button
            look="quiet"
            icon="close"
            label={`Take away the brush on ${brush.id}`}
            onClick={() => onChange(brushes.filter((each) => each !== brush))}
          />
        </li>
      ))}
    </ul>
  );
}
