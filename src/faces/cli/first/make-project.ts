import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  getDataset,
  getProfile,
  listFiles,
  runSql,
  type DatasetVersion,
  type TableProfile,
} from '../../../data/contract.ts';
import { conflict, invalid, TreadleError } from '../../../platform/errors/index.ts';
import { hashFile } from '../../../platform/blobs/index.ts';
import { readCsvStart } from '../../../tables/index.ts';
import type { Client } from '../client.ts';
import { commit } from '../data/commit.ts';
import type { Output } from '../output.ts';
import { chooseColumns, type Columns, type Named } from './columns.ts';
import { filesOf } from './templates.ts';

export interface FirstProject extends Columns {
  name: string;
  dataset: string;
  rows: number;
  files: string[];
}

const TABLE = /\.(csv|parquet|jsonl)$/i;
const IGNORE = '.gitignore';
const MOST_COMPARED = 2_000_000;

/**
 * Commits a table as a dataset, and writes a project that learns its label, into the folder where one is. No file is written where
 * one is there already, or the label cannot be learnt.
 */
export async function makeProject(
  client: Client,
  output: Output,
  asked: Named & { data: string; name?: string; force: boolean },
): Promise<FirstProject> {
  const { data, force, ...columnsNamed } = asked;
  requireTable(data);
  const name = asked.name ?? nameOf(data);
  refuseWhatIsThere(force);
  const isNew = await refuseAnothers(client, name, data);
  const { version } = await commit(client, output, name, data, { branch: 'main', message: 'first data' });
  const table = await profileOf(client, output, version, path.basename(data));
  const columns = choose(table, columnsNamed, isNew ? name : undefined);
  const named = asked.key.length > 0 ? undefined : await nameOfRows(client, output, version, table);
  const csv = /\.csv$/i.test(data) ? await readCsvStart(data, path.basename(data)) : undefined;
  const files = filesOf({ ...columnsNamed, ...columns, name, path: table.path, csv, named });
  const ignore = await ignoreLine(data);
  if (ignore !== undefined) files[IGNORE] = ignore;
  for (const [file, text] of Object.entries(files)) await writeFile(file, text);
  return {
    ...columns,
    name,
    dataset: `${name}@${version.name}`,
    rows: table.rows ?? 0,
    files: Object.keys(files),
  };
}

/** Refuses as the choice does, and says what is kept of it all the same: not of a dataset that was there before. */
function choose(
  { columns = [], rows = 0, path: file }: TableProfile,
  named: Named,
  made: string | undefined,
): Columns {
  try {
    return chooseColumns(columns, rows, named);
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const { kind, message, field, hint } = error;
    throw new TreadleError(kind, message, {
      ...(field === undefined ? {} : { field }),
      hint: `${hint ?? 'mend the table'}${made === undefined ? '' : `; ${file} is kept as the dataset ${made}: after changing it, treadle data rm ${made} --whole`}`,
      cause: error,
    });
  }
}

/** `Customer churn (May).csv` is the data of `customer-churn-may`. */
function nameOf(data: string): string {
  const name = path
    .basename(data)
    .replace(TABLE, '')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 100);
  if (name === '')
    throw invalid(`'${path.basename(data)}' makes no name`, { field: 'name', hint: 'say one: --name churn' });
  return name;
}

function requireTable(data: string): void {
  const found = statSync(data, { throwIfNoEntry: false });
  const what =
    found === undefined
      ? 'does not exist'
      : !found.isFile()
        ? 'is no file'
        : TABLE.test(data)
          ? undefined
          : 'is no table that is known by its ending';
  if (what !== undefined)
    throw invalid(`${data} ${what}`, { field: 'data', hint: 'name a .csv, .parquet or .jsonl file' });
}

function refuseWhatIsThere(force: boolean): void {
  const there = ['treadle.yaml', 'prep.py', 'train.py', 'requirements.txt'].filter((file) =>
    existsSync(file),
  );
  if (there.length > 0 && !force)
    throw conflict(`${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already`, {
      field: 'force',
      hint: 'go to an empty folder, or write over them: --force',
    });
}

/** A dataset of that name is somebody's, unless it is this file and no more. Whether there is none yet. */
async function refuseAnothers(client: Client, dataset: string, data: string): Promise<boolean> {
  const params = { dataset };
  const found = await client.call(getDataset, { params }).catch((error: unknown) => {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  });
  if (found?.latest === undefined) return true;
  const { items } = await client.call(listFiles, { params: { dataset, ref: 'main' }, query: { limit: 2 } });
  if (items.length === 1 && items[0]?.hash === (await hashFile(data))) return false;
  throw conflict(`there is a dataset ${dataset} already, with other content`, {
    field: 'name',
    hint: `take another name: --name ${dataset}-2; treadle data show ${dataset} shows what it holds`,
  });
}

async function profileOf(
  client: Client,
  output: Output,
  version: DatasetVersion,
  file: string,
): Promise<TableProfile> {
  const params = { dataset: version.dataset, ref: version.name };
  let said = false;
  for (;;) {
    const { state, tables } = await client.call(getProfile, { params });
    const table = tables.find(({ path: at }) => at === file) ?? tables[0];
    if (table?.state === 'ok') return table;
    if (table?.state === 'failed' || state !== 'pending')
      throw invalid(
        `${file} cannot be read as a table: ${table?.error?.message ?? 'nothing in it looks like one'}`,
        {
          field: 'data',
          hint: `mend it, or write the project by hand: docs/treadle-yaml.md; treadle data show ${version.dataset}@${version.name} shows what was read`,
        },
      );
    if (!said) output.say('looking at the columns …');
    said = true;
    await sleep(200);
  }
}

/**
 * Whether rows are alike in all columns, and what a column may be called that tells them apart. A gate cannot say of such rows whether
 * training read them; of too many to compare it is left to whoever reads its verdict.
 */
async function nameOfRows(
  client: Client,
  output: Output,
  { dataset, name }: DatasetVersion,
  { columns = [], rows = 0, path: file }: TableProfile,
): Promise<string | undefined> {
  const tells = columns.some(
    ({ distinct, distinct_error, nulls }) => distinct === rows && distinct_error === undefined && nulls === 0,
  );
  if (tells || rows > MOST_COMPARED) return undefined;
  const query = `select count(*) from (select distinct * from '${dataset}@${name}/${file.replaceAll("'", "''")}')`;
  try {
    const { rows: found } = await client.call(runSql, { body: { query } });
    if (Number(found[0]?.[0]) === rows) return undefined;
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    output.say(`whether rows are alike was not found out: ${error.message}`);
    return undefined;
  }
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  let free = 'row';
  for (let n = 1; taken.has(free); n++) free = `row_${n}`;
  return free;
}

/** Data is kept in datasets, and no part of the code; undefined where it lies elsewhere, or that is said already. */
async function ignoreLine(data: string): Promise<string | undefined> {
  const inside = path.relative(realpathSync('.'), realpathSync(data));
  if (inside.startsWith('..') || path.isAbsolute(inside)) return undefined;
  const line = `/${inside
    .split(path.sep)
    .join('/')
    .replaceAll(/[\\*?[\]!# ]/g, String.raw`\$&`)}`;
  const before = existsSync(IGNORE) ? await readFile(IGNORE, 'utf8') : '';
  if (before.split(/\r?\n/).includes(line)) return undefined;
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}# The data is a dataset of its own.\n${line}\n`;
}
