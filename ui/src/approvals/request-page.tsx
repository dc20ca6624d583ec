import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { getRequest, promoteRequest, type ApprovalRequestDetail } from '../../../src/governance/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button, buttonClass } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Icon } from '../kit/icons.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { shellWord } from '../kit/shell-words.ts';
import { REQUEST_SUBJECTS, REQUEST_TONES, targetWords, VERDICT_WORDS } from './approval-words.ts';
import { SIGN_IN } from '../shell/sign-in.tsx';
import { DecideDialog, type Deciding } from './decide-dialog.tsx';
import { WhatChanges } from './what-changes.tsx';
import './approvals.css';

const route = getRouteApi('/requests/$request');

export default function RequestPage(): ReactElement {
  const { request: id } = route.useParams();
  const found = useQuery(api(getRequest, { params: { request: id } }, REQUEST_SUBJECTS));
  const me = useQuery(api(whoAmI, {}));
  const [deciding, setDeciding] = useState<Deciding>();
  const [problem, setProblem] = useState<unknown>();
  const one = found.isError ? undefined : found.data;
  const undecided = one !== undefined && ['open', 'approved', 'rejected'].includes(one.state);
  // Whether their word counts for this request is said when they decide.
  const decides = me.data?.user !== undefined;
  const admin = me.data?.role === 'admin' || me.data?.role === 'owner';
  return (
    <Page
      title={one ? `${one.model} v${one.version} for ${targetWords(one.target)}` : 'Request'}
      heading={
        one ? (
          <span className="row row-wrap">
            {one.model} v{one.version} <span className="muted">for {targetWords(one.target)}</span>
            <Badge tone={REQUEST_TONES[one.state]} dot>
              {one.state}
            </Badge>
            {one.broke_glass && <Badge tone="bad">the glass was broken</Badge>}
          </span>
        ) : (
          'Request'
        )
      }
      trail={<Link to="/requests">Approvals</Link>}
      lead={
        one && (
          <span>
            asked for by {one.requested_by}, <TimeAgo time={one.created_at} />: {one.why}
          </span>
        )
      }
      actions={
        undecided && (
          <>
            {one.state === 'approved' && !('endpoint' in one.target) && (
              <Button
                look="primary"
                icon="send"
                onClick={() => {
                  setProblem(undefined);
                  call(promoteRequest, { params: { request: id } })
                    .then(() => queries.invalidateQueries())
                    .then(() => say('The move is made'))
                    .catch(setProblem);
                }}
              >
                Move it
              </Button>
            )}
            {me.data?.kind === 'owner' && (
              // Nobody in particular, whose word counts nowhere.
              <a className={buttonClass()} href={SIGN_IN}>
                <Icon name="user" />
                Sign in as a person to decide
              </a>
            )}
            {decides && (
              <>
                <Button
                  {...(one.state === 'approved' ? {} : { look: 'primary' as const })}
                  icon="check"
                  onClick={() => setDeciding('approve')}
                >
                  Approve
                </Button>
                <Button icon="close" onClick={() => setDeciding('reject')}>
                  Reject
                </Button>
                {admin && one.state !== 'approved' && (
                  <Button look="danger" icon="alert" onClick={() => setDeciding('break_glass')}>
                    Break the glass
                  </Button>
                )}
              </>
            )}
          </>
        )
      }
    >
      {problem !== undefined && <Failure error={problem} />}
      {found.isPending ? (
        <Skeleton lines={10} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : (
        <>
          <Stands one={found.data} />
          <div className="pair">
            <Section title="What must hold">
              <Needs one={found.data} />
            </Section>
            <Section title="Who has decided">
              <Decisions one={found.data} />
            </Section>
          </div>
          <WhatChanges one={found.data} />
        </>
      )}
      {deciding && one && (
        <DecideDialog request={one} verdict={deciding} onClose={() => setDeciding(undefined)} />
      )}
    </Page>
  );
}

const TONES = {
  open: 'going',
  approved: 'good',
  rejected: 'bad',
  void: 'warn',
  promoted: 'good',
  withdrawn: 'going',
};

function Stands({ one }: { one: ApprovalRequestDetail }): ReactElement {
  return (
    <>
      <p className={`verdict verdict-${TONES[one.state]}`} role="status">
        <Icon name={one.state === 'approved' || one.state === 'promoted' ? 'check' : 'shield'} />
        <span>
          {one.says}
          {one.changed.length > 0 && `. Changed since: ${one.changed.join(', ')}`}
        </span>
      </p>
      {one.state === 'approved' && 'endpoint' in one.target && (
        <CodeBlock
          prompt
          label="Command that makes the move"
          text={`treadle deploy ${shellWord(`${one.model}@v${one.version}`)} --to ${one.target.endpoint}`}
        />
      )}
    </>
  );
}

function Needs({ one }: { one: ApprovalRequestDetail }): ReactElement {
  return (
    <ul className="approval-list">
      {one.needs.map(({ policy, role, count, have }) => (
        <li key={`${policy} ${role}`}>
          <Badge tone={have >= count ? 'good' : 'neutral'}>
            {have} of {count}
          </Badge>
          <span>
            {role} <span className="faint">policy {policy}</span>
          </span>
        </li>
      ))}
      {one.checks.map(({ check, holds, says, wanted }) => (
        <li key={check}>
          <Badge tone={!wanted ? 'neutral' : holds ? 'good' : 'bad'}>{check}</Badge>
          <span>
            {says} {!wanted && <span className="faint">no policy asks for it</span>}
          </span>
        </li>
      ))}
      <li>
        <span className="faint">digest</span>
        <code className="truncate" title={one.digest}>
          {one.digest}
        </code>
      </li>
    </ul>
  );
}

function Decisions({ one }: { one: ApprovalRequestDetail }): ReactElement {
  if (one.decisions.length === 0)
    return (
      <p className="muted">
        Nobody yet. Neither who asked, nor who made the version or its run, may approve it.
      </p>
    );
  return (
    <ol className="approval-list">
      {one.decisions.map(({ name, user, verdict, why, at, counts, not }) => (
        <li key={`${user} ${at}`}>
          <Badge tone={!counts ? 'neutral' : verdict === 'approve' ? 'good' : 'bad'} dot>
            {VERDICT_WORDS[verdict]}
          </Badge>
          <span>
            <strong>{name}</strong>: {why}
            {not !== undefined && <span className="muted"> (does not count: {not})</span>}
          </span>
          <span className="faint nowrap">
            <TimeAgo time={at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
