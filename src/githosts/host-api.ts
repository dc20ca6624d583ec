import { Type } from 'typebox';
import { Check } from 'typebox/value';
import { invalid, unavailable } from '../platform/errors/index.ts';
import type { Outbound, OutboundResponse } from '../platform/outbound/index.ts';
import type { GitHostKind } from './contract.ts';
import type { GitHostRow } from './store.ts';

/** How a commit stands, in our words; each host has its own. */
export type StatusState = 'pending' | 'pass' | 'fail' | 'undecided';

/** How a deployment stands; `inactive`: it was given up. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive';

export interface Deployment {
  state: DeploymentState;
  environment: string;
  description: string;
  /** Where people look at it. */
  url: string;
  branch?: string;
}

/** A pull or merge request that was merged, as the host tells of it: by its own accounts, and not by what a commit says of its author. */
export interface Merge {
  number: number;
  /** Account that merged it, and the one that proposed it. */
  merged_by: string;
  author: string;
  merged_at: number;
}

/** What is asked of a host: the same things of each. */
export interface HostApi {
  /** Whether the token reads the repository, which throws, and may write there, where the host says so. */
  look(): Promise<{ writes: boolean | undefined }>;
  setStatus(commit: string, status: { state: StatusState; text: string; url: string }): Promise<void>;
  /** One comment of a pull request: the one that begins with the marker is changed, else one is made. */
  comment(pull: number, marker: string, text: string): Promise<void>;
  /** The pull request by whose merge this very commit came to the branch; undefined where the host knows of none. */
  merge(commit: string, branch: string): Promise<Merge | undefined>;
  /** How a deployment of a commit stands: a new one, or the one with this id. Its id. Gitea and Forgejo keep none. */
  deployed(commit: string, to: Deployment, known?: number): Promise<number>;
}

/** Of a status; GitHub takes 140 letters, and the others more. */
const SHORT = 140;
/** Pages of comments that are looked through, of a hundred each. */
const PAGES = 10;
const STATES: Readonly<Record<GitHostKind, Readonly<Record<StatusState, string>>>> = {
  github: { pending: 'pending', pass: 'success', fail: 'failure', undecided: 'error' },
  gitea: { pending: 'pending', pass: 'success', fail: 'failure', undecided: 'error' },
  gitlab: { pending: 'running', pass: 'success', fail: 'failed', undecided: 'failed' },
};

/** GitLab's words; GitHub's are ours. */
const DEPLOYMENTS: Readonly<Record<DeploymentState, string>> = {
  in_progress: 'running',
  success: 'success',
  failure: 'failed',
  inactive: 'canceled',
};

/** Whoever wrote it, its text begins with what nobody sees. */
interface Comment {
  id: number;
  body: string;
}

