import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import {
  acknowledgeAlert,
  listAlerts,
  listWindows,
  setMonitor,
  type Alert,
  type MonitorWindow,
  type Signal,
} from '../../../src/monitoring/contract.ts';
import { api, ApiError, call } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, formatNumber, formatTime } from '../kit/format.ts';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { ColumnsTable } from './columns-table.tsx';
import { PerformanceOverTime, Slices } from './performance.tsx';
import { StateBadge } from './signal-state.tsx';

/** Events name monitors and alerts by their ids, this page by the endpoint's name: any of them is news. */
const SUBJECTS = ['monitor:*', 'alert:*'] as const;

/** How the endpoint is watched: its alerts, and of its newest window each column beside the reference. */
export function MonitoringView({ endpoint }: { endpoint: string }): ReactElement {
  const windows = useQuery({
    ...api(listWindows, { params: { endpoint }, query: { limit: 90, whole: true } }, SUBJECTS),
    retry: false,
  });
  const newest = useQuery({
    ...api(listWindows, { params: { endpoint }, query: { limit: 1 } }, SUBJECTS),
    retry: false,
    enabled: windows.isSuccess,
  });
  const alerts = useQuery(api(listAlerts, { query: { endpoint, open: true, limit: 50 } }, SUBJECTS));
  if (windows.isPending) return <Skeleton lines={6} />;
  if (windows.isError) {
    if (windows.error instanceof ApiError && windows.error.status === 404)
      return <Unwatched endpoint={endpoint} onWatched={() => void windows.refetch()} />;
    return <Failure error={windows.error} retry={() => void windows.refetch()} />;
  }
  const latest = newest.data?.items[0];
  const none = windows.data.items.length === 0;
  return (
    <div className="stack">
      {alerts.isError && <Failure error={alerts.error} retry={() => void alerts.refetch()} />}
      {alerts.data && alerts.data.items.length > 0 && (
        <Alerts items={alerts.data.items} onChange={() => void alerts.refetch()} />
      )}
      {latest && <Latest window={latest} />}
      {newest.isError && <Failure error={newest.error} retry={() => void newest.refetch()} />}
      <PerformanceOverTime windows={windows.data.items} />
      <Slices windows={windows.data.items} />
      {none && (
        <Empty icon="endpoint" title="No window is over yet">
          <p>The endpoint is watched; its first window is looked at as soon as it is over.</p>
        </Empty>
      )}
      {windows.data.items.length > 0 && (
        <Section title="Windows">
          <Table
            label="The newest windows"
            columns={WINDOWS}
            rows={windows.data.items}
            rowId={({ from }) => String(from)}
            maxHeight={400}
          />
        </Section>
      )}
    </div>
  );
}

function Unwatched({ endpoint, onWatched }: { endpoint: string; onWatched(): void }): ReactElement {
  const [problem, setProblem] = useState<unknown>();
  const watch = () => {
    setProblem(undefined);
    call(setMonitor, { params: { endpoint }, body: {} }).then(onWatched).catch(setProblem);
  };
  return (
    <Empty icon="endpoint" title="Nobody watches this endpoint">
      <p>
        A monitor compares each day with what the version was trained on, and scores answers once their
        outcomes have arrived.
      </p>
      <Button look="primary" onClick={watch}>
        Watch it
      </Button>
      {problem !== undefined && <Failure error={problem} />}
      <CodeBlock prompt label="Command that watches" text={`treadle monitor set ${endpoint} --window 1d`} />
    </Empty>
  );
}

function Alerts({ items, onChange }: { items: readonly Alert[]; onChange(): void }): ReactElement {
  const [problem, setProblem] = useState<unknown>();
  const acknowledge = (alert: string) => {
    setProblem(undefined);
    call(acknowledgeAlert, { params: { alert }, body: {} }).then(onChange).catch(setProblem);
  };
  return (
    <Section title="Alerts">
      <div className="stack">
        {problem !== undefined && <Failure error={problem} />}
        {items.map((one) => (
          <p key={one.id} className="row row-wrap">
            <StateBadge state={one.state} />
            <strong>{one.cause}</strong>
            <Link to="/alerts/$alert" params={{ alert: one.id }}>
              {one.summary}
            </Link>
            <span className="faint">
              since <TimeAgo time={one.opened_at} />
            </span>
            {one.state === 'firing' && <Button onClick={() => acknowledge(one.id)}>Acknowledge</Button>}
          </p>
        ))}
      </div>
    </Section>
  );
}

function Latest({ window }: { window: MonitorWindow }): ReactElement {
  const whole = window.signals.filter(({ column }) => column === undefined);
  return (
    <Section
      title="The newest window"
      actions={
        <span className="faint small">
          {formatTime(window.from)} to {formatTime(window.to)}, looked at <TimeAgo time={window.looked_at} />
        </span>
      }
    >
      <div className="stack">
        <p className="row row-wrap">
          <StateBadge state={window.state} />
          {formatCount(window.rows)} rows
          {window.version !== undefined && ` of ${window.model} v${window.version}`}
        </p>
        {window.problem !== undefined && <p className="bad">{window.problem}</p>}
        <ul className="monitor-signals">
          {whole.map(({ signal, state, reason }) => (
            <li key={signal}>
              <StateBadge state={state} />
              <strong>{signal}</strong>
              <span>{reason}</span>
            </li>
          ))}
        </ul>
        <ColumnsTable window={window} />
      </div>
    </Section>
  );
}

const valueOf = (window: MonitorWindow, name: Signal['signal']): number | undefined =>
  window.signals.find(({ signal }) => signal === name)?.value;

const WINDOWS: Column<MonitorWindow>[] = [
  { id: 'from', header: 'From', width: 150, value: ({ from }) => from, cell: ({ from }) => formatTime(from) },
  {
    id: 'state',
    header: 'State',
    width: 130,
    value: ({ state }) => state,
    cell: ({ state }) => <StateBadge state={state} />,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 90,
    align: 'end',
    value: ({ rows }) => rows,
    cell: ({ rows }) => formatCount(rows),
  },
  {
    id: 'latency',
    header: '99 % within',
    width: 110,
    align: 'end',
    value: (window) => valueOf(window, 'latency'),
    cell: (window) => {
      const ms = valueOf(window, 'latency');
      return ms === undefined ? '' : `${formatNumber(ms, 3)} ms`;
    },
  },
  {
    id: 'errors',
    header: 'Failed',
    width: 90,
    align: 'end',
    value: (window) => valueOf(window, 'errors'),
    cell: (window) => {
      const share = valueOf(window, 'errors');
      return share === undefined ? '' : `${formatNumber(100 * share, 3)} %`;
    },
  },
  {
    id: 'coverage',
    header: 'With outcome',
    width: 110,
    align: 'end',
    value: (window) => valueOf(window, 'coverage'),
    cell: (window) => {
      const share = valueOf(window, 'coverage');
      return share === undefined ? '' : `${formatNumber(100 * share, 3)} %`;
    },
  },
  {
    id: 'metric',
    header: 'Metric',
    width: 420,
    value: ({ signals }) => signals.find(({ signal }) => signal === 'performance')?.reason,
  },
];
