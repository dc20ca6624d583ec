import type { Ctx } from '../../platform/ctx/index.ts';
import { identifier, localName, type AskedFile, type Tables, type View } from '../../tables/index.ts';
import { judgedOn, resolveGateData, trainingSources, type TableSource } from '../../validation/index.ts';
import type { MonitorSettings } from '../contract.ts';
import type { Source } from '../kinds/sources.ts';
import { askBehind } from './ask.ts';
import { NAMES, type Anchored } from './questions.ts';

/** The tables that a reference is made of: the dataset that the monitor names, else those of the version itself. */
export const referenceSources = async (
  ctx: Ctx,
  { reference }: MonitorSettings,
  versionRef: string,
): Promise<TableSource[]> =>
  reference === undefined
    ? ownSources(ctx, versionRef)
    : [await resolveGateData(ctx, { kind: 'dataset', ref: reference })];

/** The table of a reference that has most of these columns, as a view of them alone; undefined where there is none. */
export async function referenceTable(
  ctx: Ctx,
  tables: Tables,
  asked: { settings: MonitorSettings; versionRef: string; columns: readonly string[]; view: string },
  signal?: AbortSignal,
): Promise<{ source: string; files: AskedFile[]; views: View[] } | undefined> {
  const sources = await referenceSources(ctx, asked.settings, asked.versionRef);
  let best: { source: string; files: AskedFile[]; views: View[]; columns: number } | undefined;
  for (const source of sources) {
    const { files, views, names } = await namesIn(ctx, tables, source, signal);
    const columns = matching(
      asked.columns.map((column) => ({ column })),
      names,
    ).filter(({ from }) => names.has(from));
    if (columns.length <= (best?.columns ?? 0)) continue;
    const list = columns.map(({ column, from }) => `${identifier(from)} as ${identifier(column)}`);
    best = {
      source: source.label,
      files,
      views: [...views, { name: asked.view, sql: `select ${list.join(', ')} from reference` }],
      columns: columns.length,
    };
  }
  return best;
}

/** What the version was trained on, those with the most of it first, and what it was judged on. */
async function ownSources(ctx: Ctx, versionRef: string): Promise<TableSource[]> {
  const { sources } = await trainingSources(ctx, versionRef);
  // What an ancestor read, and what something else was made from, is not what this version learnt its inputs from.
  const own = sources.filter(
    ({ files, within, read_by }) =>
      files.length > 0 && within === undefined && !/^(model_version|logged_model):/.test(read_by ?? ''),
  );
  try {
    const judged = await judgedOn(ctx, versionRef);
    return judged ? [...own, judged] : own;
  } catch (error) {
    if (own.length === 0) throw error;
    return own;
  }
}

export async function namesIn(
  ctx: Ctx,
  tables: Tables,
  source: TableSource,
  signal: AbortSignal | undefined,
) {
  const files = source.files.map(({ path, hash, format }, at): AskedFile => ({
    file: localName(`reference${at}`, path, format),
    shown: path,
    format,
    hash,
  }));
  const views: View[] = [{ name: 'reference', table: files }];
  const { columns } = await askBehind(ctx, tables, NAMES, {
    files,
    request: { views, view: 'reference' },
    signal,
  });
  return { files, views, names: new Set(columns.map(({ name }) => name)) };
}

/**
 * A column of the log goes with the column that has its name, and an input also with the one that the model calls so. What is called as an output there is the
 * label, the truth: what was answered is not to be compared with it.
 */
export const matching = (wanted: readonly Source[], names: ReadonlySet<string>): Anchored[] =>
  wanted.flatMap((source) => {
    const { column } = source;
    const own = column.replace(/^in_/, '');
    // A tensor is there as a column of lists, or value by value.
    const from = [column, own].find((name) => names.has(name) || names.has(`${name}[0]`));
    return from === undefined ? [] : [{ ...source, from }];
  });
