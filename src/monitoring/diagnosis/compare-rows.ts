import type { Call } from '../../data/index.ts';
import type { Ctx } from '../../platform/ctx/index.ts';
import { TreadleError } from '../../platform/errors/index.ts';
import { ruleOf, type Serving } from '../../serving/index.ts';
import { identifier, quote, type AskedFile, type Tables, type View } from '../../tables/index.ts';
import type { AlertReport, MonitorSettings, Signal } from '../contract.ts';
import { isOf } from '../kinds/names.ts';
import { openLabelled } from '../outcomes/open-outcomes.ts';
import { askBehind, type Attempt } from '../signals/ask.ts';
import { NAMES } from '../signals/questions.ts';
import { recipesOf } from '../signals/reference.ts';
import { referenceTable } from '../signals/reference-sources.ts';
import { isUnrecorded } from '../signals/unrecorded.ts';
import type { AlertRow } from '../store-alerts.ts';
import type { MonitorRow, WindowRow } from '../store-monitors.ts';
import { COMPARE, type ComparedColumn, type LossParts } from './questions.ts';

export interface Compared {
  parts?: AlertReport['parts'];
  auc?: number;
  columns: ComparedColumn[];
  samples: AlertReport['samples'];
  apart: NonNullable<AlertReport['apart']>;
  notes: string[];
}

interface Asked {
  alert: AlertRow;
  monitor: MonitorRow;
  endpoint: string;
  since: number;
  until: number;
  windows: ReadonlyArray<{ row: WindowRow; signals: readonly Signal[] }>;
}

/** Windows before the change that rows are taken from. */
const BACK = 28;
/** With fewer rows before the change its own reference says more. */
const FEW = 100;
/** Columns that are compared. */
const COLUMNS = 200;

/** Rows since the change beside those before it; where hardly any are recorded of before, beside the rows of the reference. */
export async function compareRows(
  ctx: Ctx,
  { serving, tables }: { serving: Pick<Serving, 'recorded' | 'rules'>; tables: Tables },
  asked: Asked,
  { signal }: Attempt,
): Promise<Compared> {
  const { alert, monitor, endpoint, since, until } = asked;
  const { model, version } = alert;
  if (model === null || version === null) return { columns: [], samples: [], apart: [], notes: [] };
  const notes: string[] = [];
  const settings = JSON.parse(monitor.settings) as MonitorSettings; // written by this room
  const own = (name: string): View => ({
    name: `${name} rows`,
    sql: `select * from ${identifier(name)} where role <> 'shadow' and model = ${quote(model)} and version = ${version}`,
  });
  const open = async (name: string, span: { from: number; to: number }): Promise<Side> => {
    const call: Call = { subject: endpoint, last: undefined, text: name, prefix: name };
    const { files, views } = await openLabelled(ctx, serving, call, span);
    return { files, views: [...views, own(name)], view: `${name} rows` };
  };
  const now = await open('now', { from: since, to: until });
  const described = await askBehind(ctx, tables, NAMES, {
    files: now.files,
    request: { views: now.views, view: now.view },
    signal,
  });
  const earlier = { from: Math.max(0, since - BACK * monitor.window_ms), to: since };
  let before = await openBefore(() => open('before', earlier));
  if (before) {
    const { rows } = await askBehind(ctx, tables, NAMES, {
      files: before.files,
      request: { views: before.views, view: before.view },
      signal,
    });
    if (rows < FEW) before = undefined;
  }
  // Only what is there in one form on both sides can be compared; of the reference the values themselves are, and so they are of what is made of values.
  const rules = await serving.rules(ctx, endpoint, { from: before ? earlier.from : since, to: until });
  const isHashed = (name: string): boolean => ruleOf(rules, name)?.rule === 'hash';
  const isCompared = (name: string): boolean =>
    !isUnrecorded(rules, name) && (before !== undefined || !isHashed(name));
  const left = [...rules.columns.keys()].filter((name) => name.startsWith('in_') && !isCompared(name));
  if (left.length > 0)
    notes.push(`not recorded in one form on both sides, and so not compared: ${left.join(', ')}`);
  const ignored = new Set(settings.ignore);
  const versionRef = asked.windows.at(-1)?.row.version_ref;
  const recipes = versionRef == null ? [] : await recipesOf(ctx, monitor.id, versionRef);
  const made = recipes.filter(
    ({ column }) => !ignored.has(column) && isCompared(column) && !isHashed(column),
  );
  const columns = described.columns
    .map(({ name }) => name)
    .filter((name) => /^(in|out)_/.test(name) && !ignored.has(name) && isCompared(name))
    .filter((name) => !made.some(({ column }) => isOf(name, column)))
    .slice(0, COLUMNS);
  if (!before) {
    const wanted = [...columns, ...made.map(({ column }) => column)];
    const reference =
      versionRef == null
        ? undefined
        : await referenceTable(
            ctx,
            tables,
            { settings, versionRef, columns: [...new Set(wanted)], view: 'reference rows' },
            signal,
          );
    if (!reference)
      return {
        columns: [],
        samples: [],
        apart: [],
        notes: ['there are too few rows of before to compare with'],
      };
    notes.push(
      `too few rows of before the change are recorded: compared with ${reference.source}, which has no outcomes of this model`,
    );
    before = { files: reference.files, views: reference.views, view: 'reference rows' };
  }
  const answer = await askBehind(ctx, tables, COMPARE, {
    files: [...now.files, ...before.files],
    request: {
      views: [...now.views, ...before.views],
      now: now.view,
      before: before.view,
      columns,
      made,
      scored: scoredAs(asked.windows),
    },
    signal,
  });
  const { parts, auc, columns: compared, samples, apart } = answer;
  if (!parts) notes.push('too few outcomes on both sides to say what of the loss has changed');
  return {
    columns: compared,
    samples,
    apart,
    notes,
    ...(auc === undefined ? {} : { auc }),
    ...(parts ? { parts: { ...parts, words: wordsOf(parts) } } : {}),
  };
}

interface Side {
  files: AskedFile[];
  views: View[];
  view: string;
}

async function openBefore(open: () => Promise<Side>): Promise<Side | undefined> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof TreadleError && error.code === 'no-predictions') return undefined;
    throw error;
  }
}

/** As the newest window with outcomes was scored. */
function scoredAs(windows: Asked['windows']) {
  for (const { signals } of windows.toReversed()) {
    const evidence = signals.find(({ signal }) => signal === 'performance')?.evidence;
    const [task, column] = [evidence?.['task'], evidence?.['column']];
    if (typeof column === 'string' && (task === 'binary' || task === 'regression' || task === 'classes'))
      return { column, task } as const;
  }
  return undefined;
}

function wordsOf({ before, now, mix, labels, concept }: LossParts): string {
  const change = now - before;
  const named = [
    ['other rows', mix],
    ['other shares of outcomes', labels],
    ['equal rows coming out otherwise', concept],
  ] as const;
  const [most] = named.toSorted((a, b) => (change >= 0 ? b[1] - a[1] : a[1] - b[1]));
  return `the mean loss went from ${before.toPrecision(3)} to ${now.toPrecision(3)}, most of it by ${most![0]} (${most![1].toPrecision(2)})`;
}
