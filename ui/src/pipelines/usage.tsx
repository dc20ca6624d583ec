import type { ReactElement } from 'react';
import type { Attempt, Step, StepResources } from '../../../src/pipelines/contract.ts';
import { formatBytes, formatDuration } from '../kit/format.ts';
import { KeyValue } from '../kit/key-value.tsx';
import { Listing } from '../kit/listing.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { Link } from '@tanstack/react-router';

/** What the step cost: time from ready to end, cores, memory, bytes. */
export function Usage({ step }: { step: Step }): ReactElement {
  if (step.attempt === 0)
    return (
      <p className="muted">
        It{' '}
        {step.state === 'cached'
          ? 'cost nothing: its result was taken from an earlier execution'
          : 'has not run'}
        .
      </p>
    );
  const { resources: used } = step;
  return (
    <div className="stack">
      <KeyValue
        entries={[
          [
            'Took',
            step.started_at !== undefined && (
              <Duration key="took" from={step.started_at} to={step.ended_at} />
            ),
          ],
          [
            'Waited to start',
            step.ready_at !== undefined &&
              step.started_at !== undefined &&
              formatDuration(step.started_at - step.ready_at),
          ],
          [
            'Start-up, without waiting for cores',
            step.start_delay_ms !== undefined && formatDuration(step.start_delay_ms),
          ],
          ['Began', step.started_at !== undefined && <TimeAgo key="began" time={step.started_at} />],
          [
            'CPU time',
            used &&
              `${formatDuration(used.cpu_ms)}${used.wall_ms > 0 ? `, ${(used.cpu_ms / used.wall_ms).toFixed(2)} cores on average` : ''}`,
          ],
          ['Read, written', used && `${formatBytes(used.read_bytes)}, ${formatBytes(used.written_bytes)}`],
        ]}
      />
      {used && <Spreads used={used} />}
      {step.attempts.length > 0 && (
        <>
          <h3>Tries before this one</h3>
          <Listing<Attempt>
            label="Tries before this one"
            bare
            rows={step.attempts}
            rowKey={({ number }) => String(number)}
            columns={[
              { key: 'number', head: 'Try', cell: ({ number }) => number },
              { key: 'how', head: 'Ended', cell: ({ outcome }) => outcome.message },
              {
                key: 'took',
                head: 'Took',
                numeric: true,
                cell: ({ started_at: from, ended_at: to }) => formatDuration(to - from),
              },
              {
                key: 'run',
                head: 'Run',
                cell: ({ run_id: run }) =>
                  run !== undefined && (
                    <Link to="/runs/$run" params={{ run }}>
                      its run
                    </Link>
                  ),
              },
            ]}
          />
        </>
      )}
    </div>
  );
}

function Spreads({ used }: { used: StepResources }): ReactElement | null {
  const rows: [
    name: string,
    spread: { min: number; mean: number; max: number },
    peak: number,
    say: (value: number) => string,
  ][] = [];
  if (used.cpu_percent)
    rows.push([
      'CPU',
      used.cpu_percent,
      Math.max(100, used.cpu_percent.max),
      (value) => `${value.toFixed(0)} %`,
    ]);
  if (used.memory_bytes)
    rows.push([
      'Memory',
      used.memory_bytes,
      Math.max(used.peak_memory_bytes, used.memory_bytes.max),
      formatBytes,
    ]);
  else
    rows.push([
      'Memory',
      { min: 0, mean: used.peak_memory_bytes, max: used.peak_memory_bytes },
      used.peak_memory_bytes,
      formatBytes,
    ]);
  return (
    <dl className="spreads">
      {rows.map(([name, { min, mean, max }, most, say]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span className="spread" aria-hidden="true">
              <span
                className="spread-range"
                style={{ left: `${(min / most) * 100}%`, right: `${100 - (max / most) * 100}%` }}
              />
              <span className="spread-mean" style={{ left: `${(mean / most) * 100}%` }} />
            </span>
            <span className="faint">
              {min === mean && mean === max ? say(max) : `${say(min)} to ${say(max)}, mean ${say(mean)}`}
              {name === 'Memory' && used.peak_memory_bytes > max && `; peak ${say(used.peak_memory_bytes)}`}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
