import { useSyncExternalStore, type ReactElement } from 'react';
import { formatAgo, formatDuration, formatTime, formatBytes } from './format.ts';

/** One clock for the page: every relative time ticks together, and not at all while nobody looks. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Nobody kept the clock while nobody listened.
  if (timer === undefined) now = Date.now();
  timer ??= setInterval(() => {
    if (document.hidden) return;
    now = Date.now();
    for (const each of listeners) each();
  }, 5000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function TimeAgo({ time }: { time: number }): ReactElement {
  const current = useNow();
  return (
    <time dateTime={new Date(time).toISOString()} title={formatTime(time)} className="nowrap">
      {formatAgo(time, current)}
    </time>
  );
}

/** From start to end, or, while there is no end, to now. */
export function Duration({ from, to }: { from: number; to?: number | undefined }): ReactElement {
  const current = useNow();
  return <span className="nowrap">{formatDuration((to ?? Math.max(current, from)) - from)}</span>;
}

export function Bytes({ value }: { value: number }): ReactElement {
  return (
    <span className="nowrap" title={`${value.toLocaleString('en')} bytes`}>
      {formatBytes(value)}
    </span>
  );
}
