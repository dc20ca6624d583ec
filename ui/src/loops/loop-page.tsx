import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { deleteLoop, getLoop, resumeLoop, type LoopDetail } from '../../../src/loops/contract.ts';
import { api, call } from '../api/client.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { formatDuration } from '../kit/format.ts';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { EditLoop } from './edit-loop.tsx';
import { History } from './history.tsx';
import { ReplayPolicies } from './replay.tsx';
import { LOOP_SUBJECTS, refreshLoops } from './refresh.ts';
import { PauseLoop, RunLoop } from './run-loop.tsx';
import { Triggers } from './triggers.tsx';
import { LoopStatus } from './turn-status.tsx';
import { UnderWay } from './under-way.tsx';
import '../releases/releases.css';
import './loops.css';

const route = getRouteApi('/loops/$loop');

export default function LoopPage(): ReactElement {
  const { loop: name } = route.useParams();
  const navigate = route.useNavigate();
  const found = useQuery(
    api(getLoop, { params: { loop: name } }, [...LOOP_SUBJECTS, 'alert:*', 'dataset:*']),
  );
  const [asking, setAsking] = useState<'run' | 'pause' | 'edit' | 'remove'>();
  const loop = found.isError ? undefined : found.data;
  const close = () => setAsking(undefined);
  return (
    <Page
      title={`${name} · loop`}
      heading={
        <span className="row row-wrap">
          {name} {loop && <LoopStatus state={loop.state} />}
        </span>
      }
      trail={<Link to="/loops">Loops</Link>}
      lead={loop && <Lead loop={loop} />}
      actions={
        loop && (
          <>
            <Button look="primary" icon="play" onClick={() => setAsking('run')}>
              Run now
            </Button>
            {loop.state === 'active' ? (
              <Button icon="stop" onClick={() => setAsking('pause')}>
                Pause
              </Button>
            ) : (
              <Button
                icon="play"
                onClick={() =>
                  void call(resumeLoop, { params: { loop: name }, body: {} })
                    .then(refreshLoops)
                    .then(() => say(`${name} turns again`))
                }
              >
                Resume
              </Button>
            )}
            <Button icon="settings" onClick={() => setAsking('edit')}>
              Change
            </Button>
            <Link to="/lineage/$node" params={{ node: loop.ref }} className={buttonClass()}>
              <Icon name="graph" />
              Lineage
            </Link>
            <Button
              look="quiet"
              icon="trash"
              label="Take the loop away"
              onClick={() => setAsking('remove')}
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
          <Notices loop={found.data} />
          <UnderWay loop={name} />
          <div className="loop-columns">
            <Section title="Turned by">
              <Triggers triggers={found.data.triggers} active={found.data.state === 'active'} />
            </Section>
            <Section title="Held by">
              <Guards loop={found.data} />
            </Section>
          </div>
          <History loop={name} />
          {found.data.endpoint !== undefined && <ReplayPolicies loop={name} />}
        </>
      )}
      {asking === 'run' && <RunLoop loop={name} onClose={close} />}
      {asking === 'pause' && <PauseLoop loop={name} onClose={close} />}
      {asking === 'edit' && loop && <EditLoop loop={loop} onClose={close} />}
      {asking === 'remove' && (
        <Ask
          title={`Take ${name} away?`}
          description="Its history goes with it; what is under way goes on, and the ledger keeps all of it."
          action="Take it away"
          danger
          run={async () => {
            await call(deleteLoop, { params: { loop: name } });
            await navigate({ to: '/loops', search: {} });
            await refreshLoops();
          }}
          onClose={close}
        />
      )}
    </Page>
  );
}

function Lead({ loop }: { loop: LoopDetail }): ReactElement {
  return (
    <span className="row row-wrap">
      <span>
        runs{' '}
        <Link to="/pipelines/$pipeline" params={{ pipeline: loop.settings.pipeline }} search={{}}>
          {loop.settings.pipeline}
        </Link>
        {loop.model !== undefined && (
          <>
            {' '}
            for{' '}
            <Link to="/models/$model" params={{ model: loop.model }} search={{}}>
              {loop.model}
            </Link>
          </>
        )}
        {loop.endpoint !== undefined && (
          <>
            , hears{' '}
            <Link to="/endpoints/$endpoint" params={{ endpoint: loop.endpoint }} search={{}}>
              {loop.endpoint}
            </Link>
          </>
        )}
      </span>
      <span className="muted">
        {loop.from_file ? 'as treadle.yaml says' : `set by ${loop.created_by}`}, changed{' '}
        <TimeAgo time={loop.updated_at} />
      </span>
    </span>
  );
}

function Notices({ loop }: { loop: LoopDetail }): ReactElement | null {
  const lines = [
    ...(loop.state === 'active'
      ? []
      : [
          {
            bad: loop.state === 'needs_people',
            text: `${loop.state === 'paused' ? `Paused by ${loop.by}` : 'People are asked'}: ${loop.reason ?? 'no reason was given'}`,
          },
        ]),
    ...(loop.blocked === undefined ? [] : [{ bad: false, text: `Held up: ${loop.blocked}` }]),
  ];
  return (
    <>
      {lines.map(({ bad, text }) => (
        <p key={text} className={`verdict verdict-${bad ? 'bad' : 'warn'}`} role="status">
          <Icon name="alert" />
          <span>{text}</span>
        </p>
      ))}
    </>
  );
}

function Guards({ loop }: { loop: LoopDetail }): ReactElement {
  const {
    cooldown_ms = 3_600_000,
    budget = { runs: 4, per: 'day' },
    back_off_ms = 600_000,
    rejections = 3,
  } = loop.settings;
  return (
    <KeyValue
      entries={[
        ['Cooldown', `${formatDuration(cooldown_ms)} between the beginnings of two trainings`],
        ['Budget', `${budget.runs} trainings a ${budget.per}`],
        [
          'After failures',
          `${formatDuration(back_off_ms)}, doubled for each in a row${loop.failed === 0 ? '' : `; ${loop.failed} now`}`,
        ],
        [
          'People are asked',
          `after ${rejections} candidates in a row that did not hold; ${loop.rejected} now`,
        ],
        ['At a time', 'one training of the model'],
        ['Pushes', loop.hook_path && `are heard at ${loop.hook_path}`],
        [
          'Broken data',
          loop.endpoint === undefined
            ? 'no endpoint is heard'
            : `an open alert on the data of ${loop.endpoint} holds everything up`,
        ],
      ]}
    />
  );
}
