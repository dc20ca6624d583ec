import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  createOwnToken,
  createToken,
  listOwnTokens,
  listTokens,
  revokeOwnToken,
  revokeToken,
  type NewToken,
  type Token,
} from '../../../src/access/contract.ts';
import { api, ApiError, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/failure.tsx';
import { Check, SelectField, TextField } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo, useNow } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { tokenState } from './token-state.ts';

const tokensQuery = api(listTokens, {});
const ownQuery = api(listOwnTokens, {}, ['token:*']);
const refresh = async () => {
  for (const { queryKey } of [tokensQuery, ownQuery]) await queries.invalidateQueries({ queryKey });
};

interface Props {
  /** Also those that open nothing any more. */
  all: boolean;
  onAll(all: boolean): void;
  /** The caller's own, of whatever workspace, instead of those of this one; and the roles that they can give away. */
  own?: readonly RoleName[];
}

export function Tokens({ all, onAll, own }: Props): ReactElement {
  const tokens = useQuery(own ? ownQuery : tokensQuery);
  const now = useNow();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const [secret, setSecret] = useState<{ name: string; text: string }>();
  const items = tokens.data?.items ?? [];
  const working = items.filter((token) => tokenState(token, now).works);
  const past = items.length - working.length;
  const shown = all ? items : working;
  const mayManage = !(tokens.error instanceof ApiError && tokens.error.status === 403);
  return (
    <Section
      title={own ? 'Your tokens' : 'Tokens'}
      actions={
        <>
          {past > 0 && <Check label={`Show ${past} past`} checked={all} onChange={onAll} />}
          {mayManage && (
            <Button icon="plus" onClick={() => setMaking(true)}>
              New token
            </Button>
          )}
        </>
      }
    >
      {tokens.isPending ? (
        <Skeleton lines={3} />
      ) : tokens.isError ? (
        <Failure
          error={tokens.error}
          retry={() => void tokens.refetch()}
          {...(mayManage ? {} : { title: 'Only an admin sees the tokens' })}
        />
      ) : shown.length === 0 ? (
        <Empty icon="key" title={past > 0 ? 'No token works now' : 'No token yet'}>
          {own ? (
            <p>
              A program of yours sends one with every request. It opens what its role says and you may at that
              moment, whichever is less.
            </p>
          ) : (
            <p>
              On this machine nobody needs one. A program on another machine does: it sends the token with
              every request, and what it does is recorded under the name of whose it is, or its own where it
              is nobody’s.
            </p>
          )}
          {!own && (
            <CodeBlock
              prompt
              text="treadle token create ci --role editor --days 90"
              label="Command that makes a token"
            />
          )}
        </Empty>
      ) : (
        <Listing
          label={own ? 'Your tokens' : 'Tokens'}
          bare
          columns={columns(now, own !== undefined, setRevoking)}
          rows={shown}
          rowKey={({ id }) => id}
        />
      )}
      {making && (
        <NewTokenDialog
          own={own}
          onClose={() => setMaking(false)}
          onMade={(name, text) => {
            setSecret({ name, text });
            void refresh();
          }}
        />
      )}
      {revoking && (
        <Ask
          title={`Revoke ${revoking.name}?`}
          description="Whatever uses it is refused from now on. This cannot be undone; a new token can be made at any time."
          action="Revoke"
          danger
          run={async () => {
            await call(own ? revokeOwnToken : revokeToken, { params: { id: revoking.id } });
            await refresh();
            say(`Token ${revoking.name} is revoked`);
          }}
          onClose={() => setRevoking(undefined)}
        />
      )}
      <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />
    </Section>
  );
}

