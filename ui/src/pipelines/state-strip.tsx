import { Link } from '@tanstack/react-router';
import { useEffect, useRef, type ReactElement } from 'react';
import type { Execution } from '../../../src/pipelines/contract.ts';
import { formatDuration } from '../kit/format.ts';
import { useNow } from '../kit/time.tsx';
import { barHeights, lasted } from './moments.ts';
import './pipelines.css';

interface StripProps {
  /** Newest first. */
  executions: readonly Execution[];
  label: string;
}

/** Executions over time, the newest on the right: a bar for each, its height how long it took, its colour how it ended. */
export function StateStrip({ executions, label }: StripProps): ReactElement {
  const { bars, words } = useBars(executions);
  return (
    <span
      className="strip"
      role="img"
      aria-label={`${label}, oldest first: ${words.join('; ')}`}
      title={words.at(-1)}
    >
      {bars}
    </span>
  );
}

/** The same, large enough to lead somewhere. */
export function StateBars({ executions, label }: StripProps): ReactElement {
  const { shown, bars, words } = useBars(executions);
  const end = useRef<HTMLOListElement>(null);
  useEffect(() => {
    end.current?.scrollTo({ left: end.current.scrollWidth });
  }, [shown.length]);
  return (
    <ol className="strip strip-tall" aria-label={label} ref={end}>
      {shown.map((execution, i) => (
        <li key={execution.id}>
          <Link
            to="/executions/$execution"
            params={{ execution: execution.id }}
            title={words[i]}
            aria-label={words[i]}
          >
            {bars[i]}
          </Link>
        </li>
      ))}
    </ol>
  );
}

function useBars(executions: readonly Execution[]) {
  const now = useNow();
  const shown = executions.toReversed();
  const heights = barHeights(shown, now);
  return {
    shown,
    words: shown.map(
      (execution) => `#${execution.number} ${execution.state}, ${formatDuration(lasted(execution, now))}`,
    ),
    bars: shown.map(({ id, state }, i) => (
      <span key={id} className={`strip-bar state-${state}`} style={{ height: `${heights[i]! * 100}%` }} />
    )),
  };
}

const ORDER = ['failed', 'cancelled', 'running', 'succeeded', 'cached', 'ready', 'waiting', 'skipped'];

/** How many steps are in which state, as one line. */
export function StepTally({ states }: { states: Readonly<Record<string, number>> }): ReactElement {
  const parts = ORDER.flatMap((state) =>
    (states[state] ?? 0) > 0 ? [[state, states[state]!] as const] : [],
  );
  return (
    <span className="tally" title={parts.map(([state, count]) => `${count} ${state}`).join(', ')}>
      <span className="tally-bar" aria-hidden="true">
        {parts.map(([state, count]) => (
          <span key={state} className={`state-${state}`} style={{ flexGrow: count }} />
        ))}
      </span>
      <span className="truncate">{parts.map(([state, count]) => `${count} ${state}`).join(', ')}</span>
    </span>
  );
}
