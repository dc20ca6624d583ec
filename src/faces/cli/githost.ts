import type { Command } from 'commander';
import * as contract from '../../githosts/contract.ts';
import { invalid, missing } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { choice, whole } from './options.ts';
import { Ended } from './pipes.ts';
import { ago, clip, listed, upTo } from './output.ts';

const HELP = `
A push or a pull request starts the pipeline at that commit: the server fetches it with git, runs it as treadle run --ci does, and tells the
host: a status beside the commit, and one comment in the pull request, which later commits change.

The token is read from a file, so that it stands in no history; - is standard input. It is never shown again.

Examples:
  treadle githost set churn gitea https://git.example.org team/churn --token-file token.txt
  treadle githost secret churn         prints the address and the secret of the webhook, once
  treadle githost checks churn         which commits were told of, and what became of them
  treadle githost again churn 1a2b3c4d one whose check failed is checked again`;

/** `treadle githost …`: repositories whose commits are checked. */
export const register: Register = (program, cli) => {
  const group: Command = program
    .command('githost')
    .description('check the commits of repositories on GitHub, GitLab, Gitea or Forgejo')
    .addHelpText('after', HELP);

  group
    .command('set')
    .description('connect a repository, or change the connection')
    .argument('<host>', 'its name here')
    .argument('<kind>', 'github, gitlab or gitea; gitea is also Forgejo', choice('github', 'gitlab', 'gitea'))
    .argument('<url>', 'the address of the host')
    .argument('<repository>', 'owner/name')
    .option('-f, --file <file>', 'the pipeline file in the repository; treadle.yaml unless said')
    .option('--token-file <file>', 'a token that reads the repository and writes statuses and comments')
    .action(
      async (
        host: string,
        kind: contract.GitHostKind,
        url: string,
        repository: string,
        flags: { file?: string; tokenFile?: string },
      ) => {
        const token = flags.tokenFile === undefined ? undefined : await readToken(flags.tokenFile);
        const made = await cli.client().call(contract.setGitHost, {
          params: { host },
          body: {
            kind,
            url,
            repository,
            ...(flags.file === undefined ? {} : { file: flags.file }),
            ...(token === undefined ? {} : { token }),
          },
        });
        cli
          .output()
          .result(made, () =>
            [
              `${made.name} checks ${made.repository} on ${made.url}`,
              ...(made.has_token ? [] : ['  → the host is told nothing without a token: --token-file']),
              ...(made.has_secret
                ? []
                : [`  → make the secret of its webhook: treadle githost secret ${made.name}`]),
            ].join('\n'),
          );
      },
    );

  group
    .command('list')
    .description('list the repositories whose commits are checked')
    .action(async () => {
      const { items } = await cli.client().call(contract.listGitHosts, {});
      cli.output().result(items, () =>
        listed(
          'no repository is connected; treadle githost set connects one',
          ['name', 'kind', 'address', 'repository', 'token', 'webhook'],
          items.map((one) => [
            one.name,
            one.kind,
            one.url,
            one.repository,
            one.has_token ? 'set' : '–',
            one.has_secret ? one.hook : 'no secret',
          ]),
        ),
      );
    });

  group
    .command('secret <host>')
    .description('make the secret of the webhook, and print it once with its address')
    .action(async (host: string) => {
      const client = cli.client();
      const made = await client.call(contract.makeGitHostSecret, { params: { host } });
      cli
        .output()
        .result(made, () =>
          [
            `address  ${client.url}${made.path}`,
            `secret   ${made.secret}`,
            'Enter both where the repository has webhooks: content type application/json, pushes and pull requests.',
          ].join('\n'),
        );
    });

  group
    .command('test <host>')
    .description('ask the host for the repository with the token, and say what it answers')
    .action(async (host: string) => {
      const found = await cli.client().call(contract.testGitHost, { params: { host } });
      cli.output().result(found, () => `${found.says} (${found.ms} ms)`);
      if (!found.ok) throw new Ended(1);
    });

  group
    .command('checks [host]')
    .description('list commits that hosts told of, newest first')
    .option('-n, --limit <n>', 'at most this many', whole(1), 20)
    .action(async (host: string | undefined, flags: { limit: number }) => {
      const client = cli.client();
      const found = await upTo(flags.limit, (page) =>
        client.call(contract.listCommitChecks, {
          query: { ...page, ...(host === undefined ? {} : { host }) },
        }),
      );
      cli.output().list(found, (items) =>
        listed(
          'no commit was told of yet',
          ['host', 'commit', 'branch', 'when', 'state', 'verdict', 'why'],
          items.map((one) => [
            one.host,
            one.commit.slice(0, 10),
            one.pull_request === undefined ? one.branch : `${one.branch} (${one.pull_request})`,
            ago(one.created_at),
            one.state,
            one.verdict ?? '',
            clip(one.problem ?? ''),
          ]),
        ),
      );
    });

  group
    .command('again')
    .description('check a commit again whose check has ended, such as one that failed')
    .argument('<host>', 'the connection')
    .argument('<commit>', 'its first digits, as treadle githost checks shows them')
    .action(async (host: string, commit: string) => {
      const client = cli.client();
      const { items } = await client.call(contract.listCommitChecks, { query: { host, limit: 500 } });
      const found = items.find((one) => commit.length >= 4 && one.commit.startsWith(commit));
      if (!found)
        throw missing(`none of the newest ${items.length} checks of ${host} is of a commit ${commit}`, {
          field: 'commit',
          hint: `list them with: treadle githost checks ${host}`,
        });
      await client.call(contract.checkCommitAgain, { params: { check: found.id } });
      cli
        .output()
        .result(found, () => `commit ${found.commit.slice(0, 10)} of ${found.branch} is checked again`);
    });

  group
    .command('remove <host>')
    .description('check the commits of a repository no longer')
    .action(async (host: string) => {
      await cli.client().call(contract.deleteGitHost, { params: { host } });
      cli.output().result({}, () => `${host} is removed`);
    });
};

async function readToken(file: string): Promise<string> {
  const { readFileSync } = await import('node:fs');
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8').trim();
  } catch (error) {
    throw invalid(`${file} cannot be read`, {
      field: 'token-file',
      hint: 'name a file with the token',
      cause: error,
    });
  }
  if (text !== '') return text;
  throw invalid(`${file} is empty`, { field: 'token-file', hint: 'write the token into it' });
}
