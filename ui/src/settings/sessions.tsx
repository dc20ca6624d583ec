import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  changePassword,
  endSession,
  listSessions,
  signIn,
  type Session,
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
import { NewPassword } from './people.tsx';

const sessionsQuery = api(listSessions, {}, ['session:*']);

/** Where somebody is signed in, and their password. */
export function Sessions({ name }: { name: string }): ReactElement {
  const sessions = useQuery(sessionsQuery);
  const [changing, setChanging] = useState(false);
  const [ending, setEnding] = useState<Session>();
  const columns: ListingColumn<Session>[] = [
    {
      key: 'agent',
      head: 'Browser',
      cell: ({ agent, current }) => (
        <span className="row row-wrap">
          {browserOf(agent)} {current && <Badge tone="accent">this one</Badge>}
        </span>
      ),
    },
    { key: 'workspace', head: 'Workspace', wideOnly: true, cell: ({ workspace }) => workspace },
    { key: 'since', head: 'Since', cell: ({ created_at }) => <TimeAgo time={created_at} /> },
    { key: 'used', head: 'Last used', cell: ({ used_at }) => <TimeAgo time={used_at} /> },
    {
      key: 'end',
      head: 'Actions',
      hideHead: true,
      cell: (session) => (
        <Button className="button-small" onClick={() => setEnding(session)}>
          End
        </Button>
      ),
    },
  ];
  return (
    <Section
      title="Where you are signed in"
      actions={
        <Button icon="key" onClick={() => setChanging(true)}>
          Change password
        </Button>
      }
    >
      {sessions.isPending ? (
        <Skeleton lines={2} />
      ) : sessions.isError ? (
        <Failure error={sessions.error} retry={() => void sessions.refetch()} />
      ) : (
        <Listing label="Sessions" bare columns={columns} rows={sessions.data.items} rowKey={({ id }) => id} />
      )}
      {ending && (
        <Ask
          title={ending.current ? 'Sign out here?' : 'End this session?'}
          action="End session"
          danger
          run={async () => {
            await call(endSession, { params: { id: ending.id } });
            if (ending.current) location.reload();
            else await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
          }}
          onClose={() => setEnding(undefined)}
        />
      )}
      {changing && <ChangePassword name={name} onClose={() => setChanging(false)} />}
    </Section>
  );
}

function ChangePassword({ name, onClose }: { name: string; onClose(): void }): ReactElement {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Ask
      title="Change password"
      description="Every other session of yours ends; tokens stay."
      action="Change"
      disabled={current === '' || password === ''}
      run={async () => {
        await call(changePassword, { body: { current, password } });
        // This browser's session ended with the others.
        await call(signIn, { body: { name, password } });
        await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
        say('Your password is changed');
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Current password"
            type="password"
            autoComplete="current-password"
            value={current}
            maxLength={1024}
            onChange={(event) => setCurrent(event.target.value)}
            error={error('current')}
          />
          <NewPassword
            label="New password"
            value={password}
            onChange={setPassword}
            error={error('password')}
          />
        </>
      )}
    </Ask>
  );
}

/** The browser's name and system out of what it calls itself. */
function browserOf(agent: string): string {
  const name = /(Firefox|Edg|OPR|Chrome|Safari)\/(\d+)/.exec(agent);
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(agent)?.[1];
  if (!name) return agent === '' ? 'not said' : agent.slice(0, 60);
  return `${name[1] === 'Edg' ? 'Edge' : name[1]} ${name[2]}${system === undefined ? '' : ` on ${system}`}`;
}
