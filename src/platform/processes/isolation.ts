import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { grant } from './grant.ts';
import type { Isolate, Isolation, Users } from './isolate.ts';
import { bubblewrapArgs, layout, mountTable } from './layout.ts';

/** The user of a process without namespaces, from its mark, so that what a crashed server left can be found by it. */
export const userOf = (mark: string, { first, count }: Users): number =>
  first + 1 + (Number.parseInt(mark.slice(0, 12), 16) % (count - 1));

/** The user of a process; undefined where it is ours. Where nobody sees another anyway, one serves all, so that what steps share they can all write. */
export function userFor({ level, namespaces, users }: Isolation, mark: string): number | undefined {
  if (level === 'none' || users === undefined) return undefined;
  return namespaces ? users.first : userOf(mark, users);
}

interface Command {
  argv: readonly [string, ...string[]];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

export interface Wrapped extends Command {
  /** The user that it runs as, where that is not ours. */
  user?: number | undefined;
  /** Tells the CPU time through fd 3, since what is outside does not wait for those inside. */
  tells?: boolean;
  release(): void;
}

/** The first of a namespace: reaps what loses its parent, outlives TERM so that the command can take its time, and tells its end. */
const FIRST = `umask 022
mount=$1
"$mount" --rbind / "$2" && "$mount" -a -T "$3" || exit 125
shift 3
umask 077
trap : TERM INT HUP
"$@"
exit $?`;

const PREFIX = 'TREADLE_GIVEN_';
const DROP = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];

/**
 * The command inside its walls. The tools that build them run with more rights than the command, so none of its variables may reach
 * them (`LD_PRELOAD` would be the end of it): they travel under other names and get their own in the last step, within the walls.
 */
export function wrap(isolation: Isolation, isolate: Isolate, command: Command, mark: string): Wrapped {
  const { level, namespaces, tools, folder } = isolation;
  if (level === 'none') return { ...command, release: () => undefined };
  const user = userFor(isolation, mark);
  if (user !== undefined) grant(isolation.data, isolate, user);
  const { argv: inner, env } = rename(command);
  const { cwd } = command;
  const drop = [
    tools.setpriv,
    ...(user === undefined ? [] : ['--reuid', String(user), '--regid', String(user), '--clear-groups']),
    ...DROP,
  ];
  const done = { env, cwd, user, release: (): void => undefined };
  if (!namespaces) return { ...done, argv: [...drop, '--', ...inner] as [string, ...string[]] };
  const places = layout(isolation, isolate);
  if (level === 'bwrap') {
    return {
      ...done,
      tells: true,
      argv: [
        '/bin/sh',
        '-c',
        // Its watcher ends at a TERM to the group, and the command with it, without the time to stop: it does not hear it.
        'trap "" TERM INT HUP; exec "$@"',
        'treadle-walls',
        tools.bwrap,
        ...bubblewrapArgs(places, { network: isolate.network, cwd, changesUser: user !== undefined }),
        '--',
        '/bin/sh',
        '-c',
        '"$@" 3<&-\ncode=$?\ntimes >&3 2>/dev/null\nexit $code',
        'treadle-walls',
        tools.env,
        '--default-signal=TERM,INT,HUP',
        ...drop,
        '--ambient-caps=-all',
        '--',
        ...inner,
      ],
    };
  }
  const root = path.join(folder, 'root');
  const table = path.join(folder, `${mark}.mounts`);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  writeFileSync(table, mountTable(places, root, level === 'userns'), { mode: 0o600 });
  return {
    ...done,
    argv: [
      tools.unshare,
      ...(level === 'userns' ? ['--user', '--map-current-user', '--keep-caps'] : []),
      '--mount',
      '--pid',
      '--ipc',
      '--uts',
      ...(isolate.network ? [] : ['--net']),
      '--fork',
      '--kill-child',
      '--',
      '/bin/sh',
      '-c',
      FIRST,
      'treadle-walls',
      tools.mount,
      root,
      table,
      tools.unshare,
      `--root=${root}`,
      `--wd=${cwd}`,
      ...drop,
      ...(level === 'userns' ? ['--ambient-caps=-all'] : []),
      '--',
      ...inner,
    ],
    release: () => rmSync(table, { force: true }),
  };
}

function rename({ argv, env }: Command): { argv: string[]; env: Record<string, string> } {
  const names = Object.keys(env).filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const script = names.map((name) => `${name}=$${PREFIX}${name}; export ${name}; unset ${PREFIX}${name}`);
  return {
    argv: ['/bin/sh', '-c', [...script, 'exec "$@"'].join('\n'), 'treadle-command', ...argv],
    env: Object.fromEntries(names.map((name) => [`${PREFIX}${name}`, env[name]!])),
  };
}
