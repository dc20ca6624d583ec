import { useEffect, useState, useSyncExternalStore, type ReactElement } from 'react';
import { live } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { formatTime } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';

/** A stream that breaks and comes back at once is no news. */
const PATIENCE_MS = 2000;

/** Over every page while the server is away: what is shown stays, and is read anew once it is back. */
export function Away(): ReactElement {
  const state = useSyncExternalStore(live.watch, live.current);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (state !== 'lost') return;
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [state]);
  return (
    <div role="status" className="away-place">
      {shown && (
        <div className="away">
          <Icon name="alert" />
          <p>
            <strong>The server does not answer.</strong> What you see is as it was at{' '}
            {formatTime(live.currentSince()).split(' ')[1]}; it is read anew as soon as the server is back.
          </p>
          <Button className="button-small" onClick={() => live.start()}>
            Try now
          </Button>
        </div>
      )}
    </div>
  );
}
