import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { replayLoop, type Replay } from '../../../src/loops/contract.ts';
import { api } from '../api/client.ts';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatDuration, formatNumber, formatTime, plural } from '../kit/format.ts';
import { Section, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';

const route = getRouteApi('/loops/$loop');
const DAYS = [7, 30, 90, 365];

/** What other policies would have cost and gained on what the monitor has seen. Reckoned only where somebody asks. */
export function ReplayPolicies({ loop }: { loop: string }): ReactElement {
  const { replay: days } = route.useSearch();
  const navigate = route.useNavigate();
  const see = (replay: number | undefined) =>
    void navigate({ search: (now) => ({ ...now, replay }), replace: true });
  return (
    <Section
      title="Other policies"
      actions={
        days === undefined ? (
          <Button icon="chart" onClick={() => see(90)}>
            Play the past again
          </Button>
        ) : (
          <Choice
            label="Days back"
            value={String(days)}
            options={[...new Set([...DAYS, days])].map((value) => ({
              value: String(value),
              label: plural(value, 'day'),
            }))}
            onChange={(value) => see(Number(value))}
          />
        )
      }
    >
      {days === undefined ? (
        <p className="muted">
          What training daily, weekly, monthly, by worse answers, by drift or never would have cost and
          gained, reckoned from the windows that were scored.
        </p>
      ) : (
        <Played loop={loop} days={days} />
      )}
    </Section>
  );
}

function Played({ loop, days }: { loop: string; days: number }): ReactElement {
  const found = useQuery(api(replayLoop, { params: { loop }, query: { days } }, []));
  if (found.isPending) return <Skeleton lines={6} />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const replay = found.data;
  const { metric = 'the metric', ageing } = replay;
  return (
    <>
      <p>
        {plural(replay.windows, 'window')} of {replay.endpoint} from {formatTime(replay.from)} to{' '}
        {formatTime(replay.to)}, {replay.scored} of them scored; one training takes{' '}
        {formatDuration(replay.training_ms)}.{' '}
        {ageing &&
          `${metric} moves by ${signed(ageing.per_day)} (± ${formatNumber(1.96 * ageing.error, 2)}) with each day of a model's age.`}
      </p>
      <Table
        label="Policies"
        columns={columnsOf(replay, metric)}
        rows={replay.policies}
        rowId={({ name }) => name}
        maxHeight={420}
      />
      <details className="loop-assumptions">
        <summary>It holds if…</summary>
        <ul>
          {replay.assumptions.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

type Policy = Replay['policies'][number];

const signed = (value: number): string => `${value > 0 ? '+' : ''}${formatNumber(value, 3)}`;

function columnsOf({ policies }: Replay, metric: string): Column<Policy>[] {
  const most = Math.max(
    ...policies.flatMap(({ gain }) => (gain ? [Math.abs(gain.low), Math.abs(gain.high)] : [])),
    1e-12,
  );
  return [
    { id: 'name', header: 'Policy', width: 190, value: ({ name }) => name },
    { id: 'retrains', header: 'Trainings', width: 92, align: 'end', value: ({ retrains }) => retrains },
    {
      id: 'cost',
      header: 'Compute',
      width: 104,
      align: 'end',
      value: ({ cost_ms }) => cost_ms,
      cell: ({ cost_ms }) => formatDuration(cost_ms),
    },
    {
      id: 'age',
      header: 'Mean age',
      width: 96,
      align: 'end',
      value: ({ age_days }) => age_days,
      cell: ({ age_days }) => `${age_days.toFixed(1)} d`,
    },
    {
      id: 'gain',
      header: `${metric} against what happened`,
      width: 380,
      value: ({ gain }) => gain?.value,
      cell: ({ gain }) => (gain ? <Gain {...gain} most={most} /> : <span className="faint">not known</span>),
    },
  ];
}

/** The gain with its interval, on one scale for all policies; what is drawn is also said. */
function Gain({ value, low, high, most }: NonNullable<Policy['gain']> & { most: number }): ReactElement {
  const at = (x: number): string => `${50 + (50 * x) / most}%`;
  return (
    <span className="loop-gain">
      <span className="loop-gain-scale" aria-hidden="true">
        <span
          className={value < 0 ? 'loop-gain-worse' : 'loop-gain-better'}
          style={{ left: at(low), right: `calc(100% - ${at(high)})` }}
        />
        <i style={{ left: at(value) }} />
      </span>
      <span className="nowrap">
        {signed(value)} ({formatNumber(low, 3)} to {formatNumber(high, 3)})
      </span>
    </span>
  );
}
