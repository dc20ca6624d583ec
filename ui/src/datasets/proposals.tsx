import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { listProposals, proposeBranch } from '../../../src/changes/contract.ts';
import type { Ref } from '../../../src/data/contract.ts';
import { call } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { CHANGE_SUBJECTS, PROPOSAL_TONES } from '../changes/change-words.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { SelectField, TextArea } from '../kit/field.tsx';
import { Listing } from '../kit/listing.tsx';
import { Empty, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';

/** What was proposed for a dataset, newest first. */
export function Proposals({ dataset, refs }: { dataset: string; refs: readonly Ref[] }): ReactElement {
  const found = usePages(listProposals, { params: { dataset }, query: { limit: 100 } }, CHANGE_SUBJECTS);
  const [proposing, setProposing] = useState(false);
  const branches = refs.filter(({ kind }) => kind === 'branch');
  if (found.loading) return <Skeleton lines={3} />;
  if (found.error) return <Failure error={found.error} retry={found.refresh} />;
  return (
    <div className="stack">
      {branches.length > 1 && (
        <div className="bar">
          <Button icon="branch" onClick={() => setProposing(true)}>
            Propose a branch…
          </Button>
        </div>
      )}
      {found.items.length === 0 ? (
        <Empty icon="branch" title="Nothing was proposed yet">
          <p>
            Commit a change to a branch of its own and propose it for merge: pipelines that ask for it check
            it first.
          </p>
          <CodeBlock
            prompt
            label="Commands that propose a change"
            text={`treadle data commit ${dataset} ./folder --branch fix -m "what is new and why"\ntreadle data propose ${dataset}@fix --into main`}
          />
        </Empty>
      ) : (
        <Listing
          label="Proposals, newest first"
          rows={found.items}
          rowKey={({ number }) => String(number)}
          {...(found.more
            ? {
                foot: (
                  <Button onClick={found.more.load} disabled={found.more.loading}>
                    Older ones
                  </Button>
                ),
              }
            : {})}
          columns={[
            {
              key: 'number',
              head: 'Proposal',
              cell: ({ number, message, branch }) => (
                <Link to="/datasets/$dataset/proposals/$number" params={{ dataset, number: String(number) }}>
                  #{number} {message.split('\n')[0] || branch}
                </Link>
              ),
            },
            {
              key: 'state',
              head: 'Stands',
              cell: ({ state }) => (
                <Badge tone={PROPOSAL_TONES[state]} dot>
                  {state}
                </Badge>
              ),
            },
            {
              key: 'what',
              head: 'What',
              cell: ({ branch, into, head }) => `${branch} (${head}) into ${into}`,
            },
            { key: 'at', head: 'When', wideOnly: true, cell: ({ created_at: at }) => <TimeAgo time={at} /> },
            { key: 'by', head: 'By', wideOnly: true, cell: ({ created_by: by }) => by },
          ]}
        />
      )}
      {proposing && (
        <Propose
          dataset={dataset}
          branches={branches.map(({ name }) => name)}
          onClose={() => setProposing(false)}
        />
      )}
    </div>
  );
}

function Propose({
  dataset,
  branches,
  onClose,
}: {
  dataset: string;
  branches: readonly string[];
  onClose(): void;
}): ReactElement {
  const navigate = useNavigate();
  const [branch, setBranch] = useState(branches.find((name) => name !== 'main') ?? '');
  const [into, setInto] = useState(branches.includes('main') ? 'main' : (branches[0] ?? ''));
  const [message, setMessage] = useState('');
  const options = branches.map((name) => ({ value: name, label: name }));
  return (
    <Ask
      title={`Propose a branch of ${dataset} for merge`}
      description="Pipelines that ask for it run on the proposed data and say what they find."
      action="Propose it"
      disabled={branch === into}
      run={async () => {
        const { number } = await call(proposeBranch, {
          params: { dataset },
          body: { branch, into, ...(message.trim() === '' ? {} : { message: message.trim() }) },
        });
        await navigate({
          to: '/datasets/$dataset/proposals/$number',
          params: { dataset, number: String(number) },
        });
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <SelectField
            label="Branch"
            value={branch}
            options={options}
            onChange={setBranch}
            error={error('branch')}
          />
          <SelectField label="Into" value={into} options={options} onChange={setInto} error={error('into')} />
          <TextArea
            label="What changes, and why"
            value={message}
            maxLength={10_000}
            onChange={(event) => setMessage(event.target.value)}
            error={error('message')}
          />
        </>
      )}
    </Ask>
  );
}
