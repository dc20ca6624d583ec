import type { Ctx } from '../../platform/ctx/index.ts';
import type { Serving } from '../../serving/index.ts';
import type { Tables } from '../../tables/index.ts';
import type { MonitorSettings } from '../contract.ts';
import { renameCategories } from '../statistics/anchor.ts';
import type { MonitorRow } from '../store-monitors.ts';
import { askBehind } from './ask.ts';
import { ANCHOR, type Watched } from './questions.ts';
import { matching, namesIn, referenceSources } from './reference-sources.ts';
import type { VersionSeen } from './version-seen.ts';

/**
 * What a column of the log that holds hashes is compared with: its values in the reference as categories, each by its own hash. The reader counts values,
 * and hashes are made here, for the key stays in the server. Nothing where no table of the reference has the column.
 */
export async function hashedReference(
  ctx: Ctx,
  { serving, tables }: { serving: Pick<Serving, 'hash'>; tables: Tables },
  monitor: MonitorRow,
  { version }: { version: VersionSeen },
  column: string,
  signal?: AbortSignal,
): Promise<{ source: string; rows: number; watched: Watched[] }> {
  const settings = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  for (const source of await referenceSources(ctx, settings, version.ref)) {
    const { files, views, names } = await namesIn(ctx, tables, source, signal);
    const [match] = matching([{ column }], names);
    if (!match) continue;
    const { rows, watched, unread } = await askBehind(ctx, tables, ANCHOR, {
      files,
      request: {
        views,
        view: 'reference',
        columns: [{ ...match, as: 'categories' }],
        window: settings.stands_for_ms ?? monitor.window_ms,
      },
      signal,
    });
    if (unread[0]) throw new Error(unread[0].problem);
    return { source: source.label, rows, watched: watched.map((one) => hashed(one, serving.hash(ctx))) };
  }
  return { source: 'nothing', rows: 0, watched: [] };
}

function hashed({ anchor, histogram, ...one }: Watched, hash: (value: string) => string): Watched {
  if (anchor.kind !== 'categories') throw new Error('asked for categories, and got none');
  const own = renameCategories(anchor, hash);
  return { ...one, anchor: own, histogram: { ...histogram, anchor: own.id } };
}
