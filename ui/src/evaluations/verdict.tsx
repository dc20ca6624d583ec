import type { ReactElement } from 'react';
import type { Evaluation, Verdict } from '../../../src/validation/contract.ts';
import { Badge, Status, type Tone } from '../kit/badge.tsx';
import { Icon, type IconName } from '../kit/icons.tsx';
import './evaluations.css';

const LOOK: Record<Verdict, { tone: Tone; icon: IconName; word: string }> = {
  pass: { tone: 'good', icon: 'check', word: 'pass' },
  fail: { tone: 'bad', icon: 'close', word: 'fail' },
  inconclusive: { tone: 'warn', icon: 'question', word: 'inconclusive' },
};

/** A verdict in a word, with a sign and a tone of its own. */
export function VerdictChip({ verdict }: { verdict: Verdict }): ReactElement {
  const { tone, icon, word } = LOOK[verdict];
  return (
    <Badge tone={tone}>
      <Icon name={icon} size={11} />
      {word}
    </Badge>
  );
}

/** The verdict, or how far it is: an evaluation that goes on, or ended without one, says so. */
export function EvaluationStatus({
  evaluation: { state, verdict },
}: {
  evaluation: Pick<Evaluation, 'state' | 'verdict'>;
}): ReactElement {
  return state === 'done' && verdict !== undefined ? (
    <VerdictChip verdict={verdict} />
  ) : (
    <Status status={state === 'failed' ? 'could not be done' : state} />
  );
}

const FACE: Record<Verdict, { look: string; icon: IconName; title: string }> = {
  pass: { look: 'good', icon: 'check', title: 'It passes' },
  fail: { look: 'bad', icon: 'close', title: 'It fails' },
  inconclusive: { look: 'warn', icon: 'question', title: 'It cannot be decided' },
};

/** The verdict as the first thing on the page, with its reasons in the order of their weight. */
export function VerdictBanner({
  verdict,
  reasons,
}: {
  verdict: Verdict;
  reasons: readonly string[];
}): ReactElement {
  const { look, icon, title } = FACE[verdict];
  return (
    <div className={`verdict verdict-${look}`} role="status">
      <Icon name={icon} size={18} />
      <div>
        <strong>{title}</strong>
        {reasons.length === 0
          ? verdict === 'pass' && <span>: every rule holds, and no row was read by training.</span>
          : reasons.length === 1 && <span>: {reasons[0]}</span>}
        {verdict === 'inconclusive' && (
          <p className="muted">
            It is proven neither good enough nor bad, so a gate keeps the champion. More rows, or a wider
            margin, would tell.
          </p>
        )}
        {reasons.length > 1 && (
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
