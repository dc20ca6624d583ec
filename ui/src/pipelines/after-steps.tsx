import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { DeployResult, ExecutionDetail, GateResult } from '../../../src/pipelines/contract.ts';
import { addressSeenFrom } from '../../../src/serving/address-seen.ts';
import { reasonWords } from '../evaluations/metric-words.ts';
import { VerdictChip } from '../evaluations/verdict.tsx';
import { Status } from '../kit/badge.tsx';
import { Icon } from '../kit/icons.tsx';
import { Section } from '../kit/page.tsx';
import { Duration } from '../kit/time.tsx';
import './pipelines.css';

/** What became of the model after the steps that made it: what the gate said, and where it answers. */
export function AfterSteps({
  gate,
  deployment,
  model,
}: {
  gate: GateResult | undefined;
  deployment: DeployResult | undefined;
  model: ExecutionDetail['model_version'];
}): ReactElement {
  return (
    <div className={gate && deployment ? 'pair' : undefined}>
      {gate && <Gate gate={gate} model={model} />}
      {deployment && <Deployment deployment={deployment} />}
    </div>
  );
}

function Gate({ gate, model }: { gate: GateResult; model: ExecutionDetail['model_version'] }): ReactElement {
  return (
    <Section
      title="Gate"
      actions={
        gate.verdict === undefined ? <Status status={gate.state} /> : <VerdictChip verdict={gate.verdict} />
      }
    >
      <div className="stack after-steps">
        <p>
          On <code>{gate.data}</code>
          {gate.compared_with !== undefined && model && (
            <>
              , beside the champion{' '}
              <Link
                to="/models/$model/versions/$version"
                params={{ model: model.name, version: String(gate.compared_with) }}
              >
                v{gate.compared_with}
              </Link>
            </>
          )}
          {gate.is_champion === true && ', as the champion itself'}
          <Took from={gate.started_at} to={gate.ended_at} />
        </p>
        <Going stage={gate.stage} on={gate.state === 'judging'} />
        {gate.problem !== undefined && <p className="field-error">{gate.problem}</p>}
        {gate.in_use !== undefined && <Notice>All the same {gate.in_use}.</Notice>}
        {gate.state === 'skipped' && <p className="muted">It did not come to it.</p>}
        {(gate.rules.length > 0 || gate.proof) && (
          <ul className="gate-rules">
            {gate.proof && (
              <li>
                <VerdictChip verdict={gate.proof.verdict} />
                <span>
                  {gate.proof.summary}
                  {gate.proof.warnings?.map((warning) => (
                    <span key={warning} className="gate-warning muted">
                      {warning}
                    </span>
                  ))}
                </span>
              </li>
            )}
            {gate.rules.map((rule) => (
              <li key={rule.rule}>
                <VerdictChip verdict={rule.verdict} />
                <span>
                  <code>{rule.rule}</code> {rule.always && <span className="faint">always checked </span>}
                  <span className="muted">{reasonWords(rule)}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
        {gate.rules.length === 0 && gate.reasons.length > 0 && (
          <ul className="gate-rules">
            {gate.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
        {gate.evaluation !== undefined && (
          <p>
            <Link to="/evaluations/$evaluation" params={{ evaluation: gate.evaluation }}>
              The evaluation, with metrics, slices and proof
            </Link>
            {gate.reused && (
              <span className="muted">
                {' '}
                was made by{' '}
                <Link to="/executions/$execution" params={{ execution: gate.reused.execution }} search={{}}>
                  #{gate.reused.number}
                </Link>
                : the same version, data and rules
              </span>
            )}
          </p>
        )}
      </div>
    </Section>
  );
}

function Deployment({ deployment }: { deployment: DeployResult }): ReactElement {
  const { state, endpoint, revision, address, problem, reused, warnings = [] } = deployment;
  return (
    <Section title="Deployment" actions={<Status status={state} />}>
      <div className="stack after-steps">
        <p>
          At{' '}
          {state === 'skipped' ? (
            <code>{endpoint}</code>
          ) : (
            <Link to="/endpoints/$endpoint" params={{ endpoint }}>
              {endpoint}
            </Link>
          )}
          {revision !== undefined && (
            <>
              , as{' '}
              <Link to="/endpoints/$endpoint" params={{ endpoint }} search={{ tab: 'revisions' }}>
                revision {revision}
              </Link>
            </>
          )}
          <Took from={deployment.started_at} to={deployment.ended_at} />
        </p>
        <Going stage={deployment.stage} on={state === 'deploying' || state === 'rolling_out'} />
        {reused === true && <p className="muted">It answered with this version already.</p>}
        {state === 'skipped' && (
          <p className="muted">Nothing was deployed: what answered before goes on answering.</p>
        )}
        {state === 'held' && <Notice>Nothing was deployed: {problem}.</Notice>}
        {state !== 'held' && problem !== undefined && <p className="field-error">{problem}</p>}
        {warnings.map((warning) => (
          <Notice key={warning}>{warning}</Notice>
        ))}
        {address !== undefined && (
          <p>
            Callers ask <code>{addressSeenFrom(address, window.location.href)}</code>
          </p>
        )}
      </div>
    </Section>
  );
}

function Notice({ children }: { children: ReactNode }): ReactElement {
  return (
    <p className="notice">
      <Icon name="alert" />
      <span>{children}</span>
    </p>
  );
}

function Took({ from, to }: { from: number | undefined; to: number | undefined }): ReactNode {
  return from === undefined || to === undefined ? null : (
    <span className="faint">
      , <Duration from={from} to={to} />
    </span>
  );
}

function Going({ stage, on }: { stage: string | undefined; on: boolean }): ReactElement | null {
  return on ? (
    <p className="verdict verdict-going" role="status">
      <span className="busy" aria-hidden="true" />
      <span>{stage ?? 'at work'}</span>
    </p>
  ) : null;
}
