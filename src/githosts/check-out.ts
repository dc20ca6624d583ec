import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { CodeFile, GitState } from '../pipelines/contract.ts';
import { keepCode } from '../pipelines/index.ts';
import type { Ctx } from '../platform/ctx/index.ts';
import { invalid, tooLarge, unavailable } from '../platform/errors/index.ts';
import { makeTemporary } from '../platform/files/index.ts';
import { openTunnel, type Outbound } from '../platform/outbound/index.ts';
import type { Processes } from '../platform/processes/index.ts';
import type { GitHostKind } from './contract.ts';
import type { GitHostRow } from './store.ts';

const MiB = 1024 * 1024;
const MOST_FILES = 50_000;
const MOST_FILE = 64 * MiB;
const MOST_BYTES = 512 * MiB;
/** Of what is fetched, with all that git keeps beside it. */
const TIME = 10 * 60_000;
const MEMORY = 1024 * MiB;

export interface CheckedOut {
  /** Text of the pipeline file, its path in the project, and the project's files, kept in the store. */
  file: string;
  fileName: string;
  code: CodeFile[];
  git: GitState;
  warnings: string[];
}

/**
 * The project of one commit. `git` fetches it behind the walls that steps have, and through the door to other hosts: it reaches this host
 * and no other. What it fetched is read from its output, object by object: the server opens no file of a checkout, so that no link
 * in one leads anywhere, and neither hooks nor filters of the repository run.
 */
export async function checkOut(
  ctx: Ctx,
  { processes, outbound }: { processes: Processes; outbound: Outbound },
  host: GitHostRow,
  { commit, branch }: { commit: string; branch: string },
  signal: AbortSignal,
): Promise<CheckedOut> {
  return withGit({ processes, outbound }, host, signal, async (git, remote) => {
    await fetchInto(git, remote, commit);
    return readCommit(ctx, git, { host, remote, commit, branch });
  });
}

/** Git in an empty repository of its own, which reaches that one host; nothing of it stays, whatever happens. */
export async function withGit<T>(
  { processes, outbound }: { processes: Processes; outbound: Outbound },
  host: GitHostRow,
  signal: AbortSignal,
  work: (git: Git, remote: string) => Promise<T>,
): Promise<T> {
  const remote = `${host.url}/${host.repository}.git`;
  const place = await makeTemporary('git');
  try {
    await using tunnel = await openTunnel(outbound, remote, signal);
    const git = createGit(processes, { place, proxy: tunnel.url, host, signal });
    await git.run('init', '--quiet', '--bare', '.');
    return await work(git, remote);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** One commit or ref, with so many commits of its history. */
export const fetchInto = (git: Git, remote: string, what: string, depth = 1): Promise<Buffer> =>
  git.run('fetch', '--quiet', `--depth=${depth}`, '--no-tags', '--no-write-fetch-head', remote, what);

async function readCommit(
  ctx: Ctx,
  git: Git,
  { host, remote, commit, branch }: { host: GitHostRow; remote: string; commit: string; branch: string },
): Promise<CheckedOut> {
  const below = path.posix.dirname(host.file);
  const prefix = below === '.' ? '' : `${below}/`;
  const warnings: string[] = [];
  const files = readTree(
    (await git.run('ls-tree', '-r', '-z', '-l', commit, ...(prefix === '' ? [] : ['--', prefix]))).toString(
      'utf8',
    ),
    prefix,
    warnings,
  );
  const fileName = path.posix.basename(host.file);
  if (!files.some((one) => one.path === fileName))
    throw invalid(`commit ${commit.slice(0, 10)} has no ${host.file}`, {
      field: 'file',
      hint: 'set the path of the pipeline file on the connection, or add one to the repository',
    });
  const code: CodeFile[] = [];
  let file = '';
  for (const part of portions(files)) {
    const contents = await git.contents(part);
    const kept = await keepCode(ctx, contents);
    for (const [i, one] of part.entries()) {
      if (one.path === fileName) file = contents[i]!.toString('utf8');
      code.push({
        path: one.path,
        hash: kept[i]!,
        size: one.size,
        ...(one.executable ? { executable: true } : {}),
      });
    }
  }
  return { file, fileName, code, git: { commit, branch, remote, dirty: false }, warnings };
}

interface TreeFile {
  path: string;
  object: string;
  size: number;
  executable: boolean;
}

/** `100644 blob <id> <size>\tpath`, each ended by a zero byte. */
function readTree(text: string, prefix: string, warnings: string[]): TreeFile[] {
  const files: TreeFile[] = [];
  let bytes = 0;
  for (const entry of text.split('\0')) {
    const [, mode = '', type = '', object = '', size = '', name = ''] =
      /^(\d{6}) (\w+) ([0-9a-f]{40,64}) +(-|\d+)\t([^]+)$/.exec(entry) ?? [];
    if (name === '' || !name.startsWith(prefix)) continue;
    const own = name.slice(prefix.length);
    if (type !== 'blob' || mode === '120000') {
      warnings.push(`${own} is a ${type === 'commit' ? 'submodule' : 'link'}; it was left out`);
      continue;
    }
    // oxlint-disable-next-line no-control-regex -- names that no project may hold
    if (/[\u0000-\u001f\u007f\\]/.test(own) || own.length > 1000)
      throw invalid(
        `the repository has a file whose name cannot be kept: ${JSON.stringify(own.slice(0, 100))}`,
        {
          field: 'code',
        },
      );
    const length = Number(size);
    if (length > MOST_FILE)
      throw tooLarge(`${own} has ${Math.ceil(length / MiB)} MiB, and a file of a project may have 64`, {
        hint: 'commit data as a dataset: treadle data commit',
      });
    bytes += length;
    if (bytes > MOST_BYTES) throw tooLarge('the files of the commit have more than 512 MiB together');
    if (files.push({ path: own, object, size: length, executable: mode === '100755' }) > MOST_FILES)
      throw tooLarge(`the commit has more than ${MOST_FILES} files`);
  }
  return files;
}

/** What is held in memory at once. */
const PORTION = 64 * MiB;

function* portions(files: readonly TreeFile[]): Generator<TreeFile[]> {
  let part: TreeFile[] = [];
  let size = 0;
  for (const file of files) {
    if (part.length > 0 && (size + file.size > PORTION || part.length >= 2000)) {
      yield part;
      [part, size] = [[], 0];
    }
    part.push(file);
    size += file.size;
  }
  if (part.length > 0) yield part;
}

/** Of what git says in English: what no second try changes. */
const FOR_GOOD =
  /not our ref|remote ref|repository .*not found|Authentication failed|could not read (?:Username|Password)|returned error: 40[134]|unadvertised object/i;

/** What git says, in words of ours: its own may hold anything that the host wrote. */
const REASONS: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /Authentication failed|could not read (?:Username|Password)|returned error: 40[13]/i,
    'it refuses the token',
  ],
  [/returned error: 404|repository .*not found/i, 'it has no such repository, or the token may not see it'],
  [/not our ref|remote ref|unadvertised object/i, 'it has no such commit any more'],
  [
    /CONNECT tunnel failed|Failed to connect|Could not resolve|Connection (?:refused|timed out|reset)|Empty reply|Recv failure/i,
    'it cannot be reached',
  ],
  [/returned error: 5\d\d/i, 'it fails'],
];

