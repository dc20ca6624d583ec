import { useMemo, useState, type ReactElement } from 'react';
import {
  decideRelease,
  type Decision,
  type ReleaseDetail,
  type Rollout,
} from '../../../src/releases/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { Chart } from '../kit/chart/chart.tsx';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { formatDuration, formatNumber } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Section } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { evidenceLines, shareOf, stageName, stageState, timesNeeded } from './rollout-lines.ts';

/** A rollout: its steps, the evidence as it accumulates, and what a person may decide. */
export function RolloutView({ release }: { release: ReleaseDetail & { rollout: Rollout } }): ReactElement {
  const { rollout, evidence = [] } = release;
  const [deciding, setDeciding] = useState<Decision>();
  const ended = release.ended_at !== undefined;
  const decidable = !ended && rollout.phase !== 'back' && rollout.stage < rollout.stages.length - 1;
  // Until a step has lasted some seconds nothing counts as evidence; what a hard stop counts is told by itself.
  const judged = rollout.evidence.trial.answers > 0;
  const lines = useMemo(() => evidenceLines(evidence, rollout.losses), [evidence, rollout.losses]);
  return (
    <Section
      title="Rollout"
      actions={
        decidable && (
          <span className="row row-wrap">
            <Button icon="back" look="danger" onClick={() => setDeciding('rollback')}>
              Roll back
            </Button>
            <Button icon="clock" onClick={() => setDeciding(rollout.held ? 'resume' : 'hold')}>
              {rollout.held ? 'Resume' : 'Hold'}
            </Button>
            <Button icon="check" look="primary" onClick={() => setDeciding('promote')}>
              Promote
            </Button>
          </span>
        )
      }
    >
      <div className="stack">
        <ol className="stages" aria-label="Steps">
          {rollout.stages.map((stage, i) => {
            const state = stageState(rollout, i, ended);
            return (
              <li
                key={stageName(stage)}
                className={`stage stage-${state}`}
                aria-current={state === 'now' ? 'step' : undefined}
              >
                <strong>{stageName(stage)}</strong>
                <span className="small">{state === 'later' && ended ? 'not reached' : STATE[state]}</span>
              </li>
            );
          })}
        </ol>
        {rollout.held && !ended && (
          <p className="verdict verdict-warn" role="status">
            <Icon name="clock" />
            <span>
              <strong>
                Held{rollout.held.by !== undefined && ` by ${rollout.held.by}`}{' '}
                <TimeAgo time={rollout.held.since} />:
              </strong>{' '}
              {rollout.held.why}. It stays at {formatNumber(rollout.percent, 3)} % until somebody decides.
            </span>
          </p>
        )}
        {!ended && <p>{rollout.evidence.words}</p>}
        {rollout.seen.requests > 0 && <Figures rollout={rollout} />}
        {judged && (
          <Chart
            title="Evidence, in multiples of what a decision needs"
            series={lines}
            x="wall"
            log
            legend
            height={240}
            formatY={(value) => formatNumber(value, 2)}
          />
        )}
        <p className="muted small">
          It holds however often one looks: one that is no worse is rolled back at most once in twenty
          rollouts. Each step lasts {formatDuration(rollout.every_s * 1000)} at least; where the evidence is
          not enough within {formatDuration(rollout.within_s * 1000)}
          {rollout.requests !== undefined && ` or ${formatNumber(rollout.requests)} requests`},{' '}
          {UNDECIDED[rollout.undecided]}.
        </p>
      </div>
      {deciding && <Decide release={release} decision={deciding} onClose={() => setDeciding(undefined)} />}
    </Section>
  );
}

const STATE = { done: 'done', now: 'now', back: 'rolled back', later: 'to come' } as const;
const UNDECIDED = {
  hold: 'a person decides',
  promote: 'it goes on all the same',
  rollback: 'it is rolled back',
} as const;

function Figures({ rollout }: { rollout: Rollout }): ReactElement {
  const { evidence, seen } = rollout;
  const { primary, trial, proof, harm } = evidence;
  const errors = (side: typeof primary): string => shareOf(side.errors, side.answers);
  const met: [string, string] = [
    'Requests that met it',
    `${formatNumber(seen.trial)} of ${formatNumber(seen.requests)} (${shareOf(seen.trial, seen.requests)})`,
  ];
  if (trial.answers === 0)
    return (
      <KeyValue
        entries={[met, ['Evidence', 'none: the first seconds of a step count for a hard stop alone']]}
      />
    );
  return (
    <KeyValue
      entries={[
        met,
        ['Errors', `${errors(trial)}, primary ${errors(primary)}`],
        ...(trial.loss === undefined || primary.loss === undefined
          ? []
          : [
              [
                'Mean loss',
                `${formatNumber(trial.loss, 3)} of ${formatNumber(trial.losses)} outcomes, primary ${formatNumber(primary.loss, 3)}`,
              ] as [string, string],
            ]),
        ['Harm', `${timesNeeded(harm)} of what a rollback needs`],
        [
          'Good enough',
          `errors ${timesNeeded(proof.errors)}, latency ${timesNeeded(proof.latency)} of what a promotion needs`,
        ],
      ]}
    />
  );
}

const ASKS: Record<Decision, { title: string; description: string; action: string; said: string }> = {
  promote: {
    title: 'Let it have all requests?',
    description:
      'It takes over now, whatever the evidence says so far. What answered before stays loaded for a rollback.',
    action: 'Promote',
    said: 'It is getting all requests',
  },
  hold: {
    title: 'Hold the rollout?',
    description: 'It stays at its share. Evidence goes on, and harm still rolls it back.',
    action: 'Hold',
    said: 'The rollout is held',
  },
  resume: {
    title: 'Let the rollout go on?',
    description: 'By evidence, with the whole time of a step.',
    action: 'Resume',
    said: 'The rollout goes on',
  },
  rollback: {
    title: 'Roll it back?',
    description: 'What answered before answers all requests again; it is loaded still.',
    action: 'Roll back',
    said: 'It is being rolled back',
  },
};

function Decide({
  release,
  decision,
  onClose,
}: {
  release: ReleaseDetail;
  decision: Decision;
  onClose(): void;
}): ReactElement {
  const [reason, setReason] = useState('');
  const { title, description, action, said } = ASKS[decision];
  return (
    <Ask
      title={title}
      description={description}
      action={action}
      danger={decision === 'rollback'}
      disabled={reason.trim() === ''}
      run={async () => {
        await call(decideRelease, {
          params: { release: release.id },
          body: { decision, reason: reason.trim() },
        });
        await queries.invalidateQueries();
        say(said);
      }}
      onClose={onClose}
    >
      {(error) => <ReasonField value={reason} onChange={setReason} error={error('reason')} />}
    </Ask>
  );
}
