import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import {
  cancelExecution,
  listExecutions,
  rerunExecution,
  type ExecutionDetail,
} from '../../../src/pipelines/contract.ts';
import { listReleases } from '../../../src/releases/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Status } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Check, SearchField } from '../kit/field.tsx';
import { Icon } from '../kit/icons.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { useShortcut } from '../kit/shortcuts.ts';
import { Tabs } from '../kit/tabs.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { AboutExecution, Repeated } from './about-execution.tsx';
import { AfterSteps } from './after-steps.tsx';
import { Gantt } from './gantt.tsx';
import { isOver } from './moments.ts';
import { ProjectFile } from './project-file.tsx';
import { StepTally } from './state-strip.tsx';
import { StepGraph } from './step-graph.tsx';
import { StepPanel } from './step-panel.tsx';
import { useExecution } from './use-execution.ts';
import '../ledger/ledger.css';
import './pipelines.css';

const route = getRouteApi('/executions/$execution');

export default function ExecutionPage(): ReactElement {
  const { execution: id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const result = useExecution(id);
  const [asking, setAsking] = useState<'cancel' | 'rerun'>();
  const execution = result.data;
  const chosen = useMemo(() => execution && choose(execution, search.step), [execution, search.step]);
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true, resetScroll: false });
  const move = (by: number) => {
    const names = execution?.steps.map(({ name }) => name) ?? [];
    const next = names[Math.min(names.length - 1, Math.max(0, names.indexOf(chosen ?? '') + by))];
    if (next !== undefined) set({ step: next });
  };
  useShortcut('j', 'Next step', () => move(1));
  useShortcut('k', 'Step before', () => move(-1));
  const step = execution?.steps.find(({ name }) => name === chosen);
  return (
    <Page
      title={execution ? `${execution.pipeline} #${execution.number}` : 'Execution'}
      heading={
        execution ? (
          <span className="row row-wrap">
            {execution.pipeline} <span className="muted">#{execution.number}</span>{' '}
            <Status status={execution.state} />
          </span>
        ) : (
          'Execution'
        )
      }
      trail={
        <>
          <Link to="/pipelines">Pipelines</Link>
          {execution && (
            <Link to="/pipelines/$pipeline" params={{ pipeline: execution.pipeline }}>
              {execution.pipeline}
            </Link>
          )}
        </>
      }
      lead={execution && <Lead execution={execution} />}
      actions={
        execution && (
          <>
            {isOver(execution.state) ? (
              <Button icon="play" onClick={() => setAsking('rerun')}>
                Run again
              </Button>
            ) : (
              <Button look="danger" icon="stop" onClick={() => setAsking('cancel')}>
                Cancel
              </Button>
            )}
          </>
        )
      }
    >
      {result.isPending ? (
        <Skeleton lines={10} />
      ) : result.isError ? (
        <Failure error={result.error} retry={() => void result.refetch()} />
      ) : (
        execution && (
          <>
            {execution.reason !== undefined && execution.state !== 'succeeded' && (
              <p
                className={`verdict verdict-${execution.state === 'rejected' ? 'warn' : 'bad'}`}
                role="status"
              >
                <Icon name="alert" />
                <span>{execution.reason}</span>
              </p>
            )}
            {execution.warnings.map((warning) => (
              <p key={warning} className="verdict verdict-warn">
                <Icon name="alert" />
                <span>{warning}</span>
              </p>
            ))}
            {execution.comparison && <Repeated comparison={execution.comparison} />}
            {(execution.gate ?? execution.deployment) && (
              <AfterSteps
                gate={execution.gate}
                deployment={execution.deployment}
                model={execution.model_version}
              />
            )}
            <Tabs
              label="Parts of the execution"
              value={search.tab ?? 'steps'}
              onChange={(value) => set({ tab: value === 'steps' ? undefined : value })}
              tabs={[
                {
                  value: 'steps',
                  label: 'Steps',
                  count: execution.steps.length,
                  panel: (
                    <div className="stack execution">
                      <Section title={execution.steps.length > GRAPHED ? 'All steps' : 'Graph'}>
                        {execution.steps.length > GRAPHED ? (
                          <StepFinder execution={execution} choose={(name) => set({ step: name })} />
                        ) : (
                          <StepGraph execution={execution} chosen={chosen} />
                        )}
                      </Section>
                      <Section title="Over time">
                        <Gantt execution={execution} chosen={chosen} />
                      </Section>
                      {step && <StepPanel execution={execution} step={step} search={search} set={set} />}
                    </div>
                  ),
                },
                { value: 'file', label: 'treadle.yaml', panel: <ProjectFile execution={id} step={chosen} /> },
                {
                  value: 'about',
                  label: 'Code, data, parameters',
                  panel: <AboutExecution execution={execution} />,
                },
              ]}
            />
            {asking === 'cancel' && (
              <Ask
                title={`Cancel #${execution.number}?`}
                description="The processes of its running steps are ended. What earlier steps made is kept, and cached for next time."
                action="Cancel the execution"
                danger
                run={async () => {
                  await call(cancelExecution, { params: { execution: id } });
                  await result.refetch();
                  say(`#${execution.number} is being cancelled`);
                }}
                onClose={() => setAsking(undefined)}
              />
            )}
            {asking === 'rerun' && <Rerun execution={execution} onClose={() => setAsking(undefined)} />}
          </>
        )
      )}
    </Page>
  );
}

