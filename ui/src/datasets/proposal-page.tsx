import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import {
  checkProposal,
  closeProposal,
  getProposal,
  mergeProposal,
  type ProposalDetail,
} from '../../../src/changes/contract.ts';
import { diffVersions, getProfile } from '../../../src/data/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { CHANGE_SUBJECTS, PROPOSAL_TONES } from '../changes/change-words.ts';
import { Checks } from '../changes/checks.tsx';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatBytes, formatCount } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Listing } from '../kit/listing.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { diffProfiles } from './profile-diff.ts';
import { ProfileDiff } from './profile-diff-view.tsx';
import './datasets.css';

const route = getRouteApi('/datasets/$dataset/proposals/$number');

/** Files that are listed here; the page of the difference has all of them. */
const MOST_FILES = 20;

export default function ProposalPage(): ReactElement {
  const { dataset, number } = route.useParams();
  const params = { dataset, number: Number(number) };
  const found = useQuery(api(getProposal, { params }, CHANGE_SUBJECTS));
  const [doing, setDoing] = useState<'merge' | 'close'>();
  const [problem, setProblem] = useState<unknown>();
  const one = found.isError ? undefined : found.data;
  const again = () => {
    setProblem(undefined);
    call(checkProposal, { params })
      .then(() => queries.invalidateQueries())
      .catch(setProblem);
  };
  return (
    <Page
      title={`${dataset}#${number}`}
      heading={
        <span className="row row-wrap">
          {one?.message.split('\n')[0] || `${dataset}#${number}`}
          {one && (
            <Badge tone={PROPOSAL_TONES[one.state]} dot>
              {one.state}
            </Badge>
          )}
        </span>
      }
      trail={
        <>
          <Link to="/datasets">Datasets</Link>
          <Link to="/datasets/$dataset" params={{ dataset }} search={{ tab: 'proposals' }}>
            {dataset}
          </Link>
        </>
      }
      lead={
        one && (
          <span>
            {dataset}#{number}: {one.branch} ({one.head}) into {one.into}
            {one.base !== undefined && ` (${one.base})`}, proposed by {one.created_by}{' '}
            <TimeAgo time={one.created_at} />
          </span>
        )
      }
      actions={
        one?.state === 'open' && (
          <>
            <Button
              look="primary"
              icon="branch"
              disabled={one.blocked.length > 0}
              title={one.blocked[0]}
              onClick={() => setDoing('merge')}
            >
              Merge…
            </Button>
            <Button icon="loop" onClick={again}>
              Check again
            </Button>
            <Button icon="close" onClick={() => setDoing('close')}>
              Close…
            </Button>
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
        <Shown one={found.data} />
      )}
      {doing && one && <Do what={doing} one={one} onClose={() => setDoing(undefined)} />}
    </Page>
  );
}

function Shown({ one }: { one: ProposalDetail }): ReactElement {
  const { dataset, base, head } = one;
  const more = one.message.split('\n').slice(1).join('\n').trim();
  return (
    <>
      <Stands one={one} />
      {more !== '' && <p className="muted">{more}</p>}
      <Section title="Checks">
        {one.checks.length > 0 ? (
          <Checks label={`Checks of ${head}`} checks={one.checks} />
        ) : (
          <>
            <p className="muted">
              No pipeline checks {head}. One that reads the dataset says so in its file:
            </p>
            <CodeBlock
              label="What a pipeline says in treadle.yaml"
              text={`when: { dataset_proposed: ${dataset}@${one.into} }`}
            />
          </>
        )}
        {one.void_checks.length > 0 && (
          <details>
            <summary>Void: the branch has moved since ({one.void_checks.length})</summary>
            <Checks label="Void checks" checks={one.void_checks} />
          </details>
        )}
      </Section>
      {base !== undefined && base !== head && <Difference dataset={dataset} from={base} to={head} />}
    </>
  );
}

