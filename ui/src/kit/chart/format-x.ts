import { formatCount, formatDuration, formatNumber, formatTime } from '../format.ts';
import type { XAxis } from './series.ts';

/** A place on the x-axis in words; `name` says which metric, where one is the axis. */
export function formatX(x: XAxis, name = ''): (value: number) => string {
  if (x === 'metric') return (value) => `${name} ${formatNumber(value)}`;
  if (x === 'wall') return formatTime;
  if (x === 'relative') return formatDuration;
  return (value) => `step ${formatCount(value)}`;
}

/** Times along an axis, one line each: seconds since 1970 as the clock's time, and the day where it begins. */
export function formatClock(seconds: readonly number[]): string[] {
  const [first = 0, second = first + 60] = seconds;
  const step = second - first;
  return seconds.map((value, i) => {
    const [day = '', time = ''] = formatTime(value * 1000).split(' ');
    const before = i === 0 ? undefined : formatTime(seconds[i - 1]! * 1000).split(' ')[0];
    if (step >= 86_400) return day;
    if (before !== undefined && before !== day) return day.slice(5);
    return step < 60 ? time : time.slice(0, 5);
  });
}
