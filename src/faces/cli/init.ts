import { Option } from 'commander';
import { conflict, invalid } from '../../platform/errors/index.ts';
import { HOSTS, type Host } from './ci/templates.ts';
import type { Register } from './frame.ts';
import { choice } from './options.ts';

interface InitFlags {
  ci?: Host | true;
  package?: string;
  file: string;
  output?: string;
  force?: boolean;
}

/** `treadle init`: files that a project begins with. */
export const register: Register = (program, cli) => {
  program
    .command('init')
    .description('write files that a project begins with: --ci makes a CI system check its commits')
    .addOption(
      new Option(
        '--ci [host]',
        `the CI system: ${HOSTS.join(', ')}; that of the remote unless said`,
      ).argParser(choice(...HOSTS)),
    )
    .option(
      '--package <source>',
      'what the CI system installs treadle from: the file that npm pack made, in the repository, or its https address',
    )
    .option('-f, --file <file>', 'the pipeline file', 'treadle.yaml')
    .option('--output <file>', 'where it goes; where the CI system looks unless said')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', INIT_HELP)
    .action(async (flags: InitFlags) => {
      if (flags.ci === undefined) throw invalid('nothing is asked for', { field: 'ci', hint: 'say --ci' });
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
      const pipeline = belowTop(top, realpathSync(readFileOf(flags.file).at), 'file');
      const host =
        flags.ci === true ? hostOf((await ask('config', '--get', 'remote.origin.url'))?.trim()) : flags.ci;
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
    });
};

const INIT_HELP = `
Examples:
  treadle init --ci --package ./tools/treadle-0.1.0.tgz
                                   the CI system of the remote, with a package that lies in the repository
  treadle init --ci gitlab --package https://files.example.org/treadle-0.1.0.tgz --output .gitlab/treadle.yml
                                   beside a .gitlab-ci.yml that is there, which includes it
The package is what npm pack makes in a checkout of your server's release. A pipeline file in a folder is named in the file that is written.`;
