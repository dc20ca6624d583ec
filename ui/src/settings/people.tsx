import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  addService,
  addUser,
  explainAccess,
  listUsers,
  resetPassword,
  setRoles,
  updateUser,
  type User,
  type WorkspaceRole,
} from '../../../src/access/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Check, SelectField, TextField } from '../kit/field.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Menu } from '../kit/menu.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { Why } from './why.tsx';

const refresh = () => queries.invalidateQueries({ queryKey: [listUsers.method, listUsers.path] });

const ROLES: { value: WorkspaceRole; label: string }[] = [
  { value: 'viewer', label: 'viewer: reads' },
  { value: 'editor', label: 'editor: reads and writes' },
  { value: 'approver', label: 'approver: reads, and approves what others made' },
  { value: 'admin', label: 'admin: all of it, and manages tokens, roles and webhooks' },
];

type Doing = 'add' | 'service' | { user: User; what: 'roles' | 'password' | 'disable' | 'enable' | 'why' };

/** People and service accounts of the workspace; an owner of the server sees those of all and adds some. */
export function People({ mayManage, owner }: { mayManage: boolean; owner: boolean }): ReactElement {
  const users = useQuery(api(listUsers, { query: owner ? { all: true } : {} }, ['user:*', 'group:*']));
  const [doing, setDoing] = useState<Doing>();
  const items = users.data?.items ?? [];
  return (
    <Section
      title="People"
      actions={
        <>
          {mayManage && (
            <Button icon="plus" onClick={() => setDoing('service')}>
              New service
            </Button>
          )}
          {owner && (
            <Button icon="plus" onClick={() => setDoing('add')}>
              New person
            </Button>
          )}
        </>
      }
    >
      {users.isPending ? (
        <Skeleton lines={3} />
      ) : users.isError ? (
        <Failure error={users.error} retry={() => void users.refetch()} />
      ) : items.length === 0 ? (
        <Empty icon="user" title="Nobody has an account yet">
          <p>
            People sign in with a name and a password, in the browser and with MLflow’s client. What each may
            do is said workspace by workspace.
          </p>
        </Empty>
      ) : (
        <Listing
          label="People"
          bare
          columns={columns(mayManage, owner, setDoing)}
          rows={items}
          rowKey={({ id }) => id}
        />
      )}
      {doing === 'add' && <NewPerson onClose={() => setDoing(undefined)} />}
      {doing === 'service' && <NewService onClose={() => setDoing(undefined)} />}
      {typeof doing === 'object' && <Change {...doing} onClose={() => setDoing(undefined)} />}
    </Section>
  );
}

function columns(mayManage: boolean, owner: boolean, act: (doing: Doing) => void): ListingColumn<User>[] {
  return [
    {
      key: 'name',
      head: 'Name',
      cell: ({ name, full_name, kind }) => (
        <span className="row row-wrap">
          <span className="truncate people-name" title={name}>
            {name}
          </span>
          {full_name !== undefined && (
            <span className="muted truncate people-name" title={full_name}>
              {full_name}
            </span>
          )}
          {kind === 'service' && <Badge>service</Badge>}
        </span>
      ),
    },
    {
      key: 'roles',
      head: 'Roles here',
      cell: ({ owner: ofServer, roles, groups }) => {
        const held = [...(ofServer ? ['owner of the server'] : []), ...roles];
        const brought = groups.map(({ name, roles: some }) => `${some.join(', ')} by ${name}`);
        return held.length + brought.length === 0 ? (
          <span className="faint">none</span>
        ) : (
          [...held, ...brought].join(' · ')
        );
      },
    },
    {
      key: 'state',
      head: 'State',
      cell: ({ disabled_at, kind, has_password }) =>
        disabled_at !== undefined ? (
          <Badge tone="neutral" dot>
            disabled
          </Badge>
        ) : (
          <Badge tone="good" dot>
            {kind === 'service' ? 'by tokens' : has_password ? 'by password' : 'no password'}
          </Badge>
        ),
    },
    {
      key: 'added',
      head: 'Added',
      wideOnly: true,
      cell: ({ created_at, created_by }) => (
        <>
          <TimeAgo time={created_at} /> by {created_by}
        </>
      ),
    },
    {
      key: 'act',
      head: 'Actions',
      hideHead: true,
      cell: (user) => {
        const todo = (what: Exclude<Doing, string>['what'], label: string, danger = false) => ({
          key: what,
          label,
          danger,
          act: () => act({ user, what }),
        });
        return (
          <Menu
            trigger={<Button look="quiet" icon="more" label={`What to do with ${user.name}`} />}
            entries={[
              todo('why', 'Why may they …?'),
              ...(mayManage ? [todo('roles', 'Roles in this workspace')] : []),
              ...(owner && user.kind === 'user' ? [todo('password', 'Set password')] : []),
              ...(owner
                ? [
                    user.disabled_at === undefined
                      ? todo('disable', 'Disable', true)
                      : todo('enable', 'Enable'),
                  ]
                : []),
            ]}
          />
        );
      },
    },
  ];
}

