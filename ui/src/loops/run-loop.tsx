import { useState, type ReactElement } from 'react';
import { pauseLoop, runLoop } from '../../../src/loops/contract.ts';
import { call } from '../api/client.ts';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { Check } from '../kit/field.tsx';
import { say } from '../kit/toast.tsx';
import { refreshLoops } from './refresh.ts';

/** Turns a loop by hand, with the reason that the ledger keeps. */
export function RunLoop({ loop, onClose }: { loop: string; onClose(): void }): ReactElement {
  const [reason, setReason] = useState('');
  const [dry, setDry] = useState(false);
  const [force, setForce] = useState(false);
  return (
    <Ask
      title={`Turn ${loop} now?`}
      description="The pipeline runs on the data of now, its gate judges, and what passes is rolled out as its file says."
      action={dry ? 'Say what would be done' : 'Run now'}
      disabled={reason.trim() === ''}
      run={async () => {
        await call(runLoop, {
          params: { loop },
          body: {
            reason: reason.trim(),
            ...(dry ? { dry_run: true } : {}),
            ...(force ? { force: true } : {}),
          },
        });
        await refreshLoops();
        say(dry ? 'The history says what would be done' : `${loop} turns`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <ReasonField value={reason} onChange={setReason} error={error('reason')} />
          <Check label="A dry run: start nothing" checked={dry} onChange={setDry} />
          <Check
            label="Train in spite of broken data, and of nothing being new"
            checked={force}
            onChange={setForce}
          />
        </>
      )}
    </Ask>
  );
}

export function PauseLoop({ loop, onClose }: { loop: string; onClose(): void }): ReactElement {
  const [reason, setReason] = useState('');
  return (
    <Ask
      title={`Pause ${loop}?`}
      description="Nothing turns it but a person, until somebody resumes it. What is under way goes on."
      action="Pause"
      disabled={reason.trim() === ''}
      run={async () => {
        await call(pauseLoop, { params: { loop }, body: { reason: reason.trim() } });
        await refreshLoops();
        say(`${loop} is paused`);
      }}
      onClose={onClose}
    >
      {(error) => <ReasonField value={reason} onChange={setReason} error={error('reason')} />}
    </Ask>
  );
}
