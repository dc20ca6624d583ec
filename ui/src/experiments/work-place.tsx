import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import { listColumns, type RunRow } from '../../../src/tracking/contract.ts';
import { api } from '../api/client.ts';
import { part } from '../api/part.ts';
import { Button } from '../kit/button.tsx';
import { seriesStyles } from '../kit/chart/colors.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { Failure } from '../kit/failure.tsx';
import { Choice } from '../kit/field.tsx';
import { formatCount, plural } from '../kit/format.ts';
import type { MenuEntry } from '../kit/menu.tsx';
import { useMedia } from '../kit/media.ts';
import { Empty, Skeleton } from '../kit/page.tsx';
import { ColumnChooser } from '../kit/table/column-chooser.tsx';
import { sortText } from '../kit/table/sorting.ts';
import { Table, type Sight } from '../kit/table/table.tsx';
import { say } from '../kit/toast.tsx';
import { usePageAction } from '../shell/page-actions.ts';
import { BrushBar } from './brush-bar.tsx';
import { FilterBar } from './filter-bar.tsx';
import { FilterHelp } from './filter-help.tsx';
import { FIRST_RUN } from './first-run.ts';
import { GroupTable } from './group-table.tsx';
import { groupOf } from './group-value.ts';
import {
  columnParts,
  columnsOf,
  columnsText,
  EVERY,
  FACTS,
  orderOf,
  sortOf,
  VARYING,
} from './run-columns.ts';
import { runColumns } from './run-table.tsx';
import { change as changeMany, SelectionBar } from './selection-bar.tsx';
import { Splitter } from './splitter.tsx';
import { EARLY, useCells } from './use-cells.ts';
import { useRunCount, useRuns } from './use-runs.ts';
import { useSample } from './use-sample.ts';
import { ViewsMenu } from './views-menu.tsx';
import {
  arranged,
  brushCondition,
  brushesOf,
  brushText,
  moved,
  STAR_TAG,
  starred,
  ticksOf,
  ticksText,
  viewAddress,
  wholeFilter,
  widthsOf,
  widthsText,
} from './work-state.ts';
import './work-place.css';

const ChartsPane = lazy(part(() => import('./charts-pane.tsx')));

const LINES = 25;
const GROUPED_LINES = 100;
/** An address has room for the names of so many columns. */
const MOST_ORDERED = 150;

/**
 * Where runs are worked with: the table and, beside it, the charts, both fed by one filter, order and group. All that is shown stands in
 * the address; everything that is counted or put in order, the server does.
 */
