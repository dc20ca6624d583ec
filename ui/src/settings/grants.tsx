import { useState, type ReactElement } from 'react';
import {
  addGrant,
  listGrants,
  removeGrant,
  type Grant,
  type GrantKind,
  type WorkspaceRole,
} from '../../../src/access/contract.ts';
import { call } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice, SearchField, SelectField, TextField } from '../kit/field.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';

const refresh = () => queries.invalidateQueries({ queryKey: [listGrants.method, listGrants.path] });

const LEVELS: { value: WorkspaceRole; label: string }[] = [
  { value: 'viewer', label: 'viewer: reads it, and asks an endpoint' },
  { value: 'editor', label: 'editor: also changes it' },
  { value: 'approver', label: 'approver: reads it, and approves what moves to it' },
  { value: 'admin', label: 'admin: all of it, and grants it to others' },
];
export const GRANT_KINDS = ['model', 'dataset', 'endpoint', 'environment', 'experiment'] as const;
const KINDS: { value: GrantKind; label: string }[] = GRANT_KINDS.map((value) => ({ value, label: value }));

/** What of the address is the list's. */
export interface GrantsSearch {
  grants?: string | undefined;
  kind?: GrantKind | undefined;
  newest?: true | undefined;
}

const who = ({ user, group = '' }: Grant): string => user ?? `group ${group}`;

/** Who may act on single things besides what roles say: to be searched, sorted, added to and taken back. */
export function Grants({
  mayManage,
  search,
  onSearch,
}: {
  mayManage: boolean;
  search: GrantsSearch;
  onSearch(part: GrantsSearch): void;
}): ReactElement {
  const { grants: text, kind, newest = false } = search;
  const found = usePages(
    listGrants,
    {
      query: {
        ...(text === undefined ? {} : { search: text }),
        ...(kind === undefined ? {} : { kind }),
        ...(newest ? { sort: 'made' as const } : {}),
      },
    },
    ['grant:*', 'user:*', 'group:*'],
  );
  const [doing, setDoing] = useState<'add' | Grant>();
  const filtered = text !== undefined || kind !== undefined;
  const columns: ListingColumn<Grant>[] = [
    {
      key: 'name',
      head: 'Of',
      sort: true,
      cell: (one) => (
        <span className="row row-wrap">
          <Badge>{one.kind}</Badge> <code>{one.name}</code>
        </span>
      ),
    },
    { key: 'who', head: 'Who', cell: who },
    { key: 'level', head: 'Is', cell: ({ level }) => level },
    { key: 'made', head: 'Granted', sort: true, cell: ({ created_at }) => <TimeAgo time={created_at} /> },
    { key: 'by', head: 'By', wideOnly: true, cell: ({ created_by }) => created_by },
    ...(mayManage
      ? [
          {
            key: 'actions',
            head: 'Actions',
            hideHead: true,
            cell: (one: Grant) => (
              <Button
                className="button-small"
                aria-label={`Take back ${one.level} of ${one.kind} ${one.name} from ${who(one)}`}
                onClick={() => setDoing(one)}
              >
                Take back
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section
      title="Grants"
      actions={
        mayManage && (
          <Button icon="plus" onClick={() => setDoing('add')}>
            New grant
          </Button>
        )
      }
    >
      <p className="muted settings-note">
        What somebody may do with single things, besides what roles say. Who has grants and no role sees those
        things and nothing else of the workspace.
      </p>
      <div className="bar">
        <SearchField
          label="Thing, user or group"
          value={text ?? ''}
          onChange={(now) => onSearch({ grants: now || undefined })}
        />
        <Choice<GrantKind | 'all'>
          label="Kind"
          value={kind ?? 'all'}
          options={[{ value: 'all', label: 'all' }, ...KINDS]}
          onChange={(now) => onSearch({ kind: now === 'all' ? undefined : now })}
        />
      </div>
      {found.loading ? (
        <Skeleton lines={3} />
      ) : found.error ? (
        <Failure error={found.error} retry={() => found.refresh()} />
      ) : found.items.length === 0 ? (
        filtered ? (
          <Empty icon="filter" title="No grant is like that" />
        ) : (
          <Empty icon="shield" title="Nothing is granted">
            <p>Roles of the workspace say all of it, until somebody gets a single thing. From a terminal:</p>
            <CodeBlock
              prompt
              label="Command that grants a thing"
              text="treadle grant add NAME editor 'model:flights*'"
            />
          </Empty>
        )
      ) : (
        <Listing
          label="Grants"
          bare
          columns={columns}
          rows={found.items}
          rowKey={({ id }) => id}
          sort={{ by: newest ? 'made' : 'name', down: newest }}
          onSort={({ by }) => onSearch({ newest: by === 'made' || undefined })}
          foot={
            found.more && (
              <Button disabled={found.more.loading} onClick={() => found.more?.load()}>
                Show more
              </Button>
            )
          }
        />
      )}
      {doing === 'add' && <NewGrant onClose={() => setDoing(undefined)} />}
      {typeof doing === 'object' && (
        <Ask
          title={`Take ${doing.kind} ${doing.name} back from ${who(doing)}?`}
          description={`As ${doing.level} of it they may no more from their next request on, but what their roles and other grants say.`}
          action="Take back"
          danger
          run={async () => {
            await call(removeGrant, { params: { grant: doing.id } });
            await refresh();
            say('The grant is taken back');
          }}
          onClose={() => setDoing(undefined)}
        />
      )}
    </Section>
  );
}

function NewGrant({ onClose }: { onClose(): void }): ReactElement {
  const [to, setTo] = useState('');
  const [group, setGroup] = useState<'user' | 'group'>('user');
  const [level, setLevel] = useState<WorkspaceRole>('viewer');
  const [kind, setKind] = useState<GrantKind>('model');
  const [name, setName] = useState('');
  return (
    <Ask
      title="New grant"
      action="Grant"
      disabled={to.trim() === '' || name.trim() === ''}
      run={async () => {
        const bearer = group === 'user' ? { user: to.trim() } : { group: to.trim() };
        const made = await call(addGrant, { body: { ...bearer, level, kind, name: name.trim() } });
        await refresh();
        say(`${who(made)} is ${made.level} of ${made.kind} ${made.name}`);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <SelectField<'user' | 'group'>
            label="To"
            value={group}
            options={[
              { value: 'user', label: 'a person or service' },
              { value: 'group', label: 'the members of a group' },
            ]}
            onChange={setGroup}
          />
          <TextField
            label="Name"
            value={to}
            maxLength={128}
            onChange={(event) => setTo(event.target.value)}
            error={error('user') ?? error('group')}
          />
          <SelectField<WorkspaceRole>
            label="Is"
            value={level}
            options={LEVELS}
            onChange={setLevel}
            error={error('level')}
          />
          <SelectField<GrantKind>
            label="Of"
            value={kind}
            options={KINDS}
            onChange={setKind}
            error={error('kind')}
          />
          <TextField
            label="Thing"
            mono
            hint="A name, or a pattern in which * stands for any characters: flights*"
            value={name}
            maxLength={250}
            onChange={(event) => setName(event.target.value)}
            error={error('name')}
          />
        </>
      )}
    </Ask>
  );
}
