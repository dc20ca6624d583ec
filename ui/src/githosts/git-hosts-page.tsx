import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import {
  checkCommitAgain,
  deleteGitHost,
  listCommitChecks,
  listGitHosts,
  makeGitHostSecret,
  testGitHost,
  type CommitCheck,
  type GitHost,
} from '../../../src/githosts/contract.ts';
import { api, call } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { checkStands, checkTone, CHECK_SUBJECTS, KIND_WORDS, SHOWN, SHOWN_WORDS } from './git-words.ts';
import './git-hosts.css';
import { GitHostDialog } from './git-host-dialog.tsx';

const route = getRouteApi('/git-hosts');
const hostsQuery = api(listGitHosts, {}, ['git_host:*']);
const refresh = () => queries.invalidateQueries({ queryKey: hostsQuery.queryKey });

type Doing = { what: 'set'; host?: GitHost } | { what: 'secret' | 'remove'; host: GitHost };

/** Repositories whose commits are checked, and what became of each commit. */
export default function GitHostsPage(): ReactElement {
  const hosts = useQuery(hostsQuery);
  const me = useQuery(api(whoAmI, {}));
  const mayManage = me.data?.may.includes('admin') ?? false;
  const [doing, setDoing] = useState<Doing>();
  const [secret, setSecret] = useState<{ name: string; path: string; secret: string }>();
  const [tried, setTried] = useState<{ name: string; ok: boolean; says: string }>();
  const [problem, setProblem] = useState<unknown>();
  const end = () => setDoing(undefined);
  const test = ({ name }: GitHost) => {
    setProblem(undefined);
    setTried(undefined);
    call(testGitHost, { params: { host: name } })
      .then(({ ok, says }) => setTried({ name, ok, says }))
      .catch(setProblem);
  };
  return (
    <Page
      title="Git hosts"
      lead="Repositories on GitHub, GitLab, Gitea or Forgejo. Each push and pull request is fetched, run and judged, and the host is told."
      trail={<Link to="/settings">Settings</Link>}
      fill
      actions={
        mayManage && (
          <Button look="primary" icon="plus" onClick={() => setDoing({ what: 'set' })}>
            Connect a repository
          </Button>
        )
      }
    >
      {problem !== undefined && <Failure error={problem} />}
      {tried && (
        <p role="status" className="row">
          <Badge tone={tried.ok ? 'good' : 'bad'} dot>
            {tried.name}
          </Badge>
          {tried.says}
        </p>
      )}
      {hosts.isPending ? (
        <Skeleton lines={2} />
      ) : hosts.isError ? (
        <Failure error={hosts.error} retry={() => void hosts.refetch()} />
      ) : hosts.data.items.length === 0 ? (
        <Empty icon="branch" title="No repository is connected">
          <p>An admin connects one here, or from a terminal:</p>
          <CodeBlock
            prompt
            label="Command that connects a repository"
            text="treadle githost set churn github https://github.com team/churn --token-file token.txt"
          />
        </Empty>
      ) : (
        <div className="git-hosts">
          <Listing
            label="Connections"
            columns={hostColumns(mayManage, { test, begin: setDoing })}
            rows={hosts.data.items}
            rowKey={({ id }) => id}
          />
        </div>
      )}
      {hosts.data !== undefined && hosts.data.items.length > 0 && (
        <Checks hosts={hosts.data.items} mayManage={mayManage} />
      )}
      {doing?.what === 'set' && (
        <GitHostDialog
          {...(doing.host ? { host: doing.host } : {})}
          onClose={end}
          onDone={async (host) => {
            await refresh();
            if (!host.has_secret) setDoing({ what: 'secret', host });
          }}
        />
      )}
      {doing?.what === 'secret' && (
        <Ask
          title={`${doing.host.has_secret ? 'Another' : 'Make the'} secret for ${doing.host.name}${doing.host.has_secret ? '?' : ''}`}
          description={
            doing.host.has_secret
              ? 'The one before is worth nothing from then on: the webhook is refused until the new one is entered there.'
              : 'The webhook of the repository shows it, so that nobody else can tell of commits.'
          }
          action="Make it"
          run={async () => {
            const made = await call(makeGitHostSecret, { params: { host: doing.host.name } });
            await refresh();
            setSecret({ name: doing.host.name, ...made });
          }}
          onClose={end}
        />
      )}
      {doing?.what === 'remove' && (
        <Ask
          title={`Remove ${doing.host.name}?`}
          description="Its commits are checked no longer. The token and the list of its checks go with it; executions stay."
          action="Remove"
          danger
          run={async () => {
            await call(deleteGitHost, { params: { host: doing.host.name } });
            await queries.invalidateQueries();
            say(`${doing.host.name} is removed`);
          }}
          onClose={end}
        />
      )}
      <Dialog
        open={secret !== undefined}
        onClose={() => setSecret(undefined)}
        title={`Webhook of ${secret?.name ?? ''}`}
        description="Enter both where the repository has webhooks: content type application/json, events for pushes and for pull or merge requests. Copy the secret now: it cannot be shown again."
        actions={
          <Button look="primary" onClick={() => setSecret(undefined)}>
            I have copied it
          </Button>
        }
      >
        {secret !== undefined && (
          <div className="stack">
            <CodeBlock text={`${window.location.origin}${secret.path}`} label="The address" />
            <CodeBlock text={secret.secret} label="The secret" />
          </div>
        )}
      </Dialog>
    </Page>
  );
}

