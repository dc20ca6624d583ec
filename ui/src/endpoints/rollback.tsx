import { useState, type ReactElement } from 'react';
import { rollback, type Revision } from '../../../src/serving/contract.ts';
import { call } from '../api/client.ts';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { say } from '../kit/toast.tsx';
import { refreshEndpoints } from './refresh.ts';
import { TrafficBar } from './traffic.tsx';
import { trafficWords } from './traffic-words.ts';

/** Says what will answer before it does it. */
export function Rollback({
  endpoint,
  to,
  current,
  onClose,
}: {
  endpoint: string;
  /** The revision whose traffic is taken up again. */
  to: Revision;
  current: Revision | undefined;
  onClose(): void;
}): ReactElement {
  const [note, setNote] = useState('');
  return (
    <Ask
      title={`Roll ${endpoint} back to revision ${to.revision}?`}
      description={
        current === undefined
          ? `Nothing answers now. Then: ${trafficWords(to.variants)}.`
          : `Now ${trafficWords(current.variants)}. Then ${trafficWords(to.variants)}, as a new revision; until it is ready the present one answers, and no request is lost.`
      }
      action="Roll back"
      danger
      run={async () => {
        const made = await call(rollback, {
          params: { endpoint },
          body: { to: to.revision, ...(note.trim() === '' ? {} : { note: note.trim() }) },
        });
        await refreshEndpoints();
        say(
          made.state === 'live'
            ? `Revision ${made.revision} answers: ${trafficWords(made.variants)}`
            : `Revision ${made.revision} is being made ready`,
        );
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TrafficBar variants={to.variants} />
          <ReasonField value={note} onChange={setNote} error={error('note')} />
        </>
      )}
    </Ask>
  );
}
