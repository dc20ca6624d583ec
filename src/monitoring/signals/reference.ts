import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import { identifier, type Tables } from '../../tables/index.ts';
import { newestFor, type TableSource } from '../../validation/index.ts';
import { ruleOf, type HeldRules, type Serving } from '../../serving/index.ts';
import type { MonitorSettings } from '../contract.ts';
import { sourceOf } from '../kinds/names.ts';
import type { Recipe } from '../kinds/recipe.ts';
import type { Source } from '../kinds/sources.ts';
import { openLog } from '../open-log.ts';
import { insertReference, selectFirstWindows, selectReferences, type MonitorRow } from '../store-monitors.ts';
import { askBehind } from './ask.ts';
import { hashedReference } from './hashed-reference.ts';
import { ANCHOR, type Watched } from './questions.ts';
import { matching, namesIn, referenceSources } from './reference-sources.ts';
import { ofVersion, type VersionSeen } from './version-seen.ts';

export interface Reference {
  watched: Watched[];
  /** Columns that have none yet, with why. */
  without: Array<{ column: string; why: string }>;
  /** What could not be read. */
  notes: string[];
}

interface Parts {
  serving: Pick<Serving, 'recorded' | 'hash'>;
  tables: Tables;
}

/** Planes hear of a change a moment after it was written down, ms. */
const AFTER = 5_000;
const FIRST_WINDOWS = 3;
/** Of answers, which no table has: enough to say how much windows differ although nothing is wrong, and of days all of a week. */
const FIRST_ANSWERS = 8;

/**
 * What the columns of a window are compared with: a dataset that the monitor names; else what the version itself was trained on, as its lineage tells it, and then what
 * it was judged on; and for columns that are not in there, as answers hardly ever are, its own first windows. Each is made once for a version and kept: a promotion has its own.
 */
