import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { listExecutions, type Execution, type ExecutionState } from '../../../src/pipelines/contract.ts';
import { usePages } from '../api/pages.ts';
import { Status } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatCount, formatDuration } from '../kit/format.ts';
import { median } from '../kit/median.ts';
import { Empty, Page, Section, Skeleton } from '../kit/page.tsx';
import { Table, type Column } from '../kit/table/table.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { StateBars, StepTally } from './state-strip.tsx';
import './pipelines.css';

const route = getRouteApi('/pipelines/$pipeline');
const STATES: ExecutionState[] = ['queued', 'running', 'succeeded', 'failed', 'rejected', 'cancelled'];
/** Drawn as bars; more would be too thin to hit. */
const DRAWN = 120;

const columns: Column<Execution>[] = [
  {
    id: 'number',
    header: '#',
    width: 84,
    cell: ({ id, number }) => (
      <Link to="/executions/$execution" params={{ execution: id }}>
        #{formatCount(number)}
      </Link>
    ),
  },
  { id: 'state', header: 'State', width: 120, cell: ({ state }) => <Status status={state} /> },
  {
    id: 'steps',
    header: 'Steps',
    width: 250,
    cell: ({ steps_by_state: states }) => <StepTally states={states} />,
  },
  {
    id: 'took',
    header: 'Took',
    width: 96,
    align: 'end',
    cell: ({ started_at: from, created_at: made, ended_at: to }) => <Duration from={from ?? made} to={to} />,
  },
  { id: 'when', header: 'Asked for', width: 110, cell: ({ created_at: made }) => <TimeAgo time={made} /> },
  { id: 'by', header: 'By', width: 130, cell: ({ created_by: by }) => by },
  {
    id: 'data',
    header: 'Data',
    width: 180,
    cell: ({ data }) => (
      <span className="truncate">
        {data.map(({ name, dataset, version }, i) => (
          <span key={name}>
            {i > 0 && ', '}
            <Link to="/datasets/$dataset/versions/$version" params={{ dataset, version }}>
              {dataset}@{version}
            </Link>
          </span>
        ))}
      </span>
    ),
  },
  {
    id: 'code',
    header: 'Code',
    width: 150,
    cell: ({ code: { git, digest } }) => (
      <code className="truncate" title={git?.commit ?? digest}>
        {git?.commit === undefined
          ? digest.slice(0, 8)
          : `${git.commit.slice(0, 8)}${git.dirty ? ' + changes' : ''}`}
      </code>
    ),
  },
  {
    id: 'model',
    header: 'Model',
    width: 180,
    cell: ({ model_version: model }) =>
      model ? (
        <Link to="/models/$model/versions/$version" params={{ model: model.name, version: model.version }}>
          {model.name} v{model.version}
        </Link>
      ) : (
        <span className="table-none">–</span>
      ),
  },
  {
    id: 'why',
    header: 'Why it ended so',
    width: 320,
    cell: ({ reason }) =>
      reason === undefined ? (
        <span className="table-none">–</span>
      ) : (
        <span className="truncate">{reason}</span>
      ),
  },
];

export default function PipelinePage(): ReactElement {
  const { pipeline } = route.useParams();
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  const executions = usePages(listExecutions, { query: { pipeline, limit: 200 } }, ['execution:*']);
  const shown = useMemo(
    () => executions.items.filter((execution) => state === undefined || execution.state === state),
    [executions.items, state],
  );
  const recent = executions.items.slice(0, DRAWN);
  const middle = median(
    recent.flatMap(({ started_at: from, ended_at: to, state: one }) =>
      from !== undefined && to !== undefined && one === 'succeeded' ? [to - from] : [],
    ),
  );
  return (
    <Page
      title={`${pipeline} · pipeline`}
      heading={pipeline}
      trail={<Link to="/pipelines">Pipelines</Link>}
      lead={
        executions.items.length > 0 && (
          <>
            {formatCount(executions.items[0]!.number)} executions
            {middle !== undefined && `; those that succeeded took ${formatDuration(middle)} in the middle`}
          </>
        )
      }
      fill
    >
      {executions.loading ? (
        <Skeleton lines={8} />
      ) : executions.error ? (
        <Failure error={executions.error} retry={executions.refresh} />
      ) : executions.items.length === 0 ? (
        <Empty icon="pipeline" title={`${pipeline} has not been run`}>
          <p>In the folder of its treadle.yaml:</p>
          <CodeBlock
            prompt
            text={'treadle plan\ntreadle run'}
            label="Commands that plan and run a pipeline"
          />
        </Empty>
      ) : (
        <>
          <Section
            title="Over time"
            actions={
              <span className="faint strip-key">height: how long it took; the newest on the right</span>
            }
          >
            <StateBars executions={recent} label={`Executions of ${pipeline} over time`} />
          </Section>
          <div className="bar">
            <Choice
              label="State"
              value={state ?? 'all'}
              options={[{ value: 'all', label: 'all' }, ...STATES.map((value) => ({ value, label: value }))]}
              onChange={(value) =>
                void navigate({ search: { state: value === 'all' ? undefined : value }, replace: true })
              }
            />
          </div>
          <Table
            label={`Executions of ${pipeline}, newest first`}
            columns={columns}
            rows={shown}
            rowId={({ id }) => id}
            more={executions.more}
            keys
            empty={<p className="muted">None is {state}.</p>}
          />
        </>
      )}
    </Page>
  );
}
