import { formatCount, formatDuration, formatTime } from '../format.ts';
import type { XAxis } from './series.ts';

/** A place on the x-axis in words. */
export function formatX(x: XAxis): (value: number) => string {
  if (x === 'wall') return formatTime;
  if (x === 'relative') return formatDuration;
  return (value) => `step ${formatCount(value)}`;
}
