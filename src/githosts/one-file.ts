import { conflict, invalid, missing, tooLarge } from '../platform/errors/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import { hostApi, type Merge } from './host-api.ts';
import { fetchInto, withGit, type Git } from './check-out.ts';
import { requireHost } from './store.ts';

/** One file of a branch, for rooms above: read, and written as a branch of its own. By the same git, behind the same walls, as whole commits are. */
export interface OneFile {
  /** Throws where there is no such connection. */
  require(ctx: Ctx, host: string): Promise<void>;
  /** The commit that a branch is at. */
  head(ctx: Ctx, place: Place, signal: AbortSignal): Promise<string>;
  /** The file at a commit of the branch; undefined where there is none. */
  read(
    ctx: Ctx,
    place: Place & { file: string; commit: string },
    signal: AbortSignal,
  ): Promise<string | undefined>;
  /** What the newest commits of the branch that changed the file made of it, by the way of first parents: newest first, as far as a part of the history tells. */
  history(
    ctx: Ctx,
    place: Place & { file: string; commit: string },
    signal: AbortSignal,
  ): Promise<FileChange[]>;
  /** The pull request by whose merge a commit came to the branch, as the host's own API tells. */
  merge(ctx: Ctx, place: Place & { commit: string }, signal: AbortSignal): Promise<Merge | undefined>;
  /** Pushes a branch with one commit on top of another branch, in which the file says this. Returns the commit. */
  propose(
    ctx: Ctx,
    place: Place & { file: string; text: string; as: string; message: string },
    signal: AbortSignal,
  ): Promise<string>;
}

export interface FileChange {
  commit: string;
  before: string | undefined;
  after: string | undefined;
}

export interface Place {
  /** Name of the connection. */
  host: string;
  branch: string;
}

/** Commits that are fetched to find the one that changed a file, and changes of it that are looked at. */
const DEEP = 50;
const MOST_CHANGES = 10;
/** Largest file that is read, bytes. */
const MOST = 1024 * 1024;

interface Parts {
  processes: Processes;
  outbound: Outbound;
}

export const openOneFile = (parts: Parts): OneFile => ({
  require: async (ctx, host) => void (await requireHost(ctx, host)),
  head: (ctx, { host, branch }, signal) =>
    within(ctx, parts, host, signal, async (git, remote) => {
      const said = (await git.run('ls-remote', '--quiet', remote, `refs/heads/${branch}`)).toString('latin1');
      const [, commit] = /^([0-9a-f]{40,64})\t/.exec(said) ?? [];
      if (commit === undefined)
        throw missing(`the repository has no branch '${branch}'`, {
          field: 'branch',
          hint: 'push it, or set another one',
        });
      return commit;
    }),
  read: (ctx, { host, commit, file }, signal) =>
    within(ctx, parts, host, signal, async (git, remote) => {
      await fetchInto(git, remote, commit);
      return textAt(git, commit, file);
    }),
  history: (ctx, { host, commit, file }, signal) =>
    within(ctx, parts, host, signal, async (git, remote) => {
      await fetchInto(git, remote, commit, DEEP);
      const log = ['log', '--first-parent', `--max-count=${MOST_CHANGES}`, '--format=%H %P'];
      const said = (await git.run(...log, commit, '--', file)).toString('latin1');
      const changes: FileChange[] = [];
      for (const line of said.split('\n')) {
        // Without a parent it is the first commit, or the end of what was fetched: nobody can say what it changed.
        const [, at, parent] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64})/.exec(line) ?? [];
        if (at === undefined || parent === undefined) break;
        changes.push({
          commit: at,
          before: await textAt(git, parent, file),
          after: await textAt(git, at, file),
        });
      }
      return changes;
    }),
  merge: async (ctx, { host, branch, commit }, signal) =>
    hostApi(parts.outbound, await requireHost(ctx, host), signal).merge(commit, branch),
  propose: (ctx, { host, branch, file, text, as, message }, signal) =>
    within(ctx, parts, host, signal, async (git, remote) => {
      if (as === branch)
        throw invalid(`a proposal is a branch of its own, and '${as}' is the one that is followed`, {
          field: 'as',
          hint: 'name another branch',
        });
      const base = 'refs/treadle/base';
      await fetchInto(git, remote, `+refs/heads/${branch}:${base}`);
      const line = (bytes: Buffer): string => bytes.toString('latin1').trim();
      const object = line(await git.feed(text, 'hash-object', '-w', '--stdin'));
      await git.run('read-tree', base);
      const inside = (await git.run('ls-tree', '-r', '-z', '--name-only', base)).toString('utf8').split('\0');
      const other = inside.find((one) => one.startsWith(`${file}/`) || file.startsWith(`${one}/`));
      if (other !== undefined)
        throw invalid(`${file} cannot be written on ${branch}: ${other} is there`, {
          field: 'file',
          hint: 'have the environment follow a file of another name',
        });
      await git.run('update-index', '--add', '--cacheinfo', `100644,${object},${file}`);
      const tree = line(await git.run('write-tree'));
      if (tree === line(await git.run('rev-parse', `${base}^{tree}`)))
        throw conflict(`${file} says this already on ${branch}`, {
          field: 'file',
          hint: 'there is nothing to propose',
        });
      const commit = line(
        await git.run(
          '-c',
          'user.name=Treadle',
          '-c',
          'user.email=treadle@localhost',
          'commit-tree',
          tree,
          '-p',
          base,
          '-m',
          message,
        ),
      );
      await git.run('push', '--quiet', remote, `${commit}:refs/heads/${as}`);
      return commit;
    }),
});

async function textAt(git: Git, commit: string, file: string): Promise<string | undefined> {
  const listed = (await git.run('ls-tree', '-z', '-l', commit, '--', file)).toString('utf8');
  const [, mode = '', type = ''] = /^(\d+) (\w+) /.exec(listed) ?? [];
  if (type !== '' && (type !== 'blob' || mode === '120000'))
    throw invalid(
      `${file} of commit ${commit.slice(0, 10)} is a ${type === 'tree' ? 'folder' : type === 'blob' ? 'link' : 'submodule'}, and no file`,
      { field: 'file', hint: 'name the file itself' },
    );
  const [, object = '', size = ''] = /^100(?:644|755) blob ([0-9a-f]{40,64}) +(\d+)\t/.exec(listed) ?? [];
  if (object === '') return undefined;
  if (Number(size) > MOST) throw tooLarge(`${file} has more than 1 MiB`, { field: 'file' });
  const [bytes] = await git.contents([{ path: file, object, size: Number(size), executable: false }]);
  return bytes!.toString('utf8');
}

const within = async <T>(
  ctx: Ctx,
  parts: Parts,
  name: string,
  signal: AbortSignal,
  work: (git: Git, remote: string) => Promise<T>,
): Promise<T> => withGit(parts, await requireHost(ctx, name), signal, work);
