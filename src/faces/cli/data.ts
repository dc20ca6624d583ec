import type { Register } from './frame.ts';
import { several, whole } from './options.ts';
import { ago, bytes, count, listed, number, table, upTo } from './output.ts';
import { invalid } from '../../platform/errors/index.ts';
import { ref } from './ref.ts';
import * as contract from '../../data/contract.ts';
import type { DatasetVersion } from '../../data/contract.ts';
import type { CommitOptions } from './data/commit.ts';
import { registerProposals } from './data/proposals.ts';

/** `treadle data …`: datasets and their versions. */
export const register: Register = (program, cli) => {
  const data = program
    .command('data')
    .description('commit, look at, compare and query versions of datasets')
    .addHelpText('after', REF_HELP);

  data
    .command('commit <dataset> <path>')
    .description('make a new version of a dataset from a file or directory')
    .option('-m, --message <text>', 'why this version exists')
    .option('--source <url>', 'where the data came from')
    .option('--meta <key=value>', 'how it was collected or prepared; may be given often', several)
    .option('--branch <branch>', 'the branch to commit to', 'main')
    .option('--allow-empty', 'take empty files, and tables without a row')
    .option('--allow-broken', 'take Parquet files that cannot be read')
    .option('--follow-links', 'commit what links name that lead out of the directory')
    .addHelpText('after', COMMIT_HELP)
    .action(async (dataset: string, path: string, options: CommitOptions) => {
      const { commit, count } = await import('./data/commit.ts');
      const output = cli.output();
      const done = await commit(cli.client(), output, dataset, path, options);
      const { version, unchanged, warnings = [] } = done;
      for (const warning of warnings) output.say(`warning: ${warning.replace(' → ', '\n  → ')}`);
      output.result(done, () =>
        unchanged
          ? `nothing changed: ${dataset}@${options.branch} is still ${version.name} (${short(version)})`
          : `committed ${dataset}@${version.name} (${short(version)}) to ${options.branch}: ${count(version.files, 'file')}, ${bytes(version.bytes)}`,
      );
    });

  data
    .command('rm <ref>')
    .description('delete a version (flights@v3), or with --whole a dataset; gc then gives the space back')
    .option('--whole', 'the dataset with all its versions, branches and tags')
    .option('-m, --reason <text>', 'kept in the ledger')
    .action(async (text: string, options: { whole?: boolean; reason?: string }) => {
      const { dataset, selector } = ref(text);
      const query = options.reason === undefined ? {} : { reason: options.reason };
      if (text.includes('@') === (options.whole === true))
        throw invalid(`'${text}' is ${text.includes('@') ? 'a version' : 'a whole dataset'}`, {
          field: 'ref',
          hint: `treadle data rm ${dataset}@v3 deletes a version, treadle data rm ${dataset} --whole all of it; treadle data log ${dataset} lists its versions`,
        });
      const output = cli.output();
      const told = (more: string, pinned: readonly string[]) => (): string =>
        pinned.length === 0
          ? `deleted ${text}${more}; treadle gc gives its space back`
          : `deleted ${text}${more}; treadle gc gives back all but what is pinned: ${namedOf(pinned)} (treadle pins says why, treadle unpin lets it go)`;
      if (options.whole === true) {
        const done = await cli.client().call(contract.deleteDataset, { params: { dataset }, query });
        output.result(done, told(` with ${count(done.versions, 'version')}`, done.pinned));
      } else {
        const params = { dataset, ref: selector };
        const done = await cli.client().call(contract.deleteVersion, { params, query });
        output.result(done, told('', done.pinned));
      }
    });

  data
    .command('log <ref>')
    .description(
      'list the versions of a dataset, newest first; a ref with @ lists that version and its ancestors',
    )
    .option('--limit <n>', 'at most this many', whole(1), 50)
    .action(async (text: string, options: { limit: number }) => {
      const { dataset, selector } = ref(text);
      const client = cli.client();
      const found = await upTo(options.limit, (page) =>
        client.call(contract.listVersions, {
          params: { dataset },
          query: { ...page, ...(text.includes('@') ? { ref: selector } : {}) },
        }),
      );
      const { refs } = await client.call(contract.getDataset, { params: { dataset } });
      cli.output().list(found, (items) =>
        table(
          ['version', 'hash', 'made', 'by', 'files', 'size', 'refs', 'message'],
          items.map((one) => [
            one.name,
            one.hash.slice(0, 8),
            ago(one.created_at),
            one.author,
            one.files,
            bytes(one.bytes),
            refs
              .filter(({ version_id }) => version_id === one.id)
              .map(({ name }) => name)
              .join(' '),
            one.message.split('\n')[0] ?? '',
          ]),
        ),
      );
    });

  data
    .command('ls [ref] [path]')
    .description('list datasets; with a ref, the files of a version')
    .option('-r, --recursive', 'all files below, not only the directory itself')
    .option('--limit <n>', 'at most this many', whole(1), 1000)
    .action(
      async (
        text: string | undefined,
        inside: string | undefined,
        options: { recursive?: boolean; limit: number },
      ) => {
        const client = cli.client();
        if (text === undefined) {
          const found = await upTo(options.limit, (page) =>
            client.call(contract.listDatasets, { query: page }),
          );
          return cli.output().list(found, (items) =>
            listed(
              'there is no dataset yet; make one with: treadle data commit NAME PATH -m "…"',
              ['dataset', 'versions', 'latest', 'files', 'size', 'made'],
              items.map(({ name, versions, latest }) => [
                name,
                versions,
                latest?.name ?? '',
                latest?.files ?? 0,
                bytes(latest?.bytes ?? 0),
                latest ? ago(latest.created_at) : '',
              ]),
            ),
          );
        }
        const { dataset, selector, path } = ref(text, true);
        const folder = inside ?? path;
        const found = await upTo(options.limit, (page) =>
          client.call(contract.listFiles, {
            params: { dataset, ref: selector },
            query: {
              ...page,
              ...(folder === undefined ? {} : { path: folder }),
              ...(options.recursive === true ? { recursive: true } : {}),
            },
          }),
        );
        cli.output().list(found, (items) =>
          listed(
            'there is nothing in it',
            ['path', 'size', 'files', 'hash'],
            items.map(({ path: name, kind, size, files, hash }) => [
              kind === 'directory' ? `${name}/` : name,
              bytes(size),
              files,
              hash.slice(0, 8),
            ]),
          ),
        );
      },
    );

  data
    .command('show <ref>')
    .description('show a version: where it came from, and what is in its tables')
    .action(async (text: string) => {
      const { dataset, selector } = ref(text);
      const params = { dataset, ref: selector };
      const version = await cli.client().call(contract.getVersion, { params });
      const profile = await cli.client().call(contract.getProfile, { params });
      cli.output().result({ ...version, tables: profile.tables }, () => shown(version, profile.tables));
    });

  data
    .command('diff <from> <to>')
    .description('compare two versions file by file: diff flights@v1 flights@v2, or diff flights@v1 v2')
    .action(async (from: string, to: string) => {
      const left = ref(from);
      const right = to.includes('@') ? ref(to) : { dataset: left.dataset, selector: to };
      if (right.dataset !== left.dataset) {
        throw invalid(`'${from}' and '${to}' are of different datasets`, {
          field: 'to',
          hint: 'compare versions of one dataset',
        });
      }
      const diff = await cli.client().call(contract.diffVersions, {
        params: { dataset: left.dataset },
        query: { from: left.selector, to: right.selector, limit: 50_000 },
      });
      cli.output().result(diff, () => differences(diff));
    });

  data
    .command('checkout <ref> <directory>')
    .description('write the files of a version into a new directory')
    .action(async (text: string, directory: string) => {
      const { checkout } = await import('./data/checkout.ts');
      const output = cli.output();
      const done = await checkout(cli.client(), output, ref(text), directory);
      output.result(done, () => `${done.version.dataset}@${done.version.name} is in ${done.directory}`);
    });

  data
    .command('tag <ref> <name>')
    .description('give a version a name for good')
    .action(async (text: string, tag: string) => {
      const { dataset, selector } = ref(text);
      contract.requireRefName(tag, 'tag');
      const made = await cli
        .client()
        .call(contract.setTag, { params: { dataset, tag }, body: { to: selector } });
      cli.output().result(made, () => `${dataset}@${made.name} is ${made.version}`);
    });

  data
    .command('branch <dataset> [branch]')
    .description('list branches and tags; make a branch, or move it (back, too) with a reason')
    .option('--at <version>', 'the version to point at: v3, a branch, a tag or a hash', 'main')
    .option('-m, --reason <text>', 'why it moves; kept in the ledger')
    .addHelpText('after', BRANCH_HELP)
    .action(async (dataset: string, branch: string | undefined, options: { at: string; reason?: string }) => {
      contract.requireDatasetName(dataset);
      if (branch !== undefined) contract.requireRefName(branch, 'branch');
      if (branch === undefined) {
        const { refs } = await cli.client().call(contract.getDataset, { params: { dataset } });
        return cli.output().result(refs, () =>
          table(
            ['name', 'kind', 'version', 'moved', 'by'],
            refs.map((one) => [
              one.name,
              one.protected === true ? `${one.kind}, protected` : one.kind,
              one.version,
              ago(one.updated_at),
              one.updated_by,
            ]),
          ),
        );
      }
      const body = { to: options.at, ...(options.reason === undefined ? {} : { reason: options.reason }) };
      const moved = await cli.client().call(contract.moveBranch, { params: { dataset, branch }, body });
      cli.output().result(moved, () => `${dataset}@${moved.name} is at ${moved.version}`);
    });

  data
    .command('sql <query>')
    .description(`query versions with SQL: treadle data sql "select count(*) from 'flights@v3'"`)
    .option(
      '--limit <n>',
      `most rows to print, ${contract.MOST_ROWS.toLocaleString('en')} at most`,
      whole(1, contract.MOST_ROWS),
      1000,
    )
    .addHelpText('after', SQL_HELP)
    .action(async (query: string, options: { limit: number }) => {
      const result = await cli.client().call(contract.runSql, { body: { query, limit: options.limit } });
      for (const note of result.notes ?? []) cli.output().say(note);
      cli.output().result(result, () => {
        const rows = result.rows.map((row) => row.map(cell));
        const more = result.truncated ? ', and there are more' : '';
        return `${table(
          result.columns.map(({ name }) => name),
          rows,
        )}\n(${rows.length} ${rows.length === 1 ? 'row' : 'rows'}${more})`;
      });
    });

  registerProposals(data, cli);
};

