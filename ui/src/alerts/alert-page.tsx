import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import {
  acknowledgeAlert,
  getAlert,
  getReport,
  silenceAlert,
  unsilenceAlert,
  updateAlert,
  type AlertDetail,
} from '../../../src/monitoring/contract.ts';
import { api, ApiError, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button, buttonClass } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { SelectField, TextField } from '../kit/field.tsx';
import { formatTime } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { CAUSE_WORDS, STATE_TONES } from './alert-words.ts';
import { ReportView } from './report-view.tsx';
import './alerts.css';

const route = getRouteApi('/alerts/$alert');

export default function AlertPage(): ReactElement {
  const { alert: id } = route.useParams();
  const subjects = [`alert:${id}`];
  const found = useQuery(api(getAlert, { params: { alert: id } }, subjects));
  const report = useQuery({ ...api(getReport, { params: { alert: id } }, subjects), retry: false });
  const [asking, setAsking] = useState<'acknowledge' | 'silence'>();
  const [problem, setProblem] = useState<unknown>();
  const alert = found.isError ? undefined : found.data;
  const mark = (feedback: 'useful' | 'noise') => {
    setProblem(undefined);
    call(updateAlert, { params: { alert: id }, body: { feedback } })
      .then(() => queries.invalidateQueries())
      .catch(setProblem);
  };
  return (
    <Page
      title={alert ? `${alert.cause} of ${alert.endpoint}` : 'Alert'}
      heading={
        alert ? (
          <span className="row row-wrap">
            {alert.endpoint} <span className="muted">{CAUSE_WORDS[alert.cause]}</span>
            <Badge tone={STATE_TONES[alert.state]} dot>
              {alert.state}
            </Badge>
            <Badge tone={alert.severity === 'page' ? 'bad' : 'neutral'}>{alert.severity}</Badge>
          </span>
        ) : (
          'Alert'
        )
      }
      trail={<Link to="/alerts">Alerts</Link>}
      lead={alert && <Lead alert={alert} />}
      actions={
        alert && (
          <>
            {(alert.state === 'firing' || alert.state === 'silenced') && (
              <Button look="primary" icon="check" onClick={() => setAsking('acknowledge')}>
                Acknowledge
              </Button>
            )}
            {alert.state === 'silenced' && (
              <Button
                icon="play"
                onClick={() =>
                  void call(unsilenceAlert, { params: { alert: id }, body: {} })
                    .then(() => queries.invalidateQueries())
                    .then(() => say('The silence is over'))
                }
              >
                End the silence
              </Button>
            )}
            {['firing', 'acknowledged', 'silenced'].includes(alert.state) && (
              <Button icon="clock" onClick={() => setAsking('silence')}>
                Silence
              </Button>
            )}
            <Link to="/lineage/$node" params={{ node: alert.ref }} className={buttonClass()}>
              <Icon name="graph" />
              Lineage
            </Link>
          </>
        )
      }
    >
      {problem !== undefined && <Failure error={problem} />}
      {found.isPending ? (
        <Skeleton lines={8} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <p className={`verdict verdict-${found.data.severity === 'page' ? 'bad' : 'warn'}`} role="status">
            <Icon name="alert" />
            <span>{found.data.summary}</span>
          </p>
          {report.data ? (
            <ReportView report={report.data} />
          ) : report.isPending ? (
            <Skeleton lines={10} />
          ) : report.error instanceof ApiError && report.error.status === 404 ? (
            <p className="muted">
              {found.data.fired_at === undefined
                ? 'The report is made when the alert fires.'
                : 'The report is being made.'}
            </p>
          ) : (
            <Failure error={report.error} retry={() => void report.refetch()} />
          )}
          <Life alert={found.data} onMark={mark} />
        </>
      )}
      {asking === 'acknowledge' && <AcknowledgeDialog id={id} onClose={() => setAsking(undefined)} />}
      {asking === 'silence' && <SilenceDialog id={id} onClose={() => setAsking(undefined)} />}
    </Page>
  );
}

