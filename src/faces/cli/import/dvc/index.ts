import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { requireRefName } from '../../../../data/contract.ts';
import { invalid } from '../../../../platform/errors/index.ts';
import type { Cli } from '../../frame.ts';
import { several } from '../../options.ts';
import { count, type Output as Printed } from '../../output.ts';
import { Ended } from '../../pipes.ts';
import { withoutSecrets } from '../names.ts';
import type { Brought } from './bring.ts';
import type { Commit, Repository } from './history.ts';
import type { Output, Unread } from './outputs.ts';

const HELP = `
Each state of each output (.dvc files, dvc.lock) in the history becomes a version with the states that it was made from as
its parents; commit, author, time and stage are kept with it. One dataset for an output, called as the last part of its path.
Objects come from the repository's cache and from its remotes on this disk or over HTTP; of other remotes run
dvc fetch --all-commits first. Every MD5 is checked. The same command again brings what is new, and goes on where it was
broken off. What is missing is listed, and the command then ends with 1.

Examples:
  treadle import dvc .
  treadle import dvc https://github.com/treeverse/example-get-started --out data/data.xml=stackoverflow`;

interface Options {
  dataset?: string;
  out?: string[];
  rev: string;
  branch: string;
}

/** `treadle import dvc` */
export function registerDvc(group: Command, cli: Cli): void {
  group
    .command('dvc <repository>')
    .description('bring the history of a DVC repository, a folder or a Git address, as versions of datasets')
    .option('--dataset <name>', 'the dataset, where there is one output')
    .option('--out <path[=dataset]>', 'only this output, into this dataset; may be given often', several)
    .option('--rev <revision>', 'the commit, branch or tag whose history it is', 'HEAD')
    .option('--branch <branch>', 'the branch of the datasets', 'main')
    .addHelpText('after', HELP)
    .action(async (place: string, options: Options) => {
      requireRefName(options.branch, 'branch');
      const { createProcesses } = await import('../../../../platform/processes/index.ts');
      const { Repository: Opened } = await import('./history.ts');
      const { makeTemporary, removeTree } = await import('../../../../platform/files/index.ts');
      const processes = createProcesses();
      const output = cli.output();
      const there = existsSync(place);
      if (!there && !/^([a-z+]+:\/\/|[^/]+@[^/]+:)/i.test(place))
        throw invalid(`there is no folder '${place}'`, {
          field: 'repository',
          hint: 'name a DVC repository: a folder, or an address that git clones',
        });
      const folder = there ? path.resolve(place) : await makeTemporary('dvc');
      try {
        const repository = new Opened(processes, folder);
        if (!there) {
          output.say(`cloning ${withoutSecrets(place)} …`);
          await repository.git('clone', '--quiet', '--no-checkout', '--', place, '.');
        }
        const brought = await bring(
          cli,
          output,
          repository,
          options,
          there ? undefined : withoutSecrets(place),
        );
        if (brought) throw new Ended(1);
      } finally {
        if (!there) await removeTree(folder);
      }
    });
}

