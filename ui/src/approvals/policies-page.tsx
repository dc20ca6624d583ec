import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { endPolicy, listPolicies, type Policy } from '../../../src/governance/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Listing } from '../kit/listing.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { ReasonField } from '../kit/reason-field.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { coverWords } from './approval-words.ts';
import { PolicyDialog } from './policy-dialog.tsx';

const policies = api(listPolicies, {}, ['policy:*']);

export default function PoliciesPage(): ReactElement {
  const found = useQuery(policies);
  const me = useQuery(api(whoAmI, {}));
  const [editing, setEditing] = useState<Policy | 'new'>();
  const [ending, setEnding] = useState<Policy>();
  const mayChange = me.data?.role === 'admin' || me.data?.role === 'owner';
  return (
    <Page
      title="Policies"
      lead="What may point at a version only when people have approved that. Each change is a revision of its own, and voids what was approved under the one before."
      trail={<Link to="/requests">Approvals</Link>}
      actions={
        mayChange && (
          <Button look="primary" icon="plus" onClick={() => setEditing('new')}>
            New policy
          </Button>
        )
      }
    >
      {found.isPending ? (
        <Skeleton lines={4} />
      ) : found.isError ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : found.data.items.length === 0 ? (
        <Empty icon="shield" title="Nothing is guarded">
          <p>Every editor may move every alias and deploy to every endpoint. An admin guards them:</p>
          <CodeBlock
            prompt
            label="Command that makes a policy"
            text="treadle policy set production --alias champion --approvers 2"
          />
        </Empty>
      ) : (
        <Listing<Policy>
          label="Policies"
          rows={found.data.items}
          rowKey={({ name }) => name}
          columns={[
            {
              key: 'name',
              head: 'Policy',
              cell: ({ name, revision }) => (
                <>
                  <strong>{name}</strong> <span className="faint">revision {revision}</span>
                </>
              ),
            },
            { key: 'guards', head: 'Guards', cell: ({ terms }) => terms.covers.map(coverWords).join(', ') },
            {
              key: 'wants',
              head: 'Wants',
              cell: ({ terms }) =>
                [
                  ...terms.approvers.map(({ role, count }) => `${count} × ${role}`),
                  ...terms.checks.map((check) => `check ${check}`),
                ].join(', '),
            },
            {
              key: 'also',
              head: 'And',
              cell: ({ terms }) =>
                [
                  `${terms.expires_h} h`,
                  terms.going_back ? 'may go back' : 'no going back',
                  terms.break_glass ? 'glass may be broken' : 'no breaking of the glass',
                ].join(', '),
            },
            { key: 'since', head: 'Since', cell: ({ created_at }) => <TimeAgo time={created_at} /> },
            ...(mayChange
              ? [
                  {
                    key: 'change',
                    head: 'Change it',
                    cell: (policy: Policy) => (
                      <span className="row">
                        <Button look="quiet" icon="note" label="Change" onClick={() => setEditing(policy)} />
                        <Button look="quiet" icon="trash" label="End" onClick={() => setEnding(policy)} />
                      </span>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {editing !== undefined && (
        <PolicyDialog
          {...(editing === 'new' ? {} : { policy: editing })}
          onClose={() => setEditing(undefined)}
        />
      )}
      {ending && <EndPolicy name={ending.name} onClose={() => setEnding(undefined)} />}
    </Page>
  );
}

function EndPolicy({ name, onClose }: { name: string; onClose(): void }): ReactElement {
  const [reason, setReason] = useState('');
  return (
    <Ask
      title={`End policy ${name}?`}
      description="What it guards may be moved by every editor then."
      action="End it"
      danger
      disabled={reason.trim() === ''}
      run={async () => {
        await call(endPolicy, { params: { policy: name }, query: { reason: reason.trim() } });
        await queries.invalidateQueries({ queryKey: policies.queryKey });
        say(`Policy ${name} guards nothing any more`);
      }}
      onClose={onClose}
    >
      {(error) => <ReasonField value={reason} onChange={setReason} error={error('reason')} />}
    </Ask>
  );
}
