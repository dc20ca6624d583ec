import { Option } from 'commander';
import { conflict, invalid } from '../../platform/errors/index.ts';
import { HOSTS, type Host } from './ci/templates.ts';
import type { Register } from './frame.ts';
import { choice } from './options.ts';

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
    .option('--output <file>', 'where it goes; where the CI system looks unless said')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', INIT_HELP)
    .action(async (flags: { ci?: Host | true; output?: string; force?: boolean }) => {
      if (flags.ci === undefined) throw invalid('nothing is asked for', { field: 'ci', hint: 'say --ci' });
      const { existsSync } = await import('node:fs');
      const { mkdir, writeFile } = await import('node:fs/promises');
      const path = await import('node:path');
      const { createProcesses } = await import('../../platform/processes/index.ts');
      const { hostOf, NEXT, PLACES, templateOf } = await import('./ci/templates.ts');
      const { git } = await import('./pipelines/git.ts');
      const ask = (...args: [string, ...string[]]) => git(createProcesses(), process.cwd(), ...args);
      const host =
        flags.ci === true ? hostOf((await ask('config', '--get', 'remote.origin.url'))?.trim()) : flags.ci;
      if (host === undefined)
        throw invalid('the remote of this repository does not tell which CI system it has', {
          field: 'ci',
          hint: `name it: treadle init --ci ${HOSTS.join('|')}`,
        });
      const head = await ask('symbolic-ref', '--short', '--quiet', 'refs/remotes/origin/HEAD');
      const branch = head?.trim().replace(/^origin\//, '') ?? 'main';
      const top = (await ask('rev-parse', '--show-toplevel'))?.trim() ?? process.cwd();
      const file = flags.output ?? path.relative(process.cwd(), path.join(top, PLACES[host]));
      if (existsSync(file) && flags.force !== true)
        throw conflict(`${file} is there already`, {
          field: 'output',
          hint: `--force writes over it; --output FILE writes elsewhere${host === 'gitlab' ? ', for include: in .gitlab-ci.yml' : ''}`,
        });
      await mkdir(path.dirname(path.resolve(file)), { recursive: true });
      await writeFile(file, templateOf(host, { version: program.version() ?? '', branch }));
      cli
        .output()
        .result(
          { file, host, branch },
          () => `wrote ${file}, which compares with ${branch}\n  → ${NEXT[host]}`,
        );
    });
};

const INIT_HELP = `
Examples:
  treadle init --ci                the CI system of the remote
  treadle init --ci gitlab --output .gitlab/treadle.yml
                                   beside a .gitlab-ci.yml that is there, which includes it`;
