import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { listExperiments, type ExperimentRow } from '../../../src/tracking/contract.ts';
import { usePages } from '../api/pages.ts';
import { Badge } from '../kit/badge.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice, SearchField } from '../kit/field.tsx';
import { formatCount } from '../kit/format.ts';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { sortOf, sortText } from '../kit/table/sorting.ts';
import { Table, type Column, type Sort } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { FIRST_RUN } from './first-run.ts';

const ORDERS: Record<string, string> = {
  name: 'name',
  created: 'creation_time',
  updated: 'last_update_time',
};

const COLUMNS: Column<ExperimentRow>[] = [
  {
    id: 'name',
    header: 'Experiment',
    value: (row) => row.name,
    width: 330,
    cell: (row) => (
      <Link to="/experiments/$experiment" params={{ experiment: row.id }} title={row.name}>
        {row.name}
      </Link>
    ),
  },
  { id: 'runs', header: 'Runs', align: 'end', width: 84, cell: (row) => formatCount(row.runs) },
  {
    id: 'running',
    header: 'Running',
    width: 100,
    cell: (row) =>
      row.running > 0 ? (
        <Badge tone="live" dot>
          {formatCount(row.running)} running
        </Badge>
      ) : (
        <span className="table-none">–</span>
      ),
  },
  {
    id: 'last',
    header: 'Newest run',
    width: 130,
    cell: (row) =>
      row.last_run_at === undefined ? (
        <span className="table-none">–</span>
      ) : (
        <TimeAgo time={row.last_run_at} />
      ),
  },
  {
    id: 'note',
    header: 'About',
    width: 340,
    cell: (row) => <span className="truncate muted">{row.note?.split('\n')[0] ?? ''}</span>,
  },
  {
    id: 'created',
    header: 'Made',
    value: (row) => row.created_at,
    width: 120,
    cell: (row) => <TimeAgo time={row.created_at} />,
  },
  { id: 'by', header: 'By', width: 140, cell: (row) => <span className="truncate">{row.created_by}</span> },
];

export default function ExperimentsPage(): ReactElement {
  const search = useSearch({ from: '/experiments' });
  const navigate = useNavigate({ from: '/experiments' });
  const sort = useMemo((): Sort | undefined => {
    const asked = sortOf(search.sort);
    return asked && Object.hasOwn(ORDERS, asked.id) ? asked : undefined;
  }, [search.sort]);
  const list = usePages(
    listExperiments,
    {
      query: {
        limit: 200,
        ...(search.q === undefined ? {} : { filter: `name ILIKE '%${search.q.replaceAll("'", "''")}%'` }),
        ...(sort === undefined ? {} : { order: `${ORDERS[sort.id]} ${sort.desc ? 'DESC' : 'ASC'}` }),
        ...(search.state === undefined ? {} : { state: search.state }),
      },
    },
    ['run:*'],
  );
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const unused = list.items.length === 1 && list.items[0]!.runs === 0 && list.items[0]!.name === 'Default';
  const bare =
    search.q === undefined &&
    search.state === undefined &&
    !list.loading &&
    (list.items.length === 0 || unused);
  return (
    <Page
      title="Experiments"
      lead="Each one holds tries at the same question, side by side."
      fill
      actions={
        <>
          <SearchField
            label="Find experiments by name"
            placeholder="Find by name"
            value={search.q ?? ''}
            onChange={(q) => change({ q: q || undefined })}
          />
          <Choice
            label="Show"
            value={search.state ?? 'active'}
            options={[
              { value: 'active', label: 'active' },
              { value: 'deleted', label: 'deleted' },
              { value: 'all', label: 'all' },
            ]}
            onChange={(state) => change({ state: state === 'active' ? undefined : state })}
          />
        </>
      }
    >
      {list.error ? (
        <Failure error={list.error} retry={list.refresh} />
      ) : list.loading ? (
        <Skeleton lines={8} />
      ) : bare ? (
        <Empty icon="experiment" title="No runs yet">
          <p>
            Point code that already logs to MLflow at this server, and its runs appear here as they happen:
          </p>
          <CodeBlock prompt label="Commands for a first run" text={FIRST_RUN(window.location.origin)} />
        </Empty>
      ) : (
        <Table
          label="Experiments"
          columns={COLUMNS}
          rows={list.items}
          rowId={(row) => row.id}
          sort={sort}
          onSort={(next) => change({ sort: sortText(next) })}
          more={list.more}
          busy={list.stale}
          keys
          empty={
            <Empty icon="search" title="No experiment matches">
              <p>
                Nothing {search.state ?? 'active'} is called like “{search.q}”.
              </p>
            </Empty>
          }
        />
      )}
    </Page>
  );
}