function columns(now: number, own: boolean, revoke: (token: Token) => void): ListingColumn<Token>[] {
  return [
    { key: 'name', head: 'Name', cell: ({ name }) => <span className="token-name">{name}</span> },
    ...(own
      ? []
      : [
          {
            key: 'of',
            head: 'Of',
            cell: ({ of, person }: Token) => of ?? (person ? 'somebody removed' : ''),
          },
        ]),
    { key: 'role', head: 'Role', cell: ({ role }) => role },
    {
      key: 'state',
      head: 'State',
      cell: (token) => {
        const { word, tone } = tokenState(token, now);
        return (
          <Badge tone={tone} dot>
            {word}
          </Badge>
        );
      },
    },
    { key: 'prefix', head: 'Starts with', wideOnly: true, cell: ({ prefix }) => <code>{prefix}…</code> },
    { key: 'workspace', head: 'Workspace', wideOnly: true, cell: ({ workspace }) => workspace },
    {
      key: 'used',
      head: 'Last used',
      wideOnly: true,
      cell: ({ last_used_at }) =>
        last_used_at === undefined ? <span className="faint">never</span> : <TimeAgo time={last_used_at} />,
    },
    {
      key: 'expires',
      head: 'Expires',
      wideOnly: true,
      cell: ({ expires_at }) => <TimeAgo time={expires_at} />,
    },
    {
      key: 'made',
      head: 'Made',
      wideOnly: true,
      cell: ({ created_at, created_by }) => (
        <>
          <TimeAgo time={created_at} /> by {created_by}
        </>
      ),
    },
    {
      key: 'do',
      head: 'Revoke',
      hideHead: true,
      cell: (token) =>
        tokenState(token, now).works && (
          <Button
            look="danger"
            className="button-small"
            aria-label={`Revoke ${token.name}`}
            onClick={() => revoke(token)}
          >
            Revoke
          </Button>
        ),
    },
  ];
}

export type RoleName = NewToken['role'];
const ROLES: { value: RoleName; label: string }[] = [
  { value: 'viewer', label: 'viewer: reads' },
  { value: 'editor', label: 'editor: reads and writes' },
  { value: 'approver', label: 'approver: reads, and approves' },
  { value: 'admin', label: 'admin: also manages tokens, roles and webhooks' },
  { value: 'owner', label: 'owner: enters and makes every workspace' },
];
const DAYS = [7, 30, 90, 365].map((days) => ({ value: String(days), label: plural(days, 'day') }));

function NewTokenDialog({
  own,
  onClose,
  onMade,
}: {
  own: readonly RoleName[] | undefined;
  onClose(): void;
  onMade(name: string, secret: string): void;
}): ReactElement {
  const [name, setName] = useState('');
  const [role, setRole] = useState<RoleName>(own?.[0] ?? 'editor');
  const [days, setDays] = useState('90');
  return (
    <Ask
      title="New token"
      description="For one program or person: then it can be revoked alone, and the ledger says who did what."
      action="Make token"
      disabled={name.trim() === ''}
      run={async () => {
        const made = await call(own ? createOwnToken : createToken, {
          body: { name: name.trim(), role, days: Number(days) },
        });
        onMade(made.token.name, made.secret);
      }}
      onClose={onClose}
    >
      {(error) => (
        <>
          <TextField
            label="Name"
            hint="What it is for: ci, ana-laptop, nightly-train"
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.target.value)}
            error={error('name')}
          />
          <SelectField<RoleName>
            label="Role"
            value={role}
            options={ROLES.filter(({ value }) => own?.includes(value) ?? true)}
            onChange={setRole}
            error={error('role')}
          />
          <SelectField
            label="Works for"
            value={days}
            options={DAYS}
            onChange={setDays}
            error={error('days')}
          />
        </>
      )}
    </Ask>
  );
}

function SecretDialog({
  secret,
  onClose,
}: {
  secret: { name: string; text: string } | undefined;
  onClose(): void;
}): ReactElement {
  return (
    <Dialog
      open={secret !== undefined}
      onClose={onClose}
      title={`Token ${secret?.name ?? ''}`}
      description="Copy it now: only its fingerprint is kept, so it cannot be shown again."
      actions={
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      {secret !== undefined && (
        <>
          <CodeBlock text={secret.text} label="The token" />
          <p className="muted">A shell or a training script takes it from its environment:</p>
          <CodeBlock
            prompt
            label="Commands that use the token"
            text={`export TREADLE_URL=${window.location.origin}\nexport TREADLE_TOKEN=${secret.text}\n# for code that uses mlflow\nexport MLFLOW_TRACKING_URI=${window.location.origin}\nexport MLFLOW_TRACKING_TOKEN=${secret.text}`}
          />
        </>
      )}
    </Dialog>
  );
}
