import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { addressSeenFrom } from '../../../src/serving/address-seen.ts';
import {
  deleteEndpoint,
  getEndpoint,
  type Endpoint,
  type EndpointDetail,
  type Revision,
} from '../../../src/serving/contract.ts';
import { api, call } from '../api/client.ts';
import { live as events } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock, CopyButton } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { formatDuration, formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Empty, Page, Section, Skeleton } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { DeployDialog } from './deploy-dialog.tsx';
import { LiveView } from './live-view.tsx';
import { MonitoringView } from './monitoring-view.tsx';
import { PastView } from './past-view.tsx';
import { RecordsView } from './records-view.tsx';
import { refreshEndpoints, SERVING_SUBJECTS } from './refresh.ts';
import { RolloutNote } from './rollout-note.tsx';
import { RevisionStateBadge } from './revision-state.tsx';
import { RevisionTable } from './revision-table.tsx';
import { Rollback } from './rollback.tsx';
import { ShadowView } from './shadow-view.tsx';
import { TrafficBar, Variants } from './traffic.tsx';
import { causeWords, trafficWords } from './traffic-words.ts';
import { TryIt } from './try-it.tsx';
import type { Spec } from './try-form.ts';
import { useLive } from './use-live.ts';
import './endpoints.css';

const route = getRouteApi('/endpoints/$endpoint');

export default function EndpointPage(): ReactElement {
  const { endpoint: name } = route.useParams();
  const found = useQuery({
    ...api(getEndpoint, { params: { endpoint: name } }, SERVING_SUBJECTS),
    // How far loading is, is told by no event.
    refetchInterval: ({ state: { data } }) => (data?.endpoint.latest?.state === 'preparing' ? 1500 : false),
  });
  const [doing, setDoing] = useState<'deploy' | 'rollback' | 'delete'>();
  const detail = found.isError ? undefined : found.data;
  const current = detail?.endpoint.current;
  const close = () => setDoing(undefined);
  return (
    <Page
      title={`${name} · endpoint`}
      heading={name}
      trail={<Link to="/endpoints">Endpoints</Link>}
      lead={
        detail && (
          <span className="row row-wrap">
            {current ? (
              <>
                <RevisionStateBadge revision={current} />
                {trafficWords(current.variants)}
              </>
            ) : (
              'Nothing answers yet'
            )}
            <span className="row faint">
              <code>{addressSeenFrom(detail.endpoint.address, window.location.href)}</code>
              <CopyButton
                text={addressSeenFrom(detail.endpoint.address, window.location.href)}
                label="Copy the address"
              />
            </span>
          </span>
        )
      }
      actions={
        detail && (
          <>
            {detail.previous && (
              <Button icon="back" onClick={() => setDoing('rollback')}>
                Roll back
              </Button>
            )}
            <Button look="primary" icon="plus" onClick={() => setDoing('deploy')}>
              Deploy…
            </Button>
            <Button
              look="danger"
              icon="trash"
              label="Delete the endpoint"
              onClick={() => setDoing('delete')}
            />
          </>
        )
      }
    >
      {found.isPending ? (
        <Skeleton lines={8} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <Unloadable revision={current} says="should answer, and cannot be loaded" />
          <Unloadable
            revision={found.data.previous}
            says="is what a rollback goes back to, and cannot be loaded"
          />
          <RolloutNote endpoint={name} />
          <Progress detail={found.data} />
          {current && <Current revision={current} batching={found.data.endpoint.batching} />}
          <Parts detail={found.data} />
          {doing === 'deploy' && (
            <DeployDialog
              endpoint={name}
              // Most often it is the next version of the same model.
              {...(current?.variants[0] ? { model: current.variants[0].model } : {})}
              onClose={close}
            />
          )}
          {doing === 'rollback' && found.data.previous && (
            <Rollback endpoint={name} to={found.data.previous} current={current} onClose={close} />
          )}
          {doing === 'delete' && <DeleteEndpoint name={name} onClose={close} />}
        </>
      )}
    </Page>
  );
}

function Unloadable({
  revision,
  says,
}: {
  revision: Revision | undefined;
  says: string;
}): ReactElement | null {
  if (!revision?.unloadable) return null;
  const { problem, hint, since } = revision.unloadable;
  return (
    <div className="verdict verdict-bad" role="alert">
      <Icon name="alert" size={18} />
      <span>
        <strong>
          Revision {revision.revision} ({trafficWords(revision.variants)}) {says}:
        </strong>{' '}
        {problem} (first seen <TimeAgo time={since} />
        ). What to do: {hint}.
      </span>
    </div>
  );
}

/** What is on its way, or did not get there, while the present revision goes on answering. */
function Progress({ detail: { endpoint } }: { detail: EndpointDetail }): ReactElement | null {
  const { latest, current } = endpoint;
  if (!latest || latest.id === current?.id) return null;
  if (latest.state === 'preparing') {
    return (
      <p className="verdict verdict-going" role="status">
        <span className="busy" aria-hidden="true" />
        <span>
          <strong>Revision {latest.revision}</strong> ({trafficWords(latest.variants)}) is being made ready:{' '}
          {latest.stage ?? 'it waits for its turn'}.{' '}
          {current ? `Revision ${current.revision} answers until then.` : ''}
        </span>
      </p>
    );
  }
  if (latest.state !== 'failed') return null;
  return (
    <div className="verdict verdict-bad" role="alert">
      <Icon name="alert" size={18} />
      <span>
        <strong>
          Revision {latest.revision} ({trafficWords(latest.variants)}) failed:
        </strong>{' '}
        {latest.problem ?? 'the server did not say why'}.{' '}
        {current ? `Revision ${current.revision} goes on answering.` : 'Nothing answers.'}
      </span>
    </div>
  );
}

