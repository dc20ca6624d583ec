import type { GitState } from '../../../pipelines/contract.ts';
import type { Processes } from '../../../platform/processes/index.ts';

/** A larger difference belongs in a commit. */
const MOST_DIFF = 512 * 1024;

const environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

/** Runs git in a folder, with variables of its own where some are given; undefined when there is no git, or no repository. */
export async function git(
  processes: Processes,
  folder: string,
  ...[first, ...rest]: [Readonly<Record<string, string>> | string, ...string[]]
): Promise<string | undefined> {
  const [variables, args] = typeof first === 'string' ? [{}, [first, ...rest]] : [first, rest];
  const { reason, stdout } = await processes.run({
    argv: ['git', '-C', folder, ...args],
    cwd: folder,
    env: { ...environment, GIT_OPTIONAL_LOCKS: '0', ...variables },
    limit: 64 << 20,
    timeout: 60_000,
  });
  return reason === 'ok' ? stdout : undefined;
}

/** Where a project stands in git: commit, branch, remote, and what differs from the commit. */
export async function gitState(processes: Processes, folder: string): Promise<GitState> {
  const [commit, branch, remote, status] = await Promise.all([
    git(processes, folder, 'rev-parse', '--verify', '--quiet', 'HEAD'),
    git(processes, folder, 'symbolic-ref', '--short', '--quiet', 'HEAD'),
    git(processes, folder, 'config', '--get', 'remote.origin.url'),
    git(processes, folder, 'status', '--porcelain', '--', '.'),
  ]);
  const dirty = (status ?? '').trim() !== '';
  const diff =
    dirty && commit !== undefined
      ? await git(processes, folder, 'diff', '--no-color', '--no-ext-diff', 'HEAD', '--', '.')
      : undefined;
  return {
    ...(commit === undefined ? {} : { commit: commit.trim() }),
    ...(branch === undefined ? {} : { branch: branch.trim() }),
    ...(remote === undefined ? {} : { remote: remote.trim().replace(/\/\/[^/@]*@/, '//') }),
    dirty,
    ...(diff ? { diff: diff.slice(0, MOST_DIFF) } : {}),
  };
}
