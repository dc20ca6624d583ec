import { Option, type Command } from 'commander';
import { conflict, invalid } from '../../platform/errors/index.ts';
import { HOSTS, type Host } from './ci/templates.ts';
import type { Cli, Register } from './frame.ts';
import { choice, refuse, several } from './options.ts';
import { count } from './output.ts';

interface ProjectFlags {
  label?: string;
  key?: string[];
  group?: string[];
  time?: string;
  name?: string;
}

interface CiFlags {
  ci?: Host | true;
  package?: string;
  file?: string;
  output?: string;
}

type InitFlags = ProjectFlags & CiFlags & { force?: boolean };

const OF_PROJECT = ['label', 'key', 'group', 'time', 'name'] as const;
const OF_CI = ['package', 'file', 'output'] as const;

/** `treadle init`: files that a project begins with. */
export const register: Register = (program, cli) => {
  program
    .command('init [data]')
    .description(
      'make a working project from a table and its label; --ci makes a CI system check its commits',
    )
    .option('--label <column>', 'the column that is to be predicted')
    .option('--key <column>', 'names a row, so that it is no feature; may be given often', several)
    .option(
      '--group <column>',
      'names whose row it is, such as a customer with many: all of them are learnt from, or judged on; may be given often',
      several,
    )
    .option('--time <column>', 'says when: the model is judged on the latest rows')
    .option('--name <name>', 'of the dataset, the model and the endpoint; that of the file unless said')
    .addOption(
      new Option(
        '--ci [host]',
        `the CI system: ${HOSTS.join(', ')}; that of the remote unless said`,
      ).argParser(choice(...HOSTS)),
    )
    .option(
      '--package <source>',
      'with --ci: what the CI system installs treadle from: the file that npm pack made, in the repository, or its https address',
    )
    .option('-f, --file <file>', 'with --ci: the pipeline file (treadle.yaml)')
    .option('--output <file>', 'with --ci: where it goes; where the CI system looks unless said')
    .option('--force', 'write over files that are there')
    .addHelpText('after', INIT_HELP)
    .action(async (data: string | undefined, flags: InitFlags, command: Command) => {
      if (data !== undefined) {
        refuse(
          command,
          ['ci', ...OF_CI],
          'treadle init DATA makes a project of a table, and treadle init --ci, without DATA, a check of commits',
        );
        await initProject(cli, data, flags);
      } else if (flags.ci !== undefined) {
        refuse(command, OF_PROJECT, 'it belongs to treadle init DATA');
        await initCi(cli, flags.ci, flags);
      } else
        throw invalid('no table is named', {
          field: 'data',
          hint: 'name a table and its label: treadle init churn.csv --label churned; or say --ci',
        });
    });
};

async function initProject(cli: Cli, data: string, flags: InitFlags): Promise<void> {
  const { label, key = [], group = [], time, name, force = false } = flags;
  if (label === undefined)
    throw invalid('it is not said what is to be predicted', {
      field: 'label',
      hint: `name the column: treadle init ${data} --label COLUMN`,
    });
  const { makeProject } = await import('./first/make-project.ts');
  const output = cli.output();
  const made = await makeProject(cli.client(), output, {
    data,
    label,
    key,
    group,
    force,
    ...(time === undefined ? {} : { time }),
    ...(name === undefined ? {} : { name }),
  });
  output.result(made, () =>
    [
      `${made.dataset}: ${count(made.rows, 'row')}; '${label}' is ${TASKS[made.task]}`,
      `learns from ${count(made.numbers.length + made.words.length, 'column')}${made.out.length === 0 ? '' : `; leaves out ${made.out.map(({ name: column, why }) => `${column} (${why})`).join(', ')}`}`,
      `wrote ${made.files.join(', ')}`,
      '  → treadle run            prepare, train, judge, deploy',
      `  → treadle ask ${made.name.padEnd(11)} ask what answers then`,
    ].join('\n'),
  );
}

const TASKS = {
  binary: 'one of two classes',
  multiclass: 'one of several classes',
  regression: 'a number',
} as const;

async function initCi(cli: Cli, ci: Host | true, flags: InitFlags): Promise<void> {
  const { existsSync, realpathSync } = await import('node:fs');
  const { mkdir, writeFile } = await import('node:fs/promises');
  const path = await import('node:path');
  const { createProcesses } = await import('../../platform/processes/index.ts');
  const { belowTop, packageSource } = await import('./ci/package-source.ts');
  const { hostOf, NEXT, PLACES, templateOf } = await import('./ci/templates.ts');
  const { git } = await import('./pipelines/git.ts');
  const { readFileOf } = await import('./pipelines/project.ts');
  const ask = (...args: [string, ...string[]]) => git(createProcesses(), process.cwd(), ...args);
  const top = (await ask('rev-parse', '--show-toplevel'))?.replace(/\n$/, '');
  if (top === undefined)
    throw invalid(`${process.cwd()} is in no Git checkout, and a CI system checks commits`, {
      field: 'ci',
      hint: 'go to a clone, or make one: git init',
    });
  const pipeline = belowTop(top, realpathSync(readFileOf(flags.file ?? 'treadle.yaml').at), 'file');
  const host = ci === true ? hostOf((await ask('config', '--get', 'remote.origin.url'))?.trim()) : ci;
  if (host === undefined)
    throw invalid('the remote of this repository does not tell which CI system it has', {
      field: 'ci',
      hint: `name it: treadle init --ci ${HOSTS.join('|')}`,
    });
  const head = await ask('symbolic-ref', '--short', '--quiet', 'refs/remotes/origin/HEAD');
  const branch = head?.trim().replace(/^origin\//, '') ?? 'main';
  const source = packageSource(flags.package, top);
  const file = flags.output ?? path.relative(realpathSync('.'), path.join(top, PLACES[host]));
  if (existsSync(file) && flags.force !== true)
    throw conflict(`${file} is there already`, {
      field: 'output',
      hint: `--force writes over it; --output FILE writes elsewhere${host === 'gitlab' ? ', for include: in .gitlab-ci.yml' : ''}`,
    });
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, templateOf(host, { package: source, file: pipeline, branch }));
  cli
    .output()
    .result(
      { file, host, branch, package: source, pipeline },
      () =>
        `wrote ${file}, which runs ${pipeline} with ${source} and compares with ${branch}\n  → ${NEXT[host]}`,
    );
}

const INIT_HELP = `
Examples:
  treadle init churn.csv --label churned
                                   a dataset, and a pipeline that prepares, trains, judges and deploys
  treadle init visits.csv --label returned --group patient --time day
                                   nobody is on both sides, and the latest visits judge
  treadle init --ci --package ./tools/treadle-0.1.0.tgz
                                   the CI system of the remote, with a package that lies in the repository
  treadle init --ci gitlab --package https://files.example.org/treadle-0.1.0.tgz --output .gitlab/treadle.yml
                                   beside a .gitlab-ci.yml that is there, which includes it
The server must be running: it keeps the data, and says what the columns hold. Everything that is written is yours to change.
The package is what npm pack makes in a checkout of your server's release. A pipeline file in a folder is named in the file that is written.`;
