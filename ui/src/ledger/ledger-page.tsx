import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useMemo, useState, type ReactElement } from 'react';
import { listEntries, type Entry } from '../../../src/ledger/contract.ts';
import { usePages } from '../api/pages.ts';
import { live } from '../api/queries.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { SearchField } from '../kit/field.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { Empty, Page } from '../kit/page.tsx';
import { FoundTable } from '../kit/table/found-table.tsx';
import type { Column } from '../kit/table/table.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { actorFilter, ActorName } from './actor-name.tsx';
import { Head } from './head.tsx';
import { useNames } from './names.ts';
import { ResourceLink } from './resource-link.tsx';
import { TimeFilter } from './time-filter.tsx';
import './ledger.css';

const route = getRouteApi('/ledger');

const columnsWith = (names: ReadonlyMap<string, string>): Column<Entry>[] => [
  {
    id: 'seq',
    header: '#',
    width: 76,
    cell: ({ seq }) => (
      <Link to="/ledger/$seq" params={{ seq: String(seq) }} aria-label={`Entry ${formatCount(seq)}`}>
        {formatCount(seq)}
      </Link>
    ),
  },
  { id: 'time', header: 'When', width: 100, cell: ({ time }) => <TimeAgo time={time} /> },
  {
    id: 'action',
    header: 'Action',
    width: 210,
    cell: ({ action }) => (
      <Link to="/ledger" search={(now) => ({ ...now, action })} title={`Only ${action}`}>
        <code>{action}</code>
      </Link>
    ),
  },
  {
    id: 'resource',
    header: 'On',
    width: 270,
    cell: ({ resource }) => <ResourceLink resource={resource} name={names.get(resource)} />,
  },
  {
    id: 'actor',
    header: 'By',
    width: 140,
    cell: ({ actor }) => (
      <Link to="/ledger" search={(now) => ({ ...now, actor: actorFilter(actor) })} title="Only what they did">
        <ActorName actor={actor} />
      </Link>
    ),
  },
  { id: 'reason', header: 'Why', width: 360, value: ({ reason }) => reason },
];

export default function LedgerPage(): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = useMemo(
    () => Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)),
    [search],
  );
  const filtered = Object.keys(filter).length > 0;
  const entries = usePages(listEntries, { query: filter });
  const [fresh, showFresh] = useFresh(JSON.stringify(filter), entries.live, entries.refresh);
  const rows = entries.items;
  const names = useNames(useMemo(() => rows.map(({ resource }) => resource), [rows]));
  const columns = useMemo(() => columnsWith(names), [names]);
  const actions = useMemo(() => [...new Set(rows.map(({ action }) => action))].toSorted(), [rows]);
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  return (
    <Page
      title="Ledger"
      lead="Every change, who made it and why: written in the change’s own transaction, never rewritten."
      fill
    >
      <Head />
      <div className="bar">
        <SearchField
          label="Action"
          placeholder="Action: run.created"
          value={search.action ?? ''}
          options={actions}
          onChange={(action) => set({ action: action || undefined })}
        />
        <SearchField
          label="Resource"
          placeholder="Resource: model:flights"
          value={search.resource ?? ''}
          onChange={(resource) => set({ resource: resource || undefined })}
        />
        <SearchField
          label="Who"
          placeholder="Who"
          value={search.actor ?? ''}
          onChange={(actor) => set({ actor: actor || undefined })}
        />
        <TimeFilter since={search.since} until={search.until} onChange={set} />
        {filtered && (
          <Button look="quiet" icon="close" onClick={() => void navigate({ search: {}, replace: true })}>
            Clear
          </Button>
        )}
        <span className="spacer" />
        {fresh > 0 && (
          <Button look="primary" onClick={showFresh}>
            {plural(fresh, 'new change')}: show
          </Button>
        )}
      </div>
      <FoundTable
        found={entries}
        label="Ledger entries, newest first"
        columns={columns}
        rowId={({ seq }) => String(seq)}
        empty={
          filtered ? (
            <Empty icon="filter" title="No entry is like that">
              <p>Action, resource and name must be written in full. Clear a filter, or widen the time.</p>
            </Empty>
          ) : (
            <Empty icon="ledger" title="Nothing has changed yet">
              <p>
                The first run, dataset or model makes the first entry. Whether the whole record still holds,
                this says at any time:
              </p>
              <CodeBlock prompt text="treadle ledger verify" label="Command that checks the ledger" />
            </Empty>
          )
        }
        lines={9}
      />
    </Page>
  );
}

/**
 * How many changes came since the list was read. While it is short it is simply read anew; further down, rows must not
 * move under the reader. `list` names what is listed: another filter begins from nothing.
 */
function useFresh(list: string, isLive: boolean, refresh: () => void) {
  const [seen, setSeen] = useState({ list, count: 0 });
  const again = useEffectEvent(refresh);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = live.listen(() => {
      if (!isLive) setSeen((now) => ({ list, count: now.list === list ? now.count + 1 : 1 }));
      else
        timer ??= setTimeout(() => {
          timer = undefined;
          again();
        }, 1000);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [list, isLive]);
  const show = () => {
    setSeen({ list, count: 0 });
    refresh();
  };
  return [isLive || seen.list !== list ? 0 : seen.count, show] as const;
}
