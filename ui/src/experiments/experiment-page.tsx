import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import {
  deleteRun,
  getExperiment,
  listColumns,
  restoreRun,
  searchRuns,
} from '../../../src/tracking/contract.ts';
import { api, call } from '../api/client.ts';
import { usePages } from '../api/pages.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { CodeBlock, CopyButton } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { Menu } from '../kit/menu.tsx';
import { Empty, Page, Skeleton } from '../kit/page.tsx';
import { ColumnChooser } from '../kit/table/column-chooser.tsx';
import { Table } from '../kit/table/table.tsx';
import { say, sayError } from '../kit/toast.tsx';
import { usePageAction } from '../shell/page-actions.ts';
import { FilterBar } from './filter-bar.tsx';
import { FilterHelp } from './filter-help.tsx';
import { FIRST_RUN } from './first-run.ts';
import { GroupTable } from './group-table.tsx';
import { sortText } from '../kit/table/sorting.ts';
import { FACTS, orderOf, sortOf, usualColumns } from './run-columns.ts';
import { runColumns } from './run-table.tsx';

const PAGE = 200;

/** The run table: everything it shows comes from the server as it is scrolled, sorted, filtered and grouped there. */
export default function ExperimentPage(): ReactElement {
  const { experiment: id } = useParams({ from: '/experiments/$experiment' });
  const search = useSearch({ from: '/experiments/$experiment' });
  const navigate = useNavigate({ from: '/experiments/$experiment' });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });

  const experiment = useQuery(api(getExperiment, { params: { experiment: id } }));
  const columns = useQuery(api(listColumns, { params: { experiment: id } }, ['run:*']));
  const usual = useMemo(() => usualColumns(columns.data ?? { metrics: [], params: [] }), [columns.data]);
  const chosen = search.cols ?? usual;
  const sort = useMemo(() => sortOf(search.sort), [search.sort]);
  const asked = useMemo(() => chosen.filter((column) => column.includes('.')), [chosen]);
  const grouped = search.group !== undefined;
  const runs = usePages(
    searchRuns,
    {
      body: {
        experiments: [id],
        limit: PAGE,
        columns: asked,
        ...(search.filter === undefined ? {} : { filter: search.filter }),
        ...(sort === undefined ? {} : { order: orderOf(sort) ?? [] }),
        ...(search.state === undefined ? {} : { state: search.state }),
      },
    },
    ['run:*'],
    // The columns decide what is asked for; asking before they are known would ask for everything.
    !grouped && columns.data !== undefined,
  );
  const table = useMemo(() => runColumns(chosen), [chosen]);
  const selected = useMemo(() => new Set(search.sel), [search.sel]);
  const sel = search.sel ?? [];
  const known = columns.data;
  const all = known
    ? [
        ...known.metrics.map((key) => `metrics.${key}`),
        ...known.params.map((key) => `params.${key}`),
        ...known.tags.map((key) => `tags.${key}`),
      ]
    : [];

  usePageAction(
    'Compare the selected runs',
    'compare',
    () => void navigate({ to: '/compare', search: { runs: sel } }),
    sel.length > 1,
  );
  usePageAction(
    'Clear the filter',
    'filter',
    () => change({ filter: undefined }),
    search.filter !== undefined,
  );

  const each = async (verb: typeof deleteRun, word: string) => {
    try {
      await Promise.all(sel.map((run) => call(verb, { params: { run } })));
      change({ sel: undefined });
      say(`${plural(sel.length, 'run')} ${word}`);
      runs.refresh();
    } catch (error) {
      sayError('Not all runs could be changed', error);
    }
  };

  if (experiment.error) {
    return (
      <Page title="Experiment" trail={<Link to="/experiments">Experiments</Link>}>
        <Failure error={experiment.error} retry={() => void experiment.refetch()} />
      </Page>
    );
  }
  const filterWrong = search.filter !== undefined ? runs.error : null;
  const bare =
    !grouped &&
    !runs.loading &&
    runs.items.length === 0 &&
    search.filter === undefined &&
    search.state === undefined;
  return (
    <Page
      title={experiment.data?.name ?? 'Experiment'}
      trail={<Link to="/experiments">Experiments</Link>}
      lead={
        experiment.data && (
          <span className="row row-wrap">
            {experiment.data.note !== undefined && <span>{experiment.data.note.split('\n')[0]}</span>}
            <span className="faint row">
              id {experiment.data.id}
              <CopyButton text={experiment.data.id} label="Copy the experiment id" />
            </span>
          </span>
        )
      }
      fill
    >
      <div className="run-bar">
        <FilterBar
          filter={search.filter}
          columns={all}
          error={filterWrong}
          onFilter={(filter) => change({ filter })}
        />
        <Choice
          label="Group by"
          value={search.group ?? ''}
          options={[{ value: '', label: 'nothing' }, ...groupings(known)]}
          onChange={(group) => change({ group: group || undefined })}
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
        <ColumnChooser
          chosen={chosen}
          onChange={(cols) => change({ cols })}
          onReset={() => change({ cols: undefined })}
          groups={[
            { name: 'Run', columns: FACTS.map((fact) => ({ id: fact, label: fact })) },
            {
              name: 'Metrics',
              columns: (known?.metrics ?? []).map((key) => ({ id: `metrics.${key}`, label: key })),
            },
            {
              name: 'Params',
              columns: (known?.params ?? []).map((key) => ({ id: `params.${key}`, label: key })),
            },
            { name: 'Tags', columns: (known?.tags ?? []).map((key) => ({ id: `tags.${key}`, label: key })) },
          ]}
        />
      </div>
      {sel.length > 0 && !grouped && (
        <div className="selection-bar" role="status">
          {plural(sel.length, 'run')} selected
          <span className="spacer" />
          {sel.length > 1 && (
            <Link to="/compare" search={{ runs: sel }} className={buttonClass('primary')}>
              Compare
            </Link>
          )}
          <Menu
            trigger={<Button icon="more" label="More for the selected runs" />}
            entries={[
              search.state === 'deleted'
                ? { key: 'restore', label: 'Restore', act: () => void each(restoreRun, 'restored') }
                : {
                    key: 'delete',
                    label: 'Delete',
                    danger: true,
                    act: () => void each(deleteRun, 'deleted; they can be restored'),
                  },
            ]}
          />
          <Button look="quiet" onClick={() => change({ sel: undefined })}>
            Clear
          </Button>
        </div>
      )}
      {!runs.live && (
        <div className="row faint">
          Many rows are loaded, so changes no longer appear by themselves.
          <Button look="quiet" onClick={runs.refresh}>
            Read anew
          </Button>
        </div>
      )}
      {grouped ? (
        <GroupTable
          experiment={id}
          by={search.group!}
          filter={search.filter}
          state={search.state}
          metrics={asked
            .filter((column) => column.startsWith('metrics.'))
            .map((column) => column.slice('metrics.'.length))}
          onOpen={(filter) => change({ filter, group: undefined })}
        />
      ) : runs.error && !filterWrong ? (
        <Failure error={runs.error} retry={runs.refresh} />
      ) : filterWrong ? (
        <FilterHelp />
      ) : runs.loading || columns.isPending ? (
        <Skeleton lines={10} />
      ) : bare ? (
        <Empty icon="run" title="No runs here yet">
          <p>Name this experiment in code that logs to MLflow, and its runs appear as they happen:</p>
          <CodeBlock
            prompt
            label="Commands for a first run"
            text={FIRST_RUN(window.location.origin).replace(
              'import mlflow; ',
              `import mlflow; mlflow.set_experiment('${experiment.data?.name ?? ''}'); `,
            )}
          />
        </Empty>
      ) : (
        <Table
          label="Runs"
          columns={table}
          rows={runs.items}
          rowId={(run) => run.id}
          rowName={(run) => run.name}
          sort={sort}
          onSort={(next) => change({ sort: sortText(next) })}
          selected={selected}
          onSelect={(ids) => change({ sel: ids.size === 0 ? undefined : [...ids] })}
          more={runs.more}
          busy={runs.stale}
          keys
          empty={
            <Empty icon="filter" title="No run matches">
              <p>Nothing {search.state ?? 'active'} passes this filter.</p>
              {search.filter !== undefined && (
                <Button onClick={() => change({ filter: undefined })}>Clear the filter</Button>
              )}
            </Empty>
          }
        />
      )}
    </Page>
  );
}

function groupings(
  known: { params: readonly string[]; tags: readonly string[] } | undefined,
): { value: string; label: string }[] {
  const ids = [
    'status',
    'verdict',
    'user_id',
    ...(known?.params ?? []).map((key) => `params.${key}`),
    ...(known?.tags ?? []).map((key) => `tags.${key}`),
  ];
  return ids.map((id) => ({ value: id, label: id === 'user_id' ? 'user' : id }));
}
