import type { ReactElement, ReactNode } from 'react';
import { formatCount, formatNumber } from '../kit/format.ts';
import { AnswerCharts, milliseconds, PercentileChoice, wereAsked } from './answer-charts.tsx';
import { figuresOf, type Percentile } from './live-window.ts';
import type { LiveState } from './use-live.ts';

const perSecond = (value: number) => `${formatNumber(value, 4)}/s`;

/** What happens now: figures of the last seconds, and the last five minutes as lines, one a version. */
export function LiveView({
  live: { seconds, connected },
  percentile,
  onPercentile,
}: {
  live: LiveState;
  percentile: Percentile;
  onPercentile(which: Percentile): void;
}): ReactElement {
  const figures = figuresOf(seconds);
  return (
    <div className="stack live-view">
      <dl className="figures">
        <Figure
          name="Requests"
          value={perSecond(figures.rate)}
          more={`${formatCount(figures.requests)} in 5 min`}
        />
        <Figure
          name={percentile}
          value={figures[percentile] === undefined ? '–' : milliseconds(figures[percentile])}
          more="last 10 s, the slower version"
        />
        <Figure name="Waiting" value={formatCount(figures.waiting)} more="in the queue" />
        <Figure
          name="Errors"
          value={formatCount(figures.errors)}
          tone={figures.errors > 0 ? 'bad' : undefined}
          more="the model failed, 5 min"
        />
        <Figure
          name="Refused"
          value={formatCount(figures.refused)}
          tone={figures.refused > 0 ? 'warn' : undefined}
          more="too much waited, 5 min"
        />
        <Figure name="Bad requests" value={formatCount(figures.bad)} more="answered 4xx, 5 min" />
      </dl>
      {!wereAsked(seconds) ? (
        <p className="muted live-quiet" role="status">
          {connected
            ? 'Nobody has asked in the last five minutes. The first answer shows here within a second.'
            : 'Connecting to the endpoint’s stream…'}
        </p>
      ) : (
        <>
          <div className="bar">
            <PercentileChoice value={percentile} onChange={onPercentile} />
            {!connected && <span className="faint">Reconnecting: what is shown stands still</span>}
          </div>
          <AnswerCharts points={seconds} percentile={percentile} each="second" />
        </>
      )}
    </div>
  );
}

function Figure(props: {
  name: string;
  value: ReactNode;
  more: string;
  tone?: 'bad' | 'warn' | undefined;
}): ReactElement {
  return (
    <div className={`figure${props.tone === undefined ? '' : ` figure-${props.tone}`}`}>
      <dt>{props.name}</dt>
      <dd>
        <strong>{props.value}</strong>
        <span className="faint">{props.more}</span>
      </dd>
    </div>
  );
}