function Lead({ alert }: { alert: AlertDetail }): ReactElement {
  return (
    <span className="row row-wrap">
      <span>
        <Link to="/endpoints/$endpoint" params={{ endpoint: alert.endpoint }} search={{ tab: 'monitoring' }}>
          {alert.endpoint}
        </Link>
        {alert.model !== undefined && alert.version !== undefined && (
          <>
            {', '}
            <Link
              to="/models/$model/versions/$version"
              params={{ model: alert.model, version: String(alert.version) }}
            >
              {alert.model} v{alert.version}
            </Link>
          </>
        )}
        , since <TimeAgo time={alert.opened_at} />
      </span>
      {alert.silenced_until !== undefined && (
        <span className="muted">silenced until {formatTime(alert.silenced_until)}</span>
      )}
      {alert.owner !== undefined && <span className="muted">owner: {alert.owner}</span>}
      {alert.runbook?.startsWith('http') === true && (
        <a href={alert.runbook} rel="noreferrer">
          what to do (runbook)
        </a>
      )}
    </span>
  );
}

/** Each step, and what people say of the alert as a whole. */
function Life({
  alert,
  onMark,
}: {
  alert: AlertDetail;
  onMark(feedback: 'useful' | 'noise'): void;
}): ReactElement {
  return (
    <Section
      title="Its life"
      actions={
        <span className="row">
          <span className="muted small">Worth being told?</span>
          {(['useful', 'noise'] as const).map((word) => (
            <Button
              key={word}
              className="button-small"
              look={alert.feedback === word ? 'primary' : 'plain'}
              aria-pressed={alert.feedback === word}
              onClick={() => onMark(word)}
            >
              {word}
            </Button>
          ))}
        </span>
      }
    >
      <ol className="alert-life">
        {alert.transitions.map(({ state, at, by, note }) => (
          <li key={`${state} ${at}`}>
            <Badge tone={STATE_TONES[state]} dot>
              {state}
            </Badge>
            <span className="alert-life-note">
              {by !== undefined && <strong>{by}: </strong>}
              {note}
            </span>
            <span className="faint nowrap">
              <TimeAgo time={at} />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function AcknowledgeDialog({ id, onClose }: { id: string; onClose(): void }): ReactElement {
  const [note, setNote] = useState('');
  return (
    <Ask
      title="Acknowledge the alert?"
      description="It says that somebody looks after it. It goes on until enough windows in a row say no more of it."
      action="Acknowledge"
      run={async () => {
        await call(acknowledgeAlert, { params: { alert: id }, body: note === '' ? {} : { note } });
        await queries.invalidateQueries();
        say('The alert is acknowledged');
      }}
      onClose={onClose}
    >
      {(error) => (
        <TextField
          label="What is being done"
          value={note}
          maxLength={2000}
          onChange={(event) => setNote(event.target.value)}
          error={error('note')}
        />
      )}
    </Ask>
  );
}

const HOURS = [
  { value: '1', label: 'an hour' },
  { value: '12', label: '12 hours' },
  { value: '24', label: 'a day' },
  { value: '72', label: '3 days' },
  { value: '168', label: 'a week' },
];

function SilenceDialog({ id, onClose }: { id: string; onClose(): void }): ReactElement {
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState('24');
  return (
    <Ask
      title="Silence the alert?"
      description="Nobody hears of it for that time; then it fires again, unless it is resolved by then."
      action="Silence"
      disabled={reason.trim() === ''}
      run={async () => {
        const until = Date.now() + Number(hours) * 3_600_000;
        await call(silenceAlert, { params: { alert: id }, body: { until, reason } });
        await queries.invalidateQueries();
        say('The alert is silenced');
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <SelectField label="For" value={hours} options={HOURS} onChange={setHours} error={error('until')} />
          <TextField
            label="Why"
            hint="It stands in the ledger"
            value={reason}
            maxLength={2000}
            onChange={(event) => setReason(event.target.value)}
            error={error('reason')}
          />
        </>
      )}
    </Ask>
  );
}