function Change({
  user,
  what,
  onClose,
}: {
  user: User;
  what: 'roles' | 'password' | 'disable' | 'enable' | 'why';
  onClose(): void;
}): ReactElement {
  const params = { user: user.id };
  const [roles, choose] = useState<readonly WorkspaceRole[]>(user.roles);
  const [password, setPassword] = useState('');
  switch (what) {
    case 'why':
      return (
        <Why
          user={user}
          ask={(action, thing) => call(explainAccess, { body: { user: user.id, action, ...thing } })}
          onClose={onClose}
        />
      );
    case 'roles':
      return (
        <Ask
          title={`Roles of ${user.name}`}
          description="In this workspace, besides what groups bring. None takes them out of it."
          action="Set roles"
          run={async () => {
            await call(setRoles, { params, body: { roles: [...roles] } });
            await refresh();
            say(`Roles of ${user.name} are set`);
          }}
          onClose={onClose}
        >
          <RoleChecks roles={roles} onChange={choose} approver={user.kind === 'user'} />
        </Ask>
      );
    case 'password':
      return (
        <Ask
          title={`Password of ${user.name}`}
          description="Their sessions end. Tell them over a safe way; they can change it under You."
          action="Set password"
          disabled={password === ''}
          run={async () => {
            await call(resetPassword, { params, body: { password } });
            await refresh();
            say(`The password of ${user.name} is set`);
          }}
          onClose={onClose}
        >
          {(error) => <NewPassword value={password} onChange={setPassword} error={error('password')} />}
        </Ask>
      );
    case 'disable':
    case 'enable':
      return (
        <Ask
          title={`${what === 'disable' ? 'Disable' : 'Enable'} ${user.name}?`}
          description={
            what === 'disable'
              ? 'From now on no session, password or token of theirs opens anything. What they made stays.'
              : 'Password and tokens open again what their roles say.'
          }
          action={what === 'disable' ? 'Disable' : 'Enable'}
          danger={what === 'disable'}
          run={async () => {
            await call(updateUser, { params, body: { disabled: what === 'disable' } });
            await refresh();
          }}
          onClose={onClose}
        />
      );
  }
}

function NewPerson({ onClose }: { onClose(): void }): ReactElement {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [roles, choose] = useState<readonly WorkspaceRole[]>(['editor']);
  const [owner, setOwner] = useState(false);
  return (
    <Ask
      title="New person"
      description="There is no default password. Leave it empty for somebody who signs in through your organisation’s provider."
      action="Add person"
      disabled={name.trim() === ''}
      run={async () => {
        const made = await call(addUser, {
          body: {
            name: name.trim(),
            roles: [...roles],
            ...(password === '' ? {} : { password }),
            ...(owner ? { owner } : {}),
          },
        });
        await refresh();
        say(`${made.name} is added`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            hint="What they sign in with: letters, digits and ._@+-"
            value={name}
            maxLength={128}
            onChange={(event) => setName(event.target.value)}
            error={error('name')}
          />
          <NewPassword value={password} onChange={setPassword} error={error('password')} />
          <RoleChecks roles={roles} onChange={choose} approver />
          <Check label="owner of the whole server" checked={owner} onChange={setOwner} />
        </>
      )}
    </Ask>
  );
}

function NewService({ onClose }: { onClose(): void }): ReactElement {
  const [name, setName] = useState('');
  const [role, setRole] = useState<WorkspaceRole>('editor');
  return (
    <Ask
      title="New service"
      description="An account of programs: it has tokens only, and approves nothing."
      action="Add service"
      disabled={name.trim() === ''}
      run={async () => {
        const made = await call(addService, { body: { name: name.trim(), roles: [role] } });
        await refresh();
        say(
          `Service ${made.name} is added`,
          `treadle token create NAME --service ${made.name} makes a token for it`,
        );
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            hint="What it is for: ci, nightly-train"
            value={name}
            maxLength={128}
            onChange={(event) => setName(event.target.value)}
            error={error('name')}
          />
          <SelectField<WorkspaceRole>
            label="Role in this workspace"
            value={role}
            options={ROLES.filter(({ value }) => value !== 'approver')}
            onChange={setRole}
            error={error('roles')}
          />
        </>
      )}
    </Ask>
  );
}

export function RoleChecks({
  roles,
  onChange,
  approver,
}: {
  roles: readonly WorkspaceRole[];
  onChange(roles: readonly WorkspaceRole[]): void;
  approver: boolean;
}): ReactElement {
  return (
    <fieldset className="stack settings-roles">
      <legend>Roles in this workspace</legend>
      {ROLES.filter(({ value }) => approver || value !== 'approver').map(({ value, label }) => (
        <Check
          key={value}
          label={label}
          checked={roles.includes(value)}
          onChange={(checked) => onChange(checked ? [...roles, value] : roles.filter((one) => one !== value))}
        />
      ))}
    </fieldset>
  );
}

export function NewPassword(props: {
  label?: string;
  value: string;
  onChange(value: string): void;
  error: string | undefined;
}): ReactElement {
  return (
    <TextField
      label={props.label ?? 'Password'}
      hint="12 characters or more; a few words that nobody says together are easy to keep"
      type="password"
      autoComplete="new-password"
      value={props.value}
      maxLength={1024}
      onChange={(event) => props.onChange(event.target.value)}
      error={props.error}
    />
  );
}
