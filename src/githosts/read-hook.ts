import { Type, type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { invalid } from '../platform/errors/index.ts';
import type { GitHostKind } from './contract.ts';

/** What a webhook tells of: a commit to check, or why there is none. Pure. */
export type Heard =
  | {
      commit: string;
      branch: string;
      base?: string;
      pull_request?: number;
      /** `owner/name`. */
      repository: string;
    }
  | { said: string };

const Commit = Type.String({ pattern: '^[0-9a-f]{40,64}$' });
/** As git has them: `git check-ref-format`. */
const NAME = String.raw`(?!.*(?:\.\.|@\{|//|/$))[^\u0000-\u0020\u007f~^:?*\[\\]+$`;
const Branch = Type.String({ maxLength: 255, pattern: `^${NAME}` });
const Ref = Type.String({ maxLength: 500, pattern: `^refs/${NAME}` });
const Full = Type.Object({ full_name: Type.String(), default_branch: Type.Optional(Branch) });
const Number = Type.Integer({ minimum: 1 });

const Push = Type.Object({ ref: Ref, after: Commit, repository: Full });
const PullRequest = Type.Object({
  action: Type.String(),
  number: Number,
  pull_request: Type.Object({
    head: Type.Object({
      sha: Commit,
      ref: Branch,
      repo: Type.Union([Type.Object({ full_name: Type.String() }), Type.Null()]),
    }),
    base: Type.Object({ ref: Branch }),
  }),
  repository: Full,
});
const GitLabPush = Type.Object({
  ref: Ref,
  after: Commit,
  project: Type.Object({ path_with_namespace: Type.String(), default_branch: Type.Optional(Branch) }),
});
const MergeRequest = Type.Object({
  object_attributes: Type.Object({
    iid: Number,
    action: Type.Optional(Type.String()),
    oldrev: Type.Optional(Type.String()),
    source_branch: Branch,
    target_branch: Branch,
    source_project_id: Type.Integer(),
    target_project_id: Type.Integer(),
    last_commit: Type.Object({ id: Commit }),
  }),
  project: Type.Object({ path_with_namespace: Type.String() }),
});

/** GitHub says `synchronize`, Gitea and Forgejo `synchronized`. */
const NEW_COMMITS = new Set(['opened', 'reopened', 'synchronize', 'synchronized']);
const FORK = 'it comes from a fork: what strangers wrote is not run';

type Headers = Readonly<Record<string, string | undefined>>;

export function readHook(kind: GitHostKind, headers: Headers, body: unknown): Heard {
  if (kind === 'gitlab') return readGitLab(headers['x-gitlab-event'] ?? '', body);
  // Forgejo and Gitea send GitHub's name of the header, too.
  const event = headers['x-github-event'] ?? headers['x-gitea-event'] ?? headers['x-forgejo-event'] ?? '';
  if (event === 'ping') return { said: 'it is heard' };
  if (event === 'push') {
    const { ref, after, repository } = as(Push, body, 'push');
    return pushOf(ref, after, repository.full_name, repository.default_branch);
  }
  if (event !== 'pull_request' && event !== 'pull_request_sync')
    return { said: `nothing is done at '${event.slice(0, 50)}'` };
  const { action, number, pull_request: pull, repository } = as(PullRequest, body, 'pull request');
  if (!NEW_COMMITS.has(action)) return { said: 'it brings no new commit' };
  if (pull.head.repo?.full_name !== repository.full_name) return { said: FORK };
  return {
    commit: pull.head.sha,
    branch: pull.head.ref,
    base: pull.base.ref,
    pull_request: number,
    repository: repository.full_name,
  };
}

function readGitLab(event: string, body: unknown): Heard {
  if (event === 'Push Hook') {
    const { ref, after, project } = as(GitLabPush, body, 'push');
    return pushOf(ref, after, project.path_with_namespace, project.default_branch);
  }
  if (event !== 'Merge Request Hook') return { said: `nothing is done at '${event.slice(0, 50)}'` };
  const { object_attributes: merge, project } = as(MergeRequest, body, 'merge request');
  const fresh =
    merge.action === 'open' ||
    merge.action === 'reopen' ||
    (merge.action === 'update' && merge.oldrev !== undefined);
  if (!fresh) return { said: 'it brings no new commit' };
  if (merge.source_project_id !== merge.target_project_id) return { said: FORK };
  return {
    commit: merge.last_commit.id,
    branch: merge.source_branch,
    base: merge.target_branch,
    pull_request: merge.iid,
    repository: project.path_with_namespace,
  };
}

function pushOf(ref: string, commit: string, repository: string, base: string | undefined): Heard {
  const branch = /^refs\/heads\/(.{1,255})$/.exec(ref)?.[1];
  if (branch === undefined) return { said: 'no branch was pushed to' };
  if (/^0+$/.test(commit)) return { said: 'a branch was deleted' };
  return { commit, branch, ...(base === undefined ? {} : { base }), repository };
}

function as<T extends TSchema>(schema: T, body: unknown, what: string) {
  if (Check(schema, body)) return body;
  throw invalid(`the body is no ${what} as this host tells of it`, {
    field: 'body',
    hint: 'look whether the kind of the connection is that of the host',
  });
}