function Current({
  revision,
  batching,
}: {
  revision: Revision;
  batching: Endpoint['batching'];
}): ReactElement {
  return (
    <Section
      title={`Revision ${revision.revision}`}
      actions={
        <span className="faint small">
          {causeWords(revision)} by {revision.created_by},{' '}
          <TimeAgo time={revision.live_at ?? revision.created_at} />
          {revision.load_ms !== undefined && `, loaded in ${formatDuration(revision.load_ms)}`}
        </span>
      }
    >
      <div className="stack">
        <TrafficBar variants={revision.variants} />
        <Variants revision={revision} />
        {batching && (
          <p className="muted small">
            {batching.joined
              ? 'Requests that wait together are asked as one batch'
              : 'Each request is asked by itself, never in one batch with another'}
            : {batching.why}
            {batching.difference !== undefined && batching.difference > 0
              ? ` (numbers within ${formatNumber(batching.difference)})`
              : ''}
            .
          </p>
        )}
        {revision.note !== undefined && <p className="muted">“{revision.note}”</p>}
        {revision.warnings?.map((warning) => (
          <p key={warning} className="notice">
            <Icon name="alert" />
            <span>{warning}</span>
          </p>
        ))}
      </div>
    </Section>
  );
}

function Parts({ detail }: { detail: EndpointDetail }): ReactElement {
  const { endpoint, spec } = detail;
  const {
    tab = 'live',
    span = 'day',
    latency = 'p95',
    state,
    form = 'fields',
    snippet = 'curl',
  } = route.useSearch();
  const navigate = route.useNavigate();
  const live = useLive(endpoint.name);
  const shadow = endpoint.current?.variants.some(({ role }) => role === 'shadow') ?? false;
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true, resetScroll: false });
  return (
    <Tabs
      label="Parts of the endpoint"
      value={tab}
      onChange={(value) => see({ tab: value === 'live' ? undefined : value })}
      tabs={[
        {
          value: 'live',
          label: 'Live',
          panel: endpoint.current ? (
            <LiveView
              live={live}
              percentile={latency}
              onPercentile={(which) => see({ latency: which === 'p95' ? undefined : which })}
            />
          ) : (
            <NothingAnswers name={endpoint.name} />
          ),
        },
        {
          value: 'past',
          label: 'Past',
          panel: (
            <PastView
              endpoint={endpoint.name}
              span={span}
              onSpan={(which) => see({ span: which === 'day' ? undefined : which })}
              percentile={latency}
              onPercentile={(which) => see({ latency: which === 'p95' ? undefined : which })}
            />
          ),
        },
        {
          value: 'try',
          label: 'Try it',
          panel:
            endpoint.current && spec ? (
              <TryIt
                // What the model takes may change with the version that answers.
                key={endpoint.current.id}
                detail={withSpec(detail, spec)}
                view={{ form, snippet }}
                onView={(view) =>
                  see({
                    form: view.form === 'fields' ? undefined : view.form,
                    snippet: view.snippet === 'curl' ? undefined : view.snippet,
                  })
                }
              />
            ) : (
              <NothingAnswers name={endpoint.name} />
            ),
        },
        {
          value: 'revisions',
          label: 'Revisions',
          count: endpoint.revisions,
          panel: (
            <RevisionTable
              endpoint={endpoint.name}
              current={endpoint.current}
              state={state}
              onState={(which) => see({ state: which })}
            />
          ),
        },
        { value: 'monitoring', label: 'Monitoring', panel: <MonitoringView endpoint={endpoint.name} /> },
        {
          value: 'records',
          label: 'Records',
          panel: <RecordsView endpoint={endpoint} inputs={spec?.inputs ?? []} />,
        },
        ...(shadow || tab === 'shadow'
          ? [
              {
                value: 'shadow' as const,
                label: 'Shadow',
                panel: (
                  <Section title="What the shadow would have answered">
                    <ShadowView seconds={live.seconds} />
                  </Section>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}

const withSpec = (detail: EndpointDetail, spec: Spec) => ({ ...detail, spec });

function NothingAnswers({ name }: { name: string }): ReactElement {
  return (
    <Empty icon="endpoint" title="Nothing answers here yet">
      <p>Put a version behind it:</p>
      <CodeBlock
        prompt
        label="Command that deploys"
        text={`treadle deploy flight-delay@champion --to ${name}`}
      />
    </Empty>
  );
}

function DeleteEndpoint({ name, onClose }: { name: string; onClose(): void }): ReactElement {
  const [typed, setTyped] = useState('');
  const navigate = useNavigate();
  return (
    <Ask
      title={`Take ${name} away?`}
      description="Whoever asks it gets an error from then on. Its revisions stay on record, so that every prediction keeps its story."
      action="Take it away"
      danger
      disabled={typed !== name}
      run={async () => {
        // Away first: this page would ask for what is gone.
        await events.still(async () => {
          await call(deleteEndpoint, { params: { endpoint: name } });
          await navigate({ to: '/endpoints' });
        });
        void refreshEndpoints();
        say(`${name} is taken away`);
      }}
      onClose={onClose}
    >
      <TextField
        label={`Type ${name} to say that you mean it`}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Ask>
  );
}
