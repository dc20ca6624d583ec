import { useEffect, useState } from 'react';
import { liveEndpoint, type LiveSecond } from '../../../src/serving/contract.ts';
import { addressOf } from '../../../src/platform/client/index.ts';
import { refreshEndpoints } from './refresh.ts';
import { withSeconds } from './live-window.ts';

/** Drawn at most this often: the past comes in hundreds of events at once. */
const DRAW_MS = 400;

export interface LiveState {
  seconds: readonly LiveSecond[];
  /** The stream is there. */
  connected: boolean;
}

/** Follows an endpoint for as long as its page is open. */
export function useLive(endpoint: string): LiveState {
  const [state, setState] = useState<LiveState>({ seconds: [], connected: false });
  useEffect(() => {
    let fresh: LiveSecond[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;
    const draw = () => {
      timer = undefined;
      const arrived = fresh;
      fresh = [];
      setState(({ seconds }) => ({ seconds: withSeconds(seconds, arrived), connected: true }));
    };
    const open = () => {
      source = new EventSource(addressOf(liveEndpoint, { endpoint }));
      source.addEventListener('open', () => setState((before) => ({ ...before, connected: true })));
      source.addEventListener('error', () => setState((before) => ({ ...before, connected: false })));
      // By the contract of the stream.
      source.addEventListener('second', (message: MessageEvent<string>) => {
        fresh.push(JSON.parse(message.data) as LiveSecond);
        timer ??= setTimeout(draw, DRAW_MS);
      });
      source.addEventListener('revision', () => void refreshEndpoints());
    };
    // A browser keeps six connections to a server for all its tabs: one that nobody looks at gives its own back, and
    // is told what it missed when it is looked at again.
    const look = () => {
      source?.close();
      source = undefined;
      if (!document.hidden) open();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      source?.close();
      clearTimeout(timer);
      setState({ seconds: [], connected: false });
    };
  }, [endpoint]);
  return state;
}
