import { useQuery } from '@tanstack/react-query';
import { useId, useState, type ReactElement } from 'react';
import {
  addGroup,
  listGroups,
  listUsers,
  removeGroup,
  setGroupRoles,
  setMembers,
  type Group,
  type WorkspaceRole,
} from '../../../src/access/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { TextField } from '../kit/field.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Menu } from '../kit/menu.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { say } from '../kit/toast.tsx';
import { RoleChecks } from './people.tsx';

const groupsQuery = api(listGroups, {}, ['group:*', 'user:*']);

async function refresh(): Promise<void> {
  await queries.invalidateQueries({ queryKey: groupsQuery.queryKey });
  await queries.invalidateQueries({ queryKey: [listUsers.method, listUsers.path] });
}

type Doing = 'new' | { group: Group; what: 'members' | 'roles' | 'remove' };

/** Groups of people: who is in them is said by owners of the server, what they bring here by admins of the workspace. */
export function Groups({ mayManage, owner }: { mayManage: boolean; owner: boolean }): ReactElement {
  const groups = useQuery(groupsQuery);
  const [doing, setDoing] = useState<Doing>();
  return (
    <Section
      title="Groups"
      actions={
        owner && (
          <Button icon="plus" onClick={() => setDoing('new')}>
            New group
          </Button>
        )
      }
    >
      {groups.isPending ? (
        <Skeleton lines={2} />
      ) : groups.isError ? (
        <Failure error={groups.error} retry={() => void groups.refetch()} />
      ) : groups.data.items.length === 0 ? (
        <Empty icon="user" title="No group brings anybody a role here">
          <p>
            A group brings its members roles, workspace by workspace, and grants on single things. A provider
            or a directory of your organisation can say who is in it.
          </p>
        </Empty>
      ) : (
        <Listing
          label="Groups"
          bare
          columns={columns(mayManage, owner, setDoing)}
          rows={groups.data.items}
          rowKey={({ id }) => id}
        />
      )}
      {doing === 'new' && <NewGroup onClose={() => setDoing(undefined)} />}
      {typeof doing === 'object' && <Change {...doing} onClose={() => setDoing(undefined)} />}
    </Section>
  );
}

function columns(mayManage: boolean, owner: boolean, act: (doing: Doing) => void): ListingColumn<Group>[] {
  return [
    {
      key: 'name',
      head: 'Group',
      cell: ({ name }) => (
        <span className="truncate people-name" title={name}>
          {name}
        </span>
      ),
    },
    {
      key: 'roles',
      head: 'Roles here',
      cell: ({ roles }) => (roles.length === 0 ? <span className="faint">none</span> : roles.join(', ')),
    },
    {
      key: 'members',
      head: 'Members',
      cell: ({ members }) =>
        members.length === 0 ? (
          <span className="faint">nobody</span>
        ) : members.length > MANY ? (
          `${members.slice(0, MANY).join(', ')} and ${members.length - MANY} more`
        ) : (
          members.join(', ')
        ),
    },
    ...(mayManage || owner
      ? [
          {
            key: 'act',
            head: 'Actions',
            hideHead: true,
            cell: (group: Group) => {
              const todo = (what: 'members' | 'roles' | 'remove', label: string, danger = false) => ({
                key: what,
                label,
                danger,
                act: () => act({ group, what }),
              });
              return (
                <Menu
                  trigger={<Button look="quiet" icon="more" label={`What to do with group ${group.name}`} />}
                  entries={[
                    ...(owner ? [todo('members', 'Members')] : []),
                    ...(mayManage ? [todo('roles', 'Roles in this workspace')] : []),
                    ...(owner ? [todo('remove', 'Remove', true)] : []),
                  ]}
                />
              );
            },
          },
        ]
      : []),
  ];
}

/** Members that a row names. */
const MANY = 8;

function Change({ group, what, onClose }: Exclude<Doing, 'new'> & { onClose(): void }): ReactElement {
  const [roles, choose] = useState<readonly WorkspaceRole[]>(group.roles);
  const params = { group: group.id };
  switch (what) {
    case 'members':
      return <Members group={group} onClose={onClose} />;
    case 'roles':
      return (
        <Ask
          title={`Roles of group ${group.name}`}
          description="What it brings its members in this workspace, besides their own."
          action="Set roles"
          run={async () => {
            await call(setGroupRoles, { params, body: { roles: [...roles] } });
            await refresh();
            say(`Roles of group ${group.name} are set`);
          }}
          onClose={onClose}
        >
          <RoleChecks roles={roles} onChange={choose} approver />
        </Ask>
      );
    case 'remove':
      return (
        <Ask
          title={`Remove group ${group.name}?`}
          description="What it brought its members, in every workspace, goes with it at once."
          action="Remove"
          danger
          run={async () => {
            await call(removeGroup, { params });
            await refresh();
          }}
          onClose={onClose}
        />
      );
  }
}

function NewGroup({ onClose }: { onClose(): void }): ReactElement {
  const [name, setName] = useState('');
  const [roles, choose] = useState<readonly WorkspaceRole[]>([]);
  return (
    <Ask
      title="New group"
      description="Give it the name that your organisation’s sign-in provider gives it: the provider then says, at each sign-in, who is in it."
      action="Make group"
      disabled={name.trim() === ''}
      run={async () => {
        const made = await call(addGroup, { body: { name: name.trim() } });
        if (roles.length > 0)
          await call(setGroupRoles, { params: { group: made.id }, body: { roles: [...roles] } });
        await refresh();
        say(`Group ${made.name} is made`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.target.value)}
            error={error('name')}
          />
          <RoleChecks roles={roles} onChange={choose} approver />
        </>
      )}
    </Ask>
  );
}

function Members({ group, onClose }: { group: Group; onClose(): void }): ReactElement {
  const users = useQuery(api(listUsers, { query: { all: true } }, ['user:*']));
  const [members, setList] = useState<readonly string[]>(group.members);
  const [name, setName] = useState('');
  const list = useId();
  const others = (users.data?.items ?? []).flatMap((one) => (members.includes(one.name) ? [] : one.name));
  const typed = name.trim().toLowerCase();
  const add = (): void => {
    if (!members.includes(typed)) setList([...members, typed].toSorted());
    setName('');
  };
  return (
    <Ask
      title={`Members of ${group.name}`}
      description="They have what it brings from their next request on, in every workspace."
      action="Set members"
      run={async () => {
        // A name that was typed and not added yet is meant, too.
        const all = typed === '' || members.includes(typed) ? members : [...members, typed];
        await call(setMembers, { params: { group: group.id }, body: { members: [...all] } });
        await refresh();
        say(`Members of ${group.name} are set`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          {members.length === 0 ? (
            <p className="muted">Nobody is in it.</p>
          ) : (
            <ul className="group-members" aria-label="Members">
              {members.map((one) => (
                <li key={one} className="row">
                  <span className="truncate">{one}</span>
                  <Button
                    look="quiet"
                    icon="close"
                    label={`Take ${one} out`}
                    onClick={() => setList(members.filter((other) => other !== one))}
                  />
                </li>
              ))}
            </ul>
          )}
          <div className="group-add">
            <TextField
              label="Name"
              hint="Of a person or a service account"
              value={name}
              list={list}
              maxLength={128}
              onChange={(event) => setName(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || typed === '') return;
                event.preventDefault();
                add();
              }}
              error={error('user')}
            />
            <Button icon="plus" disabled={typed === ''} onClick={add}>
              Add
            </Button>
          </div>
          <datalist id={list}>
            {others.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Ask>
  );
}
