import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { listTurns, type Turn } from '../../../src/loops/contract.ts';
import { api } from '../api/client.ts';
import { Section } from '../kit/page.tsx';
import { Duration } from '../kit/time.tsx';
import { NextTime } from './next-time.tsx';
import { LOOP_SUBJECTS } from './refresh.ts';
import { TurnStatus } from './turn-status.tsx';
import { isUnderWay, whyOf } from './turn-words.ts';

/** Turns that have not ended: what is trained, judged or rolled out now, with the way to its evidence, and what waits. */
export function UnderWay({ loop }: { loop: string }): ReactElement | null {
  const open = useQuery(
    api(listTurns, { query: { loop, open: true, limit: 20 } }, [
      ...LOOP_SUBJECTS,
      'release:*',
      'execution:*',
    ]),
  );
  if (!open.data || open.data.items.length === 0) return null;
  return (
    <Section title="Going on">
      <ul className="loop-open">
        {open.data.items.map((turn) => (
          <li key={turn.id}>
            <TurnStatus state={turn.state} />
            <span className="loop-open-words">
              {whyOf(turn)}
              <Links turn={turn} />
            </span>
            <span className="faint nowrap">
              {turn.not_before === undefined ? (
                <>
                  for <Duration from={turn.started_at ?? turn.created_at} />
                </>
              ) : (
                <>
                  looked at again <NextTime at={turn.not_before} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** To the execution and to the release, whose page shows the gate and the rollout as evidence comes in. */
export function Links({ turn }: { turn: Turn }): ReactElement {
  return (
    <span className="row row-wrap">
      {turn.execution && (
        <Link to="/executions/$execution" params={{ execution: turn.execution.id }} search={{}}>
          execution #{turn.execution.number}
        </Link>
      )}
      {turn.release !== undefined && (
        <Link to="/releases/$release" params={{ release: turn.release }}>
          {isUnderWay(turn) ? 'gate and rollout' : 'release'}
        </Link>
      )}
      {turn.model !== undefined && turn.version !== undefined && (
        <Link
          to="/models/$model/versions/$version"
          params={{ model: turn.model, version: String(turn.version) }}
        >
          {turn.model} v{turn.version}
        </Link>
      )}
      {turn.cause_ref !== undefined && (
        <Link to="/lineage/$node" params={{ node: turn.ref }}>
          what it came from
        </Link>
      )}
    </span>
  );
}