export async function referenceFor(
  ctx: Ctx,
  parts: Parts,
  monitor: MonitorRow,
  asked: {
    endpoint: string;
    version: VersionSeen;
    columns: readonly Source[];
    rules: HeldRules;
    before: number;
  },
  signal?: AbortSignal,
): Promise<Reference> {
  const settings = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const ignored = new Set(settings.ignore);
  const wanted = asked.columns.filter(({ column }) => !ignored.has(column));
  const isHashed = ({ column }: { column: string }): boolean =>
    ruleOf(asked.rules, sourceOf(column))?.rule === 'hash';
  /** Of a column that was recorded otherwise before, when it was not any more. */
  const since = ({ column }: Source): number => ruleOf(asked.rules, column)?.since ?? 0;
  const notes: string[] = [];
  const kept = new Map(
    (await selectReferences(ctx, monitor.id, asked.version.ref)).map((row) => [
      row.part,
      JSON.parse(row.watched) as Watched[], // written by this room
    ]),
  );
  const keep = async (part: string, source: string, rows: number, watched: Watched[]): Promise<void> => {
    kept.set(part, watched);
    await ctx.write((tx) =>
      insertReference(tx, {
        monitor_id: monitor.id,
        version_ref: asked.version.ref,
        part,
        source,
        row_count: rows,
        watched: JSON.stringify(watched),
        created_at: tx.clock.now(),
      }),
    );
  };

  if (!kept.has('given'))
    try {
      const sources = await referenceSources(ctx, settings, asked.version.ref);
      const cut = {
        window: settings.stands_for_ms ?? monitor.window_ms,
        time: (await newestFor(ctx, asked.version.ref))?.spec.time,
      };
      // Also those that are not recorded now: they may be again.
      const others = [...asked.rules.columns.keys()].filter(
        (name) =>
          name.startsWith('in_') && !ignored.has(name) && !wanted.some(({ column }) => column === name),
      );
      const all = [...wanted, ...others.map((column) => ({ column, kind: settings.kinds?.[column] }))];
      const made = await anchorGiven(ctx, parts.tables, sources, all, cut, signal);
      if (made) await keep('given', made.source, made.rows, made.watched);
    } catch (error) {
      signal?.throwIfAborted();
      notes.push(`the reference could not be read: ${outwardMessageOf(error)}`);
    }
  const given = (kept.get('given') ?? []).filter((one) => !isHashed(one));
  for (const { column } of wanted.filter(isHashed)) {
    const part = `hashed ${column}`;
    if (!kept.has(part))
      try {
        const { source, rows, watched } = await hashedReference(ctx, parts, monitor, asked, column, signal);
        await keep(part, source, rows, watched);
      } catch (error) {
        signal?.throwIfAborted();
        notes.push(`the reference of ${column} could not be hashed: ${outwardMessageOf(error)}`);
      }
    given.push(...(kept.get(part) ?? []));
  }
  const left = wanted
    .filter((one) => !given.some(({ column }) => column === one.column))
    // Of hashes nothing can be made that the values would say.
    .map((one): Source => (isHashed(one) ? { column: one.column, kind: 'categories' } : one));
  const many = settings.first_windows ?? FIRST_WINDOWS;
  const firsts = [
    { part: 'first', many, own: left.filter((one) => !isAnswer(one) && since(one) === 0), since: 0 },
    {
      part: 'answers',
      many: settings.first_windows ?? FIRST_ANSWERS,
      own: left.filter(isAnswer),
      since: 0,
    },
    // What was recorded otherwise before is not to be compared with.
    ...left
      .filter((one) => since(one) > 0)
      .map((one) => ({ part: `${one.column} since ${since(one)}`, many, own: [one], since: since(one) })),
  ];
  const watched = given.filter(({ column }) => !ignored.has(sourceOf(column)) && !ignored.has(column));
  const without: Reference['without'] = [];
  for (const { part, many, own, since: begun } of firsts) {
    if (own.length === 0) continue;
    const names = new Set(own.map(({ column }) => column));
    let windows = 0;
    if (!kept.has(part)) {
      const seen = await selectFirstWindows(ctx, monitor, {
        version_ref: asked.version.ref,
        from: begun === 0 ? 0 : begun + AFTER,
        before: asked.before,
        limit: many,
      });
      windows = seen.length;
      if (windows === many) {
        const span = { from: seen[0]!.from_at, to: seen.at(-1)!.to_at };
        const answer = await anchorFirst(ctx, parts, monitor, { ...asked, columns: own }, span, signal);
        await keep(part, `its first ${many} windows`, answer.rows, answer.watched);
      }
    }
    const first = (kept.get(part) ?? []).filter(({ column }) => names.has(sourceOf(column)));
    watched.push(...first.filter(({ column }) => !ignored.has(column)));
    const has = new Set(first.map(({ column }) => column));
    const why = kept.has(part)
      ? 'its values are not of a kind that is watched'
      : `the first ${many} windows of the version${begun === 0 ? '' : ' since it is recorded as it is now'} are its reference, and ${windows} ${windows === 1 ? 'is' : 'are'} over`;
    without.push(...own.flatMap(({ column }) => (has.has(column) ? [] : [{ column, why }])));
  }
  return { watched, without, notes };
}

const isAnswer = ({ column }: Source): boolean => column.startsWith('out_');

/** Anchors columns on what is recorded of a version in a time. */
async function anchorFirst(
  ctx: Ctx,
  { serving, tables }: Parts,
  monitor: MonitorRow,
  asked: { endpoint: string; version: VersionSeen; columns: readonly Source[] },
  span: { from: number; to: number },
  signal: AbortSignal | undefined,
) {
  const recorded = await serving.recorded(ctx, asked.endpoint, span);
  const { files, views } = openLog(recorded, { text: 'log', prefix: 'log' }, span);
  return askBehind(ctx, tables, ANCHOR, {
    files,
    request: {
      views: [...views, ofVersion('log', asked.version)],
      view: 'version',
      columns: asked.columns.map((one) => ({ ...one, from: one.column })),
      window: monitor.window_ms,
      time: 'time',
    },
    signal,
  });
}

/**
 * The label of a reference as numbers and as texts, the way outcomes come, anchored once for a version; undefined where no evaluation says which column it is, or no
 * table has it.
 */
