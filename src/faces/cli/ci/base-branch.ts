/** What a CI system says of the commit in variables of the environment: GitHub, Gitea and Forgejo Actions in the same ones, GitLab in its own. */
export interface CiEnvironment {
  /** The branch that is checked. */
  branch?: string;
  /** The branch that it would be merged into, and which variable says so. */
  base?: { branch: string; from: string };
  pull_request?: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Pure. An empty variable says nothing. */
export function readCiEnvironment(variables: Variables): CiEnvironment {
  const first = (...names: string[]): { branch: string; from: string } | undefined =>
    names
      .map((from) => ({ branch: variables[from]?.trim() ?? '', from }))
      .find(({ branch }) => branch !== '');
  const ref = variables['GITHUB_REF'] ?? '';
  const branch =
    first('GITHUB_HEAD_REF', 'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME', 'CI_COMMIT_BRANCH')?.branch ??
    /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const base = first('GITHUB_BASE_REF', 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME', 'CI_DEFAULT_BRANCH');
  const number = /^refs\/pull\/(\d{1,9})\//.exec(ref)?.[1] ?? variables['CI_MERGE_REQUEST_IID'] ?? '';
  return {
    ...(branch === undefined ? {} : { branch }),
    ...(base ? { base } : {}),
    ...(/^[1-9]\d{0,8}$/.test(number) ? { pull_request: Number(number) } : {}),
  };
}