function hostColumns(
  mayManage: boolean,
  { test, begin }: { test(host: GitHost): void; begin(doing: Doing): void },
): ListingColumn<GitHost>[] {
  return [
    {
      key: 'name',
      head: 'Name',
      cell: ({ name }) => (
        <Link to="/git-hosts" search={{ host: name }}>
          {name}
        </Link>
      ),
    },
    { key: 'kind', head: 'Host', wideOnly: true, cell: ({ kind }) => KIND_WORDS[kind] },
    {
      key: 'repository',
      head: 'Repository',
      cell: ({ url, repository, file }) => (
        <>
          <a href={`${url}/${repository}`} rel="noreferrer">
            {repository}
          </a>
          {file !== 'treadle.yaml' && <span className="faint"> {file}</span>}
        </>
      ),
    },
    {
      key: 'stands',
      head: 'Stands',
      cell: ({ has_token: token, has_secret: heard }) => (
        <span className="row row-wrap">
          <Badge tone={token ? 'good' : 'warn'} dot>
            {token ? 'token set' : 'no token: the host is told nothing'}
          </Badge>
          <Badge tone={heard ? 'good' : 'warn'} dot>
            {heard ? 'webhook secret made' : 'no webhook secret: nothing is heard'}
          </Badge>
        </span>
      ),
    },
    {
      key: 'changed',
      head: 'Changed',
      wideOnly: true,
      cell: ({ updated_at: at }) => <TimeAgo time={at} />,
    },
    {
      key: 'do',
      head: 'What can be done',
      hideHead: true,
      cell: (host) =>
        mayManage && (
          <span className="row row-wrap">
            <Button className="button-small" aria-label={`Try ${host.name}`} onClick={() => test(host)}>
              Try
            </Button>
            <Button
              className="button-small"
              aria-label={`Change ${host.name}`}
              onClick={() => begin({ what: 'set', host })}
            >
              Change
            </Button>
            <Button
              className="button-small"
              aria-label={`Webhook secret of ${host.name}`}
              onClick={() => begin({ what: 'secret', host })}
            >
              Secret
            </Button>
            <Button
              look="danger"
              className="button-small"
              aria-label={`Remove ${host.name}`}
              onClick={() => begin({ what: 'remove', host })}
            >
              Remove
            </Button>
          </span>
        ),
    },
  ];
}

