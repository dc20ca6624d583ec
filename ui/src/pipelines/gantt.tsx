import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ExecutionDetail } from '../../../src/pipelines/contract.ts';
import { formatCount, formatDuration } from '../kit/format.ts';
import { useNow } from '../kit/time.tsx';
import { mostTelling, stepLines, ticks, type Span } from './moments.ts';
import { StepWords } from './step-graph.tsx';

const WORDS: Record<Span['kind'], string> = { wait: 'waited', run: 'ran', tried: 'tried' };

/** More lines than this are no picture any more. */
const DRAWN = 200;

/** When each step waited and ran: what was the long pole, and what stood in line. */
export function Gantt({
  execution,
  chosen,
}: {
  execution: ExecutionDetail;
  chosen: string | undefined;
}): ReactElement {
  const now = useNow();
  const { lines: all, ms } = stepLines(execution, Math.max(now, execution.started_at ?? 0));
  const lines = mostTelling(all, DRAWN);
  return (
    <div className="gantt">
      <ol>
        {lines.map(({ step, spans, at }) => (
          <li key={step.name}>
            <Link
              from="/executions/$execution"
              to="/executions/$execution"
              search={(before) => ({ ...before, step: step.name })}
              replace
              resetScroll={false}
              className={`gantt-line${step.name === chosen ? ' gantt-chosen' : ''}`}
              {...(step.name === chosen ? { 'aria-current': 'true' as const } : {})}
            >
              <span className="truncate gantt-name">{step.name}</span>
              <span
                className="gantt-track"
                title={spans
                  .map(({ kind, from, to }) => `${WORDS[kind]} ${formatDuration((to - from) * ms)}`)
                  .join(', ')}
              >
                {spans.map((span) => (
                  <span
                    key={`${span.kind} ${span.from}`}
                    className={`gantt-${span.kind} state-${span.kind === 'tried' ? 'failed' : step.state}`}
                    style={{
                      left: `${span.from * 100}%`,
                      width: `${Math.max(0.3, (span.to - span.from) * 100)}%`,
                    }}
                  />
                ))}
                {at !== undefined && (
                  <span className={`gantt-mark state-${step.state}`} style={{ left: `${at * 100}%` }} />
                )}
              </span>
              <span className="gantt-words">
                <StepWords step={step} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
      {all.length > lines.length && (
        <p className="muted">
          {formatCount(all.length - lines.length)} more steps are not drawn: mostly cached, skipped or
          waiting.
        </p>
      )}
      <div className="gantt-axis" aria-hidden="true">
        <span />
        <span className="gantt-ticks">
          {ticks(ms).map((tick) => (
            <span key={tick} style={{ left: `${(tick / ms) * 100}%` }}>
              {tick === 0 ? '0' : formatDuration(tick)}
            </span>
          ))}
        </span>
        <span />
      </div>
    </div>
  );
}
