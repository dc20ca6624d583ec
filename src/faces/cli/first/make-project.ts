import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  getDataset,
  getProfile,
  listFiles,
  type DatasetVersion,
  type TableProfile,
} from '../../../data/contract.ts';
import { conflict, invalid, TreadleError } from '../../../platform/errors/index.ts';
import { hashFile } from '../../../platform/blobs/index.ts';
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

/**
 * Commits a table as a dataset, and writes a project that learns its label, into the folder where one is. No file is written where
 * one is there already, or the label cannot be learnt.
 */
export async function makeProject(
  client: Client,
  output: Output,
  asked: Named & { data: string; name?: string; force: boolean },
): Promise<FirstProject> {
  const { data, force, ...named } = asked;
  requireTable(data);
  const name = asked.name ?? nameOf(data);
  refuseWhatIsThere(force);
  await refuseAnothers(client, name, data);
  const { version } = await commit(client, output, name, data, { branch: 'main', message: 'first data' });
  const table = await profileOf(client, output, version, path.basename(data));
  const columns = choose(table, named, name);
  const files = filesOf({ ...named, ...columns, name, path: table.path });
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

/** Refuses as the choice does, and says what is kept of it all the same. */
function choose(
  { columns = [], rows = 0, path: file }: TableProfile,
  named: Named,
  dataset: string,
): Columns {
  try {
    return chooseColumns(columns, rows, named);
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const { kind, message, field, hint } = error;
    throw new TreadleError(kind, message, {
      ...(field === undefined ? {} : { field }),
      hint: `${hint ?? 'mend the table'}; ${file} is kept as the dataset ${dataset}: after changing it, treadle data rm ${dataset} --whole`,
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

/** A dataset of that name is somebody's, unless it is this file and no more. */
async function refuseAnothers(client: Client, dataset: string, data: string): Promise<void> {
  const params = { dataset };
  const found = await client.call(getDataset, { params }).catch((error: unknown) => {
    if (error instanceof TreadleError && error.kind === 'missing') return undefined;
    throw error;
  });
  if (found?.latest === undefined) return;
  const { items } = await client.call(listFiles, { params: { dataset, ref: 'main' }, query: { limit: 2 } });
  if (items.length === 1 && items[0]?.hash === (await hashFile(data))) return;
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