function Checks({ hosts, mayManage }: { hosts: readonly GitHost[]; mayManage: boolean }): ReactElement {
  const [problem, setProblem] = useState<unknown>();
  const again = ({ id, commit }: CommitCheck) => {
    setProblem(undefined);
    call(checkCommitAgain, { params: { check: id } })
      .then(() => queries.invalidateQueries())
      .then(() => say(`${commit.slice(0, 10)} is checked again`))
      .catch(setProblem);
  };
  const { host, show, branch, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const see = (part: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true });
  const found = usePages(
    listCommitChecks,
    {
      query: {
        ...(host === undefined ? {} : { host }),
        ...(branch === undefined ? {} : { branch }),
        ...(show === undefined ? {} : SHOWN[show]),
      },
    },
    CHECK_SUBJECTS,
  );
  const filtered = host !== undefined || branch !== undefined || show !== undefined;
  return (
    <>
      <div className="bar">
        <SearchField
          label="Branch, by its whole name"
          value={branch ?? ''}
          onChange={(text) => see({ branch: text || undefined })}
        />
        <Choice
          label="Of"
          value={host ?? ''}
          options={[
            { value: '', label: 'every repository' },
            ...hosts.map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={(name) => see({ host: name || undefined })}
        />
        <Choice
          label="Show"
          value={show ?? ''}
          options={SHOWN_WORDS}
          onChange={(what) => see({ show: what || undefined })}
        />
      </div>
      {problem !== undefined && <Failure error={problem} />}
      <FoundTable
        found={found}
        label="Checks"
        columns={checkColumns(hosts, mayManage ? again : undefined)}
        rowId={({ id }) => id}
        sorted={sort}
        onSorted={(next) => see({ sort: next })}
        empty={
          filtered ? (
            <Empty icon="filter" title="No check is like that" />
          ) : (
            <Empty icon="branch" title="No commit was told of yet">
              <p>
                Enter the address and the secret of the webhook where the repository has webhooks, and push.
              </p>
            </Empty>
          )
        }
      />
    </>
  );
}

const checkColumns = (
  hosts: readonly GitHost[],
  again: ((check: CommitCheck) => void) | undefined,
): Column<CommitCheck>[] => [
  {
    id: 'commit',
    header: 'Commit',
    width: 120,
    value: ({ commit }) => commit,
    cell: ({ commit, host }) => {
      const of = hosts.find(({ name }) => name === host);
      return of ? (
        <a href={commitAddress(of, commit)} rel="noreferrer">
          <code>{commit.slice(0, 10)}</code>
        </a>
      ) : (
        <code>{commit.slice(0, 10)}</code>
      );
    },
  },
  {
    id: 'branch',
    header: 'Branch',
    width: 180,
    value: ({ branch }) => branch,
    cell: ({ branch, pull_request: pull }) => (
      <>
        {branch}
        {pull !== undefined && <span className="faint"> #{pull}</span>}
      </>
    ),
  },
  {
    id: 'stands',
    header: 'Stands',
    width: 120,
    value: checkStands,
    cell: (check) => (
      <Badge tone={checkTone(check)} dot>
        {checkStands(check)}
      </Badge>
    ),
  },
  {
    id: 'execution',
    header: 'Execution',
    width: 110,
    sortable: false,
    value: ({ execution }) => execution ?? '',
    cell: ({ execution }) =>
      execution === undefined ? (
        <span className="faint">none</span>
      ) : (
        <Link to="/executions/$execution" params={{ execution }}>
          what was run
        </Link>
      ),
  },
  { id: 'host', header: 'Repository', width: 130, value: ({ host }) => host },
  {
    id: 'when',
    header: 'When',
    width: 110,
    value: ({ created_at }) => created_at,
    cell: ({ created_at }) => <TimeAgo time={created_at} />,
  },
  {
    id: 'why',
    header: 'What went wrong',
    width: 420,
    sortable: false,
    value: ({ problem }) => problem ?? '',
  },
  ...(again
    ? [
        {
          id: 'again',
          header: 'Check again',
          width: 130,
          sortable: false,
          cell: (check: CommitCheck) =>
            (check.state === 'done' || check.state === 'failed') && (
              <Button
                className="button-small"
                aria-label={`Check again ${check.commit.slice(0, 10)}`}
                onClick={() => again(check)}
              >
                Check again
              </Button>
            ),
        },
      ]
    : []),
];

const commitAddress = ({ kind, url, repository }: GitHost, commit: string): string =>
  `${url}/${repository}/${kind === 'gitlab' ? '-/commit' : 'commit'}/${commit}`;
