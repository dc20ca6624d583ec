import type { Ctx } from '../../platform/ctx/index.ts';
import type { AskedFile, Tables, View } from '../../tables/index.ts';
import type { Signal } from '../contract.ts';
import { isDerived } from '../kinds/names.ts';
import { present, rows } from '../statistics/histogram.ts';
import { askBehind } from './ask.ts';
import { FEW } from './distances.ts';
import { PROBE, type Counted, type Probed, type Watched } from './questions.ts';

/** A column of one value is chance with less than this. */
const CHANCE = 1e-6;
/** Columns that are looked at more closely in one window. */
const MOST = 50;

/**
 * A closer look at columns that have changed, since what they look like says what to mend: one value throughout, where the reference and its windows have
 * several; or the unit of somebody else, in all rows or in a part. Neither is an alarm for which nothing has changed.
 */
export async function probe(
  ctx: Ctx,
  tables: Tables,
  asked: { files: readonly AskedFile[]; views: readonly View[] },
  watched: readonly Watched[],
  { counted, drifted }: { counted: readonly Counted[]; drifted: ReadonlySet<string> },
  signal?: AbortSignal,
): Promise<Signal[]> {
  const now = new Map(counted.map((one) => [one.column, one]));
  const columns = watched.flatMap((reference) => {
    const own = now.get(reference.column);
    // Whether values of a form are all one is seen in what is made of them.
    if (!own || reference.recipe) return [];
    const still = mayBeConstant(reference, own);
    const { column, quantiles } = reference;
    if (isDerived(column)) return still && own.only !== undefined ? [{ column, quantiles, still }] : [];
    return still || (drifted.has(column) && quantiles) ? [{ column, quantiles, still }] : [];
  });
  // What is made of other columns was looked at when it was counted.
  const made = columns.flatMap(({ column }): Probed[] => {
    const only = now.get(column)?.only;
    return only === undefined ? [] : [{ column, only }];
  });
  const own = columns.filter(({ column }) => !isDerived(column));
  const { probed } =
    own.length === 0
      ? { probed: [] }
      : await askBehind(ctx, tables, PROBE, {
          files: asked.files,
          request: {
            views: asked.views,
            view: 'version',
            columns: own.slice(0, MOST).map(({ column, quantiles }) => ({ column, quantiles })),
          },
          signal,
        });
  return [...made, ...probed].flatMap(({ column, only, unit }): Signal[] => {
    if (only !== undefined && columns.some((one) => one.column === column && one.still))
      return [
        {
          signal: 'constant',
          column,
          state: 'alert',
          reason: `every row has the value ${only}, and the reference has others`,
          evidence: { value: only },
        },
      ];
    if (!unit) return [];
    const part =
      unit.share === 1 ? 'its values look' : `about ${Math.round(100 * unit.share)} % of its values look`;
    return [
      {
        signal: 'unit',
        column,
        value: unit.share,
        state: 'alert',
        reason: `${part} as if in another unit: ${unit.words}`,
        evidence: { unit: unit.words, share: unit.share },
      },
    ];
  });
}

/** All rows in one bin, which would be chance once in a million, and happened in no window of the reference. */
function mayBeConstant({ histogram: before, windows = [] }: Watched, { histogram }: Counted): boolean {
  const counts = present(histogram);
  const of = counts.reduce((sum, one) => sum + one, 0);
  if (of < FEW || Math.max(...counts) < of) return false;
  const usual = Math.max(...present(before)) / Math.max(1, rows(before));
  if (of * Math.log(usual) > Math.log(CHANCE)) return false;
  return !windows.some((window) => {
    const own = window.slice(0, -1);
    const all = own.reduce((sum, one) => sum + one, 0);
    return all > 0 && Math.max(...own) === all;
  });
}