function Stands({ one }: { one: ProposalDetail }): ReactElement {
  const { state, blocked, reason, ended_by: by, ended_at: at, into, head } = one;
  const open = state === 'open';
  const tone = !open ? (state === 'merged' ? 'good' : 'going') : blocked.length > 0 ? 'warn' : 'good';
  return (
    <div className={`verdict verdict-${tone}`} role="status">
      <Icon name={open && blocked.length > 0 ? 'alert' : 'check'} />
      <div>
        {!open ? (
          <>
            {state === 'merged' ? `Merged into ${into}` : 'Closed'} by {by}
            {at !== undefined && (
              <>
                {' '}
                <TimeAgo time={at} />
              </>
            )}
            {reason !== undefined && `: ${reason}`}
          </>
        ) : blocked.length > 0 ? (
          blocked.map((why) => <p key={why}>{why}</p>)
        ) : (
          `Nothing stands in the way: ${into} moves to ${head}.`
        )}
        {open && one.protected && <p className="faint">{into} is protected: it takes only what passed.</p>}
      </div>
    </div>
  );
}

/** Files, and how the values in their tables moved. */
function Difference({ dataset, from, to }: { dataset: string; from: string; to: string }): ReactElement {
  const diff = useQuery(api(diffVersions, { params: { dataset }, query: { from, to, limit: MOST_FILES } }));
  const before = useQuery(api(getProfile, { params: { dataset, ref: from } }, ['dataset_version:*']));
  const after = useQuery(api(getProfile, { params: { dataset, ref: to } }, ['dataset_version:*']));
  const tables = useMemo(
    () => before.data && after.data && diffProfiles(before.data.tables, after.data.tables),
    [before.data, after.data],
  );
  if (diff.isPending) return <Skeleton lines={6} />;
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />;
  const { summary, items, next } = diff.data;
  return (
    <>
      <Section
        title="What changes"
        actions={
          <Link to="/datasets/$dataset/diff" params={{ dataset }} search={{ from, to }}>
            all of it
          </Link>
        }
      >
        <p className="muted">
          {(['added', 'removed', 'modified', 'renamed'] as const)
            .filter((what) => summary[what] > 0)
            .map((what) => `${formatCount(summary[what])} ${what}`)
            .join(', ') || 'not one byte differs'}
        </p>
        <Listing
          label="Files that differ"
          bare
          rows={items}
          rowKey={({ path, status }) => `${status} ${path}`}
          {...(next === undefined ? {} : { foot: <span className="faint">and more</span> })}
          columns={[
            { key: 'path', head: 'File', cell: ({ path }) => path },
            { key: 'status', head: 'Change', cell: ({ status }) => status },
            {
              key: 'size',
              head: 'Is',
              numeric: true,
              cell: ({ new_size: size }) => (size === undefined ? '–' : formatBytes(size)),
            },
          ]}
        />
      </Section>
      {tables && tables.length > 0 && (
        <Section title="What changes in the tables">
          <ProfileDiff tables={tables} from={from} to={to} />
        </Section>
      )}
    </>
  );
}

function Do({
  what,
  one,
  onClose,
}: {
  what: 'merge' | 'close';
  one: ProposalDetail;
  onClose(): void;
}): ReactElement {
  const [reason, setReason] = useState('');
  const params = { dataset: one.dataset, number: one.number };
  const why = reason.trim() === '' ? {} : { reason: reason.trim() };
  return (
    <Ask
      title={what === 'merge' ? `Merge ${one.head} into ${one.into}?` : `Close ${one.dataset}#${one.number}?`}
      description={
        what === 'merge'
          ? `From then on ${one.dataset}@${one.into} means ${one.head}; what it is now stays and can be gone back to.`
          : 'The branch stays as it is, and can be proposed again.'
      }
      action={what === 'merge' ? 'Merge' : 'Close it'}
      run={async () => {
        if (what === 'merge') await call(mergeProposal, { params, body: { head: one.head, ...why } });
        else await call(closeProposal, { params, body: why });
        await queries.invalidateQueries();
        say(
          what === 'merge'
            ? `${one.dataset}@${one.into} is at ${one.head}`
            : `${one.dataset}#${one.number} is closed`,
        );
      }}
      onClose={onClose}
    >
      <ReasonField value={reason} onChange={setReason} optional />
    </Ask>
  );
}
