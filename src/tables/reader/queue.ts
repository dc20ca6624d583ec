import { limited } from '../../platform/errors/index.ts';
import { LANES, MOST_WAITING, PLACES, ROOM, SHARE, type Lane, type Room } from './lanes.ts';

interface Waiting {
  workspace: string;
  enter(): void;
}

export interface Queue {
  /** Resolves, with how to give the place back, when there is one. Who leaves before that gives up the turn. */
  take(lane: Lane, workspace: string, signal: AbortSignal | undefined): Promise<() => void>;
}

/**
 * Who may ask now. A person who looks goes first, and finds a place that nothing else takes; a lane that waits is never kept
 * out by the lanes before it, since none of them may have all places. Within a lane the workspace goes first that has least.
 */
export function createQueue(
  room: Readonly<Record<Lane, Pick<Room, 'most' | 'resident'>>> = ROOM,
  share: number = SHARE,
): Queue {
  const waiting: Record<Lane, Waiting[]> = { look: [], work: [], background: [] };
  const running: Array<{ lane: Lane; workspace: string }> = [];

  const fits = (lane: Lane): boolean => {
    const own = running.filter((one) => one.lane === lane).length;
    if (running.length >= PLACES.all || own >= room[lane].most) return false;
    // Looks and all else have memory of their own: one large comparison would otherwise keep every look waiting for minutes.
    const beside = running.filter((one) => (one.lane === 'look') === (lane === 'look'));
    if (lane !== 'look' && beside.length >= PLACES.all - PLACES.forLooks) return false;
    const held = beside.reduce((sum, one) => sum + room[one.lane].resident, 0);
    // Alone it is let in whatever it may take: on a small machine it would wait for ever.
    return held === 0 || held + room[lane].resident <= share;
  };

  const next = (): void => {
    for (const lane of LANES) {
      while (waiting[lane].length > 0 && fits(lane)) {
        // Not who came first: one workspace with fifty questions would have all others wait for fifty.
        const has = (workspace: string): number =>
          running.filter((one) => one.workspace === workspace).length;
        const first = waiting[lane].reduce((best, one) =>
          has(one.workspace) < has(best.workspace) ? one : best,
        );
        waiting[lane].splice(waiting[lane].indexOf(first), 1);
        first.enter();
      }
    }
  };

  return {
    take(lane, workspace, signal) {
      if (signal?.aborted) return Promise.reject(whyLeft(signal));
      // Told at once to come again, rather than kept until the time is up; each lane by itself, so that jobs do not fill the line of people.
      if (waiting[lane].length >= MOST_WAITING)
        return Promise.reject(
          limited('too many questions to tables wait already', { hint: 'try again in a moment' }),
        );
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting[lane].splice(waiting[lane].indexOf(one), 1);
          reject(whyLeft(signal));
        };
        const one: Waiting = {
          workspace,
          enter() {
            // From here on the signal ends the question, and not the wait: leaving twice would take somebody else's turn.
            signal?.removeEventListener('abort', leave);
            const place = { lane, workspace };
            running.push(place);
            resolve(() => {
              const at = running.indexOf(place);
              if (at < 0) return; // given back already: a second time it would be another's place
              running.splice(at, 1);
              next();
            });
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        waiting[lane].push(one);
        next();
      });
    },
  };
}

const whyLeft = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new Error('whoever asked has left');
