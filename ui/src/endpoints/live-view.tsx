import { useMemo, type ReactElement, type ReactNode } from 'react';
import { Chart } from '../kit/chart/chart.tsx';
import { seriesStyles } from '../kit/chart/colors.ts';
import { xExtent } from '../kit/chart/series.ts';
import { Choice } from '../kit/field.tsx';
import { formatCount, formatNumber } from '../kit/format.ts';
import { figuresOf, lineId, linesOf, troubleOf, type Percentile } from './live-window.ts';
import type { LiveState } from './use-live.ts';

const milliseconds = (value: number) => `${formatNumber(value, 3)} ms`;
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
  const styles = useMemo(
    () => seriesStyles([...new Set(seconds.flatMap(({ variants }) => variants.map(lineId)))]),
    [seconds],
  );
  const requests = useMemo(() => linesOf(seconds, (variant) => variant.requests, 0), [seconds]);
  const latency = useMemo(
    () => linesOf(seconds, (variant) => variant[`${percentile}_ms`]),
    [seconds, percentile],
  );
  const trouble = useMemo(() => troubleOf(seconds), [seconds]);
  // One axis for all: a second without an answer has no latency, and its chart would begin and end elsewhere.
  const whole = useMemo(() => xExtent(requests), [requests]);
  const calm = figures.bad + figures.errors + figures.refused === 0;
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
      {seconds.length === 0 || requests.length === 0 ? (
        <p className="muted live-quiet" role="status">
          {connected
            ? 'Nobody has asked in the last five minutes. The first answer shows here within a second.'
            : 'Connecting to the endpoint’s stream…'}
        </p>
      ) : (
        <>
          <div className="bar">
            <Choice
              label="Latency"
              value={percentile}
              options={[
                { value: 'p50', label: 'p50' },
                { value: 'p95', label: 'p95' },
                { value: 'p99', label: 'p99' },
              ]}
              onChange={onPercentile}
            />
            {!connected && <span className="faint">Reconnecting: what is shown stands still</span>}
          </div>
          <div className="live-charts">
            <Chart
              title="Requests a second"
              series={requests}
              x="wall"
              styles={styles}
              formatY={perSecond}
              whole={whole}
              sync="endpoint"
              legend
            />
            {latency.length > 0 && (
              <Chart
                title={`Latency, ${percentile}`}
                series={latency}
                x="wall"
                styles={styles}
                formatY={milliseconds}
                whole={whole}
                sync="endpoint"
                legend
              />
            )}
            {!calm && (
              <Chart
                title="Not answered well, a second"
                series={trouble}
                x="wall"
                formatY={perSecond}
                whole={whole}
                sync="endpoint"
                legend
              />
            )}
          </div>
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
