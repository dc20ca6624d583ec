import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  createWorkspace,
  leaveWorkspace,
  listWorkspaces,
  whoAmI,
  type Workspace,
} from '../../../src/access/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { enter } from '../shell/enter-workspace.ts';

const workspacesQuery = api(listWorkspaces, {});

export function Workspaces({
  current,
  mayMake,
  mayLeave,
  enters,
}: {
  current: string | undefined;
  mayMake: boolean;
  /** A person, who has roles to give back. */
  mayLeave: boolean;
  /** Who goes on in another one with this browser: a person, or the owner of the machine. */
  enters: 'user' | 'owner' | undefined;
}): ReactElement {
  const workspaces = useQuery(workspacesQuery);
  const [making, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<string>();
  const columns: ListingColumn<Workspace>[] = [
    {
      key: 'name',
      head: 'Name',
      cell: ({ name }) => (
        <span className="row">
          {name} {name === current && <Badge tone="accent">you are here</Badge>}
        </span>
      ),
    },
    { key: 'made', head: 'Made', cell: ({ created_at }) => <TimeAgo time={created_at} /> },
    ...(mayLeave || enters !== undefined
      ? [
          {
            key: 'act',
            head: 'Actions',
            hideHead: true,
            cell: ({ name }: Workspace) => (
              <span className="row">
                {enters !== undefined && name !== current && (
                  <Button
                    className="button-small"
                    aria-label={`Enter ${name}`}
                    onClick={() => void enter(name, enters === 'owner')}
                  >
                    Enter
                  </Button>
                )}
                {mayLeave && (
                  <Button
                    className="button-small"
                    aria-label={`Leave ${name}`}
                    onClick={() => setLeaving(name)}
                  >
                    Leave
                  </Button>
                )}
              </span>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section
      title="Workspaces"
      actions={
        mayMake && (
          <Button icon="plus" onClick={() => setMaking(true)}>
            New workspace
          </Button>
        )
      }
    >
      <p className="muted settings-note">
        A workspace is a wall: nothing in one is seen from another. A token belongs to one.
      </p>
      {workspaces.isPending ? (
        <Skeleton lines={2} />
      ) : workspaces.isError ? (
        <Failure error={workspaces.error} retry={() => void workspaces.refetch()} />
      ) : (
        <Listing
          label="Workspaces"
          bare
          columns={columns}
          rows={workspaces.data.items}
          rowKey={({ name }) => name}
        />
      )}
      {leaving !== undefined && (
        <Ask
          title={`Leave ${leaving}?`}
          description="Your roles there are given back: only an admin of it lets you in again. What you made stays."
          action="Leave"
          danger
          run={async () => {
            await call(leaveWorkspace, { params: { workspace: leaving } });
            location.reload();
          }}
          onClose={() => setLeaving(undefined)}
        />
      )}
      {making && <NewWorkspaceDialog onClose={() => setMaking(false)} />}
    </Section>
  );
}

function NewWorkspaceDialog({ onClose }: { onClose(): void }): ReactElement {
  const [name, setName] = useState('');
  return (
    <Ask
      title="New workspace"
      action="Make workspace"
      disabled={name === ''}
      run={async () => {
        await call(createWorkspace, { body: { name } });
        await queries.invalidateQueries({ queryKey: workspacesQuery.queryKey });
        await queries.invalidateQueries({ queryKey: api(whoAmI, {}).queryKey });
        say(`Workspace ${name} is made`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <TextField
          label="Name"
          hint="Lower-case letters, digits and dashes. Programs name it with TREADLE_WORKSPACE."
          value={name}
          maxLength={63}
          mono
          onChange={(event) => setName(event.target.value.toLowerCase())}
          error={error('name')}
        />
      )}
    </Ask>
  );
}