export function hostApi(outbound: Outbound, host: GitHostRow, signal: AbortSignal): HostApi {
  const kind = host.kind as GitHostKind;
  const { token } = host;
  if (token === null)
    throw invalid(`the connection '${host.name}' has no token, so that ${host.url} cannot be told anything`, {
      field: 'token',
      hint: `set one: treadle githost set ${host.name} --token-file FILE …`,
    });
  // A repository may hold several projects, each with a connection of its own.
  const context = `treadle/${host.name}`;
  const base = apiOf(kind, host.url);
  const repository =
    kind === 'gitlab'
      ? `/projects/${encodeURIComponent(host.repository)}`
      : `/repos/${host.repository.split('/').map(encodeURIComponent).join('/')}`;
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    path: string,
    body?: object,
  ): Promise<OutboundResponse> =>
    outbound.send({
      method,
      url: `${base}${repository}${path}`,
      headers: {
        accept: 'application/json',
        ...authorization(kind, token),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      maxBytes: 8 * 1024 * 1024,
      timeout: 20_000,
      signal,
    });
  const done = async (...asked: Parameters<typeof call>): Promise<OutboundResponse> => {
    const answer = await call(...asked);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(host, answer.status, `${asked[0]} ${repository}${asked[1]}`);
  };
  // GitHub and Gitea keep a pull request's comments with the issue of its number.
  const comments = (pull: number): string =>
    kind === 'gitlab' ? `/merge_requests/${pull}/notes` : `/issues/${pull}/comments`;
  const one = (pull: number, id: number): string =>
    kind === 'gitlab' ? `${comments(pull)}/${id}` : `/issues/comments/${id}`;

  async function find(pull: number, marker: string): Promise<number | undefined> {
    for (let page = 1; page <= PAGES; page++) {
      const size = kind === 'gitea' ? 'limit=100' : 'per_page=100';
      const found = toComments((await done('GET', `${comments(pull)}?${size}&page=${page}`)).body);
      const own = found.find(({ body }) => body.startsWith(marker));
      // Gitea answers all comments on every page.
      if (own || found.length < 100 || kind === 'gitea') return own?.id;
    }
    return undefined;
  }

  return {
    look: async () => ({ writes: mayWrite((await done('GET', '')).body) }),
    async setStatus(commit, { state, text, url }) {
      const description = text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
      const link = /^https?:/.test(url) ? { target_url: url } : {};
      if (kind === 'gitlab')
        await done('POST', `/statuses/${commit}`, {
          state: STATES.gitlab[state],
          name: context,
          description,
          ...link,
        });
      else
        await done('POST', `/statuses/${commit}`, {
          state: STATES[kind][state],
          context,
          description,
          ...link,
        });
    },
    async deployed(commit, { state, environment, description, url, branch }, known) {
      if (kind === 'gitlab') {
        const status = DEPLOYMENTS[state];
        if (known !== undefined) await done('PUT', `/deployments/${known}`, { status });
        else {
          const ref = branch ?? commit;
          const made = await done('POST', '/deployments', {
            environment,
            sha: commit,
            ref,
            tag: false,
            status,
          });
          return idOf(made.body);
        }
        return known;
      }
      const id =
        known ??
        idOf(
          (
            await done('POST', '/deployments', {
              ref: commit,
              environment,
              description: description.slice(0, SHORT),
              auto_merge: false,
              required_contexts: [], // its gate let it pass; what else the host asks for is of merges
            })
          ).body,
        );
      await done('POST', `/deployments/${id}/statuses`, {
        state,
        ...(/^https?:/.test(url) ? { log_url: url } : {}),
      });
      return id;
    },
    async merge(commit, branch) {
      // There it takes a commit's own words for who merged, or anybody's for which pull request it was.
      if (kind === 'gitea' && !saysWhoMerged(parsed((await done('GET', '')).body))) return undefined;
      const path =
        kind === 'gitlab'
          ? `/repository/commits/${commit}/merge_requests`
          : `/commits/${commit}/${kind === 'gitea' ? 'pull' : 'pulls'}`;
      const answer = await call('GET', path);
      if (answer.status === 404) return undefined;
      if (answer.status < 200 || answer.status >= 300)
        throw refusal(host, answer.status, `GET ${repository}${path}`);
      const said = parsed(answer.body);
      const all = Array.isArray(said) ? (said as unknown[]) : [said];
      for (const one of all) {
        // GitHub's list does not say who merged.
        const number = kind === 'github' ? numberIn(one) : undefined;
        const whole = number === undefined ? one : parsed((await done('GET', `/pulls/${number}`)).body);
        const merge = readMerge(whole, { commit, branch });
        if (merge) return merge;
      }
      return undefined;
    },
    async comment(pull, marker, text) {
      const body = `${marker}\n${text}`;
      const id = await find(pull, marker);
      if (id !== undefined) {
        const answer = await call(kind === 'gitlab' ? 'PUT' : 'PATCH', one(pull, id), { body });
        if (answer.status >= 200 && answer.status < 300) return;
        // Deleted since, or somebody else's who copied it: then one of our own is made.
        if (answer.status !== 403 && answer.status !== 404)
          throw refusal(host, answer.status, `the comment of pull request ${pull}`);
      }
      await done('POST', comments(pull), { body });
    },
  };
}

/** Only where both are off is a merge one that Gitea made. */
const saysWhoMerged = (repository: unknown): boolean =>
  typeof repository === 'object' &&
  repository !== null &&
  'allow_manual_merge' in repository &&
  repository.allow_manual_merge === false &&
  'autodetect_manual_merge' in repository &&
  repository.autodetect_manual_merge === false;