export function WorkPlace(props: { id: string; tags: Readonly<Record<string, string>> }): ReactElement {
  const { id } = props;
  const search = useSearch({ from: '/experiments/$experiment' });
  const navigate = useNavigate({ from: '/experiments/$experiment' });
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const [sight, setSight] = useState<Sight | undefined>();
  // Stacked, there is no width to share, and the page scrolls as a whole.
  const stacked = useMedia('(max-width: 1000px)');

  const columns = useQuery(api(listColumns, { params: { experiment: id } }, ['run:*']));
  const known = columns.data;
  const pinned = useMemo(() => search.pin ?? [], [search.pin]);
  const chosen = useMemo(
    () => (known ? arranged(columnsOf(search.cols, known), pinned) : []),
    [search.cols, known, pinned],
  );
  const choose = (next: readonly string[]) => change({ cols: columnsText(search.cols, chosen, next) });
  const move = (column: string, before: string | undefined) => {
    // Their order would be as long an address as all their names are.
    if (chosen.length > MOST_ORDERED)
      say(`At most ${MOST_ORDERED} columns are put in order: choose fewer first`);
    else change({ cols: moved(chosen, column, before) });
  };
  const keyed = useMemo(() => chosen.filter((column) => columnParts(column) !== undefined), [chosen]);
  const sort = useMemo(() => sortOf(search.sort), [search.sort]);
  const { group } = search;
  const showsTable = search.pane !== 'charts';
  const showsCharts = search.pane !== 'table';

  const brushes = useMemo(() => brushesOf(search.brush), [search.brush]);
  const stars = search.star ? [starred] : [];
  // What the brushed charts draw: without the brushes, so that what they leave out stays in sight, fainter.
  const before = wholeFilter(search.filter, stars);
  const state = search.state;
  const sample = useSample(
    { experiment: id, filter: before, order: orderOf(sort), state },
    search,
    known,
    showsCharts || brushes.length > 0,
  );
  const conditions = brushes.map((brush) => brushCondition(brush, sample.values(brush.id)));
  // A brush over texts is known once the runs are that it was drawn over.
  const ready = known !== undefined && (brushes.length === 0 || sample.ready);
  const filter = wholeFilter(search.filter, [...stars, ...conditions]);

  const early = useMemo(() => keyed.slice(0, EARLY), [keyed]);
  const asked = useMemo(
    () => [
      ...new Set([
        `tags.${STAR_TAG}`,
        ...(group === undefined || columnParts(group) === undefined ? [] : [group]),
        ...(group === undefined ? early : []),
      ]),
    ],
    [early, group],
  );
  const runs = useRuns(
    { experiment: id, filter, order: orderOf(sort), state, columns: asked },
    // The columns decide what is asked for; asking before they are known would ask for everything.
    ready && (group === undefined || showsCharts),
  );
  const count = useRunCount(id, runs.filter, state, ready);
  const cells = useCells(id, runs.items, keyed, sight);

  const sel = useMemo(() => ticksOf(search.sel), [search.sel]);
  const selected = useMemo(() => new Set(sel), [sel]);
  const lines = search.lines ?? (group === undefined ? LINES : GROUPED_LINES);
  const ticked = useMemo(() => runs.items.filter((run) => selected.has(run.id)), [runs.items, selected]);
  // In the order in which they were ticked.
  const inSight = useMemo(() => {
    const seen = new Set(ticked.map((run) => run.id));
    return sel.filter((one) => seen.has(one));
  }, [ticked, sel]);
  const drawn = useMemo(
    () => (ticked.length > 0 && group === undefined ? ticked : runs.items).slice(0, lines),
    [runs.items, ticked, lines, group],
  );
  const drawnIds = drawn.map((run) => (group === undefined ? run.id : groupOf(run, group))).join('\n');
  const styles = useMemo(
    () => seriesStyles(showsCharts && drawnIds !== '' ? drawnIds.split('\n') : []),
    [drawnIds, showsCharts],
  );

  const { refresh } = runs;
  const table = useMemo(
    () =>
      runColumns(chosen, {
        cells,
        styles,
        onStar: (run: RunRow, star: boolean) =>
          void changeMany(
            [run.id],
            star ? { tags: { [STAR_TAG]: 'true' } } : { remove_tags: [STAR_TAG] },
            `${run.name} ${star ? 'has' : 'lost'} a star`,
          ).then((done) => done && refresh()),
      }),
    [chosen, cells, styles, refresh],
  );
  const widths = useMemo(() => widthsOf(search.w), [search.w]);
  const all = useMemo(
    () =>
      known
        ? [
            ...known.metrics.map((key) => `metrics.${key}`),
            ...known.params.map((key) => `params.${key}`),
            ...known.tags.map((key) => `tags.${key}`),
          ]
        : [],
    [known],
  );

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
  usePageAction('Show only the columns that vary', 'columns', () => change({ cols: [VARYING] }));

  const columnMenu = (column: string): readonly MenuEntry[] | undefined => {
    if (column === 'name') return undefined;
    const at = chosen.indexOf(column);
    const parts = columnParts(column);
    return [
      pinned.includes(column)
        ? {
            key: 'pin',
            label: 'Let it scroll',
            act: () => change({ pin: pinned.filter((each) => each !== column) }),
          }
        : { key: 'pin', label: 'Keep in sight', act: () => change({ pin: [...pinned, column] }) },
      { key: 'left', label: 'Move left', disabled: at <= 0, act: () => move(column, chosen[at - 1]) },
      {
        key: 'right',
        label: 'Move right',
        disabled: at < 0 || at >= chosen.length - 1,
        act: () => move(column, chosen[at + 2]),
      },
      ...(parts !== undefined && parts.kind !== 'metrics'
        ? [{ key: 'group', label: 'Group by it', act: () => change({ group: column }) }]
        : []),
      { key: 'hide', label: 'Hide', act: () => choose(chosen.filter((each) => each !== column)) },
    ];
  };

  const bare =
    !runs.loading &&
    runs.items.length === 0 &&
    runs.error === null &&
    filter === undefined &&
    state === undefined &&
    known !== undefined;
  if (bare) {
    return (
      <Empty icon="run" title="No runs here yet">
        <p>Name this experiment in code that logs to MLflow, and its runs appear as they happen:</p>
        <CodeBlock prompt label="Commands for a first run" text={FIRST_RUN(window.location.origin, id)} />
      </Empty>
    );
  }
  const failed = columns.error ?? (runs.wrong === undefined ? runs.error : null);
  return (
    <>
      <div className="run-bar">
        <FilterBar
          experiment={id}
          filter={search.filter}
          columns={all}
          error={runs.wrong}
          onFilter={(next) => change({ filter: next })}
        />
        <Choice
          label="Group by"
          value={group ?? ''}
          options={[{ value: '', label: 'nothing' }, ...groupings(known)]}
          onChange={(next) => change({ group: next || undefined })}
        />
        <Choice
          label="Show"
          value={search.star ? 'starred' : (state ?? 'active')}
          options={[
            { value: 'active', label: 'active' },
            { value: 'starred', label: 'starred' },
            { value: 'deleted', label: 'deleted' },
            { value: 'all', label: 'all' },
          ]}
          onChange={(next) =>
            change({
              star: next === 'starred' || undefined,
              state: next === 'deleted' || next === 'all' ? next : undefined,
            })
          }
        />
        <ColumnChooser
          chosen={chosen}
          onChange={choose}
          onReset={() => change({ cols: undefined, pin: undefined, w: undefined })}
          shortcuts={[
            { label: 'Only what varies', act: () => change({ cols: [VARYING] }) },
            { label: 'All columns', act: () => change({ cols: [EVERY] }) },
          ]}
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
        <ViewsMenu experiment={id} tags={props.tags} address={viewAddress(search)} />
        <Choice
          label="See"
          value={search.pane ?? 'both'}
          options={[
            { value: 'both', label: 'table and charts' },
            { value: 'table', label: 'table' },
            { value: 'charts', label: 'charts' },
          ]}
          onChange={(pane) => change({ pane: pane === 'both' ? undefined : pane })}
        />
      </div>
      <BrushBar
        brushes={brushes}
        onChange={(next) => change({ brush: next.length === 0 ? undefined : next.map(brushText) })}
      />
      {runs.wrong !== undefined && (
        <FilterHelp
          kept={
            runs.filter === undefined
              ? 'All runs are shown meanwhile.'
              : `Meanwhile these pass: ${runs.filter}`
          }
        />
      )}
      {sel.length > 0 && group === undefined && (
        <SelectionBar
          runs={inSight}
          hidden={sel.length - inSight.length}
          state={state}
          tagKeys={known?.tags ?? []}
          onClear={() => change({ sel: undefined })}
          onDone={refresh}
        />
      )}
      {!runs.live && (
        <div className="row faint">
          Many rows are loaded, so changes no longer appear by themselves.
          <Button look="quiet" onClick={refresh}>
            Read anew
          </Button>
        </div>
      )}
      <div className={`work${stacked ? ' work-stacked' : ''}`}>
        {showsTable && (
          <div
            className="work-table"
            style={showsCharts && !stacked ? { flexBasis: `${search.split ?? 52}%`, flexGrow: 0 } : undefined}
          >
            {group !== undefined ? (
              <GroupTable
                experiment={id}
                by={group}
                filter={runs.filter}
                state={state}
                styles={styles}
                metrics={keyed
                  .filter((column) => column.startsWith('metrics.'))
                  .map((column) => column.slice('metrics.'.length))}
                onOpen={(next) => change({ filter: next, group: undefined })}
                ready={ready}
                own={search.filter}
              />
            ) : failed ? (
              <Failure error={failed} retry={refresh} />
            ) : runs.loading || columns.isPending ? (
              <Skeleton lines={10} />
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
                onSelect={(ids) => change({ sel: ticksText([...ids]) })}
                more={runs.more}
                total={count}
                busy={runs.stale}
                keys
                pinned={1 + pinned.filter((each) => chosen.includes(each)).length}
                widths={widths}
                onWidths={(next) => change({ w: widthsText(next) })}
                onMove={move}
                columnMenu={columnMenu}
                onSight={setSight}
                empty={
                  <Empty icon="filter" title="No run matches">
                    <p>Nothing {state ?? (search.star ? 'starred' : 'active')} passes this filter.</p>
                    {filter !== undefined && (
                      <Button
                        onClick={() => change({ filter: undefined, brush: undefined, star: undefined })}
                      >
                        Clear the filter
                      </Button>
                    )}
                  </Empty>
                }
              />
            )}
            {group === undefined && count !== undefined && !failed && (
              <p className="work-count faint small">{plural(count, 'run')}</p>
            )}
          </div>
        )}
        {showsTable && showsCharts && !stacked && (
          <Splitter value={search.split ?? 52} onChange={(split) => change({ split })} />
        )}
        {showsCharts && (
          <section className="work-charts" aria-label="Charts">
            <Suspense fallback={<Skeleton lines={8} />}>
              {known && !failed && (
                <ChartsPane
                  search={search}
                  change={change}
                  known={known}
                  runs={drawn}
                  note={drawnNote(drawn.length, count, sel.length > 0 && group === undefined)}
                  styles={styles}
                  sample={sample}
                  brushes={brushes}
                  loading={runs.loading}
                  count={count}
                />
              )}
            </Suspense>
          </section>
        )}
      </div>
    </>
  );
}

function drawnNote(drawn: number, count: number | undefined, ticked: boolean): string {
  if (ticked) return `the ${plural(drawn, 'ticked run')}`;
  return count === undefined || count <= drawn
    ? plural(drawn, 'run')
    : `the first ${formatCount(drawn)} of ${plural(count, 'run')}`;
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
