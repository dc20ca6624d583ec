import type { ReactElement } from 'react';
import { useDark } from '../theme.ts';
import type { SeriesStyle } from './colors.ts';

/** A line's colour and dash, as legends show it. */
export function Swatch({ style }: { style: SeriesStyle | undefined }): ReactElement | null {
  const dark = useDark();
  if (!style) return null;
  return (
    <svg width="18" height="8" viewBox="0 0 18 8" role="img" aria-label={style.name}>
      <line
        x1="1"
        x2="17"
        y1="4"
        y2="4"
        stroke={dark ? style.dark : style.light}
        strokeWidth="2.5"
        strokeDasharray={style.dash.map((d) => d * 0.7).join(' ')}
      />
    </svg>
  );
}