/** The step that is asked for; else the one that people come for: what failed, what runs, what ran last. */
function choose({ steps }: ExecutionDetail, wanted: string | undefined): string | undefined {
  return (
    steps.find(({ name }) => name === wanted) ??
    steps.find(({ state }) => state === 'failed') ??
    steps.find(({ state }) => state === 'running') ??
    steps.findLast(({ state }) => state === 'succeeded') ??
    steps.at(-1)
  )?.name;
}

/** A graph of hundreds of boxes says less than their names. */
const GRAPHED = 120;

/** In place of a graph that would be too large: what there is, and the way to any of it. */
function StepFinder({
  execution,
  choose: go,
}: {
  execution: ExecutionDetail;
  choose(name: string): void;
}): ReactElement {
  const [text, setText] = useState('');
  const found =
    text === '' ? [] : execution.steps.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  return (
    <div className="stack">
      <StepTally states={execution.steps_by_state} />
      <div className="bar">
        <SearchField label="Find a step" value={text} onChange={setText} />
      </div>
      {text !== '' && (
        <ul className="found-steps" aria-label="Steps that were found">
          {found.slice(0, 40).map(({ name, state }) => (
            <li key={name}>
              <Button look="quiet" onClick={() => go(name)}>
                {name}
              </Button>{' '}
              <Status status={state} />
            </li>
          ))}
          {found.length === 0 && <li className="muted">No step is called so.</li>}
          {found.length > 40 && <li className="muted">and {found.length - 40} more</li>}
        </ul>
      )}
    </div>
  );
}

const TRIGGERS = {
  manual: 'Asked for',
  rerun: 'Run again',
  reproduce: 'Repeated',
  loop: 'Begun by a loop',
  ci: 'Checked',
};

function Lead({ execution }: { execution: ExecutionDetail }): ReactElement {
  const { model_version: model, run_id: run, reproduces } = execution;
  const change = execution.ci?.change;
  return (
    <span className="row row-wrap lead-parts">
      <span>
        {TRIGGERS[execution.trigger]} <TimeAgo time={execution.created_at} /> by {execution.created_by}
      </span>
      <span>
        {isOver(execution.state) ? 'took' : 'for'}{' '}
        <Duration from={execution.started_at ?? execution.created_at} to={execution.ended_at} />
      </span>
      {change?.kind === 'dataset_proposed' && (
        <Link
          to="/datasets/$dataset/proposals/$number"
          params={{ dataset: change.dataset, number: String(change.proposal) }}
        >
          what is proposed: {change.dataset}#{change.proposal}
        </Link>
      )}
      {reproduces && (
        <Link to="/executions/$execution" params={{ execution: reproduces.execution }} search={{}}>
          repeats #{reproduces.number}
        </Link>
      )}
      {run !== undefined && (
        <Link to="/runs/$run" params={{ run }}>
          its run
        </Link>
      )}
      {model && (
        <Link to="/models/$model/versions/$version" params={{ model: model.name, version: model.version }}>
          {change?.kind === 'version_registered' ? 'of' : 'registered'} {model.name} v{model.version}
        </Link>
      )}
      {(execution.gate ?? execution.deployment) && <ReleaseOf execution={execution.id} />}
    </span>
  );
}

/** Older executions were judged and deployed without one. */
function ReleaseOf({ execution }: { execution: string }): ReactElement | null {
  const found = useQuery(api(listReleases, { query: { execution, limit: 1 } }));
  const [release] = found.data?.items ?? [];
  return release ? (
    <Link to="/releases/$release" params={{ release: release.id }}>
      its release
    </Link>
  ) : null;
}

function Rerun({ execution, onClose }: { execution: ExecutionDetail; onClose(): void }): ReactElement {
  const [force, setForce] = useState(false);
  const navigate = useNavigate();
  return (
    <Ask
      title={`Run #${execution.number} again?`}
      description="With the same file, code, parameters and versions of data. Steps whose results are still there are not run again."
      action="Run again"
      run={async () => {
        const made = await call(rerunExecution, {
          params: { execution: execution.id },
          body: force ? { force } : {},
        });
        void queries.invalidateQueries({
          predicate: ({ queryKey }) => JSON.stringify(queryKey).includes(listExecutions.path),
        });
        void navigate({ to: '/executions/$execution', params: { execution: made.id }, search: {} });
        say(`#${made.number} is under way`);
      }}
      onClose={onClose}
    >
      <Check label="Run every step, whatever is cached" checked={force} onChange={setForce} />
    </Ask>
  );
}
