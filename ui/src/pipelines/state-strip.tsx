import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { Execution } from '../../../src/pipelines/contract.ts';
import { formatDuration } from '../kit/format.ts';
import { useNow } from '../kit/time.tsx';
import { barHeights, lasted } from './moments.ts';
import './pipelines.css';

/** Executions over time, the newest on the right: a bar for each, its height how long it took, its colour how it ended. */
export function StateStrip({
  executions,
  label,
  tall = false,
}: {
  executions: readonly Execution[];
  label: string;
  tall?: boolean;
}): ReactElement {
  const now = useNow();
  const shown = executions.toReversed();
  const heights = barHeights(shown, now);
  return (
    <ol className={`strip${tall ? ' strip-tall' : ''}`} aria-label={label}>
      {shown.map((execution, i) => {
        const words = `#${execution.number} ${execution.state}, ${formatDuration(lasted(execution, now))}`;
        return (
          <li key={execution.id}>
            <Link
              to="/executions/$execution"
              params={{ execution: execution.id }}
              title={words}
              aria-label={words}
            >
              <span
                className={`strip-bar state-${execution.state}`}
                style={{ height: `${heights[i]! * 100}%` }}
              />
            </Link>
          </li>
        );
      })}
    </ol>
  );
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
