import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { getIsolation, openApiDocument } from '../../../src/faces/rest/contract.ts';
import { api } from '../api/client.ts';
import { Badge } from '../kit/badge.tsx';
import { buttonClass } from '../kit/button.tsx';
import { CodeBlock, CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Channels } from './channels.tsx';
import { Grants } from './grants.tsx';
import { Groups } from './groups.tsx';
import { People } from './people.tsx';
import { Quotas } from './quotas.tsx';
import { Secrets } from './secrets.tsx';
import { Sessions } from './sessions.tsx';
import { Tokens, type RoleName } from './tokens.tsx';
import { Workspaces } from './workspaces.tsx';
import './settings.css';

const route = getRouteApi('/settings');

export default function SettingsPage(): ReactElement {
  const { all = false, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(api(whoAmI, {}));
  const [allOwn, setAllOwn] = useState(false);
  return (
    <Page
      title="Settings"
      lead="Who may do what here, and what this server is."
      actions={
        <Link to="/git-hosts" className={buttonClass()}>
          <Icon name="branch" />
          Git hosts
        </Link>
      }
    >
      <div className="settings-pair">
        <Section title="You">
          {me.isPending ? (
            <Skeleton lines={3} />
          ) : me.isError ? (
            <Failure error={me.error} retry={() => void me.refetch()} />
          ) : (
            <You {...me.data} />
          )}
        </Section>
        <Server />
      </div>
      {me.data?.kind === 'user' && (
        <>
          <Sessions name={me.data.name} />
          <Tokens all={allOwn} onAll={setAllOwn} own={given(me.data.may)} />
        </>
      )}
      <People mayManage={me.data?.may.includes('admin') ?? false} owner={me.data?.role === 'owner'} />
      <Groups mayManage={me.data?.may.includes('admin') ?? false} owner={me.data?.role === 'owner'} />
      <Grants
        mayManage={me.data?.may.includes('admin') ?? false}
        search={search}
        onSearch={(part) => void navigate({ search: (now) => ({ ...now, ...part }), replace: true })}
      />
      <Tokens
        all={all}
        onAll={(now) =>
          void navigate({ search: (before) => ({ ...before, all: now || undefined }), replace: true })
        }
      />
      <Secrets mayManage={me.data?.may.includes('admin') ?? false} />
      <Channels mayManage={me.data?.may.includes('admin') ?? false} />
      {me.data?.may.includes('admin') === true && (
        <Quotas workspace={me.data.workspace} maySet={me.data.role === 'owner'} />
      )}
      <Workspaces
        current={me.data?.workspace}
        mayMake={me.data?.role === 'owner'}
        enters={me.data?.kind === 'user' || me.data?.kind === 'owner' ? me.data.kind : undefined}
        mayLeave={me.data?.kind === 'user' && me.data.role !== 'owner'}
      />
    </Page>
  );
}

/** The roles of tokens that somebody can make of their own, the likeliest first. */
function given(may: readonly string[]): RoleName[] {
  const verbs: readonly (readonly [string, RoleName])[] = [
    ['write', 'editor'],
    ['read', 'viewer'],
    ['approve', 'approver'],
    ['admin', 'admin'],
    ['server', 'owner'],
  ];
  return verbs.filter(([verb]) => may.includes(verb)).map(([, role]) => role);
}

const KINDS: Record<string, string> = {
  owner: 'the local owner: you came from this machine, so no token is asked of you',
  token: 'by a token',
  user: 'by your name and password',
  service: 'a service account, by its token',
};
const MAY: Record<string, string> = {
  viewer: 'read',
  editor: 'read and write',
  approver: 'read, and approve what others made',
  admin: 'read, write, approve, and manage the tokens, people and webhooks of this workspace',
  owner: 'do everything, in every workspace',
  guest: 'see and do what is granted, and nothing else',
};

function You({
  name,
  kind,
  role,
  roles,
  workspace,
}: {
  name: string;
  kind: string;
  role: string;
  roles: readonly string[];
  workspace: string;
}): ReactElement {
  return (
    <KeyValue
      entries={[
        ['Name', name],
        ['Known', KINDS[kind] ?? kind],
        [
          'Role',
          <span key="role" className="row row-wrap">
            {(roles.length === 0 ? [role] : roles).map((one) => (
              <Badge key={one} tone="accent">
                {one}
              </Badge>
            ))}{' '}
            <span className="muted">may {MAY[role] ?? role}</span>
          </span>,
        ],
        ['Workspace', workspace],
      ]}
    />
  );
}

function Server(): ReactElement {
  const document = useQuery(api(openApiDocument, {}));
  const isolation = useQuery(api(getIsolation, {}));
  const { version, endpoints } = factsOf(document.data);
  const address = window.location.origin;
  return (
    <Section title="Server">
      <KeyValue
        entries={[
          [
            'Address',
            <span key="address" className="row">
              <code className="truncate">{address}</code>
              <CopyButton text={address} label="Copy the address" />
            </span>,
          ],
          ['Version', document.isPending ? '…' : (version ?? 'not known')],
          [
            'API',
            <span key="api">
              <a href="/docs">documentation</a> · <a href="/openapi.json">OpenAPI</a>
              {endpoints !== undefined && <span className="muted"> · {plural(endpoints, 'endpoint')}</span>}
            </span>,
          ],
          [
            'Isolation',
            isolation.isPending ? (
              '…'
            ) : isolation.isError ? (
              'not known'
            ) : (
              <span key="isolation" className="row row-wrap">
                <Badge tone={isolation.data.level === 'none' ? 'warn' : 'good'}>{isolation.data.level}</Badge>
                <span className="muted">{isolation.data.says}</span>
              </span>
            ),
          ],
          [
            'Settings',
            <CodeBlock
              key="config"
              prompt
              text="treadle config"
              label="Command that prints every setting and where it comes from"
            />,
          ],
        ]}
      />
    </Section>
  );
}

/** The OpenAPI document is typed by its own standard, not by a contract. */
function factsOf(document: unknown): { version?: string; endpoints?: number } {
  if (typeof document !== 'object' || document === null) return {};
  const facts: { version?: string; endpoints?: number } = {};
  if (
    'info' in document &&
    typeof document.info === 'object' &&
    document.info !== null &&
    'version' in document.info
  )
    facts.version = String(document.info.version);
  if ('paths' in document && typeof document.paths === 'object' && document.paths !== null)
    facts.endpoints = Object.values(document.paths).reduce<number>(
      (sum, path: unknown) =>
        sum + (typeof path === 'object' && path !== null ? Object.keys(path).length : 0),
      0,
    );
  return facts;
}
