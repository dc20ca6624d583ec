import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { cancelRelease, getRelease, type ReleaseDetail } from '../../../src/releases/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Status } from '../kit/badge.tsx';
import { Button, buttonClass } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Icon } from '../kit/icons.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { AfterSteps } from '../pipelines/after-steps.tsx';
import { askedBy, wayOf } from './release-words.ts';
import { RolloutView } from './rollout-view.tsx';
import './releases.css';

const route = getRouteApi('/releases/$release');

export default function ReleasePage(): ReactElement {
  const { release: id } = route.useParams();
  const found = useQuery(api(getRelease, { params: { release: id } }));
  const [cancelling, setCancelling] = useState(false);
  const release = found.isError ? undefined : found.data;
  return (
    <Page
      title={release ? `${release.model} v${release.version} · release` : 'Release'}
      heading={
        release ? (
          <span className="row row-wrap">
            {release.model} v{release.version} <span className="muted">{wayOf(release)}</span>{' '}
            <Status status={release.state} />
          </span>
        ) : (
          'Release'
        )
      }
      trail={<Link to="/releases">Releases</Link>}
      lead={release && <Lead release={release} />}
      actions={
        release && (
          <>
            {release.ended_at === undefined && !release.rollout && (
              <Button look="danger" icon="stop" onClick={() => setCancelling(true)}>
                Cancel
              </Button>
            )}
            <Link to="/lineage/$node" params={{ node: release.ref }} className={buttonClass()}>
              <Icon name="graph" />
              Lineage
            </Link>
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
          {found.data.reason !== undefined && (
            <p className={`verdict verdict-${found.data.state === 'failed' ? 'bad' : 'warn'}`} role="status">
              <Icon name="alert" />
              <span>{found.data.reason}</span>
            </p>
          )}
          <AfterSteps
            gate={found.data.gate}
            deployment={found.data.deployment}
            model={{ name: found.data.model, version: String(found.data.version) }}
          />
          {found.data.rollout && <RolloutView release={{ ...found.data, rollout: found.data.rollout }} />}
          <Way release={found.data} />
          {cancelling && (
            <Ask
              title="Cancel the release?"
              description="What is done by then stays done: a verdict, the alias, a revision that is being made ready."
              action="Cancel the release"
              danger
              run={async () => {
                await call(cancelRelease, { params: { release: id } });
                await queries.invalidateQueries();
                say('The release is being cancelled');
              }}
              onClose={() => setCancelling(false)}
            />
          )}
        </>
      )}
    </Page>
  );
}

function Lead({ release }: { release: ReleaseDetail }): ReactElement {
  return (
    <span className="row row-wrap">
      <span>
        <Link
          to="/models/$model/versions/$version"
          params={{ model: release.model, version: String(release.version) }}
        >
          {release.model} v{release.version}
        </Link>
        , asked for by{' '}
        {release.execution ? (
          <Link to="/executions/$execution" params={{ execution: release.execution.id }} search={{}}>
            {askedBy(release)}
          </Link>
        ) : (
          askedBy(release)
        )}{' '}
        <TimeAgo time={release.created_at} />
      </span>
      {release.endpoint !== undefined && release.expects !== undefined && (
        <span className="muted">
          {release.expects === 0
            ? `nothing answered at ${release.endpoint} then`
            : `meant to replace revision ${release.expects} of ${release.endpoint}`}
        </span>
      )}
    </span>
  );
}

/** Each step that is stored, with how long it took to come to it. */
function Way({ release }: { release: ReleaseDetail }): ReactElement {
  const { transitions } = release;
  return (
    <Section title="Its way">
      <ol className="way-steps">
        {transitions.map(({ state, at, note }, i) => (
          <li key={`${state} ${at}`}>
            <Status status={state} />
            <span className="way-note">{note}</span>
            <span className="faint nowrap">
              {i === 0 ? (
                <TimeAgo time={at} />
              ) : (
                <>
                  + <Duration from={transitions[0]!.at} to={at} />
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
