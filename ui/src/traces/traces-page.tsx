import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { searchTraces, type TraceInfo } from '../../../src/traces/contract.ts';
import { getExperiment } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { ExperimentTabs } from '../experiments/experiment-tabs.tsx';
import { Status } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatCount, formatDuration } from '../kit/format.ts';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { sortOf, sortText } from '../kit/table/sorting.ts';
import { Table, type Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { usePageAction } from '../shell/page-actions.ts';
import { AssessmentBadge } from './assessment-words.tsx';
import { formatCost } from './span-tree.ts';
import { TraceFilter, TraceFilterHelp } from './trace-filter.tsx';
import './traces.css';

const PAGE = 100;

const SORTS: Readonly<Record<string, string>> = {
  started: 'timestamp_ms',
  duration: 'execution_time_ms',
  tokens: 'tokens',
  cost: 'cost',
};

const none = <span className="table-none">–</span>;

const cut = (text: string | undefined): ReactElement =>
  text === undefined ? (
    none
  ) : (
    <span className="truncate" title={text}>
      {text}
    </span>
  );

const COLUMNS: readonly Column<TraceInfo>[] = [
  {
    id: 'name',
    header: 'Trace',
    width: 210,
    cell: (trace) => (
      <Link to="/traces/$trace" params={{ trace: trace.id }} className="truncate" title={trace.id}>
        {trace.name?.trim() || trace.id}
      </Link>
    ),
  },
  { id: 'status', header: 'Status', width: 112, cell: (trace) => <Status status={trace.status} /> },
  {
    id: 'started',
    header: 'Started',
    width: 108,
    sortable: true,
    cell: (trace) => <TimeAgo time={trace.started_at} />,
  },
  {
    id: 'duration',
    header: 'Duration',
    width: 96,
    align: 'end',
    sortable: true,
    cell: ({ duration_ms: ms }) => (ms === undefined ? none : formatDuration(ms)),
  },
  {
    id: 'tokens',
    header: 'Tokens',
    width: 88,
    align: 'end',
    sortable: true,
    cell: ({ tokens }) =>
      tokens?.['total_tokens'] === undefined ? none : formatCount(tokens['total_tokens']),
  },
  {
    id: 'cost',
    header: 'Cost',
    width: 88,
    align: 'end',
    sortable: true,
    cell: ({ cost }) => (cost?.['total_cost'] === undefined ? none : formatCost(cost['total_cost'])),
  },
  { id: 'request', header: 'Request', width: 230, cell: (trace) => cut(trace.request_preview) },
  { id: 'response', header: 'Response', width: 230, cell: (trace) => cut(trace.response_preview) },
  {
    id: 'assessments',
    header: 'Feedback',
    width: 190,
    cell: ({ assessments }) =>
      assessments.length === 0 ? (
        none
      ) : (
        <span className="trace-badges">
          {assessments
            .filter(({ valid }) => valid)
            .slice(0, 3)
            .map((one) => (
              <AssessmentBadge key={one.id} assessment={one} />
            ))}
        </span>
      ),
  },
  { id: 'spans', header: 'Spans', width: 70, align: 'end', cell: (trace) => formatCount(trace.spans) },
  { id: 'session', header: 'Session', width: 130, cell: (trace) => cut(trace.session) },
  { id: 'user', header: 'User', width: 110, cell: (trace) => cut(trace.user) },
];

const FIRST_TRACE = (url: string, experiment: string): string => `pip install mlflow
MLFLOW_TRACKING_URI=${url} MLFLOW_EXPERIMENT_ID=${experiment} python -c "
import mlflow
@mlflow.trace
def answer(question): return question[::-1]
answer('what is a trace?')"`;

/** The traces of an experiment: filtered and sorted by the server as they are scrolled. */
export default function TracesPage(): ReactElement {
  const { experiment: id } = useParams({ from: '/experiments/$experiment/traces' });
  const search = useSearch({ from: '/experiments/$experiment/traces' });
  const navigate = useNavigate({ from: '/experiments/$experiment/traces' });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const experiment = useQuery(api(getExperiment, { params: { experiment: id } }));
  const sort = useMemo(() => sortOf(search.sort), [search.sort]);
  const sorted = sort && Object.hasOwn(SORTS, sort.id) ? SORTS[sort.id] : undefined;
  const filter = [
    ...(search.status === undefined ? [] : [`status = '${search.status}'`]),
    ...(search.filter === undefined
      ? []
      : [search.status === undefined ? search.filter : `(${search.filter})`]),
  ].join(' AND ');
  const traces = usePages(
    searchTraces,
    {
      body: {
        experiments: [id],
        limit: PAGE,
        ...(filter === '' ? {} : { filter }),
        ...(sorted === undefined ? {} : { order: [`${sorted} ${sort?.desc ? 'DESC' : 'ASC'}`] }),
      },
    },
    ['trace:*'],
  );
  usePageAction(
    'Clear the filter',
    'filter',
    () => change({ filter: undefined, status: undefined }),
    filter !== '',
  );

  const trail = (
    <>
      <Link to="/experiments">Experiments</Link>
      <Link to="/experiments/$experiment" params={{ experiment: id }}>
        {experiment.data?.name ?? id}
      </Link>
    </>
  );
  if (experiment.error)
    return (
      <Page title="Traces" trail={<Link to="/experiments">Experiments</Link>}>
        <Failure error={experiment.error} retry={() => void experiment.refetch()} />
      </Page>
    );
  const filterWrong = search.filter !== undefined ? traces.error : null;
  const looking = traces.items.length === 0 && traces.more !== undefined;
  return (
    <Page title="Traces" trail={trail} lead="What applications did to answer, step by step." fill>
      <ExperimentTabs experiment={id} />
      <div className="run-bar">
        <TraceFilter
          filter={search.filter}
          error={filterWrong}
          onFilter={(next) => change({ filter: next })}
        />
        <Choice
          label="Show"
          value={search.status ?? 'all'}
          options={[
            { value: 'all', label: 'all' },
            { value: 'OK', label: 'ok' },
            { value: 'ERROR', label: 'errors' },
            { value: 'IN_PROGRESS', label: 'in progress' },
          ]}
          onChange={(status) => change({ status: status === 'all' ? undefined : status })}
        />
      </div>
      {traces.error && !filterWrong ? (
        <Failure error={traces.error} retry={traces.refresh} />
      ) : filterWrong ? (
        <TraceFilterHelp />
      ) : traces.loading ? (
        <Skeleton lines={10} />
      ) : looking ? (
        <Empty icon="search" title="Nothing among those looked at so far">
          <p>This filter asks what no index knows, so traces are read one by one, the newest first.</p>
          <Button look="primary" disabled={traces.more?.loading === true} onClick={() => traces.more?.load()}>
            {traces.more?.loading === true ? 'Looking…' : 'Look on'}
          </Button>
        </Empty>
      ) : traces.items.length === 0 && filter === '' ? (
        <Empty icon="loop" title="No traces here yet">
          <p>
            Log them with MLflow's tracing, or send spans from any OpenTelemetry SDK to{' '}
            <code>/v1/traces</code> with the header <code>x-mlflow-experiment-id: {id}</code>:
          </p>
          <CodeBlock label="Commands for a first trace" text={FIRST_TRACE(window.location.origin, id)} />
        </Empty>
      ) : (
        <Table
          label="Traces"
          columns={COLUMNS}
          rows={traces.items}
          rowId={(trace) => trace.id}
          rowName={(trace) => trace.name?.trim() || trace.id}
          sort={sort}
          onSort={(next) => change({ sort: sortText(next) })}
          more={traces.more}
          busy={traces.stale}
          keys
          empty={
            <Empty icon="filter" title="No trace matches">
              <p>Nothing passes this filter.</p>
              <Button onClick={() => change({ filter: undefined, status: undefined })}>
                Clear the filter
              </Button>
            </Empty>
          }
        />
      )}
    </Page>
  );
}
