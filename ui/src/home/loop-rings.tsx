import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listLoops, type Loop } from '../../../src/loops/contract.ts';
import { listAlerts, type Alert } from '../../../src/monitoring/contract.ts';
import { api } from '../api/client.ts';
import { Section } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { NextTime } from '../loops/next-time.tsx';
import { LOOP_SUBJECTS } from '../loops/refresh.ts';
import { LoopStatus, TurnStatus } from '../loops/turn-status.tsx';
import { atWork, stopsOf, type Stop } from './ring-state.ts';

/** Rings that are drawn; the rest is in the list. */
const DRAWN = 6;

/** Each loop as a ring of what it goes through, with where it is now. Nothing, where there is no loop. */
export function LoopRings(): ReactElement | null {
  const loops = useQuery(api(listLoops, { query: { limit: DRAWN } }, LOOP_SUBJECTS));
  const alerts = useQuery(api(listAlerts, { query: { open: true, limit: 200 } }));
  if (!loops.data || loops.data.items.length === 0) return null;
  return (
    <Section title="What keeps itself fresh" actions={<Link to="/loops">All loops</Link>}>
      <ul className="rings">
        {loops.data.items.map((loop) => (
          <li key={loop.id}>
            <Ring loop={loop} alerts={alerts.data?.items ?? []} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Ring({ loop, alerts }: { loop: Loop; alerts: readonly Alert[] }): ReactElement {
  const stops = stopsOf(loop, alerts);
  const { latest } = loop;
  return (
    <article className="ring" aria-label={loop.name}>
      <Drawing stops={stops} still={loop.state !== 'active'} />
      <div className="ring-words">
        <span className="row row-wrap">
          <Link to="/loops/$loop" params={{ loop: loop.name }} search={{}}>
            {loop.name}
          </Link>
          {loop.state !== 'active' && <LoopStatus state={loop.state} />}
        </span>
        <ol className="ring-stops">
          {stops.map(({ name, tone, words }) => (
            <li key={name}>
              <span className={`ring-dot ring-${tone}`} aria-hidden="true" />
              {name} <span className="muted">{words}</span>
            </li>
          ))}
        </ol>
        <span className="row row-wrap faint">
          {latest ? (
            <>
              <TurnStatus state={latest.state} /> <TimeAgo time={latest.created_at} />
            </>
          ) : (
            'it has not turned yet'
          )}
          {loop.next_at !== undefined && loop.state === 'active' && (
            <>
              · next <NextTime at={loop.next_at} />
            </>
          )}
        </span>
      </div>
    </article>
  );
}

const CENTRE = 60;
const RADIUS = 44;

/** Five stops on a circle, clockwise from the top; the arc to the one at work moves. */
function Drawing({ stops, still }: { stops: readonly Stop[]; still: boolean }): ReactElement {
  const place = (i: number): [number, number] => {
    const angle = (2 * Math.PI * i) / stops.length - Math.PI / 2;
    return [CENTRE + RADIUS * Math.cos(angle), CENTRE + RADIUS * Math.sin(angle)];
  };
  const working = atWork(stops);
  const [fromX, fromY] = place(working - 1);
  const [toX, toY] = place(working);
  return (
    <svg
      width="120"
      height="120"
      viewBox="0 0 120 120"
      aria-hidden="true"
      className={still ? 'ring-still' : undefined}
    >
      <circle cx={CENTRE} cy={CENTRE} r={RADIUS} className="ring-line" />
      {working >= 0 && (
        <path d={`M${fromX} ${fromY}A${RADIUS} ${RADIUS} 0 0 1 ${toX} ${toY}`} className="ring-moves" />
      )}
      {stops.map(({ name, tone }, i) => {
        const [x, y] = place(i);
        return <circle key={name} cx={x} cy={y} r="8" className={`ring-stop ring-${tone}`} />;
      })}
    </svg>
  );
}
