import type { ReactElement } from 'react';
import type { Evaluation } from '../../../src/validation/contract.ts';
import { Icon } from '../kit/icons.tsx';
import { Section } from '../kit/page.tsx';
import { Calibration } from './calibration.tsx';
import { Dependence } from './dependence.tsx';
import { Metrics } from './metrics.tsx';
import { ProofView } from './proof.tsx';
import { Rules } from './rules.tsx';
import { RuntimeFacts } from './runtime-facts.tsx';
import { Slices, type SliceView } from './slices.tsx';
import { VerdictBanner } from './verdict.tsx';

/** All that an evaluation found, the verdict first. What it has not, is not drawn. */
export function EvaluationView({
  evaluation,
  slices,
  onSlices,
}: {
  evaluation: Evaluation;
  slices: SliceView;
  onSlices(view: SliceView): void;
}): ReactElement {
  const { state, verdict, reasons, rules, metrics, proof, calibration, runtime, problem, stage } = evaluation;
  return (
    <>
      {state === 'failed' ? (
        <div className="verdict verdict-bad" role="alert">
          <Icon name="alert" size={18} />
          <span>
            <strong>It could not be done:</strong> {problem ?? 'the server did not say why'}
          </span>
        </div>
      ) : state !== 'done' ? (
        <p className="verdict verdict-going" role="status">
          <span className="busy" aria-hidden="true" />
          <span>
            {state === 'queued' ? 'It waits for its turn' : (stage ?? 'It is at work')}. What it finds appears
            here by itself.
          </span>
        </p>
      ) : (
        verdict !== undefined && <VerdictBanner verdict={verdict} reasons={reasons} />
      )}
      {rules.length > 0 && (
        <Section title="Rules">
          <Rules rules={rules} asked={evaluation.spec.rules ?? []} />
        </Section>
      )}
      {proof && (
        <Section title="Proof that its rows are unseen">
          <ProofView proof={proof} />
        </Section>
      )}
      {metrics.length > 0 && (
        <Section title="Metrics">
          <Dependence dependence={evaluation.dependence ?? []} />
          <Metrics evaluation={evaluation} />
        </Section>
      )}
      {state === 'done' && metrics.length > 0 && (
        <Section title="Slices">
          <Slices slices={evaluation.slices} overall={metrics} view={slices} onView={onSlices} />
        </Section>
      )}
      {(calibration ?? runtime) && (
        <div className={calibration && runtime ? 'pair' : undefined}>
          {calibration && (
            <Section title="Calibration">
              <Calibration calibration={calibration} />
            </Section>
          )}
          {runtime && (
            <Section title="Where it will serve">
              <RuntimeFacts runtime={runtime} />
            </Section>
          )}
        </div>
      )}
    </>
  );
}
