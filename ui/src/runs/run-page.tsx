import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { deleteRun, getExperiment, getRun, restoreRun, type Run } from '../../../src/tracking/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge, Status } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { shortId } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Menu } from '../kit/menu.tsx';
import { Page, Skeleton } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { say, sayError } from '../kit/toast.tsx';
import { LineageGraph } from '../ledger/lineage-graph.tsx';
import { usePageAction } from '../shell/page-actions.ts';
import { Artifacts } from './artifacts.tsx';
import { ChartControls } from './chart-controls.tsx';
import { chartView, zoomText, type ChartSearch } from './chart-view.ts';
import { Environment } from './environment.tsx';
import { MetricWall } from './metric-wall.tsx';
import { OutcomeDialog } from './outcome.tsx';
import { Overview } from './overview.tsx';
import { RenameDialog } from './rename.tsx';
import { Resources } from './resources.tsx';
import { SYSTEM, VerdictBadge } from './run-words.tsx';
import { SingleValues, splitMetrics } from './single-values.tsx';
import './run.css';

export default function RunPage(): ReactElement {
  const { run: id } = useParams({ from: '/runs/$run' });
  const run = useQuery(api(getRun, { params: { run: id } }));
  if (run.error) {
    return (
      <Page title="Run" trail={<Link to="/experiments">Experiments</Link>}>
        <Failure error={run.error} retry={() => void run.refetch()} />
      </Page>
    );
  }
  if (!run.data) {
    return (
      <Page title="Run">
        <Skeleton lines={9} />
      </Page>
    );
  }
  return <LoadedRun key={id} run={run.data} />;
}

function LoadedRun({ run }: { run: Run }): ReactElement {
  const search = useSearch({ from: '/runs/$run' });
  const navigate = useNavigate({ from: '/runs/$run' });
  const experiment = useQuery(api(getExperiment, { params: { experiment: run.experiment } }));
  const [dialog, setDialog] = useState<'outcome' | 'rename' | undefined>();
  const change = (next: ChartSearch) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const tab = search.tab ?? 'overview';
  const show = (next: typeof tab) =>
    void navigate({
      search: (now) => ({
        ...now,
        tab: next === 'overview' ? undefined : next,
        zoom: undefined,
        q: undefined,
      }),
    });

  const view = useMemo(() => chartView(search), [search]);
  const runs = useMemo(
    () => [{ id: run.id, name: run.name, started_at: run.started_at }],
    [run.id, run.name, run.started_at],
  );
  const own = useMemo(() => splitMetrics([run], (key) => !key.startsWith(SYSTEM)), [run]);
  const onZoom = (zoom: readonly [number, number] | undefined) => change({ zoom: zoomText(zoom) });

  usePageAction('Write the verdict on this run', 'note', () => setDialog('outcome'));
  usePageAction('Rename this run', 'note', () => setDialog('rename'));
  usePageAction('Show metrics', 'chart', () => show('metrics'));
  usePageAction('Show artifacts', 'file', () => show('artifacts'));
  usePageAction('Show lineage', 'graph', () => show('lineage'));

  const turn = async (verb: typeof deleteRun, word: string) => {
    try {
      await call(verb, { params: { run: run.id } });
      say(`${run.name} ${word}`);
      await queries.invalidateQueries();
    } catch (error) {
      sayError('The run could not be changed', error);
    }
  };

  return (
    <Page
      title={run.name}
      heading={
        <span className="row row-wrap">
          {run.name}
          <Status status={run.status} />
          {run.outcome && <VerdictBadge verdict={run.outcome.verdict} />}
          {run.state === 'deleted' && <Badge tone="bad">deleted</Badge>}
        </span>
      }
      trail={
        <>
          <Link to="/experiments">Experiments</Link>
          <Link to="/experiments/$experiment" params={{ experiment: run.experiment }}>
            {experiment.data?.name ?? run.experiment}
          </Link>
          {run.parent !== undefined && (
            <Link to="/runs/$run" params={{ run: run.parent }}>
              parent run
            </Link>
          )}
        </>
      }
      lead={
        <span className="run-lead">
          <span>
            <Icon name="clock" />
            <span>
              started <TimeAgo time={run.started_at} />,{' '}
              {run.ended_at === undefined && run.status === 'running' ? 'running for' : 'took'}{' '}
              <Duration from={run.started_at} to={run.ended_at} />
            </span>
          </span>
          {run.user !== '' && <span>by {run.user}</span>}
          <span className="row">
            <code title={run.id}>{shortId(run.id, 12)}</code>
            <CopyButton text={run.id} label="Copy the run id" />
          </span>
        </span>
      }
      actions={
        <>
          <Button look={run.outcome ? 'plain' : 'primary'} icon="note" onClick={() => setDialog('outcome')}>
            {run.outcome ? 'Change verdict' : 'Write verdict'}
          </Button>
          <Menu
            trigger={<Button icon="more" label="More for this run" />}
            entries={[
              { key: 'rename', label: 'Rename', icon: 'note', act: () => setDialog('rename') },
              run.state === 'deleted'
                ? { key: 'restore', label: 'Restore', act: () => void turn(restoreRun, 'restored') }
                : {
                    key: 'delete',
                    label: 'Delete',
                    icon: 'close',
                    danger: true,
                    act: () => void turn(deleteRun, 'deleted; it can be restored'),
                  },
            ]}
          />
        </>
      }
    >
      <Tabs
        label="Parts of the run"
        value={tab}
        onChange={show}
        tabs={[
          {
            value: 'overview',
            label: 'Overview',
            panel: <Overview run={run} view={view} onZoom={onZoom} onVerdict={() => setDialog('outcome')} />,
          },
          {
            value: 'metrics',
            label: 'Metrics',
            count: own.curves.length + own.singles.length,
            panel: (
              <>
                <ChartControls search={search} onChange={change} withSearch metrics={own.curves} />
                <SingleValues keys={own.singles} runs={[run]} search={search.q} />
                <MetricWall
                  metrics={own.curves}
                  silent={own.singles.length > 0}
                  runs={runs}
                  view={view}
                  search={search.q}
                  onZoom={onZoom}
                />
              </>
            ),
          },
          {
            value: 'artifacts',
            label: 'Artifacts',
            panel: (
              <Artifacts
                run={run.id}
                path={search.path}
                onPath={(path) => void navigate({ search: (now) => ({ ...now, path }) })}
              />
            ),
          },
          {
            value: 'lineage',
            label: 'Lineage',
            panel: <LineageGraph node={`run:${run.id}`} />,
          },
          {
            value: 'resources',
            label: 'Resources',
            panel: <Resources run={run} search={search} onChange={change} />,
          },
          { value: 'environment', label: 'Code and environment', panel: <Environment run={run} /> },
        ]}
      />
      {dialog === 'outcome' && <OutcomeDialog run={run} onClose={() => setDialog(undefined)} />}
      {dialog === 'rename' && <RenameDialog run={run} onClose={() => setDialog(undefined)} />}
    </Page>
  );
}
