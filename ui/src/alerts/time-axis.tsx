import type { ReactElement } from 'react';
import type { AlertReport } from '../../../src/monitoring/contract.ts';
import { formatNumber, formatTime } from '../kit/format.ts';
import { useNames } from '../ledger/names.ts';
import { ResourceLink } from '../ledger/resource-link.tsx';

const WIDTH = 720;
const HEIGHT = 132;
const TOP = 10;
const BOTTOM = 26;

/** Few windows are no walls. */
const barWidth = (room: number): number => Math.max(1.5, Math.min(26, room - 2));

/** Windows as bars of what is measured, the change as a band, and deploys and data as marks on the same axis; below it the marks in words. */
export function TimeAxis({ report }: { report: AlertReport }): ReactElement {
  const { windows, timeline, since, until, measure } = report;
  const names = useNames(timeline.map(({ ref }) => ref));
  const low = Math.min(
    ...windows.map(({ from }) => from),
    since.low ?? since.at,
    ...timeline.map(({ at }) => at),
  );
  const high = Math.max(...windows.map(({ to }) => to), until, ...timeline.map(({ at }) => at), low + 1);
  const x = (at: number): number => 6 + ((at - low) / (high - low)) * (WIDTH - 12);
  const values = windows.flatMap(({ value }) => value ?? []);
  const [bottom, top] = [Math.min(0, ...values), Math.max(...values, 0)];
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - TOP - BOTTOM);
  return (
    <>
      <svg
        className="time-axis"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${measure} in ${windows.length} windows, with ${timeline.length} deploys and changes on the same axis`}
      >
        <rect
          className="time-change"
          x={x(since.low ?? since.at)}
          y={TOP}
          width={Math.max(2, x(until) - x(since.low ?? since.at))}
          height={HEIGHT - TOP - BOTTOM}
        />
        <line className="time-base" x1={6} x2={WIDTH - 6} y1={y(0)} y2={y(0)} />
        {windows.map(({ from, to, state, value }) =>
          value === undefined ? null : (
            <rect
              key={from}
              className={state === 'alert' || state === 'failed' ? 'time-bad' : 'time-good'}
              x={(x(from) + x(to) - barWidth(x(to) - x(from))) / 2}
              width={barWidth(x(to) - x(from))}
              y={Math.min(y(value), y(0))}
              height={Math.max(1, Math.abs(y(value) - y(0)))}
            >
              <title>{`${formatTime(from)}: ${formatNumber(value, 4)}`}</title>
            </rect>
          ),
        )}
        {timeline.map(({ at, kind, words }, i) => (
          <g
            key={`${at} ${i}`}
            className={`time-mark time-${kind}`}
            transform={`translate(${x(at)} ${HEIGHT - BOTTOM})`}
          >
            <line y1={TOP - HEIGHT + BOTTOM} y2={4} />
            {kind === 'deploy' ? (
              <path d="M0 4l5 9h-10z" />
            ) : kind === 'data' ? (
              <rect x={-4} y={5} width={8} height={8} />
            ) : (
              <circle cy={9} r={4} />
            )}
            <title>{`${formatTime(at)}: ${words}`}</title>
          </g>
        ))}
      </svg>
      <p className="faint small">
        Bars: {measure}, window by window, {formatTime(low)} to {formatTime(high)}; the band is since the
        change.
      </p>
      {timeline.length > 0 && (
        <ul className="time-list">
          {timeline.map(({ at, kind, words, ref, by }, i) => (
            <li key={`${at} ${i}`}>
              <span className="nowrap faint">{formatTime(at)}</span>
              <span className={`time-word time-${kind}`}>{kind === 'other' ? 'also' : kind}</span>
              <span>
                {words}
                {by !== undefined && <span className="muted">, by {by}</span>}{' '}
                <ResourceLink resource={ref} name={names.get(ref)} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
