import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { getDataset, listVersions, type DatasetDetail, type Ref } from '../../../src/data/contract.ts';
import { api } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatBytes, plural } from '../kit/format.ts';
import { Listing } from '../kit/listing.tsx';
import { Page, Section, Skeleton } from '../kit/page.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { History } from './history.tsx';
import { Proposals } from './proposals.tsx';
import { ProtectBranch, RefBadge } from './refs.tsx';
import './datasets.css';

const route = getRouteApi('/datasets/$dataset');

export default function DatasetPage(): ReactElement {
  const { dataset: name } = route.useParams();
  const { tab, sel = [] } = route.useSearch();
  const navigate = useNavigate();
  const set = route.useNavigate();
  const dataset = useQuery(api(getDataset, { params: { dataset: name } }, ['dataset:*']));
  const versions = usePages(listVersions, { params: { dataset: name }, query: { limit: 200 } }, [
    'dataset:*',
  ]);
  const number = (version: string) => Number(version.slice(1));
  const [from, to] = sel.toSorted((a, b) => number(a) - number(b));
  return (
    <Page
      title={`${name} · dataset`}
      heading={name}
      trail={<Link to="/datasets">Datasets</Link>}
      lead={
        dataset.data && (
          <span className="row row-wrap">
            <span>
              {plural(dataset.data.versions, 'version')}
              {dataset.data.latest && (
                <>
                  , the latest <TimeAgo time={dataset.data.latest.created_at} /> with{' '}
                  {plural(dataset.data.latest.files, 'file')}, {formatBytes(dataset.data.latest.bytes)}
                </>
              )}
            </span>
            {dataset.data.refs.map((ref) => (
              <RefBadge key={ref.name} dataset={name} {...ref} withVersion />
            ))}
          </span>
        )
      }
      actions={
        (dataset.data?.versions ?? 0) > 1 && (
          <Button
            icon="compare"
            disabled={to === undefined}
            title={to === undefined ? 'Choose two versions below' : undefined}
            onClick={() =>
              void navigate({
                to: '/datasets/$dataset/diff',
                params: { dataset: name },
                search: { from, to },
              })
            }
          >
            {to === undefined ? 'Compare two' : `Compare ${from} with ${to}`}
          </Button>
        )
      }
    >
      {dataset.isPending || versions.loading ? (
        <Skeleton lines={8} />
      ) : dataset.isError ? (
        <Failure error={dataset.error} retry={() => void dataset.refetch()} />
      ) : versions.error ? (
        <Failure error={versions.error} retry={versions.refresh} />
      ) : (
        <>
          <Tabs
            label="Parts of the dataset"
            value={tab ?? 'history'}
            onChange={(value) =>
              void set({
                search: (now) => ({ ...now, tab: value === 'history' ? undefined : value }),
                replace: true,
              })
            }
            tabs={[
              {
                value: 'history',
                label: 'History',
                count: dataset.data.versions,
                panel: (
                  <History
                    dataset={name}
                    versions={versions.items}
                    refs={dataset.data.refs}
                    selected={sel}
                    onSelect={(chosen) =>
                      void set({
                        search: (now) => ({ ...now, sel: chosen.length === 0 ? undefined : chosen }),
                        replace: true,
                      })
                    }
                    more={versions.more}
                  />
                ),
              },
              {
                value: 'moves',
                label: 'Branches and tags',
                count: dataset.data.refs.length,
                panel: <Refs dataset={dataset.data} />,
              },
              {
                value: 'proposals',
                label: 'Proposals',
                panel: <Proposals dataset={name} refs={dataset.data.refs} />,
              },
            ]}
          />
          <Section title="Use it">
            <CodeBlock
              prompt
              label="Commands for this dataset"
              text={[
                '# a new version: only new bytes travel',
                `treadle data commit ${name} ./folder -m "what is new and why"`,
                '# the files, as they were',
                `treadle data checkout ${name}@main ./folder`,
                '# ask it something',
                `treadle data sql "select count(*) from '${name}@main'"`,
              ].join('\n')}
            />
          </Section>
        </>
      )}
    </Page>
  );
}

/** Where branches and tags point, and every time one was moved: who did it and why. */
function Refs({ dataset }: { dataset: DatasetDetail }): ReactElement {
  const me = useQuery(api(whoAmI, {}));
  const mayManage = me.data?.may.includes('admin') ?? false;
  const [holding, setHolding] = useState<Ref>();
  const link = (version: string) => (
    <Link to="/datasets/$dataset/versions/$version" params={{ dataset: dataset.name, version }}>
      {version}
    </Link>
  );
  return (
    <div className="stack">
      <Listing
        label="Branches and tags"
        rows={dataset.refs}
        rowKey={({ name }) => name}
        columns={[
          { key: 'name', head: 'Name', cell: (ref) => <RefBadge dataset={dataset.name} {...ref} /> },
          {
            key: 'kind',
            head: 'Kind',
            cell: ({ kind, protected: held }) =>
              kind === 'tag' ? 'tag, never moves' : held === true ? 'branch, protected' : 'branch',
          },
          { key: 'version', head: 'Points at', cell: ({ version }) => link(version) },
          { key: 'moved', head: 'Since', cell: ({ updated_at }) => <TimeAgo time={updated_at} /> },
          { key: 'by', head: 'By', cell: ({ updated_by }) => updated_by },
          ...(mayManage
            ? [
                {
                  key: 'do',
                  head: 'What can be done',
                  hideHead: true,
                  cell: (ref: Ref) =>
                    ref.kind === 'branch' && (
                      <Button
                        className="button-small"
                        aria-label={`${ref.protected === true ? 'Protect no longer' : 'Protect'} ${ref.name}`}
                        onClick={() => setHolding(ref)}
                      >
                        {ref.protected === true ? 'Protect no longer' : 'Protect'}
                      </Button>
                    ),
                },
              ]
            : []),
        ]}
      />
      {holding && (
        <ProtectBranch dataset={dataset.name} branch={holding} onClose={() => setHolding(undefined)} />
      )}
      <h2>Moves</h2>
      <Listing
        label="Moves of branches and tags, newest first"
        rows={dataset.moves.map((move, i) => ({ ...move, i }))}
        rowKey={({ i }) => String(i)}
        columns={[
          { key: 'ref', head: 'Name', cell: ({ ref }) => ref },
          {
            key: 'move',
            head: 'Move',
            cell: ({ from, to }) =>
              from === undefined ? (
                <>made at {link(to)}</>
              ) : (
                <>
                  {link(from)} → {link(to)}
                </>
              ),
          },
          { key: 'at', head: 'When', cell: ({ at }) => <TimeAgo time={at} /> },
          { key: 'by', head: 'By', cell: ({ by }) => by },
          {
            key: 'why',
            head: 'Why',
            cell: ({ reason }) => reason ?? <span className="faint">a commit</span>,
          },
        ]}
      />
    </div>
  );
}
