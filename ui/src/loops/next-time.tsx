import type { ReactElement } from 'react';
import { formatDuration, formatTime } from '../kit/format.ts';
import { useNow } from '../kit/time.tsx';

/** A time to come: how far it is, and on hover which it is. `off`: it will not be heard. */
export function NextTime({ at, off = false }: { at: number; off?: boolean }): ReactElement {
  const now = useNow();
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={formatTime(at)}
      className={off ? 'faint nowrap' : 'nowrap'}
    >
      {at <= now ? 'now' : `in ${formatDuration(at - now)}`}
    </time>
  );
}