const REF_HELP = `
A version is named by a ref:
  flights          the newest on branch main
  flights@v3       the third version
  flights@gold     where a branch or a tag points
  flights@1f0c92ab the version whose hash begins so

Examples:
  treadle data commit flights ./flights -m "May, without duplicates" --source https://example.org
  treadle data diff flights@v1 v2
  treadle data checkout flights@gold ./gold
  treadle data branch flights main --at v1 --reason "v2 holds broken rows"`;

const COMMIT_HELP = `
Examples:
  treadle data commit flights ./flights -m "May"
  treadle data commit flights may.parquet -m "May" --source https://example.org --meta sensor=A7
Only what is new is sent; a directory that did not change makes no new version.`;

const BRANCH_HELP = `
Examples:
  treadle data branch flights                     list branches and tags
  treadle data branch flights trial --at v2       make a branch
  treadle data branch flights main --at v1 --reason "v2 holds broken rows"
                                                  roll main back`;

const SQL_HELP = `
Examples:
  treadle data sql "select origin, count(*) from 'flights@v3' group by all"
  treadle data sql "select * from 'flights@main/2001/may.csv' limit 5"
  treadle data sql "select time, out_y from predictions('flight-delay', last 7 days)"
A query sees the versions and predictions that it names and nothing else: no files, no network.`;

