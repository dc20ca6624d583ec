import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import {
  getDataset,
  getProfile,
  getVersion,
  type DatasetVersion,
  type Ref,
} from '../../../src/data/contract.ts';
import { api } from '../api/client.ts';
import { Badge } from '../kit/badge.tsx';
import { Button, buttonClass } from '../kit/button.tsx';
import { CodeBlock, CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatTime, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { KeyValue } from '../kit/key-value.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { Bytes, TimeAgo } from '../kit/time.tsx';
import { HashText } from '../ledger/hash-text.tsx';
import { ResourceLink } from '../ledger/resource-link.tsx';
import { useNames } from '../ledger/names.ts';
import { rowsOf } from './facts.ts';
import { Files } from './files.tsx';
import { Profile } from './profile.tsx';
import { MoveBranch, RefBadge, TagVersion } from './refs.tsx';
import { Rows } from './rows.tsx';
import { Sql } from './sql.tsx';
import { UsedBy } from './used-by.tsx';
import './datasets.css';

const route = getRouteApi('/datasets/$dataset/versions/$version');

export default function DatasetVersionPage(): ReactElement {
  const { dataset, version: which } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const version = useQuery(
    api(getVersion, { params: { dataset, ref: which } }, ['dataset:*', 'dataset_version:*']),
  );
  const owner = useQuery(api(getDataset, { params: { dataset } }, ['dataset:*']));
  const profile = useQuery(
    api(getProfile, { params: { dataset, ref: which } }, ['dataset:*', 'dataset_version:*']),
  );
  const [asking, setAsking] = useState<'tag' | 'branch'>();
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const at = version.data;
  const refs = owner.data?.refs.filter(({ version_id: id }) => id === at?.id) ?? [];
  const common = at && { version: at, search, set };
  return (
    <Page
      title={`${dataset}@${at?.name ?? which}`}
      heading={
        <>
          {dataset}
          <span className="muted">@{at?.name ?? which}</span>
        </>
      }
      trail={
        <>
          <Link to="/datasets">Datasets</Link>
          <Link to="/datasets/$dataset" params={{ dataset }}>
            {dataset}
          </Link>
        </>
      }
      lead={
        at && (
          <span className="row row-wrap">
            {refs.map((ref) => (
              <RefBadge key={ref.name} dataset={dataset} {...ref} />
            ))}
            <span>
              Committed <TimeAgo time={at.created_at} /> by {at.author}
            </span>
          </span>
        )
      }
      actions={
        at && (
          <>
            <Button icon="tag" onClick={() => setAsking('tag')}>
              Tag
            </Button>
            <Button icon="branch" onClick={() => setAsking('branch')}>
              Move a branch here
            </Button>
            {at.number > 1 && (
              <Link
                to="/datasets/$dataset/diff"
                params={{ dataset }}
                search={{ from: `v${at.number - 1}`, to: at.name }}
                className={buttonClass()}
              >
                <Icon name="compare" />
                <span>Compare with v{at.number - 1}</span>
              </Link>
            )}
          </>
        )
      }
    >
      {version.isPending ? (
        <Skeleton lines={8} />
      ) : version.isError ? (
        <Failure error={version.error} retry={() => void version.refetch()} />
      ) : (
        common && (
          <>
            <Facts
              version={version.data}
              refs={owner.data?.refs ?? []}
              rows={profile.data && rowsOf(profile.data.tables)}
            />
            <Tabs
              label="Parts of the version"
              value={search.tab ?? 'profile'}
              onChange={(value) => set({ tab: value === 'profile' ? undefined : value })}
              tabs={[
                {
                  value: 'profile',
                  label: 'Profile',
                  panel: (
                    <Profile
                      {...common}
                      profile={profile.data}
                      error={profile.error}
                      retry={() => void profile.refetch()}
                    />
                  ),
                },
                { value: 'files', label: 'Files', count: version.data.files, panel: <Files {...common} /> },
                {
                  value: 'rows',
                  label: 'Rows',
                  panel: <Rows {...common} tables={profile.data?.tables ?? []} />,
                },
                {
                  value: 'sql',
                  label: 'SQL',
                  panel: <Sql {...common} tables={profile.data?.tables ?? []} />,
                },
                { value: 'used', label: 'Used by', panel: <UsedBy version={version.data} /> },
              ]}
            />
            {asking === 'tag' && (
              <TagVersion
                version={version.data}
                refs={owner.data?.refs ?? []}
                onClose={() => setAsking(undefined)}
              />
            )}
            {asking === 'branch' && (
              <MoveBranch
                version={version.data}
                refs={owner.data?.refs ?? []}
                onClose={() => setAsking(undefined)}
              />
            )}
          </>
        )
      )}
    </Page>
  );
}

function Facts({
  version,
  rows,
}: {
  version: DatasetVersion;
  refs: readonly Ref[];
  rows: number | undefined;
}): ReactElement {
  const names = useNames(version.parents.map((id) => `dataset_version:${id}`));
  const ref = `${version.dataset}@${version.name}`;
  const meta = Object.entries(version.meta);
  return (
    <div className="pair">
      <Section title="About">
        <div className="stack">
          {version.message !== '' && <p className="described-text">{version.message}</p>}
          <KeyValue
            entries={[
              [
                'Holds',
                <span key="holds">
                  {rows !== undefined && `${plural(rows, 'row')} in `}
                  {plural(version.files, 'file')}, <Bytes value={version.bytes} />
                </span>,
              ],
              ['Committed', `${formatTime(version.created_at)} by ${version.author}`],
              [
                'Made from',
                version.parents.length === 0 ? (
                  'nothing: it is the first of its line'
                ) : (
                  <span key="parents" className="stack">
                    {version.parents.map((id) => (
                      <ResourceLink
                        key={id}
                        resource={`dataset_version:${id}`}
                        name={names.get(`dataset_version:${id}`)}
                      />
                    ))}
                  </span>
                ),
              ],
              [
                'Hash',
                <span
                  key="hash"
                  className="row"
                  title="BLAKE3 over the whole tree: equal hash, equal content"
                >
                  <HashText hash={version.hash} />
                  <CopyButton text={version.hash} label="Copy the hash" />
                </span>,
              ],
              [
                'Profile',
                version.profile !== 'pending' ? undefined : (
                  <Badge key="pending" tone="live" dot>
                    being made
                  </Badge>
                ),
              ],
            ]}
          />
        </div>
      </Section>
      <Section title="Where it comes from">
        <div className="stack">
          {version.source === undefined && meta.length === 0 ? (
            <p className="muted">
              Nobody said. A commit takes it with <code>--source</code> and <code>--meta key=value</code>.
            </p>
          ) : (
            <KeyValue
              entries={[['Source', version.source], ...meta.toSorted(([a], [b]) => a.localeCompare(b))]}
            />
          )}
          <CodeBlock
            prompt
            label="Commands for this version"
            text={`treadle data checkout ${ref} ./${version.dataset}\ntreadle data sql "select * from '${ref}' limit 10"${version.files === 0 ? '' : `\ntreadle data ls ${ref}`}`}
          />
          <p className="faint">{ref} means these very bytes, for ever.</p>
        </div>
      </Section>
    </div>
  );
}