export async function labelReference(
  ctx: Ctx,
  tables: Tables,
  monitor: MonitorRow,
  versionRef: string,
  signal?: AbortSignal,
): Promise<Watched | undefined> {
  const kept = (await selectReferences(ctx, monitor.id, versionRef)).find(({ part }) => part === 'label');
  if (kept) return (JSON.parse(kept.watched) as Watched[])[0]; // written by this room
  const settings = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const spec = (await newestFor(ctx, versionRef))?.spec;
  if (!spec) return undefined;
  const sources = await referenceSources(ctx, settings, versionRef);
  for (const source of sources) {
    const { files, views, names } = await namesIn(ctx, tables, source, signal);
    if (!names.has(spec.label)) continue;
    const text = `${identifier(spec.label)}::varchar`;
    const number = `try_cast(case ${text} when 'true' then '1' when 'false' then '0' else ${text} end as double)`;
    const { rows, watched } = await askBehind(ctx, tables, ANCHOR, {
      files,
      request: {
        views: [
          ...views,
          {
            name: 'reference labels',
            sql: `select *, ${number} as "label as number", ${text} as "label as text" from reference where ${identifier(spec.label)} is not null`,
          },
        ],
        view: 'reference labels',
        columns: [
          { column: 'number', from: 'label as number' },
          { column: 'label', from: 'label as text', kind: 'categories' },
        ],
        window: settings.stands_for_ms ?? monitor.window_ms,
        time: spec.time,
      },
      signal,
    });
    // Labels that are numbers, all of them, are compared as such.
    const numeric = watched.find(
      ({ column, histogram }) => column === 'number' && histogram.counts.at(-1) === 0,
    );
    const found = numeric ?? watched.find(({ column }) => column === 'label');
    if (!found) return undefined;
    await ctx.write((tx) =>
      insertReference(tx, {
        monitor_id: monitor.id,
        version_ref: versionRef,
        part: 'label',
        source: source.label,
        row_count: rows,
        watched: JSON.stringify([found]),
        created_at: tx.clock.now(),
      }),
    );
    return found;
  }
  return undefined;
}

/** Columns of a version that are watched by others that are made of them. */
export async function recipesOf(
  ctx: Ctx,
  monitor: string,
  versionRef: string,
): Promise<Array<{ column: string; recipe: Recipe }>> {
  const rows = await selectReferences(ctx, monitor, versionRef);
  return rows
    .flatMap(({ watched }) => JSON.parse(watched) as Watched[]) // written by this room
    .flatMap(({ column, recipe }) => (recipe ? [{ column, recipe }] : []));
}

interface Given {
  source: string;
  rows: number;
  watched: Watched[];
}

/** Columns are taken from the source that has most of them, and what is left from the next one; undefined where there is no source. */
async function anchorGiven(
  ctx: Ctx,
  tables: Tables,
  sources: readonly TableSource[],
  wanted: readonly Source[],
  cut: { window: number; time: string | undefined },
  signal?: AbortSignal,
): Promise<Given | undefined> {
  if (sources.length === 0) return undefined;
  const opened = [];
  for (const source of sources) opened.push({ source, ...(await namesIn(ctx, tables, source, signal)) });
  const found: Given = { source: '', rows: 0, watched: [] };
  const used: string[] = [];
  let left = [...wanted];
  // Of equal ones the first counts: training before what it was judged on.
  for (const { source, files, views, names } of opened.toSorted(
    (a, b) => matching(wanted, b.names).length - matching(wanted, a.names).length,
  )) {
    const columns = matching(left, names);
    if (columns.length === 0) continue;
    const answer = await askBehind(ctx, tables, ANCHOR, {
      files,
      request: {
        views,
        view: 'reference',
        columns,
        ...cut,
      },
      signal,
    });
    used.push(source.label);
    found.rows = Math.max(found.rows, answer.rows);
    found.watched.push(...answer.watched);
    left = left.filter(({ column }) => !columns.some((one) => one.column === column));
  }
  return { ...found, source: used.join(', ') || sources[0]!.label };
}