const short = ({ hash }: DatasetVersion): string => hash.slice(0, 8);

function cell(value: unknown): string | number {
  if (typeof value === 'number') return value;
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value.replaceAll(/[\r\n\t]/g, ' ') : JSON.stringify(value);
}

function shown(version: DatasetVersion, tables: readonly contract.TableProfile[]): string {
  const facts: Array<[string, string]> = [
    ['version', `${version.dataset}@${version.name}`],
    ['hash', version.hash],
    ['made', `${ago(version.created_at)} by ${version.author}`],
    ['message', version.message],
    ['source', version.source ?? ''],
    ...Object.entries(version.meta),
    ['files', `${version.files.toLocaleString('en')}, ${bytes(version.bytes)}`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const head = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const profiles = tables.map((one) => {
    if (one.state === 'pending') return `\n${one.path}: not profiled yet`;
    if (one.error) return `\n${faultOf(one.path, one.error.message)}`;
    const columns = (one.columns ?? []).map((column) => [
      column.name,
      column.type,
      column.nulls,
      column.distinct_error === undefined
        ? column.distinct
        : `≈ ${column.distinct} ± ${column.distinct_error}`,
      column.min ?? '',
      column.max ?? '',
      column.mean === undefined ? '' : number(column.mean, 6),
    ]);
    return `\n${one.path}: ${(one.rows ?? 0).toLocaleString('en')} ${one.rows === 1 ? 'row' : 'rows'}\n${table(['column', 'type', 'nulls', 'distinct', 'min', 'max', 'mean'], columns)}`;
  });
  return [...head, ...profiles].join('\n');
}

/** The message begins with the file's own name, for it belongs to the bytes; here it is the path. */
function faultOf(path: string, message: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return message.startsWith(name) ? `${path}${message.slice(name.length)}` : `${path}: ${message}`;
}

function differences({ from, to, summary, items, next }: contract.Diff): string {
  if (items.length === 0) return `${from.name} and ${to.name} hold the same files`;
  const marks = { added: '+', removed: '-', modified: '~', renamed: '>' };
  const rows = items.map((one) => [
    marks[one.status],
    one.from_path === undefined ? one.path : `${one.from_path} → ${one.path}`,
    one.old_size === undefined ? '' : bytes(one.old_size),
    one.new_size === undefined ? '' : bytes(one.new_size),
  ]);
  const { added, removed, modified, renamed } = summary;
  const total = `${from.name} → ${to.name}: ${added} added, ${removed} removed, ${modified} modified, ${renamed} renamed`;
  return `${table(['', 'path', from.name, to.name], rows)}\n${next === undefined ? '' : '… and more\n'}${total}`;
}

/** The first few of many names. */
const namedOf = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
