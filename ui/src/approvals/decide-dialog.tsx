import { useState, type ReactElement } from 'react';
import { decideRequest, type ApprovalRequestDetail } from '../../../src/governance/contract.ts';
import { call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Ask } from '../kit/confirm.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { say } from '../kit/toast.tsx';
import { targetWords, VERDICT_WORDS } from './approval-words.ts';

export type Deciding = 'approve' | 'reject' | 'break_glass';

const SAYS: Readonly<Record<Deciding, { action: string; description: string }>> = {
  approve: {
    action: 'Approve',
    description: 'It holds for what this page shows: when anything of that changes, nobody has approved it.',
  },
  reject: {
    action: 'Reject',
    description: 'It stays rejected until you say otherwise, or it is asked for anew.',
  },
  break_glass: {
    action: 'Break the glass',
    description:
      'It goes through on your word alone, past checks and refusals. Whoever listens for broken glass is alerted, and somebody else reviews it.',
  },
};

/** A person’s word about what they see, with the reason. */
export function DecideDialog({
  request,
  verdict,
  onClose,
}: {
  request: ApprovalRequestDetail;
  verdict: Deciding;
  onClose(): void;
}): ReactElement {
  const [why, setWhy] = useState('');
  const { action, description } = SAYS[verdict];
  return (
    <Ask
      title={`${action}: ${request.model} v${request.version} for ${targetWords(request.target)}?`}
      description={description}
      action={action}
      danger={verdict !== 'approve'}
      disabled={why.trim() === ''}
      run={async () => {
        await call(decideRequest, {
          params: { request: request.id },
          body: { verdict, digest: request.digest, why: why.trim() },
        });
        await queries.invalidateQueries();
        say(`You ${VERDICT_WORDS[verdict]}${verdict === 'break_glass' ? '' : ' it'}`);
      }}
      onClose={onClose}
    >
      {(error) => <ReasonField value={why} onChange={setWhy} error={error('why')} />}
    </Ask>
  );
}