export interface Git {
  run(...args: string[]): Promise<Buffer>;
  /** With something on its standard input. */
  feed(input: string, ...args: string[]): Promise<Buffer>;
  /** The bytes of these objects, in their order. */
  contents(files: readonly TreeFile[]): Promise<Buffer[]>;
}

function createGit(
  processes: Processes,
  { place, proxy, host, signal }: { place: string; proxy: string; host: GitHostRow; signal: AbortSignal },
): Git {
  const environment = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: place,
    LC_ALL: 'C',
    GIT_DIR: place,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...settings({
      'protocol.allow': 'never',
      'protocol.http.allow': 'always',
      'protocol.https.allow': 'always',
      'http.proxy': proxy,
      'http.followRedirects': 'false',
      'http.lowSpeedLimit': '1000',
      'http.lowSpeedTime': '60',
      'core.hooksPath': '/dev/null',
      'fetch.fsckObjects': 'true',
      'safe.directory': '*',
      ...(host.token === null
        ? {}
        : {
            [`http.${host.url}/.extraHeader`]: `Authorization: Basic ${basic(host.kind as GitHostKind, host.token)}`,
          }),
    }),
  };

  /** What it says goes to no message: it may hold anything that the host wrote. */
  async function start(args: readonly string[], input?: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let held = 0;
    let said = '';
    const running = processes.start({
      argv: ['git', ...args],
      cwd: place,
      env: environment,
      isolate: { write: [place], network: true },
      timeout: TIME,
      memory: MEMORY,
      signal,
      ...(input === undefined ? {} : { stdin: 'pipe' as const }),
      onOutput(chunk, stream) {
        if (stream !== 'stdout') {
          if (said.length < 10_000) said += chunk.toString('latin1');
          return;
        }
        held += chunk.length;
        if (held <= MOST_BYTES) chunks.push(Buffer.from(chunk));
      },
    });
    if (input !== undefined && running.stdin) {
      running.stdin.on('error', () => undefined); // its end says why
      running.stdin.end(input);
      await Promise.race([once(running.stdin, 'close'), running.ended]).catch(() => undefined);
    }
    const { reason, message } = await running.ended;
    signal.throwIfAborted();
    if (reason === 'ok' && held <= MOST_BYTES) return Buffer.concat(chunks);
    const what =
      args[0] === 'fetch' || args[0] === 'ls-remote'
        ? `${host.url} did not hand out the commit`
        : args[0] === 'push'
          ? `${host.url} did not take the branch`
          : `git ${args[0]} failed`;
    const why = REASONS.find(([form]) => form.test(said))?.[1] ?? message;
    throw (FOR_GOOD.test(said) ? invalid : unavailable)(`${what}: ${why}`, {
      hint: 'look whether the repository is there and the token may read it; an internal host is opened with --allow-outbound',
    });
  }

  return {
    run: (...args) => start(args),
    feed: (input, ...args) => start(args, input),
    async contents(files) {
      const answer = await start(
        ['cat-file', '--batch', '--buffer'],
        files.map(({ object }) => `${object}\n`).join(''),
      );
      let at = 0;
      return files.map(({ object, size, path: name }) => {
        const end = answer.indexOf(10, at);
        const head = answer.toString('latin1', at, end);
        if (end < 0 || head !== `${object} blob ${size}`)
          throw unavailable(`git does not hand out ${name} as the commit lists it`);
        at = end + 1 + size + 1;
        return answer.subarray(end + 1, end + 1 + size);
      });
    },
  };
}

/** Settings by variables: no token stands in a command line, which others of the machine may read. */
function settings(values: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(values);
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(entries.length)],
    ...entries.flatMap(([key, value], i) => [
      [`GIT_CONFIG_KEY_${i}`, key],
      [`GIT_CONFIG_VALUE_${i}`, value],
    ]),
  ]) as Record<string, string>;
}

const basic = (kind: GitHostKind, token: string): string =>
  Buffer.from(`${kind === 'gitlab' ? 'oauth2' : 'x-access-token'}:${token}`).toString('base64');
