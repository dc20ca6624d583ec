import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { searchRuns, type RunRow } from '../../../src/tracking/contract.ts';
import { listEntries, type Entry } from '../../../src/ledger/contract.ts';
import { api } from '../api/client.ts';
import { Status } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Duration, TimeAgo } from '../kit/time.tsx';
import { ActorName } from '../ledger/actor-name.tsx';
import { useNames } from '../ledger/names.ts';
import { ResourceLink } from '../ledger/resource-link.tsx';
import { LoopPicture } from './loop-picture.tsx';
import { LoopRings } from './loop-rings.tsx';
import { useLoop } from './loop-state.ts';
import './home.css';
import './rings.css';

const LATELY = 9;

export default function HomePage(): ReactElement {
  const loop = useLoop();
  return (
    <Page title="Home" heading="The loop" lead={loop.words}>
      {loop.error ? (
        <Failure error={loop.error} retry={loop.retry} />
      ) : loop.stations === undefined ? (
        <Skeleton height={210} />
      ) : (
        <LoopPicture stations={loop.stations} />
      )}
      <LoopRings />
      {loop.stations !== undefined && (loop.empty ? <FirstSteps /> : <Lately />)}
    </Page>
  );
}

/** What to type on a server that knows nothing yet: each step lights up a station of the picture. */
function FirstSteps(): ReactElement {
  const here = window.location.origin;
  return (
    <section className="first-steps" aria-label="First steps">
      <h2>Nothing is here yet. Three ways to begin:</h2>
      <ol>
        <li>
          <h3>Put data under version</h3>
          <p className="muted">A version never changes, and knows where it came from.</p>
          <CodeBlock
            prompt
            label="Command that commits data"
            text={'treadle data commit flights flights.parquet -m "first month"'}
          />
        </li>
        <li>
          <h3>Track what you already train</h3>
          <p className="muted">Code that logs to MLflow runs as it is.</p>
          <CodeBlock
            prompt
            label="Commands that track a run"
            text={`export MLFLOW_TRACKING_URI=${here}\npython train.py`}
          />
        </li>
        <li>
          <h3>Let the whole loop run</h3>
          <p className="muted">The example ships three million real flights.</p>
          <CodeBlock prompt label="Commands that run the example" text={'cd examples/flights\ntreadle run'} />
        </li>
      </ol>
    </section>
  );
}

/** What happened last: the newest runs, and every change, whoever made it. */
function Lately(): ReactElement {
  const runs = useQuery(
    api(searchRuns, { body: { experiments: [], limit: LATELY, columns: [] } }, ['run:*']),
  );
  const changes = useQuery(
    api(listEntries, { query: { limit: LATELY } }, [
      'run:*',
      'experiment:*',
      'dataset:*',
      'model:*',
      'logged_model:*',
      'execution:*',
      'pipeline:*',
      'evaluation:*',
      'endpoint:*',
      'revision:*',
      'token:*',
      'workspace:*',
    ]),
  );
  const names = useNames(changes.data?.items.map(({ resource }) => resource) ?? []);
  return (
    <div className="lately">
      <Section title="Newest runs" actions={<Link to="/experiments">All experiments</Link>}>
        {runs.error ? (
          <Failure error={runs.error} retry={() => void runs.refetch()} />
        ) : !runs.data ? (
          <Skeleton lines={5} />
        ) : runs.data.items.length === 0 ? (
          <p className="muted">None yet.</p>
        ) : (
          <ul className="lately-list">
            {runs.data.items.map((run) => (
              <li key={run.id}>
                <RunLine run={run} />
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Lately" actions={<Link to="/ledger">The whole ledger</Link>}>
        {changes.error ? (
          <Failure error={changes.error} retry={() => void changes.refetch()} />
        ) : !changes.data ? (
          <Skeleton lines={5} />
        ) : changes.data.items.length === 0 ? (
          <p className="muted">Nothing yet.</p>
        ) : (
          <ul className="lately-list">
            {changes.data.items.map((entry) => (
              <li key={entry.seq}>
                <ChangeLine entry={entry} name={names.get(entry.resource)} />
              </li>
            ))}
          </ul>
        )}
      </Section>
    </div>
  );
}

function RunLine({ run }: { run: RunRow }): ReactElement {
  return (
    <>
      <Link to="/runs/$run" params={{ run: run.id }} className="truncate lately-name">
        {run.name}
      </Link>
      <Status status={run.status} />
      <span className="spacer" />
      <span className="faint">
        <Duration from={run.started_at} to={run.ended_at} />
      </span>
      <span className="lately-time">
        <TimeAgo time={run.started_at} />
      </span>
    </>
  );
}

function ChangeLine({ entry, name }: { entry: Entry; name: string | undefined }): ReactElement {
  const verb = entry.action.slice(entry.action.indexOf('.') + 1).replaceAll('_', ' ');
  return (
    <>
      <span className="truncate lately-change">
        <ResourceLink resource={entry.resource} name={name} />
        <span className="muted nowrap">
          {verb} by <ActorName actor={entry.actor} />
        </span>
      </span>
      <span className="spacer" />
      <span className="lately-time">
        <TimeAgo time={entry.time} />
      </span>
    </>
  );
}
