import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { invalid, messageOf } from '../errors/index.ts';
import { makeFolders } from '../files/index.ts';
import { closeData } from './grant.ts';
import { createProcesses } from './create-processes.ts';
import { LEVELS, NO_ISOLATION, TOOLS, type Isolation, type Level, type Tool } from './isolate.ts';
import { freeUsers, liveMarks } from './proc.ts';
import { ownCode } from './programs.ts';

export interface Tried {
  level: Level;
  holds: boolean;
  /** What it keeps apart, or why it does not hold here. */
  says: string;
}

export interface Chosen {
  isolation: Isolation;
  wanted: Level | 'auto';
  /** Every level, best first, whether or not a better one holds. */
  tried(): Promise<Tried[]>;
}

export interface ChooseOptions {
  wanted?: Level | 'auto';
  /** The folder with all state: nobody isolated reaches it. */
  data: string;
  /** Further files that hold secrets. */
  secrets?: readonly string[];
  /** Folders that every step may write besides its own. */
  share?: readonly string[];
  /** No other server uses the data folder: what a crash left of its walls goes. */
  alone?: boolean;
}

const WITHIN =
  'own mounts, processes and /tmp; the data folder, the home folder and other processes are out of reach, and so is the network for what needs none';
const MEANS: Readonly<Record<Level, string>> = {
  bwrap: `bubblewrap: ${WITHIN}`,
  uid: '',
  userns: `a user namespace: ${WITHIN}`,
  none: 'no wall holds, and so editor = the server’s user: what a step or a model runs can read and change everything that the server can',
};
const USER = 'a user that owns nothing else';

/** Takes the best level that holds, found by trying; one that was demanded and does not hold is refused. */
export async function chooseIsolation({
  wanted = 'auto',
  data,
  secrets = [],
  share = [],
  alone = false,
}: ChooseOptions): Promise<Chosen> {
  makeFolders(data, 0o700);
  const missing = share.find((one) => !existsSync(one));
  if (missing !== undefined)
    throw invalid(`'${missing}' of the folders that steps share is not there`, {
      field: 'step-folders',
      hint: 'make it, and let everybody write into it where steps run as users of their own: chmod 1777',
    });
  const surroundings = { ...look(realpathSync(data), secrets), share: share.map((one) => realpathSync(one)) };
  if (alone) clean(surroundings.folder);
  const levels = wanted === 'auto' ? LEVELS : [wanted];
  let first: string | undefined;
  for (const level of levels) {
    const { isolation, problem } = await attempt(level, surroundings);
    if (isolation)
      return {
        isolation,
        wanted,
        tried: () =>
          Promise.all(
            LEVELS.map(async (one): Promise<Tried> => {
              const found = await attempt(one, surroundings);
              return found.isolation
                ? { level: one, holds: true, says: meaning(found.isolation) }
                : { level: one, holds: false, says: found.problem ?? '' };
            }),
          ),
      };
    first ??= problem;
  }
  throw invalid(`isolation '${wanted}' does not hold on this machine: ${first ?? ''}`, {
    field: 'isolation',
    hint: 'treadle doctor says which levels hold and why others do not; auto takes the best of them',
  });
}

/**
 * What a crash left of walls, but for those of processes that outlive a server: the folder where their mounts are put together, which
 * must not be removed under them, and their tables, which one of them may be about to read.
 */
