import { invalid, unavailable } from '../../../../platform/errors/index.ts';
import type { Processes } from '../../../../platform/processes/index.ts';
import { withoutSecrets } from '../names.ts';

/** A commit of a repository, and the files of DVC that it holds. */
export interface Commit {
  id: string;
  parents: string[];
  author: string;
  /** When its author made it, ISO 8601 with their time zone. */
  time: string;
  message: string;
  /** Paths of `.dvc` files and of `dvc.lock`, with the Git object that each is. Shared where a commit changes none of them. */
  files: ReadonlyMap<string, string>;
}

/** The name and message of a repository's history may take so much, bytes. */
const MOST = 1024 * 1024 * 1024;
const HOUR = 3_600_000;
/** Begins the line of a commit: no path and no mode does. */
const MARK = '\u0001';

/** Questions to a repository. Nothing in it is run, and nothing of it is changed. */
export class Repository {
  readonly folder: string;
  readonly #processes: Processes;

  constructor(processes: Processes, folder: string) {
    this.#processes = processes;
    this.folder = folder;
  }

  async git(...args: string[]): Promise<string> {
    const answer = await this.ask(...args);
    if (answer !== undefined) return answer;
    throw unavailable(`git ${args[0]} failed in ${this.folder}`, {
      hint: `see what it says: git -C ${this.folder} ${args.map(withoutSecrets).join(' ')}`,
    });
  }

  /** Undefined where git says no. */
  async ask(...args: string[]): Promise<string | undefined> {
    const { reason, stdout } = await this.#processes.run({
      argv: ['git', '-C', this.folder, ...args],
      cwd: process.cwd(),
      env: { ...ENVIRONMENT, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' },
      limit: MOST,
      timeout: HOUR,
    });
    return reason === 'ok' ? stdout : undefined;
  }

  /** Everything that a revision was made from, parents before children. */
  async commits(revision: string): Promise<Commit[]> {
    const id = await this.ask('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
    if (id === undefined)
      throw invalid(`the repository has no commit '${revision}'`, {
        field: 'rev',
        hint: `git -C ${this.folder} log lists what it has`,
      });
    const text = await this.git(
      'log',
      '-z',
      '--topo-order',
      '--reverse',
      '--root',
      '--raw',
      '--no-abbrev',
      '--no-renames',
      '--diff-merges=first-parent',
      `--format=${MARK}%H%n%P%n%an <%ae>%n%aI%n%B`,
      id.trim(),
    );
    return readLog(text);
  }

  /** What Git objects hold, by their ids. */
  async contents(ids: readonly string[]): Promise<Map<string, string>> {
    const chunks: Buffer[] = [];
    const running = this.#processes.start({
      argv: ['git', '-C', this.folder, 'cat-file', '--batch'],
      cwd: process.cwd(),
      env: ENVIRONMENT,
      timeout: HOUR,
      stdin: 'pipe',
      onOutput: (chunk, stream) => void (stream === 'stdout' && chunks.push(chunk)),
    });
    running.stdin?.end(ids.map((id) => `${id}\n`).join(''));
    await running.ended;
    const all = Buffer.concat(chunks);
    const found = new Map<string, string>();
    for (let at = 0; at < all.length;) {
      const end = all.indexOf(10, at);
      const [id = '', kind, size] = all.toString('latin1', at, end).split(' ');
      at = end + 1;
      if (kind !== 'blob') continue; // missing: nothing follows
      found.set(id, all.toString('utf8', at, at + Number(size)));
      at += Number(size) + 1;
    }
    return found;
  }

  /** Whether Git itself keeps a path at a commit: DVC tells of outputs that it leaves to Git. */
  async keeps(commit: string, path: string): Promise<boolean> {
    return (await this.ask('cat-file', '-e', `${commit}:${path}`)) !== undefined;
  }
}

const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

/** `git log -z --raw`: of each commit its words, then what it changes against its first parent. */
function readLog(text: string): Commit[] {
  const tokens = text.split('\0');
  const commits: Commit[] = [];
  const states = new Map<string, ReadonlyMap<string, string>>();
  let open: { commit: Omit<Commit, 'files'>; changes: Array<[string, string | undefined]> } | undefined;
  const close = (): void => {
    if (!open) return;
    const { commit, changes } = open;
    const before = states.get(commit.parents[0] ?? '') ?? new Map<string, string>();
    let files = before;
    if (changes.length > 0) {
      const own = new Map(before);
      for (const [path, id] of changes)
        if (id === undefined) own.delete(path);
        else own.set(path, id);
      files = own;
    }
    states.set(commit.id, files);
    commits.push({ ...commit, files });
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!.replace(/^\n+/, '');
    if (token.startsWith(MARK)) {
      close();
      const [id = '', parents = '', author = '', time = '', ...message] = token.slice(1).split('\n');
      open = {
        commit: {
          id,
          parents: parents.split(' ').filter((one) => one !== ''),
          author,
          time,
          message: message.join('\n').trim(),
        },
        changes: [],
      };
    } else if (token.startsWith(':')) {
      const [, mode = '', , id = ''] = token.split(' ');
      const path = tokens[++i] ?? '';
      if (!isDvcFile(path)) continue;
      // A link to a file of DVC is none.
      open?.changes.push([path, mode.startsWith('100') ? id : undefined]);
    }
  }
  close();
  return commits;
}

const isDvcFile = (path: string): boolean => /(^|\/)([^/]+\.dvc|dvc\.lock)$/.test(path);