/** Answers whether anything is missing. */
async function bring(
  cli: Cli,
  output: Printed,
  repository: Repository,
  options: Options,
  address: string | undefined,
): Promise<boolean> {
  const [{ readConfig }, { Objects }, { statesOf }, { namesFor }, { bringOutput }, { startProgress }] =
    await Promise.all([
      import('./config.ts'),
      import('./objects.ts'),
      import('./states.ts'),
      import('./names.ts'),
      import('./bring.ts'),
      import('../../data/progress.ts'),
    ]);
  const top = (await repository.ask('rev-parse', '--show-toplevel'))?.trim();
  if (top === undefined)
    throw invalid(`${repository.folder} is no Git repository`, {
      field: 'repository',
      hint: 'its history is in Git; without Git there is one state: treadle data commit NAME PATH',
    });
  const root = existsSync(path.join(repository.folder, '.dvc')) ? repository.folder : top;
  const commits = await repository.commits(options.rev);
  const config = readConfig(root, await repository.ask('show', `${commits.at(-1)!.id}:.dvc/config`));
  const objects = new Objects(config);
  const { outputsAt, unread, paths } = await readAll(repository, commits);
  if (paths.length === 0 && unread.length === 0)
    throw invalid(`no commit of ${repository.folder} has a .dvc file or dvc.lock with an output`, {
      field: 'repository',
      hint: 'is it a DVC repository? --rev names another line of its history',
    });
  const names = namesFor(paths, {
    only: options.out ?? [],
    ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
  });
  const { states, last } = statesOf(commits, outputsAt);
  const remote = (await repository.ask('config', '--get', 'remote.origin.url'))?.trim();
  const origin = address ?? (remote ? withoutSecrets(remote) : path.basename(top));
  const chosen = states.filter((state) => names.has(state.output.path));
  const bytes = chosen.reduce((sum, state) => sum + state.output.size, 0);
  const progress = startProgress(output, 'import', bytes);
  const done: Brought[] = [];
  try {
    for (const [out, dataset] of names) {
      const work = {
        client: cli.client(),
        objects,
        branch: options.branch,
        origin,
        keeps: (commit: string, at: string) => repository.keeps(commit, at),
        telling: { add: progress.add },
      };
      const own = chosen.filter((state) => state.output.path === out);
      done.push(await bringOutput(work, out, dataset, own, last.get(out)));
    }
  } finally {
    progress.done();
  }
  const missing = done.reduce((sum, one) => sum + one.missing.length, 0);
  const result = { commits: commits.length, outputs: done, unread, unreachable: objects.others };
  output.result(result, () => inWords(done, unread, objects.others));
  return missing > 0 || unread.length > 0;
}

/** What each commit has, read once for each file of DVC that any of them holds. */
async function readAll(repository: Repository, commits: readonly Commit[]) {
  const { readOutputs } = await import('./outputs.ts');
  const wanted = new Map<string, string>();
  for (const { files } of commits) for (const [file, id] of files) wanted.set(`${file}\0${id}`, id);
  const contents = await repository.contents([...new Set(wanted.values())]);
  const parsed = new Map<string, Output[]>();
  const unread: Unread[] = [];
  const paths = new Set<string>();
  for (const [key, id] of wanted) {
    const found = readOutputs(key.slice(0, key.indexOf('\0')), contents.get(id) ?? '');
    parsed.set(key, found.outputs);
    unread.push(...found.unread);
    for (const one of found.outputs) paths.add(one.path);
  }
  return {
    unread: [...new Map(unread.map((one) => [`${one.file}\0${one.why}`, one])).values()],
    paths: [...paths].toSorted(),
    outputsAt: ({ files }: Commit): ReadonlyMap<string, Output> =>
      new Map(
        [...files].flatMap(([file, id]) =>
          (parsed.get(`${file}\0${id}`) ?? []).map((one) => [one.path, one]),
        ),
      ),
  };
}

const SHOWN = 10;

function inWords(done: readonly Brought[], unread: readonly Unread[], others: readonly string[]): string {
  const lines = done.map(({ output, dataset, made, known, states, in_git: inGit }) =>
    inGit === states
      ? `${output}: Git keeps it`
      : `${output} → ${dataset}: ${count(made, 'new version')}${known > 0 ? `, ${known.toLocaleString('en')} were there` : ''}, of ${count(states, 'state')}`,
  );
  const lost = done.flatMap(({ output, missing }) => missing.map((one) => ({ output, ...one })));
  if (lost.length > 0) {
    lines.push(`missing: ${count(lost.length, 'state')}`);
    for (const { output, commit, oid, why } of lost.slice(0, SHOWN))
      lines.push(`  ${output} at ${commit.slice(0, 12)} (${oid}): ${why}`);
    if (lost.length > SHOWN) lines.push(`  … and ${lost.length - SHOWN} more (--json lists all)`);
    if (others.length > 0)
      lines.push(`  → dvc fetch --all-commits brings what is in ${others.join(', ')}; then run this again`);
  }
  for (const { file, why } of unread.slice(0, SHOWN)) lines.push(`left: ${why} (${file})`);
  return lines.join('\n');
}
