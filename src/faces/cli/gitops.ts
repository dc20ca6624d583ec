import { missing } from '../../platform/errors/index.ts';
import * as contract from '../../gitops/contract.ts';
import type { Register } from './frame.ts';
import { pair } from './options.ts';
import { ago, listed } from './output.ts';

const HELP = `
An environment follows a file of a branch: what runs is made what the file says, by releases, and held to it. It obeys what an environment and its
policies say: what is not approved is asked for and waited for.

Examples:
  treadle gitops set production --host churn --file deploy/production.yaml     churn is of treadle githost
  treadle gitops status                                   what Git says, what runs, and why they differ
  treadle gitops sync production                          look now; --retry tries again what is blocked
  treadle gitops propose production --model flights=7     push a branch that says so; without --model what runs`;

/** `treadle gitops …`: environments that follow a file in Git. */
export const register: Register = (program, cli) => {
  const group = program
    .command('gitops')
    .description('let environments follow a file in a Git repository')
    .addHelpText('after', HELP);
  group
    .command('set <environment>')
    .description('let an environment follow a file')
    .requiredOption('--host <host>', 'the connection to the repository: treadle githost')
    .requiredOption('--file <file>', 'path of the file in the repository')
    .option('--branch <branch>', 'the branch; main unless said')
    .option('--report-only', 'only show what differs, and change nothing')
    .action(
      async (
        environment: string,
        {
          host,
          file,
          branch,
          reportOnly,
        }: { host: string; file: string; branch?: string; reportOnly?: true },
      ) => {
        const made = await cli.client().call(contract.setGitOps, {
          params: { environment },
          body: {
            host,
            file,
            ...(branch === undefined ? {} : { branch }),
            ...(reportOnly === true ? { mode: 'report' as const } : {}),
          },
        });
        cli
          .output()
          .result(
            made,
            () => `${environment} follows ${made.file} of ${made.branch} in ${made.host} (${made.mode})`,
          );
      },
    );
  group
    .command('status [environment]')
    .description('what Git says, what runs, and why they differ')
    .action(async (environment: string | undefined) => {
      const { items } = await cli.client().call(contract.listGitOps, {});
      const shown = items.filter((one) => environment === undefined || one.environment === environment);
      if (environment !== undefined && shown.length === 0)
        throw missing(`environment '${environment}' follows nothing in Git`, {
          field: 'environment',
          hint: `let it: treadle gitops set ${environment} --host HOST --file FILE`,
        });
      cli
        .output()
        .list({ items: shown, more: false }, (some) =>
          some.length === 0
            ? 'no environment follows a file: treadle gitops set'
            : some.map(statusLines).join('\n\n'),
        );
    });
  group
    .command('sync <environment>')
    .description('look at the branch now')
    .option('--retry', 'try again what is blocked')
    .action(async (environment: string, { retry }: { retry?: true }) => {
      const now = await cli.client().call(contract.syncGitOps, {
        params: { environment },
        body: retry === true ? { retry } : {},
      });
      cli
        .output()
        .result(now, () => `the branch is looked at; look with: treadle gitops status ${environment}`);
    });
  group
    .command('propose <environment>')
    .description('push a branch on which the file says what runs, or other versions')
    .option('--model <model=version>', 'this version instead; as often as wanted', pair('flights=7'))
    .option('--as <branch>', 'the branch that is made')
    .option('-m, --reason <why>', 'why; for the commit')
    .action(
      async (
        environment: string,
        { model, as, reason }: { model?: Record<string, string>; as?: string; reason?: string },
      ) => {
        const made = await cli.client().call(contract.proposeGitOps, {
          params: { environment },
          body: {
            ...(as === undefined ? {} : { as }),
            ...(reason === undefined ? {} : { why: reason }),
            ...(model
              ? {
                  models: Object.fromEntries(
                    Object.entries(model).map(([name, version]) => [name, Number(version.replace(/^v/, ''))]),
                  ),
                }
              : {}),
          },
        });
        cli
          .output()
          .result(made, () => `${made.branch} is pushed (${made.commit.slice(0, 10)}):\n${made.text}`);
      },
    );
  group
    .command('remove <environment>')
    .description('let an environment follow nothing; what runs stays')
    .action(async (environment: string) => {
      await cli.client().call(contract.deleteGitOps, { params: { environment } });
      cli.output().result({ environment }, () => `${environment} follows nothing any more`);
    });
};

const statusLines = (one: contract.GitOps): string =>
  [
    `${one.environment}: ${one.file} of ${one.branch} in ${one.host}${one.commit === undefined ? ', not read yet' : ` at ${one.commit.slice(0, 10)}, looked at ${one.looked_at === undefined ? 'never' : ago(one.looked_at)}`}${one.mode === 'report' ? '; only reported' : ''}`,
    ...(one.problem === undefined ? [] : [`  → nothing is applied: ${one.problem}`]),
    ...(one.late === true
      ? [
          `  → its host was not heard of since; what it said last holds: treadle gitops sync ${one.environment}`,
        ]
      : []),
    listed(
      'it names nothing',
      ['endpoint', 'Git says', 'runs', 'state', 'why'],
      one.targets.map(({ endpoint, wanted, runs, state, says }) => [
        endpoint,
        `${wanted.model}${wanted.version === undefined ? '' : `@v${wanted.version}`}`,
        runs ? `${runs.model}@v${runs.version}` : '',
        state.replaceAll('_', ' '),
        says,
      ]),
    ),
    ...one.unnamed.map(
      ({ endpoint, model, version }) =>
        `  ${endpoint} answers with ${model}@v${version}, and the file says nothing of it`,
    ),
  ].join('\n');