function clean(folder: string): void {
  if (!existsSync(folder)) return;
  const live = liveMarks();
  for (const name of readdirSync(folder)) {
    if (name === 'root' || live.has(/^([0-9a-f]+)\.mounts$/.exec(name)?.[1] ?? '')) continue;
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

/** What the level that was taken keeps apart. */
export function meaning({
  level,
  namespaces,
  users,
}: Pick<Isolation, 'level' | 'namespaces' | 'users'>): string {
  if (level !== 'uid') return `${MEANS[level]}${level === 'bwrap' && users ? `; ${USER}` : ''}`;
  return namespaces
    ? `${USER}; ${WITHIN}`
    : `a user of its own for every process: the data folder and other processes’ memory and environment are out of reach; the list of processes, the network and /tmp are shared`;
}

type Surroundings = Pick<Isolation, 'hidden' | 'shown' | 'share' | 'data' | 'folder'> & {
  tools: Readonly<Partial<Record<Tool, string>>>;
};

function look(data: string, secrets: readonly string[]): Omit<Surroundings, 'share'> {
  const present = (list: readonly string[]): string[] => [
    ...new Set(list.filter((one) => existsSync(one)).map((one) => realpathSync(one))),
  ];
  const hidden = present([data, ...homes(), tmpdir(), '/tmp', '/var/tmp', '/run', ...secrets]).filter(
    (one) => one !== '/',
  );
  const search = (process.env['PATH'] ?? '').split(path.delimiter).filter((one) => path.isAbsolute(one));
  return {
    data,
    hidden,
    shown: [
      ...ownCode(),
      ...search.flatMap((folder) =>
        path.basename(folder) === 'shims'
          ? [path.dirname(folder)] // of tools that keep their versions beside them
          : path.basename(folder) === 'bin'
            ? [folder, ...['lib', 'lib64', 'libexec'].map((name) => path.join(path.dirname(folder), name))]
            : [folder],
      ),
      // Names of hosts are asked for as this says, and it is a link into a hidden folder on many systems.
      ...present(['/etc/resolv.conf']),
      '/run/current-system',
      '/run/opengl-driver',
    ],
    folder: path.join(data, 'isolation'),
    tools: Object.fromEntries(
      TOOLS.flatMap((tool) => {
        const found = [...search, '/usr/bin', '/bin', '/usr/sbin', '/sbin']
          .map((folder) => path.join(folder, tool))
          .find(executable);
        return found === undefined ? [] : [[tool, found]];
      }),
    ),
  };
}

function homes(): string[] {
  return [homedir, () => userInfo().homedir].flatMap((home) => {
    try {
      return [home()];
    } catch {
      return []; // a user without an entry, as in many containers
    }
  });
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface Attempt {
  isolation?: Isolation;
  problem?: string;
}

async function attempt(level: Level, { tools, ...around }: Surroundings): Promise<Attempt> {
  if (level === 'none') return { isolation: { ...NO_ISOLATION, ...around } };
  if (process.platform !== 'linux') return { problem: 'it is a part of Linux' };
  const root = process.getuid?.() === 0;
  const users = freeUsers();
  const lacking = (needed: readonly Tool[]): Attempt | undefined => {
    const tool = needed.find((one) => tools[one] === undefined);
    return tool === undefined
      ? undefined
      : {
          problem: `${tool} is not installed (it is in ${tool === 'bwrap' ? 'the package bubblewrap' : tool === 'env' ? 'coreutils' : 'util-linux'})`,
        };
  };
  const base = { ...around, tools: { ...NO_ISOLATION.tools, ...tools } };
  if (root && !users) return { problem: 'this machine has no user ids to give to processes' };
  if (level === 'bwrap')
    return (
      lacking(['bwrap', 'setpriv', 'env']) ??
      attemptOne({ ...base, level, namespaces: true, ...(users ? { users } : {}) })
    );
  if (level === 'userns') {
    if (root) return { problem: 'the server runs as root, which can give processes users of their own' };
    return lacking(['unshare', 'mount', 'setpriv']) ?? attemptOne({ ...base, level, namespaces: true });
  }
  if (!users) return { problem: 'only root can give processes users of their own' };
  const missing = lacking(['setpriv']);
  if (missing) return missing;
  if (!lacking(['unshare', 'mount'])) {
    const whole = await attemptOne({ ...base, level, users, namespaces: true });
    if (whole.isolation) return whole;
  }
  return attemptOne({ ...base, level, users, namespaces: false });
}

/** Starts a small program behind the walls that tries them, and one of ours. */
async function attemptOne(isolation: Isolation): Promise<Attempt> {
  const { data, folder } = isolation;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isolation.namespaces) closeData(data);
  const secret = path.join(folder, `${randomBytes(8).toString('hex')}.secret`);
  const own = mkdtempSync(path.join(folder, 'own-'));
  const processes = createProcesses({ isolation });
  try {
    writeFileSync(secret, '', { mode: 0o600 });
    const { reason, stdout, stderr, message } = await processes.run({
      argv: [
        '/bin/sh',
        '-c',
        isolation.namespaces ? TRIAL : TRIAL + PROGRAMS,
        'trial',
        secret,
        own,
        String(process.pid),
        process.execPath,
      ],
      cwd: own,
      env: {},
      isolate: { write: [own], network: false },
      timeout: 20_000,
    });
    if (reason === 'ok') return { isolation };
    return { problem: (stdout.trim() || stderr.trim().split('\n').at(-1) || message).slice(0, 300) };
  } catch (error) {
    return { problem: messageOf(error) };
  } finally {
    rmSync(own, { recursive: true, force: true });
    rmSync(secret, { force: true });
  }
}

const TRIAL = `
[ ! -r "$1" ] || { echo "the data folder stays within reach"; exit 1; }
: > "$2/written" || { echo "a process cannot write into its own folder: a folder on the way is closed to other users"; exit 1; }
! cat "/proc/$3/environ" >/dev/null 2>&1 || [ "$3" = $$ ] || { echo "the environment of the server stays within reach"; exit 1; }
[ -x "$4" ] || { echo "Node ($4) lies in a folder that is closed to other users"; exit 1; }
`;

/** Where folders are not arranged anew, their rights decide what another user can start. */
const PROGRAMS = `
p=$(command -v python3) || exit 0
python3 -c 0 >/dev/null 2>&1 || { echo "Python ($p) lies in a folder that is closed to other users"; exit 1; }
`;
