import type { Ctx } from '../../platform/ctx/index.ts';
import { outwardMessageOf } from '../../platform/errors/index.ts';
import { localName, type AskedFile, type Tables, type View } from '../../tables/index.ts';
import { judgedOn, resolveGateData, type TableSource } from '../../validation/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { MonitorSettings } from '../contract.ts';
import { openLog } from '../open-log.ts';
import { insertReference, selectFirstWindows, selectReferences, type MonitorRow } from '../store-monitors.ts';
import { askBehind } from './ask.ts';
import { ANCHOR, NAMES, type Watched } from './questions.ts';
import { ofVersion, type VersionSeen } from './version-seen.ts';

export interface Reference {
  watched: Watched[];
  /** Columns that have none yet, with why. */
  without: Array<{ column: string; why: string }>;
  /** What could not be read. */
  notes: string[];
}

interface Parts {
  serving: Pick<Serving, 'recorded'>;
  tables: Tables;
}

const FIRST_WINDOWS = 3;

/**
 * What the columns of a window are compared with: a dataset, which the monitor names or the version was judged on; and for columns that are
 * not in there, the first windows of the version itself. Each is made once for a version and kept: a promotion has its own.
 */
export async function referenceFor(
  ctx: Ctx,
  parts: Parts,
  monitor: MonitorRow,
  asked: { endpoint: string; version: VersionSeen; columns: readonly string[]; before: number },
  signal?: AbortSignal,
): Promise<Reference> {
  const settings = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const ignored = new Set(settings.ignore);
  const wanted = asked.columns.filter((name) => /^(in|out)_/.test(name) && !ignored.has(name));
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
      const source = settings.reference
        ? await resolveGateData(ctx, { kind: 'dataset', ref: settings.reference })
        : await judgedOn(ctx, asked.version.ref);
      if (source) {
        const { rows, watched } = await anchorGiven(ctx, parts.tables, source, wanted, signal);
        await keep('given', source.label, rows, watched);
      }
    } catch (error) {
      signal?.throwIfAborted();
      notes.push(`the reference could not be read: ${outwardMessageOf(error)}`);
    }
  const given = kept.get('given') ?? [];
  const left = wanted.filter((name) => !given.some(({ column }) => column === name));
  const many = settings.first_windows ?? FIRST_WINDOWS;
  let windows = 0;
  if (left.length > 0 && !kept.has('first')) {
    const first = await selectFirstWindows(ctx, monitor, {
      version_ref: asked.version.ref,
      before: asked.before,
      limit: many,
    });
    windows = first.length;
    if (windows === many) {
      const span = { from: first[0]!.from_at, to: first.at(-1)!.to_at };
      const recorded = await parts.serving.recorded(ctx, asked.endpoint, span);
      const { files, views } = openLog(recorded, { text: 'log', prefix: 'log' }, span);
      const answer = await askBehind(ctx, parts.tables, ANCHOR, {
        files,
        request: {
          views: [...views, ofVersion('log', asked.version)],
          view: 'version',
          columns: left.map((column) => ({ column, from: column })),
        },
        signal,
      });
      await keep('first', `its first ${many} windows`, answer.rows, answer.watched);
    }
  }
  const first = (kept.get('first') ?? []).filter(({ column }) => left.includes(column));
  const has = new Set([...given, ...first].map(({ column }) => column));
  return {
    watched: [...given.filter(({ column }) => !ignored.has(column)), ...first],
    without: left
      .filter((column) => !has.has(column))
      .map((column) => ({
        column,
        why: kept.has('first')
          ? 'its values are not of a kind that is watched'
          : `the first ${many} windows of the version are its reference, and ${windows} ${windows === 1 ? 'is' : 'are'} over`,
      })),
    notes,
  };
}

/** A column of the log goes with the column of the dataset that has its name, or the name of the model's own input or output. */
async function anchorGiven(
  ctx: Ctx,
  tables: Tables,
  source: TableSource,
  wanted: readonly string[],
  signal?: AbortSignal,
): Promise<{ rows: number; watched: Watched[] }> {
  const files = source.files.map(({ path, hash, format }, at): AskedFile => ({
    file: localName(`reference${at}`, path, format),
    shown: path,
    format,
    hash,
  }));
  const views: View[] = [{ name: 'reference', table: files }];
  const { columns: names } = await askBehind(ctx, tables, NAMES, {
    files,
    request: { views, view: 'reference' },
    signal,
  });
  const there = new Set(names.map(({ name }) => name));
  const columns = wanted.flatMap((column) => {
    const own = column.replace(/^(in|out)_/, '');
    const from = there.has(column) ? column : there.has(own) ? own : undefined;
    return from === undefined ? [] : [{ column, from }];
  });
  if (columns.length === 0) return { rows: 0, watched: [] };
  return askBehind(ctx, tables, ANCHOR, { files, request: { views, view: 'reference', columns }, signal });
}
