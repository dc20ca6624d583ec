import { useState, type ReactElement } from 'react';
import { getRun, setOutcome, updateRun, type Outcome, type Run } from '../../../src/tracking/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { TextArea } from '../kit/field.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say, sayError } from '../kit/toast.tsx';
import { VERDICTS, VerdictBadge } from './run-words.tsx';

const WHAT: Record<Outcome['verdict'], string> = {
  accepted: 'It does what was wanted; build on it.',
  rejected: 'It does not; the reason saves others the try.',
  inconclusive: 'It does not say; more is needed.',
};

function keep(run: Run): void {
  queries.setQueryData(api(getRun, { params: { run: run.id } }).queryKey, run);
}

/** A person's judgement, with its reason: what a run leaves behind when its numbers are forgotten. */
export function OutcomeDialog({ run, onClose }: { run: Run; onClose(): void }): ReactElement {
  const [verdict, setVerdict] = useState<Outcome['verdict']>(run.outcome?.verdict ?? 'accepted');
  const [reason, setReason] = useState(run.outcome?.reason ?? '');
  const save = async () => {
    keep(await call(setOutcome, { params: { run: run.id }, body: { verdict, reason: reason.trim() } }));
    say('The verdict is written', 'It stands in the ledger with your name.');
  };
  return (
    <Ask
      title="What came of this run?"
      action="Write verdict"
      run={save}
      onClose={onClose}
      disabled={reason.trim() === ''}
    >
      {(error) => (
        <>
          <fieldset className="verdicts">
            <legend className="field-label">Verdict</legend>
            {(Object.keys(VERDICTS) as Outcome['verdict'][]).map((each) => (
              <label key={each}>
                <input
                  type="radio"
                  name="verdict"
                  value={each}
                  checked={verdict === each}
                  onChange={() => setVerdict(each)}
                />
                <VerdictBadge verdict={each} />
                <span className="muted">{WHAT[each]}</span>
              </label>
            ))}
          </fieldset>
          <TextArea
            label="Reason"
            rows={4}
            maxLength={8000}
            value={reason}
            error={error('reason')}
            placeholder="AUC rose by 0.02 on the holdout, at the same latency."
            onChange={(event) => setReason(event.target.value)}
          />
        </>
      )}
    </Ask>
  );
}

export function OutcomeCard({ run, onVerdict }: { run: Run; onVerdict(): void }): ReactElement {
  return run.outcome === undefined ? (
    <div className="stack">
      <p className="muted">Nobody has said yet what came of it.</p>
      <div>
        <Button icon="note" onClick={onVerdict}>
          Write verdict
        </Button>
      </div>
    </div>
  ) : (
    <div className="stack">
      <div className="row">
        <VerdictBadge verdict={run.outcome.verdict} />
        <span className="faint">
          by {run.outcome.by}, <TimeAgo time={run.outcome.at} />
        </span>
      </div>
      <p className="written">{run.outcome.reason}</p>
    </div>
  );
}

/** Free words on a run; written in place. */
export function NoteCard({ run }: { run: Run }): ReactElement {
  const [text, setText] = useState<string | undefined>();
  const [saving, setSaving] = useState(false);
  if (text === undefined) {
    return (
      <div className="stack">
        {run.note === undefined || run.note === '' ? (
          <p className="muted">No note.</p>
        ) : (
          <p className="written">{run.note}</p>
        )}
        <div>
          <Button look="quiet" icon="note" onClick={() => setText(run.note ?? '')}>
            {run.note ? 'Edit note' : 'Write a note'}
          </Button>
        </div>
      </div>
    );
  }
  const save = async () => {
    setSaving(true);
    try {
      keep(await call(updateRun, { params: { run: run.id }, body: { note: text } }));
      setText(undefined);
    } catch (error) {
      sayError('The note was not saved', error);
    } finally {
      setSaving(false);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextArea
        label="Note"
        rows={5}
        maxLength={8000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="row">
        <Button type="submit" look="primary" disabled={saving}>
          Save
        </Button>
        <Button look="quiet" onClick={() => setText(undefined)}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
