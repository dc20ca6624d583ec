/** Files that make a CI system check commits with Treadle. Text, since the program is one bundle; the test reads them as YAML. */

export const HOSTS = ['github', 'gitlab', 'forgejo', 'gitea'] as const;
export type Host = (typeof HOSTS)[number];

export const PLACES: Readonly<Record<Host, string>> = {
  github: '.github/workflows/treadle.yml',
  gitlab: '.gitlab-ci.yml',
  forgejo: '.forgejo/workflows/treadle.yml',
  gitea: '.gitea/workflows/treadle.yml',
};

/** What a person does next, once the file is there. */
export const NEXT: Readonly<Record<Host, string>> = {
  github:
    'set TREADLE_URL as a variable and TREADLE_TOKEN as a secret: Settings, Secrets and variables, Actions',
  gitlab: 'set TREADLE_URL and TREADLE_TOKEN (masked) as variables: Settings, CI/CD, Variables',
  forgejo: 'set TREADLE_URL as a variable and TREADLE_TOKEN as a secret: Settings, Actions',
  gitea: 'set TREADLE_URL as a variable and TREADLE_TOKEN as a secret: Settings, Actions',
};

export interface Filling {
  /** What `npm install` takes the command from: an address, or a file of the repository. */
  package: string;
  /** The pipeline file, from the top of the repository. */
  file: string;
  /** The branch that commits are compared with. */
  branch: string;
}

const NODE = '24.21.0';
const CHECKOUT = 'actions/checkout@1af3b93b6815bc44a9784bd300feb67ff0d1eeb3 # v6.0.0';
const SETUP_NODE = 'actions/setup-node@2028fbc5c25fe9cf00d9f06a71cc4710d4507903 # v6.0.0';
const UPLOAD = 'actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0';

/** A text as YAML reads it back, whatever stands in it. */
const quoted = (text: string): string => JSON.stringify(text);

const HEAD = (host: Host): string => `# Written by: treadle init --ci ${host}
# It checks each commit: the pipeline runs on your Treadle server, and its gate judges the model.
# Nothing is promoted or deployed. Exit codes and reports: docs/ci.md of Treadle.
`;

const INSTALL = 'npm install --global --ignore-scripts "$TREADLE_PACKAGE"';

/** The file is named where it is not the one that the command takes by itself. */
const isElsewhere = (file: string): boolean => file !== 'treadle.yaml';
const RUN = (file: string): string => `treadle run --ci${isElsewhere(file) ? ' --file "$TREADLE_FILE"' : ''}`;
/** Values of the event reach commands through variables of the environment: none is ever pasted into a line that a shell reads. */
function actions(host: Exclude<Host, 'gitlab'>, { package: from, file, branch }: Filling): string {
  const github = host === 'github';
  return `${HEAD(host)}name: treadle
on:
  pull_request:
  push:
    branches: [${quoted(branch)}] # what pull requests are compared with must have run once
${
  github
    ? `permissions:
  contents: read
  pull-requests: write # for the comment
concurrency: # a newer commit of the same branch is the one that counts
  group: treadle-\${{ github.ref }}
  cancel-in-progress: true
`
    : ''
}jobs:
  check:
    # Secrets are not given to forks, so that their commits are not checked here.
    if: github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ${github ? 'ubuntu-24.04' : 'docker'}
${github ? '' : `    container: node:${NODE}-bookworm\n`}    timeout-minutes: 120
    env:
      TREADLE_URL: \${{ vars.TREADLE_URL }}
      # What npm pack made of your server's release: an address, or a file of this repository. It runs beside the token.
      TREADLE_PACKAGE: ${quoted(from)}
${isElsewhere(file) ? `      TREADLE_FILE: ${quoted(file)}\n` : ''}    steps:
      # The commit alone is enough: what is compared with lies on the Treadle server.
      - uses: ${CHECKOUT}
        with:
          persist-credentials: false
${
  github
    ? `      # Treadle's command needs Node 24.15 or newer.
      - uses: ${SETUP_NODE}
        with:
          node-version: "${NODE}"
`
    : ''
}      - name: Install the command
        run: ${INSTALL}
      # Ends with 0 where the commit passes, 1 where it fails, 2 where nobody could judge.
      - name: Check the commit
        run: ${RUN(file)}
        env:
          TREADLE_TOKEN: \${{ secrets.TREADLE_TOKEN }}
${
  github
    ? `      - name: Show the report on the page of the run
        if: always() && hashFiles('treadle-ci/report.md') != ''
        run: cat treadle-ci/report.md >> "$GITHUB_STEP_SUMMARY"
      # One comment, which later commits change.
      - name: Comment on the pull request
        if: always() && github.event_name == 'pull_request' && hashFiles('treadle-ci/report.md') != ''
        run: gh pr comment "$NUMBER" --repo "$GITHUB_REPOSITORY" --body-file treadle-ci/report.md --edit-last --create-if-none
        env:
          GH_TOKEN: \${{ github.token }}
          NUMBER: \${{ github.event.pull_request.number }}
      # report.md, junit.xml and report.json.
      - name: Keep the reports
        if: always()
        uses: ${UPLOAD}
        with:
          name: treadle-ci
          path: treadle-ci/
          if-no-files-found: ignore
`
    : `      # The whole of it is on the page of the execution, whose address stands above.
      - name: Show the report
        if: always()
        run: if test -f treadle-ci/report.md; then cat treadle-ci/report.md; fi
`
}`;
}

const gitlab = ({ package: from, file, branch }: Filling): string => `${HEAD('gitlab')}treadle:
  # Treadle's command needs Node 24.15 or newer; this image has git, too.
  image: node:${NODE}-bookworm
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    # What merge requests are compared with must have run once.
    - if: $CI_COMMIT_BRANCH == ${quoted(branch)}
  # A newer commit of the same branch is the one that counts.
  interruptible: true
  timeout: 2h
  variables:
    # The commit alone is enough: what is compared with lies on the Treadle server.
    GIT_DEPTH: "1"
    # What npm pack made of your server's release: an address, or a file of this repository. It runs beside the token.
    TREADLE_PACKAGE: ${quoted(from)}
${isElsewhere(file) ? `    TREADLE_FILE: ${quoted(file)}\n` : ''}  script:
    - ${INSTALL}
    # Ends with 0 where the commit passes, 1 where it fails, 2 where nobody could judge.
    - ${RUN(file)}
  artifacts:
    # Also of a commit that fails.
    when: always
    paths: [treadle-ci/]
    reports:
      # Each step and each rule of the gate, in the merge request.
      junit: treadle-ci/junit.xml
`;

export const templateOf = (host: Host, filling: Filling): string =>
  host === 'gitlab' ? gitlab(filling) : actions(host, filling);

/** By the name of the machine that the repository was cloned from; undefined where that tells nothing. */
export function hostOf(remote: string | undefined): Host | undefined {
  const name = /^(?:[a-z+]+:\/\/)?(?:[^/@]*@)?([^/:]+)/i.exec(remote ?? '')?.[1]?.toLowerCase() ?? '';
  if (name === 'github.com' || name.includes('github')) return 'github';
  if (name.includes('gitlab')) return 'gitlab';
  if (name === 'codeberg.org' || name.includes('forgejo')) return 'forgejo';
  return name.includes('gitea') ? 'gitea' : undefined;
}