/** GitHub and Gitea say what the token's owner may; GitLab says a level, of which a developer's is 30. */
const Permissions = Type.Object({
  permissions: Type.Union([
    Type.Object({ push: Type.Boolean() }),
    Type.Object({
      project_access: Type.Union([Type.Object({ access_level: Type.Integer() }), Type.Null()]),
      group_access: Type.Union([Type.Object({ access_level: Type.Integer() }), Type.Null()]),
    }),
  ]),
});
const DEVELOPER = 30;

function mayWrite(body: Buffer): boolean | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw unavailable('the host answers no repository');
  }
  if (!Check(Permissions, value)) return undefined;
  const { permissions: may } = value;
  if ('push' in may) return may.push;
  return Math.max(may.project_access?.access_level ?? 0, may.group_access?.access_level ?? 0) >= DEVELOPER;
}

const Account = Type.Object({ login: Type.String({ minLength: 1, maxLength: 300 }) });
const PullRequest = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  merged: Type.Literal(true),
  merged_at: Type.String(),
  merge_commit_sha: Type.String(),
  merged_by: Account,
  user: Account,
  base: Type.Object({ ref: Type.String() }),
});
const GitLabAccount = Type.Object({ username: Type.String({ minLength: 1, maxLength: 300 }) });
const MergeRequest = Type.Object({
  iid: Type.Integer({ minimum: 1 }),
  state: Type.Literal('merged'),
  merged_at: Type.String(),
  target_branch: Type.String(),
  merge_commit_sha: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  squash_commit_sha: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  merge_user: GitLabAccount,
  author: GitLabAccount,
});

/** Only a merge that made this very commit, on this very branch, is one. */
export function readMerge(
  said: unknown,
  { commit, branch }: { commit: string; branch: string },
): Merge | undefined {
  const merge = Check(PullRequest, said)
    ? said.merge_commit_sha === commit && said.base.ref === branch
      ? { number: said.number, merged_by: said.merged_by.login, author: said.user.login, at: said.merged_at }
      : undefined
    : Check(MergeRequest, said)
      ? [said.merge_commit_sha, said.squash_commit_sha].includes(commit) && said.target_branch === branch
        ? {
            number: said.iid,
            merged_by: said.merge_user.username,
            author: said.author.username,
            at: said.merged_at,
          }
        : undefined
      : undefined;
  const at = merge ? Date.parse(merge.at) : NaN;
  if (!merge || Number.isNaN(at)) return undefined;
  return { number: merge.number, merged_by: merge.merged_by, author: merge.author, merged_at: at };
}

const numberIn = (said: unknown): number | undefined =>
  typeof said === 'object' && said !== null && 'number' in said && typeof said.number === 'number'
    ? said.number
    : undefined;

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw unavailable('the host answers no JSON');
  }
}

function idOf(body: Buffer): number {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number')
    return value.id;
  throw unavailable('the host answers no deployment');
}

function toComments(body: Buffer): Comment[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value)) throw unavailable('the host answers no list of comments');
  return value.flatMap((one: unknown): Comment[] =>
    typeof one === 'object' &&
    one !== null &&
    'id' in one &&
    typeof one.id === 'number' &&
    'body' in one &&
    typeof one.body === 'string'
      ? [{ id: one.id, body: one.body }]
      : [],
  );
}

function apiOf(kind: GitHostKind, url: string): string {
  if (kind === 'gitlab') return `${url}/api/v4`;
  if (kind === 'gitea') return `${url}/api/v1`;
  return new URL(url).hostname === 'github.com' ? 'https://api.github.com' : `${url}/api/v3`;
}

const authorization = (kind: GitHostKind, token: string): Record<string, string> =>
  kind === 'gitlab'
    ? { 'private-token': token }
    : { authorization: kind === 'github' ? `Bearer ${token}` : `token ${token}` };

/** Our own words: nothing that the host wrote is passed on. */
function refusal({ url }: GitHostRow, status: number, what: string): Error {
  const said = `${url} answered ${status} to ${what}`;
  if (status === 401 || status === 403 || status === 404)
    return invalid(`${said}: the token may not do that there, or it is not there`, {
      field: 'token',
      hint: 'give the token the right to read the repository and to write commit statuses and comments',
    });
  return unavailable(said);
}
