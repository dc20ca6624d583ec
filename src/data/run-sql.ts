import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, TreadleError } from '../platform/errors/index.ts';
import { signedRows } from '../platform/json/index.ts';
import { identifier, localName, QUERY, type AskedFile, type Tables, type View } from '../tables/index.ts';
import type { DatasetVersion, SqlQuery, SqlResult } from './contract.ts';
import { findMentions } from './find-refs.ts';
import { walk } from './read-tree.ts';
import { parseRef } from './parse-ref.ts';
import { refused } from './refused.ts';
import { resolveVersion } from './resolve-ref.ts';
import { findDataset, knownTable, selectDatasets, selectTables, tableKey } from './store.ts';
import { findCalls, readCall, type TableFunction } from './table-functions.ts';
import { tableFormat } from './table-format.ts';
import type { TreeFile } from './tree.ts';

const ROWS = 1000;
const BYTES = 16 * 1024 * 1024;
const FILES = 2000;
/** Datasets that an error names. */
const NAMED = 12;
const TIMEOUT = 60_000;

/** One SELECT over dataset versions, in a process that can read their files and nothing else. */
export async function runSql(
  ctx: Ctx,
  tables: Tables,
  { query: asked, limit = ROWS }: SqlQuery,
  signal?: AbortSignal,
  functions: readonly TableFunction[] = [],
): Promise<SqlResult> {
  const started = performance.now();
  const versions: SqlResult['versions'] = [];
  const unknown: string[] = [];
  const { query, files, views, notes } = await openCalls(ctx, asked, functions);
  const opened = new Set(views.map(({ name }) => name));
  for (const { text, table } of findMentions(query)) {
    if (opened.has(text)) continue;
    const ref = parseRef(text);
    const dataset = ref && (await findDataset(ctx, ref.dataset));
    if (!ref || !dataset) {
      if (table && ref && text.includes('@')) throw await noDataset(ctx, 'missing', ref.dataset);
      if (table) unknown.push(text);
      continue; // a text that only looks like a ref, or a table that DuckDB will judge
    }
    try {
      const version = await resolveVersion(ctx, dataset, ref.selector);
      const source = await sourceOf(ctx, version, ref.path, text, files.length);
      versions.push({ ref: text, id: version.id, name: version.name });
      files.push(...source);
      views.push({ name: text, table: source });
    } catch (error) {
      // Elsewhere than behind FROM it may be a text to compare with; if it was meant as a table, DuckDB will say so.
      if (table || !(error instanceof TreadleError)) throw error;
    }
  }
  const outcome = await tables.ask(ctx, QUERY, {
    lane: 'look',
    files,
    request: { query, views, limit, bytes: BYTES },
    timeout: TIMEOUT,
    signal,
  });
  if ('fault' in outcome) {
    // DuckDB would offer tables of its own that sound alike.
    const meant = meantTable(outcome.fault.message, unknown);
    throw meant === undefined ? refused(outcome.fault) : await noDataset(ctx, 'invalid', meant);
  }
  const { columns, rows, truncated } = outcome.answer;
  return {
    columns,
    rows: signedRows(rows),
    truncated,
    versions,
    ...(notes.length > 0 ? { notes } : {}),
    ms: Math.round(performance.now() - started),
  };
}

/** Opens what the query calls, and names it there by its view. */
async function openCalls(
  ctx: Ctx,
  asked: string,
  functions: readonly TableFunction[],
): Promise<{ query: string; files: AskedFile[]; views: View[]; notes: string[] }> {
  const files: AskedFile[] = [];
  const views: View[] = [];
  const notes: string[] = [];
  let query = '';
  let from = 0;
  for (const found of findCalls(asked, functions)) {
    const call = readCall(found, `call${views.length}-`);
    if (!views.some(({ name }) => name === call.text)) {
      const opened = await found.function.open(ctx, call);
      files.push(...opened.files);
      views.push(...opened.views);
      notes.push(...opened.notes);
    }
    query += asked.slice(from, found.start) + identifier(call.text);
    from = found.end;
  }
  return { query: query + asked.slice(from), files, views, notes };
}

/** The name behind FROM that is neither a dataset nor anything that the query itself makes. */
const meantTable = (message: string, unknown: readonly string[]): string | undefined =>
  message.startsWith('Catalog Error: Table with name')
    ? unknown.find((text) => message.toLowerCase().includes(text.split('.').at(-1)!.toLowerCase()))
    : /^(?:Permission|IO) Error/.test(message)
      ? unknown[0] // a file, perhaps: a query sees none
      : undefined;

async function noDataset(ctx: Ctx, kind: 'missing' | 'invalid', name: string): Promise<TreadleError> {
  const found = await selectDatasets(ctx, '', NAMED + 1);
  const names = found.slice(0, NAMED).map((one) => one.name);
  const [first] = names;
  return new TreadleError(
    kind,
    `there is no dataset '${name.slice(0, 200)}' in workspace '${ctx.workspace}'`,
    {
      field: 'query',
      hint:
        first === undefined
          ? 'there is none yet: treadle data commit NAME PATH makes one'
          : `the datasets here: ${names.join(', ')}${found.length > NAMED ? ', …' : ''}; name a version in quotes: from '${first}@main'`,
    },
  );
}

/** The tables that a ref names, called by number from `first` on: one file, or all tables of a version or folder when they are of one format. */
async function sourceOf(
  ctx: Ctx,
  version: DatasetVersion,
  path: string | undefined,
  ref: string,
  first: number,
): Promise<AskedFile[]> {
  const found: TreeFile[] = [];
  for await (const file of walk(ctx, version.hash)) {
    const inside =
      path === undefined || file.path === path || file.path.startsWith(`${path.replace(/\/$/, '')}/`);
    if (!inside || tableFormat(file.path) === undefined) continue;
    found.push(file);
    if (found.length > FILES) {
      throw invalid(`'${ref}' holds more than ${FILES} tables`, {
        field: 'query',
        hint: `name a folder or a file: '${version.dataset}@${version.name}/PATH'`,
      });
    }
  }
  const formats = [...new Set(found.map((file) => tableFormat(file.path)))];
  const [format] = formats;
  const named = `name a file: '${version.dataset}@${version.name}/PATH'; treadle data ls ${version.dataset}@${version.name} lists them`;
  if (format === undefined) {
    throw invalid(`'${ref}' holds no table`, {
      field: 'query',
      hint: `tables are .parquet, .csv, .tsv, .jsonl and .ndjson files; ${named}`,
    });
  }
  if (formats.length > 1)
    throw invalid(`'${ref}' holds tables of several formats: ${formats.join(', ')}`, {
      field: 'query',
      hint: named,
    });
  const profiles = await selectTables(
    ctx,
    found.map(({ hash }) => hash),
  );
  return found.map(({ path: shown, hash }, i) => {
    const known = knownTable(profiles.get(tableKey(hash, format)));
    return {
      file: localName(String(first + i), shown, format),
      hash,
      shown,
      format,
      ...(known ? { known } : {}),
    };
  });
}
